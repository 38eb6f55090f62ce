package parallel

import (
	"runtime"
	"sync/atomic"
	"time"
)

const (
	spinBudget  = 500 * time.Microsecond // then sleep
	pausesALook = 20                     // PAUSE instructions between two looks, 0.2 to 1 µs
	looksAYield = 16                     // looks between two yields to the Go scheduler
)

// sleeper is where one goroutine waits for a condition that others make true.
type sleeper struct {
	asleep atomic.Bool
	wake   chan struct{} // holds at most one token
	_      [40]byte
}

// wait returns once ready() is true: it spins for a while, then sleeps until
// roused.
func (s *sleeper) wait(ready func() bool) {
	for !spin(ready) {
		s.asleep.Store(true)
		// Whoever makes the condition true looks at asleep afterwards, so
		// one of the two sees the other.
		if ready() && s.asleep.CompareAndSwap(true, false) {
			return
		}
		<-s.wake
	}
}

// rouse wakes the sleeper if it sleeps. A stray token only makes wait look
// once more.
func (s *sleeper) rouse() {
	if s.asleep.Load() && s.asleep.CompareAndSwap(true, false) {
		s.wake <- struct{}{}
	}
}

// spin looks for ready() until the budget is used up. It yields to the Go
// scheduler regularly: a garbage collection or another goroutine may need this
// very processor.
func spin(ready func() bool) bool {
	if ready() {
		return true
	}
	var start time.Time
	for {
		for range looksAYield {
			pause(pausesALook)
			if ready() {
				return true
			}
		}
		runtime.Gosched()
		if start.IsZero() {
			start = time.Now()
		} else if time.Since(start) > spinBudget {
			return false
		}
	}
}

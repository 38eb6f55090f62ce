// Package parallel runs the pieces of one piece of work on a few persistent
// workers: fork, join, nothing else.
//
// Work is cut into pieces by its shape alone, and a piece always does the same
// arithmetic whichever worker takes it, so results do not depend on the number
// of threads. Workers take pieces dynamically: when another process holds a
// core, the others do its share.
//
// Waking a sleeping goroutine takes longer (100 µs) than many kernels run. So
// a worker without work first spins for about half a millisecond, yielding to
// the Go scheduler now and then, and only then sleeps.
package parallel

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
)

// Pool is a fixed set of workers. The goroutine that calls Run is worker 0;
// the others are goroutines of the pool. A nil *Pool runs everything on the
// caller. Run may be called from several goroutines; the runs take turns.
type Pool struct {
	threads int
	turn    sync.Mutex // held during a Run

	// The current run. f and pieces are written before left, and read only by
	// who took a piece, which keeps the run alive until the piece is counted.
	f      func(worker, piece int)
	pieces int64
	left   atomic.Int64 // pieces not yet taken
	_      [56]byte     // left and done are hot on different cores
	done   atomic.Int64 // pieces finished
	_      [56]byte

	panicked atomic.Pointer[panicValue]
	closed   atomic.Bool
	idle     []sleeper // idle[w]: where worker w sleeps; idle[0] is the caller's
	exited   sync.WaitGroup

	scratch [][]float32 // per worker
	shelf   shelf
}

type panicValue struct{ value any }

// New starts a pool. threads counts the caller too; threads <= 0 means as many
// as Go may run at once (GOMAXPROCS, the processors of the machine or the
// container).
func New(threads int) *Pool {
	if threads <= 0 {
		threads = runtime.GOMAXPROCS(0)
	}
	p := &Pool{
		threads: threads,
		idle:    make([]sleeper, threads),
		scratch: make([][]float32, threads),
	}
	for w := range p.idle {
		p.idle[w].wake = make(chan struct{}, 1)
	}
	p.exited.Add(threads - 1)
	for w := 1; w < threads; w++ {
		go p.work(w)
	}
	return p
}

// Threads is the number of workers, the caller included; 1 for a nil Pool.
func (p *Pool) Threads() int {
	if p == nil {
		return 1
	}
	return p.threads
}

// Run calls f(worker, piece) once for each piece in [0, pieces) and returns
// when all are finished. worker, in [0, Threads()), names who runs the piece;
// no two pieces run at once under the same worker. Pieces are taken in
// increasing order. A piece must not call Run of the same pool, nor
// runtime.Goexit. If pieces panic, Run panics with the first of their values
// after the others have finished.
func (p *Pool) Run(pieces int, f func(worker, piece int)) {
	if pieces <= 0 {
		return
	}
	if p == nil {
		for i := range pieces {
			f(0, i)
		}
		return
	}
	p.turn.Lock()
	defer p.turn.Unlock()
	if p.closed.Load() {
		panic("parallel: Run on a closed Pool")
	}
	p.f, p.pieces = f, int64(pieces)
	p.done.Store(0)
	p.left.Store(int64(pieces))
	for w := 1; w < p.threads && w < pieces; w++ {
		p.idle[w].rouse()
	}
	p.take(0)
	p.idle[0].wait(func() bool { return p.done.Load() == int64(pieces) })
	p.f = nil
	if v := p.panicked.Swap(nil); v != nil {
		panic(v.value)
	}
}

// Close ends the workers and waits until they are gone. The pool must not be
// used afterwards. Closing twice or a nil Pool does nothing.
func (p *Pool) Close() {
	if p == nil {
		return
	}
	p.turn.Lock()
	defer p.turn.Unlock()
	if p.closed.Swap(true) {
		return
	}
	for w := 1; w < p.threads; w++ {
		p.idle[w].rouse()
	}
	p.exited.Wait()
}

// Scratch gives n floats of the worker's own, contents undefined, for use
// inside one piece. A second call in the same piece gives the same memory. A
// nil Pool allocates.
func (p *Pool) Scratch(worker, n int) []float32 {
	if p == nil {
		return make([]float32, n)
	}
	if worker < 0 || worker >= p.threads {
		panic(fmt.Sprintf("parallel: scratch of worker %d in a pool of %d", worker, p.threads))
	}
	if cap(p.scratch[worker]) < n {
		p.scratch[worker] = aligned(n)
	}
	return p.scratch[worker][:n]
}

func (p *Pool) work(w int) {
	defer p.exited.Done()
	for {
		p.idle[w].wait(func() bool { return p.left.Load() > 0 || p.closed.Load() })
		if p.closed.Load() {
			return
		}
		p.take(w)
	}
}

// take runs pieces until none is left. A successful exchange owns a piece of
// the run that is current at that moment, even for a worker that comes late
// from an earlier one.
func (p *Pool) take(w int) {
	for {
		left := p.left.Load()
		if left <= 0 {
			return
		}
		if p.left.CompareAndSwap(left, left-1) {
			p.piece(w, left)
		}
	}
}

func (p *Pool) piece(w int, left int64) {
	pieces := p.pieces
	defer func() {
		if v := recover(); v != nil {
			p.panicked.CompareAndSwap(nil, &panicValue{v})
		}
		if p.done.Add(1) == pieces && w != 0 {
			p.idle[0].rouse()
		}
	}()
	p.f(w, int(pieces-left))
}

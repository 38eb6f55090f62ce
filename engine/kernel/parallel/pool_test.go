package parallel

import (
	"fmt"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestEveryPieceRunsOnce(t *testing.T) {
	for _, threads := range []int{1, 2, 3, 8} {
		p := New(threads)
		for _, pieces := range []int{0, 1, 2, 7, 100, 3000} {
			ran := make([]atomic.Int32, pieces)
			p.Run(pieces, func(worker, piece int) {
				if worker < 0 || worker >= threads {
					t.Errorf("worker %d in a pool of %d", worker, threads)
				}
				ran[piece].Add(1)
			})
			for i := range ran {
				if n := ran[i].Load(); n != 1 {
					t.Errorf("%d threads, %d pieces: piece %d ran %d times", threads, pieces, i, n)
				}
			}
		}
		p.Close()
	}
}

// Each run sees the writes of the run before it, as kernels rely on.
func TestRunsHappenInOrder(t *testing.T) {
	p := New(3)
	defer p.Close()
	x := make([]int, 64)
	for round := range 5000 {
		p.Run(len(x), func(_, piece int) {
			if x[piece] != round {
				t.Errorf("round %d: piece %d holds %d", round, piece, x[piece])
			}
			x[piece]++
		})
	}
}

func TestNilPoolRunsSerially(t *testing.T) {
	var p *Pool
	var order []int
	p.Run(5, func(worker, piece int) {
		if worker != 0 {
			t.Errorf("worker %d", worker)
		}
		order = append(order, piece)
	})
	if got := fmt.Sprint(order); got != "[0 1 2 3 4]" {
		t.Errorf("order %v", got)
	}
	if p.Threads() != 1 || len(p.Scratch(0, 9)) != 9 || len(p.Borrow(7)) != 7 {
		t.Error("a nil Pool must have one thread and allocate its buffers")
	}
	p.Return(nil)
	p.Close()
}

func TestPanicReachesTheCaller(t *testing.T) {
	p := New(4)
	defer p.Close()
	for bad := range 40 {
		var ran atomic.Int32
		func() {
			defer func() {
				if v := recover(); v != "piece broke" {
					t.Errorf("recovered %v", v)
				}
			}()
			p.Run(40, func(_, piece int) {
				ran.Add(1)
				if piece == bad {
					panic("piece broke")
				}
			})
			t.Error("Run returned although a piece panicked")
		}()
		if ran.Load() != 40 {
			t.Errorf("%d of 40 pieces ran beside the broken one", ran.Load())
		}
	}
	p.Run(3, func(_, _ int) {}) // still usable
}

func TestRunsOfSeveralGoroutinesTakeTurns(t *testing.T) {
	p := New(2)
	defer p.Close()
	var inside [2]atomic.Int32
	var group sync.WaitGroup
	for range 6 {
		group.Go(func() {
			for range 200 {
				p.Run(4, func(worker, _ int) {
					if inside[worker].Add(1) != 1 {
						t.Error("two pieces at once under one worker")
					}
					p.Scratch(worker, 100)[99] = 1
					inside[worker].Add(-1)
				})
			}
		})
	}
	group.Wait()
}

func TestSleepingWorkersWake(t *testing.T) {
	p := New(3)
	defer p.Close()
	for range 5 {
		for w := 1; w < 3; w++ {
			for !p.idle[w].asleep.Load() {
				runtime.Gosched()
			}
		}
		// Each piece waits for the others, so that all three workers are needed.
		var arrived sync.WaitGroup
		arrived.Add(3)
		p.Run(3, func(_, _ int) {
			arrived.Done()
			arrived.Wait()
		})
	}
}

func TestCloseLeavesNoGoroutine(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 20 {
		p := New(5)
		p.Run(10, func(_, _ int) {})
		p.Close()
		p.Close()
	}
	// A goroutine that has called exited.Done may not be gone yet.
	for range 1000 {
		if runtime.NumGoroutine() <= before {
			return
		}
		time.Sleep(time.Millisecond)
	}
	t.Errorf("%d goroutines before, %d after", before, runtime.NumGoroutine())
}

func TestRunOnClosedPoolPanics(t *testing.T) {
	p := New(2)
	p.Close()
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	p.Run(1, func(_, _ int) {})
}

// Pieces that allocate force collections while other workers spin.
func TestGarbageCollectionDuringRuns(t *testing.T) {
	p := New(4)
	defer p.Close()
	var keep [4][]byte
	for range 100 {
		p.Run(16, func(worker, _ int) { keep[worker] = make([]byte, 1<<18) })
		runtime.GC()
	}
}

func TestScratchIsPrivateAndReused(t *testing.T) {
	p := New(2)
	defer p.Close()
	a, b := p.Scratch(0, 100), p.Scratch(1, 100)
	a[0], b[0] = 1, 2
	if again := p.Scratch(0, 50); &again[0] != &a[0] || again[0] != 1 {
		t.Error("worker 0 did not get its buffer again")
	}
	if b[0] != 2 {
		t.Error("workers share a buffer")
	}
}

func TestBorrowedBuffersAreDisjointAndReused(t *testing.T) {
	p := New(1)
	defer p.Close()
	a, b := p.Borrow(1000), p.Borrow(10)
	first := &a[0]
	if first == &b[0] {
		t.Fatal("one buffer lent twice")
	}
	p.Return(a)
	p.Return(b)
	if small := p.Borrow(10); &small[0] != &b[0] {
		t.Error("Borrow(10) took the buffer of 1000 although one of 10 was there")
	}
	if large := p.Borrow(900); &large[0] != first {
		t.Error("Borrow(900) did not reuse the buffer of 1000")
	}
}

// A steady state allocates nothing.
func TestRunAllocatesNothing(t *testing.T) {
	p := New(2)
	defer p.Close()
	f := func(worker, _ int) { p.Scratch(worker, 64)[0] = 1 }
	n := testing.AllocsPerRun(100, func() {
		buf := p.Borrow(1 << 10)
		p.Run(8, f)
		p.Return(buf)
	})
	if n != 0 {
		t.Errorf("%v allocations a run", n)
	}
}

func BenchmarkRun(b *testing.B) {
	p := New(0)
	defer p.Close()
	var n [64]struct {
		int
		_ [56]byte
	}
	f := func(worker, _ int) { n[worker].int++ }
	for b.Loop() {
		p.Run(p.Threads(), f)
	}
}

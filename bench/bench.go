package bench

import (
	"context"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"ebb/engine/autograd"
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
)

// Bench measures cases one after the other.
type Bench struct {
	Pool    *parallel.Pool
	Time    time.Duration // spent on each case, at least; three calls are always made
	Profile bool          // also say where the time of a model goes

	// How models compute: see autograd.Tape. Kernels and other programs are as always.
	Precision kernel.Precision
	ExactConv bool

	bandwidth map[int]float64 // bytes/s by number of threads, measured when first needed
}

// Result is one measured case. Of a case that others measured too there is one
// Result for each of them, with Ebb's own figures in all.
type Result struct {
	Name    string  `json:"name"`
	Batch   int     `json:"batch"`
	Threads int     `json:"threads"`
	How     string  `json:"how,omitempty"` // a model computes other than by default: bf16, exact-conv
	Seconds float64 `json:"seconds"`       // of one call, the median
	Calls   int     `json:"calls"`         // of which it is the median
	GFLOPS  float64 `json:"gflops"`
	GBs     float64 `json:"gb_per_s,omitempty"`
	Bound   string  `json:"bound"` // what limits it: fma or memory
	Share   float64 `json:"share_of_peak"`
	Others  float64 `json:"others"` // processors that other programs kept busy meanwhile; known on Linux

	Profile []Part `json:"profile,omitempty"`

	Peer        string  `json:"peer,omitempty"`
	PeerSeconds float64 `json:"peer_seconds,omitempty"`
	Ratio       float64 `json:"ratio,omitempty"` // of the peer's time to ours: above 1 Ebb is faster
}

// Run measures a case.
func (b *Bench) Run(ctx context.Context, c Case) (Result, error) {
	w, pool, err := b.ready(c)
	if err != nil {
		return Result{}, err
	}
	m := startMeter()
	s, err := b.sample(ctx, pool, w)
	if err != nil {
		return Result{}, err
	}
	s.others = m.others()
	return b.result(c, w, pool, s), nil
}

// ready makes a case's buffers, and room for them first.
func (b *Bench) ready(c Case) (*work, *parallel.Pool, error) {
	pool := b.Pool
	if c.one {
		pool = nil
	}
	debug.FreeOSMemory()
	ready := c.work
	if c.model != nil && b.how() != "" {
		ready = func(p *parallel.Pool) (*work, error) { return c.model.workOn(b.tape, p) }
	}
	w, err := ready(pool)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", c.Name, err)
	}
	w.run() // twice, so that every buffer is there and has been touched
	w.run()
	return w, pool, nil
}

// tape sets how a tape computes.
func (b *Bench) tape(t *autograd.Tape) *autograd.Tape {
	t.Precision, t.ExactConv = b.Precision, b.ExactConv
	return t
}

// samples are the seconds of single calls, and the peaks measured in between.
type samples struct {
	seconds, peaks []float64
	others         float64
}

// peak is the peak while the samples were taken: what one measurement in ten
// exceeds. Another program can only lower it, and would flatter the share.
func (s samples) peak() float64 {
	slices.Sort(s.peaks)
	return s.peaks[len(s.peaks)*9/10]
}

const (
	fewest   = 3                     // calls, however long one takes
	shortest = time.Millisecond      // calls are timed together until they take this long
	peakPart = 50                    // one part in 50 of the time goes to the peak
	longest  = 10 * time.Millisecond // between two measurements of the peak at the end of a call
)

// sample calls w until the time is up.
func (b *Bench) sample(ctx context.Context, pool *parallel.Pool, w *work) (samples, error) {
	start := time.Now()
	w.run()
	together := 1 + int(shortest/(time.Since(start)+1))
	var s samples
	for start = time.Now(); len(s.seconds) < fewest || time.Since(start) < b.Time; {
		if err := ctx.Err(); err != nil {
			return s, err
		}
		from := time.Now()
		for range together {
			w.run()
		}
		took := time.Since(from)
		s.seconds = append(s.seconds, took.Seconds()/float64(together))
		for end := time.Now().Add(min(took/peakPart, longest)); ; {
			s.peaks = append(s.peaks, peak(pool))
			if !time.Now().Before(end) {
				break
			}
		}
	}
	return s, nil
}

// result holds the samples against what bounds them.
func (b *Bench) result(c Case, w *work, pool *parallel.Pool, s samples) Result {
	t := median(s.seconds)
	r := Result{Name: c.Name, Batch: c.Batch, Threads: pool.Threads(), Seconds: t, Calls: len(s.seconds),
		GFLOPS: w.flops / t / 1e9, GBs: w.bytes / t / 1e9, Bound: "fma", Others: s.others}
	if c.model != nil {
		r.How = b.how()
	}
	least := w.flops / s.peak()
	if w.bytes > 0 {
		if move := w.bytes / b.memory(pool); move > least {
			least, r.Bound = move, "memory"
		}
	}
	r.Share = least / t
	if b.Profile && w.profile != nil {
		r.Profile = profileOf(w)
	}
	return r
}

// how names the settings of models that are not the default.
func (b *Bench) how() string {
	var names []string
	if b.Precision != kernel.F32 {
		names = append(names, b.Precision.String())
	}
	if b.ExactConv {
		names = append(names, "exact-conv")
	}
	return strings.Join(names, " ")
}

// memory is the bandwidth that the pool's threads reach together, in bytes/s.
func (b *Bench) memory(pool *parallel.Pool) float64 {
	if rate, known := b.bandwidth[pool.Threads()]; known {
		return rate
	}
	w := stream(pool)
	w.run()
	var rates []float64
	for start := time.Now(); len(rates) < 10 || time.Since(start) < b.Time/2; {
		from := time.Now()
		w.run()
		rates = append(rates, w.bytes/time.Since(from).Seconds())
	}
	if b.bandwidth == nil {
		b.bandwidth = map[int]float64{}
	}
	b.bandwidth[pool.Threads()] = median(rates)
	return b.bandwidth[pool.Threads()]
}

// median is the middle of x, which it sorts.
func median(x []float64) float64 {
	slices.Sort(x)
	n := len(x)
	if n == 0 {
		return 0
	}
	return (x[(n-1)/2] + x[n/2]) / 2
}

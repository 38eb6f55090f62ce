package bench

import (
	"context"
	"fmt"
	"math"

	"ebb/engine/kernel/parallel"
)

// Peer is another program that runs the same models.
type Peer interface {
	Name() string
	Does(m Model) bool
	// Time runs the model and returns the seconds of one call, the median of a
	// few, and the floating-point operations of one example's forward pass.
	Time(ctx context.Context, m Model, threads int) (seconds, flops float64, err error)
}

// Compare measures a model in turns with the peers that do it: in each round
// Ebb runs once, then every peer. The ratio is the median of those of the rounds.
// A peer's turn is a process with fresh memory, and so is Ebb's model made anew:
// pages that lay idle through the turns of others come back slower. warn hears of a peer that fails, which is then left out. Without a
// peer Compare is Run.
func (b *Bench) Compare(ctx context.Context, c Case, peers []Peer, rounds int, warn func(error)) ([]Result, error) {
	var able []Peer
	for _, p := range peers {
		if c.model != nil && p.Does(*c.model) {
			able = append(able, p)
		}
	}
	if len(able) == 0 {
		r, err := b.Run(ctx, c)
		return []Result{r}, err
	}
	m := startMeter()
	ours, theirs := samples{}, make([]turns, len(able))
	var w *work
	var pool *parallel.Pool
	for range rounds {
		var err error
		w = nil // the memory of the round before is given back
		if w, pool, err = b.ready(c); err != nil {
			return nil, err
		}
		s, err := b.sample(ctx, pool, w)
		if err != nil {
			return nil, err
		}
		ours.seconds, ours.peaks = append(ours.seconds, s.seconds...), append(ours.peaks, s.peaks...)
		seconds := make([]float64, len(able))
		for i, p := range able {
			if theirs[i].failed != nil {
				continue
			}
			var flops float64
			seconds[i], flops, err = p.Time(ctx, *c.model, pool.Threads())
			if err == nil {
				err = sameWork(c, w, flops)
			}
			if err != nil {
				theirs[i].failed = err
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				warn(fmt.Errorf("%s by %s: %w", c.Name, p.Name(), err))
			}
		}
		for i := range theirs {
			theirs[i].add(seconds[i], median(s.seconds))
		}
	}
	ours.others = m.others()
	return against(b.result(c, w, pool, ours), able, theirs), nil
}

// turns are a peer's rounds.
type turns struct {
	seconds, ratios []float64
	failed          error
}

func (t *turns) add(seconds, ours float64) {
	t.seconds, t.ratios = append(t.seconds, seconds), append(t.ratios, seconds/ours)
}

// against repeats a result for each peer that got through; the result alone if
// none did.
func against(r Result, peers []Peer, theirs []turns) []Result {
	var out []Result
	for i, p := range peers {
		if theirs[i].failed != nil {
			continue
		}
		with := r
		with.Peer, with.PeerSeconds, with.Ratio = p.Name(), median(theirs[i].seconds), median(theirs[i].ratios)
		if len(out) > 0 {
			with.Profile = nil // said once
		}
		out = append(out, with)
	}
	if out == nil {
		return []Result{r}
	}
	return out
}

// sameWork compares how much work both sides say a call is: they must run the
// same network.
func sameWork(c Case, w *work, flops float64) error {
	calls := 1.0
	if c.model.Task == Train {
		calls = 3
	}
	if theirs := calls * flops * float64(c.Batch); math.Abs(theirs-w.flops) > 1e-4*w.flops {
		return fmt.Errorf("it counts %.6g floating-point operations for what Ebb counts %.6g: the networks differ", theirs, w.flops)
	}
	return nil
}

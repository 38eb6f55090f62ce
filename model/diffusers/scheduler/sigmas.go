package scheduler

import (
	"fmt"
	"math"
	"sort"

	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// Noise levels sigma/alpha, which the library calls sigmas, instead of steps.

// levels are those of the table's steps, rising.
func levels(table *schedule.Table) []float64 {
	out := make([]float64, table.Steps())
	for i := range out {
		out[i] = schedule.Ratio(table, table.Time(i+1))
	}
	// The library puts 2^-24 in place of an alphaBar of 0.
	if last := len(out) - 1; math.IsInf(out[last], 1) {
		const bar = 1.0 / (1 << 24)
		out[last] = math.Sqrt((1 - bar) / bar)
	}
	return out
}

// at is the linear interpolation of values at a fractional index.
func at(values []float64, i float64) float64 {
	lo := min(max(int(i), 0), len(values)-1)
	hi := min(lo+1, len(values)-1)
	w := i - float64(lo)
	return values[lo] + float64(w*(values[hi]-values[lo]))
}

// stepsOf are the fractional steps that have the given levels, by linear
// interpolation of the logarithm of all levels.
func stepsOf(all, given []float64) []float64 {
	logs := make([]float64, len(all))
	for i, v := range all {
		logs[i] = elementary.Log(v)
	}
	out := make([]float64, len(given))
	for i, level := range given {
		v := elementary.Log(max(level, 1e-10))
		lo := min(max(sort.SearchFloat64s(logs, v)-1, 0), len(logs)-2)
		w := (v - logs[lo]) / (logs[lo+1] - logs[lo])
		out[i] = float64(lo) + min(max(w, 0), 1)
	}
	return out
}

// respaced are n levels by the rule that the configuration asks for, between
// the given ones or its own sigma_max and sigma_min; nil when it asks for none.
func (c Config) respaced(n int, most, least float64) ([]float64, error) {
	if c.SigmaMax != nil {
		most = *c.SigmaMax
	}
	if c.SigmaMin != nil {
		least = *c.SigmaMin
	}
	switch {
	case c.Karras:
		return schedule.Karras(n, most, least, 7)
	case c.Exponential, c.LuLambdas:
		return schedule.Exponential(n, most, least)
	case c.BetaSigmas:
		return schedule.Beta(n, most, least, 0.6, 0.6)
	}
	return nil, nil
}

// last is the level at which a run ends: 0, or that of the first training step.
func (c Config) last(all []float64) (float64, error) {
	switch c.FinalSigmas {
	case "zero":
		return 0, nil
	case "sigma_min":
		return all[0], nil
	}
	return 0, fmt.Errorf("final_sigmas_type %q is unknown; zero and sigma_min are understood", c.FinalSigmas)
}

// The schedules below run through falling levels, the last where the run ends,
// and the grids hold their times: equally spaced, a level of 0 at time 0, two
// equal levels at one time.

// explode has alpha = 1: for classes that divide their samples by alpha.
func explode(levels []float64) (schedule.Schedule, []float64, error) {
	return points(levels, func(level float64) (alpha, sigma float64) { return 1, level })
}

// preserve has alpha^2 + sigma^2 = 1.
func preserve(levels []float64) (schedule.Schedule, []float64, error) {
	return points(levels, func(level float64) (alpha, sigma float64) {
		alpha = 1 / math.Sqrt(float64(level*level)+1)
		return alpha, level * alpha
	})
}

// straight has alpha + sigma = 1; what falls is sigma itself.
func straight(sigmas []float64) (schedule.Schedule, []float64, error) {
	return points(sigmas, func(sigma float64) (float64, float64) { return 1 - sigma, sigma })
}

func points(levels []float64, at func(level float64) (alpha, sigma float64)) (schedule.Schedule, []float64, error) {
	n := len(levels)
	if n < 2 {
		return nil, nil, fmt.Errorf("%d noise levels; at least 2 are needed", n)
	}
	grid := make([]float64, n)
	var t, alpha, sigma []float64
	for i := n - 1; i >= 0; i-- {
		grid[i] = float64(n-i) / float64(n)
		if levels[i] == 0 {
			grid[i] = 0
		}
		if i < n-1 && levels[i] == levels[i+1] {
			grid[i] = grid[i+1]
			continue
		}
		a, s := at(levels[i])
		t, alpha, sigma = append(t, grid[i]), append(alpha, a), append(sigma, s)
	}
	sch, err := schedule.NewPoints(t, alpha, sigma)
	return sch, grid, err
}

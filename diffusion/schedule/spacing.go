package schedule

import (
	"fmt"

	"ebb/engine/kernel/elementary"
)

// A spacing lists n noise levels sigma/alpha, falling from most to least (see
// [Ratio]); [ByRatio] finds the times of a schedule that have them.

// Karras is equal steps of the level's rho-th root (Karras et al. 2022,
// arXiv 2206.00364, eq. 5, with rho = 7): dense where there is little noise.
func Karras(n int, most, least, rho float64) ([]float64, error) {
	if err := checkLevels(n, most, least); err != nil {
		return nil, err
	}
	if !(rho >= 1) || rho-rho != 0 {
		return nil, fmt.Errorf("schedule: a Karras spacing with rho = %v; a finite one of at least 1 is needed, 7 is usual", rho)
	}
	out := ramp(n, elementary.Pow(most, 1/rho), elementary.Pow(least, 1/rho))
	for i, v := range out {
		out[i] = elementary.Pow(v, rho)
	}
	return out, nil
}

// Exponential is equal steps of the level's logarithm, so of lambda: uniform in
// log-SNR.
func Exponential(n int, most, least float64) ([]float64, error) {
	if err := checkLevels(n, most, least); err != nil {
		return nil, err
	}
	out := ramp(n, elementary.Log(most), elementary.Log(least))
	for i, v := range out {
		out[i] = elementary.Exp(v)
	}
	return out, nil
}

// Beta is the quantiles of a beta distribution with the two given shapes, laid
// between least and most: with shapes below 1, dense at both ends (Lee et al.
// 2024, "Beta sampling is all you need", arXiv 2407.12173, with 0.6 and 0.6).
func Beta(n int, most, least, a, b float64) ([]float64, error) {
	if err := checkLevels(n, most, least); err != nil {
		return nil, err
	}
	if !(a > 0 && b > 0) || a+b-(a+b) != 0 {
		return nil, fmt.Errorf("schedule: a beta spacing with shapes %v and %v; both must be positive and finite, 0.6 is usual", a, b)
	}
	out := ramp(n, 1, 0)
	for i, v := range out {
		out[i] = least + float64(elementary.BetaQuantile(v, a, b)*(most-least))
	}
	return out, nil
}

func checkLevels(n int, most, least float64) error {
	if n < 1 {
		return fmt.Errorf("schedule: a grid of %d steps; at least 1 is needed", n)
	}
	if !(0 < least && least <= most) || most-most != 0 {
		return fmt.Errorf("schedule: noise levels from %v down to %v; 0 < least <= most < infinity is needed", most, least)
	}
	return nil
}

// ByRatio is the grid of times at which sigma/alpha takes the falling levels,
// and the final 0. A level outside those of the schedule is an error.
func ByRatio(sch Schedule, levels []float64) ([]float64, error) {
	if len(levels) == 0 {
		return nil, fmt.Errorf("schedule: a grid needs at least one step")
	}
	// A level at the very end may miss it, by the rounding of its formula, to
	// either side.
	const slack = 1e-12
	most := Ratio(sch, 1)
	grid := make([]float64, 0, len(levels)+1)
	for i, level := range levels {
		if !(level > 0 && level <= most*(1+slack)) {
			return nil, fmt.Errorf("schedule: noise level %d of the grid is %v, outside the schedule's (0, %v]", i, level, most)
		}
		t := Time(sch, -elementary.Log(level))
		if i == 0 && level >= most*(1-slack) {
			t = 1
		}
		if i > 0 && t >= grid[i-1] {
			return nil, fmt.Errorf("schedule: the grid does not fall: noise level %v is followed by %v", levels[i-1], level)
		}
		grid = append(grid, t)
	}
	return append(grid, 0), nil
}

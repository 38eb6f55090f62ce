package model

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"ebb/diffusion/schedule"
)

// leastLevel is the least noise level that the spacings of levels go down to (EDM, Karras et
// al. 2022, arXiv 2206.00364, section 5); the next time is 0.
const leastLevel = 0.002

// ErrGrid says that a grid does not fit the schedule or the number of steps.
var ErrGrid = errors.New("grid")

// gridMaker chooses n times of a schedule of which T are counted.
type gridMaker func(sch schedule.Schedule, total, n int) ([]float64, error)

// grids is the table of ways to choose the times that a sampler visits.
func grids() []named[gridMaker] {
	return []named[gridMaker]{
		{"uniform", "equal times from 1 to 0", func(_ schedule.Schedule, _, n int) ([]float64, error) { return schedule.Uniform(n) }},
		{"trailing", "every T/n-th step of a table, from the last down", onTable(schedule.Trailing)},
		{"leading", "every T/n-th step of a table, from the first up", onTable(func(t *schedule.Table, n int) ([]float64, error) {
			return schedule.Leading(t, n, 0)
		})},
		{"linspace", "the first and the last step of a table, and steps evenly between", onTable(schedule.Linspace)},
		{"karras", "equal steps of the noise level's 7th root: dense where there is little noise (EDM)", byLevel(func(n int, most, least float64) ([]float64, error) {
			return schedule.Karras(n, most, least, 7)
		})},
		{"exponential", "equal steps of the log signal-to-noise ratio", byLevel(schedule.Exponential)},
		{"log-snr", "another name of exponential", byLevel(schedule.Exponential)},
		{"beta", "quantiles of a beta distribution: dense where there is little noise and where there is most", byLevel(func(n int, most, least float64) ([]float64, error) {
			return schedule.Beta(n, most, least, 0.6, 0.6)
		})},
	}
}

func onTable(choose func(t *schedule.Table, n int) ([]float64, error)) gridMaker {
	return func(sch schedule.Schedule, _, n int) ([]float64, error) {
		t, ok := sch.(*schedule.Table)
		if !ok {
			return nil, fmt.Errorf("the grid counts the steps of a table, and the run's schedule is continuous: choose uniform, karras, exponential or beta")
		}
		return choose(t, n)
	}
}

// byLevel goes from the level of the end down to that of step 1 of T, but no lower than
// leastLevel.
func byLevel(space func(n int, most, least float64) ([]float64, error)) gridMaker {
	return func(sch schedule.Schedule, total, n int) ([]float64, error) {
		most := schedule.Ratio(sch, 1)
		if most-most != 0 {
			return nil, fmt.Errorf("the grid is spaced by noise levels, and the run's schedule ends without signal, where the level is infinite: choose uniform, trailing or a list of times")
		}
		least := min(max(schedule.Ratio(sch, 1/float64(total)), leastLevel), most)
		levels, err := space(n, most, least)
		if err != nil {
			return nil, err
		}
		return schedule.ByRatio(sch, levels)
	}
}

// NewGrid chooses n times of the schedule sch, T of it being steps: spec is a name of Grids, or
// the user's own list, falling and parted by commas: times in (0, 1], or steps of a table from
// T to 1. The final 0 may be left out. n is 0 for as many as a list has.
func NewGrid(spec string, sch schedule.Schedule, steps, n int) ([]float64, error) {
	if !isList(spec) {
		maker, err := find("grid", spec, grids())
		if err != nil {
			return nil, fmt.Errorf("%w, or list times, such as 1,0.5,0.1", err)
		}
		grid, err := maker(sch, steps, n)
		if err != nil {
			return nil, fmt.Errorf("%w %s: %w", ErrGrid, spec, err)
		}
		return grid, nil
	}
	grid, err := listed(spec, sch)
	if err != nil {
		return nil, fmt.Errorf("%w %s: %w", ErrGrid, spec, err)
	}
	if n != 0 && n != len(grid)-1 {
		return nil, fmt.Errorf("%w %s: it makes %d steps, and %d are asked for: leave the number out", ErrGrid, spec, len(grid)-1, n)
	}
	return grid, nil
}

// isList tells a user's own list of times from a name of Grids.
func isList(spec string) bool { return strings.ContainsAny(spec, "0123456789") }

// listed is a user's own list of times or steps.
func listed(spec string, sch schedule.Schedule) ([]float64, error) {
	var times []float64
	for _, field := range strings.Split(spec, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
		if err != nil {
			return nil, fmt.Errorf("%q is not a number: %w", field, err)
		}
		times = append(times, v)
	}
	if n := len(times); n > 1 && times[n-1] == 0 {
		times = times[:n-1]
	}
	if times[0] > 1 {
		return listedSteps(times, sch)
	}
	for i, t := range times {
		if !(t > 0 && t <= 1) {
			return nil, fmt.Errorf("time %v lies outside (0, 1]", t)
		}
		if i > 0 && t >= times[i-1] {
			return nil, fmt.Errorf("time %v follows %v; times must fall", t, times[i-1])
		}
	}
	return append(times, 0), nil
}

func listedSteps(list []float64, sch schedule.Schedule) ([]float64, error) {
	t, ok := sch.(*schedule.Table)
	if !ok {
		return nil, fmt.Errorf("%v is a step of a table, and the run's schedule is continuous: list times in (0, 1]", list[0])
	}
	steps := make([]int, len(list))
	for i, v := range list {
		if !(v >= 1 && v <= float64(t.Steps())) || v != float64(int(v)) {
			return nil, fmt.Errorf("%v is not a step of the table's 1..%d", v, t.Steps())
		}
		steps[i] = int(v)
	}
	return t.Grid(steps)
}

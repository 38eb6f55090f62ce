package schedule

import (
	"fmt"
	"math"
)

// A time grid is the falling list of times t_0 > t_1 > ... > t_n that a
// sampler with n steps visits; the last is 0, data. Leading, Trailing and
// Linspace choose n of the T steps of a table, by the three rules in use (Lin
// et al. 2023, arXiv 2305.08891, table 2); Uniform is for continuous time.

// Uniform is the grid 1, (n-1)/n, ..., 1/n, 0.
func Uniform(n int) ([]float64, error) {
	if n < 1 {
		return nil, fmt.Errorf("schedule: a grid of %d steps; at least 1 is needed", n)
	}
	grid := make([]float64, n+1)
	for i := range grid {
		grid[i] = float64(n-i) / float64(n)
	}
	return grid, nil
}

// AllSteps is the grid of every step of a table of T steps: Uniform(T).
func AllSteps(table *Table) []float64 {
	grid, err := Uniform(table.Steps())
	if err != nil {
		panic(err) // a table has at least one step
	}
	return grid
}

// Leading counts up from step 1 in strides of floor(T/n); it never visits T
// unless n = T. offset shifts every step up (latent diffusion uses 1).
func Leading(table *Table, n, offset int) ([]float64, error) {
	total := table.Steps()
	if err := checkSubset(n, total); err != nil {
		return nil, err
	}
	stride := total / n
	steps := make([]int, n)
	for i := range steps {
		steps[i] = (n-1-i)*stride + 1 + offset
	}
	return table.Grid(steps)
}

// Trailing counts down from step T in strides of T/n, rounded.
func Trailing(table *Table, n int) ([]float64, error) {
	total := table.Steps()
	if err := checkSubset(n, total); err != nil {
		return nil, err
	}
	// The halves are rounded to even after the two roundings of numpy's
	// arange, so that the steps are those recorded elsewhere. (For some n
	// its list has one entry more, step 0, which is no step of a table.)
	top := float64(total)
	stride := (top - top/float64(n)) - top
	steps := make([]int, n)
	for i := range steps {
		steps[i] = int(math.RoundToEven(top + float64(float64(i)*stride)))
	}
	return table.Grid(steps)
}

// Linspace spreads n steps evenly from T to 1, both included, rounded.
func Linspace(table *Table, n int) ([]float64, error) {
	total := table.Steps()
	if err := checkSubset(n, total); err != nil {
		return nil, err
	}
	stride := 0.0
	if n > 1 {
		stride = float64(total-1) / float64(n-1)
	}
	steps := make([]int, n)
	for i := range steps {
		steps[i] = int(math.RoundToEven(float64(n-1-i)*stride)) + 1
	}
	return table.Grid(steps)
}

// Grid turns falling step numbers in 1..T into times and adds the final 0.
func (t *Table) Grid(steps []int) ([]float64, error) {
	if len(steps) == 0 {
		return nil, fmt.Errorf("schedule: a grid needs at least one step")
	}
	grid := make([]float64, 0, len(steps)+1)
	for i, step := range steps {
		if step < 1 || step > t.Steps() {
			return nil, fmt.Errorf("schedule: step %d of the grid is %d, outside the table's 1..%d", i, step, t.Steps())
		}
		if i > 0 && step >= steps[i-1] {
			return nil, fmt.Errorf("schedule: the grid does not fall: step %d is followed by %d", steps[i-1], step)
		}
		grid = append(grid, t.Time(step))
	}
	return append(grid, 0), nil
}

func checkSubset(n, total int) error {
	if n < 1 || n > total {
		return fmt.Errorf("schedule: %d sampling steps; the schedule has %d, choose 1..%d", n, total, total)
	}
	return nil
}

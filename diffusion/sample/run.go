package sample

import (
	"context"
	"fmt"

	"ebb/diffusion/process"
)

// Progress is what a run tells its watchers after each step.
type Progress struct {
	Step, Steps int            // steps done, of how many
	T, S        float64        // the step went from time T to time S
	Evaluations int            // calls of the denoiser so far
	X           *process.State // the state at time S: to look at, not to change or keep
}

// Run takes x from grid[0] to the last time of the grid, one step of the
// sampler between each two, in place. x starts as the caller made it: unit
// normals (process.Fill) times schedule.Start, which is 1 for a
// variance-preserving schedule. The grid falls, within [0, 1].
//
// A cancelled ctx stops the run between two steps and returns its error. A
// denoiser or sampler that yields NaN or infinity stops it too, with an error
// naming step and row. x is then unfinished.
func Run(ctx context.Context, m Sampler, d Denoiser, x *process.State, grid []float64, noise process.Noise, watch ...func(Progress)) error {
	g := &guard{}
	p := Plan{Denoiser: g.wrap(d), Grid: grid, Rows: x.Rows, Dim: x.Dim, Noise: noise}
	if err := check(m, p, x); err != nil {
		return err
	}
	if err := answers(d, grid); err != nil {
		return err
	}
	step := m.Begin(p)
	steps := p.Steps()
	for k := range steps {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("sample: stopped before step %d of %d: %w", k+1, steps, err)
		}
		t, s := grid[k], grid[k+1]
		step(x, t, s)
		if g.bad {
			return fmt.Errorf("sample: step %d of %d (t = %.6g): the model's prediction for row %d is not finite", k+1, steps, t, g.row)
		}
		if row := firstBad(x); row >= 0 {
			return fmt.Errorf("sample: step %d of %d (t = %.6g to %.6g): row %d is not finite", k+1, steps, t, s, row)
		}
		for _, w := range watch {
			w(Progress{Step: k + 1, Steps: steps, T: t, S: s, Evaluations: g.calls, X: x})
		}
	}
	return nil
}

func check(m Sampler, p Plan, x *process.State) error {
	grid := p.Grid
	if len(x.Data) != x.Rows*x.Dim {
		panic(fmt.Sprintf("sample: state %v holds %d values", x, len(x.Data)))
	}
	if len(grid) < 2 {
		return fmt.Errorf("sample: a grid of %d times; at least 2 are needed", len(grid))
	}
	for i, t := range grid {
		if !(t >= 0 && t <= 1) {
			return fmt.Errorf("sample: time %d of the grid is %v, outside [0, 1]", i, t)
		}
		if i > 0 && t > grid[i-1] {
			return fmt.Errorf("sample: the grid rises from %v to %v at time %d; it must fall", grid[i-1], t, i)
		}
	}
	if err := divides(p); err != nil {
		return err
	}
	if c, ok := m.(Checker); ok {
		return c.Check(p)
	}
	return nil
}

// divides finds times that a step would divide by zero at: without noise, of
// which the step is to take some away, or a step that ends without signal,
// of which it is to bring some back.
func divides(p Plan) error {
	for k := range p.Steps() {
		t := p.Grid[k]
		if t == p.Grid[k+1] {
			continue // a step of no width does nothing
		}
		alpha, sigma := p.at(t)
		if sigma == 0 && t > p.Grid[k+1] {
			return fmt.Errorf("sample: time %d of the grid is %v, where the schedule has no noise (sigma = 0) to take away; the grid may only end there", k, t)
		}
		if k > 0 && alpha == 0 && t < p.Grid[k-1] {
			return fmt.Errorf("sample: times %v and %v of the grid both lie where the schedule has no signal (alpha = 0); only the first may", p.Grid[k-1], t)
		}
	}
	return nil
}

// answers asks the denoiser whether it serves every time it will be called at.
func answers(d Denoiser, grid []float64) error {
	r, ok := d.(Reluctant)
	if !ok {
		return nil
	}
	for _, t := range grid[:len(grid)-1] {
		if err := r.Answers(t); err != nil {
			return fmt.Errorf("sample: %w", err)
		}
	}
	return nil
}

// firstBad is the first row of x with a value that is not finite, or -1.
func firstBad(x *process.State) int {
	for i, v := range x.Data {
		// v-v is 0 for every finite v, NaN for the others.
		if v-v != 0 {
			return i / x.Dim
		}
	}
	return -1
}

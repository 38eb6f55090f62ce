package sample

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
)

// Repaint draws the hidden values of rows of which the others are known
// (RePaint, Lugmayr et al. 2022, arXiv 2201.09865, algorithm 1). After each
// step to s the known values are put in their place, noised to s by
//
//	x_s = alpha_s x0 + sigma_s z        (eq. 8a)
//
// with fresh z. The step before did not know them, so what it drew beside them
// does not quite fit. Therefore every Jump steps the whole row goes back in
// time, by the forward process from s to the time before those steps, and comes
// down again, Repeats times in all: it moves towards what fits, as a Gibbs
// sampler does, and with growing Repeats to the conditional distribution of the
// model. Algorithm 1 is Jump = 1, and ends with a step that is not repeated;
// here the last Jump steps are repeated as well.
//
// Repeats 1 replaces alone, which is the method of Song et al. (2021, arXiv
// 2011.13456, on imputation), and off: the hidden values hang together with
// the known ones less than they should.
//
// Each time down starts the sampler anew, without a history. Cells can't be
// repainted so: once revealed they are hardly ever masked again near t = 0,
// and the rows no longer move. A network that was trained with parts of rows given
// (denoise.Give) completes those without repaint.
type Repaint struct {
	Sampler Sampler
	Known   *process.State // (Rows, Dim) x0; hidden values mean nothing
	Hidden  []bool         // (Rows, Dim), row-major
	Jump    int            // 0: 10
	Repeats int            // 0: 10
	Noise   process.Noise  // a stream of its own
}

var (
	_ Sampler = Repaint{}
	_ Checker = Repaint{}
)

// Check implements [Checker].
func (m Repaint) Check(p Plan) error {
	switch {
	case m.Jump < 0 || m.Repeats < 0:
		return fmt.Errorf("sample: repaint: %d repeats of %d steps; both are at least 1", m.Repeats, m.Jump)
	case m.Noise == nil:
		return fmt.Errorf("sample: repaint needs a noise stream of its own")
	case m.Known.Rows != p.Rows || m.Known.Dim != p.Dim || len(m.Hidden) != p.Rows*p.Dim:
		return fmt.Errorf("sample: repaint: known values %v and %d marks for a state (%d, %d)", m.Known, len(m.Hidden), p.Rows, p.Dim)
	}
	for i, v := range m.Known.Data {
		if !m.Hidden[i] && v-v != 0 {
			return fmt.Errorf("sample: repaint: the known value %d of row %d is %v", i%p.Dim, i/p.Dim, v)
		}
	}
	if _, ok := p.Denoiser.(MixedDenoiser); ok {
		return fmt.Errorf("sample: repaint is for numbers alone; rows with categories are completed by a network that learned to (denoise.Give)")
	}
	if c, ok := m.Sampler.(Checker); ok {
		return c.Check(p)
	}
	return nil
}

// Begin implements [Sampler].
func (m Repaint) Begin(p Plan) Step {
	jump, repeats := m.Jump, m.Repeats
	if jump == 0 {
		jump = 10
	}
	if repeats == 0 {
		repeats = 10
	}
	if repeats == 1 {
		jump = p.Steps()
	}
	r := &repainting{Repaint: m, plan: p, z: make([]float64, p.Dim)}
	var down Step
	k := -1
	return func(x *process.State, t, s float64) {
		k++
		first := k / jump * jump
		if k == 0 {
			r.place(x, t)
		}
		if k == first {
			down = r.begin(first, min(first+jump, p.Steps()))
		}
		down(x, t, s)
		r.place(x, s)
		if k+1 != min(first+jump, p.Steps()) {
			return
		}
		for range repeats - 1 {
			r.back(x, s, p.Grid[first])
			again := r.begin(first, k+1)
			for j := first; j <= k; j++ {
				again(x, p.Grid[j], p.Grid[j+1])
				r.place(x, p.Grid[j+1])
			}
		}
	}
}

// repainting is a run of Repaint.
type repainting struct {
	Repaint
	plan  Plan
	z     []float64
	key   int // of the next draw of Noise
	times int // times down that were begun
}

// begin starts the sampler for the steps lo to hi-1 of the plan, with noise of
// its own.
func (r *repainting) begin(lo, hi int) Step {
	p := r.plan
	p.Grid = p.Grid[lo : hi+1]
	p.Noise = later{p.Noise, r.times}
	r.times++
	return r.Sampler.Begin(p)
}

// place puts the known values, noised to time t, in their place.
func (r *repainting) place(x *process.State, t float64) {
	alpha, sigma := r.plan.at(t)
	for i := range x.Rows {
		if sigma > 0 {
			r.Noise.Normals(r.z, r.key, i)
		} else {
			clear(r.z)
		}
		row, known := x.Row(i), r.Known.Row(i)
		for j, hidden := range r.Hidden[i*x.Dim : (i+1)*x.Dim] {
			if !hidden {
				row[j] = float64(alpha*known[j]) + float64(sigma*r.z[j])
			}
		}
	}
	r.key++
}

// back takes x from s to a later time t by the forward process.
func (r *repainting) back(x *process.State, s, t float64) {
	a, beta := schedule.Between(r.plan.Denoiser.Schedule(), s, t)
	jump := process.Affine{Scale: math.Sqrt(a), Var: beta}
	for i := range x.Rows {
		r.Noise.Normals(r.z, r.key, i)
		jump.ApplyRow(x.Row(i), x.Row(i), r.z)
	}
	r.key++
}

// later is the noise of a run's times-th time down; the 0-th is the run's own.
type later struct {
	process.Noise
	times int
}

// downKeys is more than the keys that any sampler uses on one way down.
const downKeys = 1 << 20

func (n later) Normals(dst []float64, step, row int) {
	n.Noise.Normals(dst, n.times*downKeys+step, row)
}

func (n later) Uniforms(dst []float64, step, row int) {
	n.Noise.Uniforms(dst, n.times*downKeys+step, row)
}

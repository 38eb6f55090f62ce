package likelihood

import (
	"context"
	"fmt"
	"math"

	"ebb/diffusion/denoise"
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// solver takes one draw of some rows along their paths. Every row has steps of
// its own; those of all rows on their way are evaluated together.
type solver struct {
	flow  Flow
	d     denoise.Differentiable
	sch   schedule.Schedule
	x0    *process.State
	noise process.Noise
	lo    int // number of the first row
	draw  int
	end   float64
	exact bool

	probes *process.State // (rows, D) of signs, unless exact
	paths  []*path
	values []Value
}

func (s *solver) run(ctx context.Context, begin float64) error {
	s.begin(begin)
	active := make([]int, len(s.paths))
	for i := range active {
		active[i] = i
	}
	a, c, diff := tableau(), nodes(), differences()
	if err := s.slopes(active, 0, 0); err != nil {
		return err
	}
	for len(active) > 0 {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("likelihood: stopped at row %d: %w", s.lo+active[0]+1, err)
		}
		for k := 1; k < stages; k++ {
			for _, i := range active {
				s.paths[i].stage(k, a[k])
			}
			if err := s.slopes(active, k, c[k]); err != nil {
				return err
			}
		}
		going := active[:0]
		for _, i := range active {
			p := s.paths[i]
			p.settle(diff, s.flow.Tolerance)
			if s.end-p.u <= 1e-12 {
				s.finish(i)
				continue
			}
			if p.evals > stages*mostSteps || !(p.h > 1e-10) {
				return fmt.Errorf("likelihood: row %d: the path stands still at half log-SNR %v after %d evaluations: the denoiser is not smooth there, or the tolerance of %v is below its rounding error",
					s.lo+i+1, -p.u, p.evals, s.flow.Tolerance)
			}
			p.h = min(p.h, longest, s.end-p.u)
			going = append(going, i)
		}
		active = going
	}
	return nil
}

// begin noises the rows, and takes the part between them and the paths.
func (s *solver) begin(u float64) {
	rows, dim := s.x0.Rows, s.x0.Dim
	s.values = make([]Value, rows)
	l := s.levelAt(u)
	eps, xt, pred := process.NewState(rows, dim), process.NewState(rows, dim), process.NewState(rows, dim)
	times := make([]float64, rows)
	for i := range rows {
		times[i] = l.t
		s.noise.Normals(eps.Row(i), 2*s.draw, s.lo+i)
		for j, x := range s.x0.Row(i) {
			xt.Row(i)[j] = float64(l.alpha*x) + float64(l.sigma*eps.Row(i)[j])
		}
	}
	s.d.Denoise(pred, xt, times)
	if !s.exact {
		s.probes = process.NewState(rows, dim)
	}
	for i := range rows {
		p := newPath(dim+1, u, min(firstStep, s.end-u))
		for j, x := range xt.Row(i) {
			p.y[j] = x / l.size
		}
		copy(p.next, p.y) // where the first slope is wanted
		s.paths = append(s.paths, p)
		s.values[i].Decoder = s.decode(s.x0.Row(i), pred.Row(i), eps.Row(i), l)
		if !s.exact {
			signs(s.probes.Row(i), s.noise, 2*s.draw+1, s.lo+i)
		}
	}
}

// decode is log p(x0 | x_t) - log q(x_t | x0), less the logarithm of the volume
// that x_t has more than w.
func (s *solver) decode(x0, pred, eps []float64, l level) float64 {
	logV := logVariance(l.alpha, l.sigma)
	each := elementary.Log(l.sigma/l.size) + logSqrt2Pi
	sum := 0.0
	for j, x := range x0 {
		logP, _ := s.flow.Decoder.LogProb(x, pred[j], logV)
		sum += logP + float64(eps[j]*eps[j])/2 + each
	}
	return sum
}

// signs is a probe of Rademacher's distribution.
func signs(v []float64, noise process.Noise, step, row int) {
	noise.Uniforms(v, step, row)
	for j, u := range v {
		v[j] = 1
		if u < 0.5 {
			v[j] = -1
		}
	}
}

// level is the process at one u.
type level struct {
	t, alpha, sigma float64
	size            float64 // s of Flow
}

func (s *solver) levelAt(u float64) level {
	t := schedule.Time(s.sch, -u)
	alpha, sigma := s.sch.At(t)
	return level{t, alpha, sigma, math.Sqrt(float64(alpha*alpha) + float64(sigma*sigma))}
}

// finish takes the end of row i's path.
func (s *solver) finish(i int) {
	p, v := s.paths[i], &s.values[i]
	dim := len(p.y) - 1
	v.Prior, v.Volume = LogNormal(p.y[:dim]), p.y[dim]
	v.LogLikelihood = v.Prior + v.Volume + v.Decoder
	v.SolverError, v.Evaluations = p.err, p.evals
}

// tile is the number of vector-Jacobian products asked for at once.
const tile = 4096

// slopes sets the k-th slope of some rows, at the points in next.
func (s *solver) slopes(rows []int, k int, node float64) error {
	each := 1
	if s.exact {
		each = s.x0.Dim
	}
	some := max(1, tile/each)
	for lo := 0; lo < len(rows); lo += some {
		if err := s.slopesOf(rows[lo:min(lo+some, len(rows))], each, k, node); err != nil {
			return err
		}
	}
	return nil
}

// slopesOf asks for each products a row: one with every unit vector, or one with
// the probe.
func (s *solver) slopesOf(rows []int, each, k int, node float64) error {
	dim := s.x0.Dim
	n := len(rows) * each
	xt, x0, g := process.NewState(n, dim), process.NewState(n, dim), process.NewState(n, dim)
	times, levels := make([]float64, n), make([]level, len(rows))
	for i, r := range rows {
		p := s.paths[r]
		l := s.levelAt(p.u + float64(node*p.h))
		levels[i] = l
		for j := range each {
			times[i*each+j] = l.t
			for c, v := range p.next[:dim] {
				xt.Row(i*each + j)[c] = l.size * v
			}
		}
	}
	s.d.DenoiseVJP(x0, g, xt, times, func(row int, v, _ []float64) {
		if s.exact {
			v[row%each] = 1
			return
		}
		copy(v, s.probes.Row(rows[row]))
	})
	for i, r := range rows {
		p, l := s.paths[r], levels[i]
		trace := 0.0
		for j := range each {
			if s.exact {
				trace += g.Row(i*each + j)[j]
				continue
			}
			for c, v := range s.probes.Row(r) {
				trace += float64(v * g.Row(i)[c])
			}
		}
		share := l.alpha / l.size
		sum := trace
		for c, v := range x0.Row(i * each) {
			p.k[k][c] = float64(share * (float64(share*p.next[c]) - v))
			sum += v
		}
		if !finite(sum) {
			return fmt.Errorf("likelihood: row %d: the denoiser's answer or its derivative at t = %v is not finite; has its training diverged?", s.lo+r+1, l.t)
		}
		p.k[k][dim] = float64(float64(share*share)*float64(dim)) - float64(float64(share*l.size)*trace)
		p.evals++
	}
	return nil
}

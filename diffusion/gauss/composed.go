package gauss

import (
	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
)

// Composed is the covariance of [Gaussian.Ancestral] in the basis of the
// eigenvectors, where every step's slope A is a number for each of them and the
// covariance C of x becomes
//
//	C_kl <- a_k a_l C_kl + (Q' N Q)_kl
//
// for a step's noise N. A step costs d^2, and d^3/2 more with Diagonal noise,
// the only one that is not a matrix of numbers on the eigenvectors: thousands of
// steps stay cheap.
func (g *Gaussian) Composed(sch schedule.Schedule, grid []float64, noise StepNoise) *mat.SymDense {
	d := g.Dim()
	start := schedule.Start(sch, grid[0])
	c := make([]float64, d*d)
	for k := range d {
		c[k*(d+1)] = start * start
	}
	added := make([]float64, d*d)
	for i := range len(grid) - 1 {
		step := g.spectrum(sch, grid[i], grid[i+1])
		g.added(added, sch, step, noise)
		for k, a := range step.slope {
			row := c[k*d : (k+1)*d]
			for l, b := range step.slope {
				row[l] = float64(a*float64(b*row[l])) + added[k*d+l]
			}
		}
	}
	var half, full mat.Dense
	half.Mul(g.q, mat.NewDense(d, d, c))
	full.Mul(&half, g.q.T())
	out := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			out.SetSym(i, j, (full.At(i, j)+full.At(j, i))/2)
		}
	}
	return out
}

// spectrum is the exact reverse step from t to s along each eigenvector:
// x_s ~ N(slope x_t, spread).
type spectrum struct {
	t, s          float64
	slope, spread []float64
}

func (g *Gaussian) spectrum(sch schedule.Schedule, t, s float64) spectrum {
	bridge := process.Posterior(sch, t, s)
	alpha, sigma := sch.At(t)
	out := spectrum{t: t, s: s, slope: make([]float64, g.Dim()), spread: make([]float64, g.Dim())}
	for k, e := range g.eig {
		out.slope[k] = float64(bridge.X0*gain(e, alpha, sigma)) + bridge.Xt
		out.spread[k] = float64(float64(bridge.X0*bridge.X0)*posteriorVar(e, alpha, sigma)) + bridge.Var
	}
	return out
}

// added sets dst (D, D) to the covariance of the noise that ReverseStep adds, in
// the basis of the eigenvectors.
func (g *Gaussian) added(dst []float64, sch schedule.Schedule, step spectrum, noise StepNoise) {
	d := g.Dim()
	for i := range dst {
		dst[i] = 0
	}
	switch {
	case noise == Full:
		for k, v := range step.spread {
			dst[k*(d+1)] = v
		}
		return
	case step.s == 0:
		return
	case noise == Diagonal:
		g.rotated(dst, g.diagonal(step.spread))
		return
	}
	v := 0.0
	switch noise {
	case Isotropic:
		for _, e := range step.spread {
			v += e / float64(d)
		}
	case Small:
		v = process.Posterior(sch, step.t, step.s).Var
	case Large:
		_, v = schedule.Between(sch, step.s, step.t)
	}
	for k := range d {
		dst[k*(d+1)] = v
	}
}

// diagonal is that of Q diag(e) Q'.
func (g *Gaussian) diagonal(e []float64) []float64 {
	v := make([]float64, g.Dim())
	for i := range v {
		for k, q := range g.q.RawRowView(i) {
			v[i] += float64(float64(q*q) * e[k])
		}
	}
	return v
}

// rotated sets dst (D, D) to Q' diag(v) Q.
func (g *Gaussian) rotated(dst, v []float64) {
	d := g.Dim()
	for i, w := range v {
		row := g.q.RawRowView(i)
		for k, q := range row {
			f := w * q
			out := dst[k*d : (k+1)*d]
			for l := range k + 1 {
				out[l] += float64(f * row[l])
			}
		}
	}
	for k := range d {
		for l := range k {
			dst[l*d+k] = dst[k*d+l]
		}
	}
}

// StepError says what one reverse step from t to s costs that is given noise of
// another kind than its own: the Frobenius distance between the covariance of
// the noise and that of the exact kernel, as a share of the exact kernel's, and
// as a share of the covariance of x_s, which it leaves wrong by so much. With
// Diagonal or Isotropic noise the first falls as the length of the step, the
// second as its square.
//
// Unlike a sampler's last step, the step to s = 0 is given its noise too.
func (g *Gaussian) StepError(sch schedule.Schedule, t, s float64, noise StepNoise) (ofKernel, ofMarginal float64) {
	kernel := g.Reverse(sch, t, s)
	d := g.Dim()
	given := mat.NewSymDense(d, nil)
	for i := range d {
		v := kernel.Cov.At(i, i)
		switch noise {
		case Isotropic:
			v = mat.Trace(kernel.Cov) / float64(d)
		case Small:
			v = process.Posterior(sch, t, s).Var
		case Large:
			_, v = schedule.Between(sch, s, t)
		}
		given.SetSym(i, i, v)
	}
	if noise == Full {
		given = kernel.Cov
	}
	ofKernel = Distance(given, kernel.Cov)
	return ofKernel, ofKernel * mat.Norm(kernel.Cov, 2) / mat.Norm(g.Flow(sch, s), 2)
}

// Eigenvectors are those of Sigma, one a column, in the order of Eigenvalues.
func (g *Gaussian) Eigenvectors() *mat.Dense { return mat.DenseCopyOf(g.q) }

package gauss

import (
	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
)

// Kernel is the linear-Gaussian map y ~ N(A x + B, Cov).
type Kernel struct {
	A   *mat.SymDense
	B   []float64
	Cov *mat.SymDense
}

// Reverse is the exact reverse kernel q(x_s | x_t) of Gaussian data. Its
// covariance is full, although every forward step adds isotropic noise.
func (g *Gaussian) Reverse(sch schedule.Schedule, t, s float64) Kernel {
	bridge := process.Posterior(sch, t, s)
	alpha, sigma := sch.At(t)
	k := Kernel{
		A: g.spectral(func(e float64) float64 {
			return bridge.X0*gain(e, alpha, sigma) + bridge.Xt
		}),
		Cov: g.spectral(func(e float64) float64 {
			return bridge.X0*bridge.X0*posteriorVar(e, alpha, sigma) + bridge.Var
		}),
		B: make([]float64, g.Dim()),
	}
	// E[x0|x_t] = mu + G (x_t - alpha mu): B is what does not depend on x_t.
	fix := g.spectral(func(e float64) float64 {
		return bridge.X0 * (1 - alpha*gain(e, alpha, sigma))
	})
	mat.NewVecDense(g.Dim(), k.B).MulVec(fix, mat.NewVecDense(g.Dim(), g.mean))
	return k
}

// gain is the denoiser's slope dE[x0|x_t]/dx_t along an eigenvector.
func gain(e, alpha, sigma float64) float64 {
	if e == 0 {
		return 0
	}
	return alpha * e / (alpha*alpha*e + sigma*sigma)
}

// Apply is the distribution of y for x ~ N(mean, cov): the new mean, and
// A cov A' + Cov.
func (k Kernel) Apply(mean []float64, cov *mat.SymDense) ([]float64, *mat.SymDense) {
	d := len(mean)
	out := append([]float64(nil), k.B...)
	for i := range out {
		for j, m := range mean {
			out[i] += k.A.At(i, j) * m
		}
	}
	var half, full mat.Dense
	half.Mul(k.A, cov)
	full.Mul(&half, k.A)
	next := mat.NewSymDense(d, nil)
	for i := range d {
		for j := i; j < d; j++ {
			next.SetSym(i, j, (full.At(i, j)+full.At(j, i))/2+k.Cov.At(i, j))
		}
	}
	return out, next
}

// StepNoise is the covariance that a reverse step is given.
type StepNoise int

const (
	// Full is the exact reverse kernel's own covariance.
	Full StepNoise = iota
	// Diagonal is the diagonal of the exact one: the best that noise
	// independent between dimensions can do.
	Diagonal
	// Isotropic is the mean of that diagonal times I (the optimum of
	// Analytic-DPM, Bao et al. 2022, arXiv 2201.06503).
	Isotropic
	// Small is beta-tilde I, DDPM's fixed-small.
	Small
	// Large is beta I, DDPM's fixed-large.
	Large
)

// ReverseStep is the reverse kernel with the exact mean and the chosen noise.
// As in the samplers, a step to s = 0 adds none, unless it is Full.
func (g *Gaussian) ReverseStep(sch schedule.Schedule, t, s float64, noise StepNoise) Kernel {
	k := g.Reverse(sch, t, s)
	if noise == Full {
		return k
	}
	d := g.Dim()
	v := make([]float64, d)
	_, beta := schedule.Between(sch, s, t)
	for i := range v {
		switch {
		case s == 0:
			v[i] = 0
		case noise == Diagonal:
			v[i] = k.Cov.At(i, i)
		case noise == Isotropic:
			v[i] = mat.Trace(k.Cov) / float64(d)
		case noise == Small:
			v[i] = process.Posterior(sch, t, s).Var
		case noise == Large:
			v[i] = beta
		}
	}
	k.Cov = mat.NewSymDense(d, nil)
	for i, e := range v {
		k.Cov.SetSym(i, i, e)
	}
	return k
}

// Ancestral is where ancestral sampling with the exact denoiser ends: the mean
// and the covariance after all steps of the grid from N(0, I) (as wide as
// schedule.Start where variance is not preserved), by composing the steps'
// linear maps - no sampling, no standard error. With noise that never sees
// Sigma_0 but as a diagonal, each step errs; as the steps grow many the errors
// together vanish, and the full Sigma_0 comes back.
func (g *Gaussian) Ancestral(sch schedule.Schedule, grid []float64, noise StepNoise) ([]float64, *mat.SymDense) {
	d := g.Dim()
	mean := make([]float64, d)
	cov := mat.NewSymDense(d, nil)
	start := schedule.Start(sch, grid[0])
	for i := range d {
		cov.SetSym(i, i, start*start)
	}
	for k := range len(grid) - 1 {
		mean, cov = g.ReverseStep(sch, grid[k], grid[k+1], noise).Apply(mean, cov)
	}
	return mean, cov
}

// Distance is |a - b| / |b| in the Frobenius norm.
func Distance(a, b mat.Symmetric) float64 {
	var diff mat.Dense
	diff.Sub(a, b)
	return mat.Norm(&diff, 2) / mat.Norm(b, 2)
}

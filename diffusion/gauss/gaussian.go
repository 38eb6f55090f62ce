package gauss

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// log2Pi is the natural logarithm of 2 pi.
const log2Pi = 1.837877066409345483560659472811235

// Gaussian is data distributed as N(Mean, Sigma). Make one with New or Fit.
type Gaussian struct {
	mean []float64
	eig  []float64  // eigenvalues of Sigma, ascending
	q    *mat.Dense // eigenvectors, one a column: Sigma = q diag(eig) q'
}

// New takes a mean (D) and a symmetric positive semi-definite covariance
// (D, D). Eigenvalues that are negative by rounding alone are taken as 0.
func New(mean []float64, cov mat.Symmetric) (*Gaussian, error) {
	d := len(mean)
	if cov.SymmetricDim() != d {
		return nil, fmt.Errorf("gauss: a mean of %d dimensions and a covariance of %d", d, cov.SymmetricDim())
	}
	var es mat.EigenSym
	if !es.Factorize(cov, true) {
		return nil, fmt.Errorf("gauss: the covariance has no eigendecomposition; is it finite?")
	}
	eig := es.Values(nil)
	tiny := 1e-12 * max(eig[d-1], 0) * float64(d)
	for i, e := range eig {
		if !(e >= -tiny) {
			return nil, fmt.Errorf("gauss: the covariance has the negative eigenvalue %v", e)
		}
		eig[i] = max(e, 0)
	}
	g := &Gaussian{mean: append([]float64(nil), mean...), eig: eig, q: &mat.Dense{}}
	es.VectorsTo(g.q)
	return g, nil
}

// Fit is the Gaussian with the mean and the (1/n) covariance of the rows.
func Fit(x *process.State) (*Gaussian, error) {
	if x.Rows == 0 {
		return nil, fmt.Errorf("gauss: no rows to fit")
	}
	mean, cov := Moments(x)
	return New(mean, cov)
}

// Moments are the mean and the (1/n) covariance of the rows of x.
func Moments(x *process.State) ([]float64, *mat.SymDense) {
	mean := make([]float64, x.Dim)
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			mean[j] += v
		}
	}
	n := float64(x.Rows)
	for j := range mean {
		mean[j] /= n
	}
	cov := mat.NewSymDense(x.Dim, nil)
	centred := make([]float64, x.Dim)
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			centred[j] = v - mean[j]
		}
		cov.SymRankOne(cov, 1/n, mat.NewVecDense(x.Dim, centred))
	}
	return mean, cov
}

// Dim is the number of dimensions.
func (g *Gaussian) Dim() int { return len(g.mean) }

// Mean is a copy of the mean.
func (g *Gaussian) Mean() []float64 { return append([]float64(nil), g.mean...) }

// Eigenvalues are those of Sigma, ascending.
func (g *Gaussian) Eigenvalues() []float64 { return append([]float64(nil), g.eig...) }

// Cov is Sigma.
func (g *Gaussian) Cov() *mat.SymDense { return g.spectral(func(e float64) float64 { return e }) }

// spectral is Q diag(f(e)) Q'.
func (g *Gaussian) spectral(f func(e float64) float64) *mat.SymDense {
	d := g.Dim()
	out := mat.NewSymDense(d, nil)
	column := make([]float64, d)
	for k, e := range g.eig {
		mat.Col(column, k, g.q)
		out.SymRankOne(out, f(e), mat.NewVecDense(d, column))
	}
	return out
}

// At is the marginal of x_t = alpha x0 + sigma eps.
func (g *Gaussian) At(alpha, sigma float64) *Gaussian {
	out := &Gaussian{mean: g.Mean(), eig: g.Eigenvalues(), q: g.q}
	for i := range out.mean {
		out.mean[i] *= alpha
	}
	for k, e := range g.eig {
		out.eig[k] = alpha*alpha*e + sigma*sigma
	}
	return out
}

// Flow is the covariance at time t, Sigma_t = alphaBar Sigma_0 + (1-alphaBar) I:
// each step takes a grain of Sigma_0 away and puts a grain of I in its place.
func (g *Gaussian) Flow(sch schedule.Schedule, t float64) *mat.SymDense {
	alpha, sigma := sch.At(t)
	return Flow(g.Cov(), alpha, sigma)
}

// Flow is alpha^2 cov + sigma^2 I, the covariance of x_t for any data of
// covariance cov.
func Flow(cov mat.Symmetric, alpha, sigma float64) *mat.SymDense {
	d := cov.SymmetricDim()
	out := mat.NewSymDense(d, nil)
	out.ScaleSym(alpha*alpha, cov)
	for i := range d {
		out.SetSym(i, i, out.At(i, i)+sigma*sigma)
	}
	return out
}

// rotate sets y to Q'(x - scale mean): the coordinates along the eigenvectors.
func (g *Gaussian) rotate(y, x []float64, scale float64) {
	for k := range y {
		y[k] = 0
	}
	for i, v := range x {
		c := v - scale*g.mean[i]
		for k, q := range g.q.RawRowView(i) {
			y[k] += c * q
		}
	}
}

// back adds Q y to x.
func (g *Gaussian) back(x, y []float64) {
	for i := range x {
		sum := 0.0
		for k, q := range g.q.RawRowView(i) {
			sum += y[k] * q
		}
		x[i] += sum
	}
}

// Denoise sets x0 to E[x0 | x_t = xt].
func (g *Gaussian) Denoise(x0, xt []float64, alpha, sigma float64) {
	y := make([]float64, g.Dim())
	g.rotate(y, xt, alpha)
	for k, e := range g.eig {
		if e == 0 {
			y[k] = 0 // also where sigma = 0 makes it 0/0
			continue
		}
		y[k] *= alpha * e / (alpha*alpha*e + sigma*sigma)
	}
	copy(x0, g.mean)
	g.back(x0, y)
}

// Pull sets dst to v'J with J = dE[x0 | x_t]/dx_t = alpha/sigma^2 Cov[x0 | x_t],
// which is the same at every xt.
func (g *Gaussian) Pull(dst, v, _ []float64, alpha, sigma float64) {
	y := make([]float64, g.Dim())
	g.rotate(y, v, 0)
	for k, e := range g.eig {
		if e == 0 {
			y[k] = 0 // as in Denoise
			continue
		}
		y[k] *= alpha * e / (alpha*alpha*e + sigma*sigma)
	}
	clear(dst)
	g.back(dst, y)
}

// Score sets score to the gradient of log q(x_t) at xt.
func (g *Gaussian) Score(score, xt []float64, alpha, sigma float64) {
	y := make([]float64, g.Dim())
	g.rotate(y, xt, alpha)
	for k, e := range g.eig {
		y[k] /= -(alpha*alpha*e + sigma*sigma)
	}
	for i := range score {
		score[i] = 0
	}
	g.back(score, y)
}

// LogDensity is log q(x_t = xt) in nats; alpha = 1, sigma = 0 is the data's own.
func (g *Gaussian) LogDensity(xt []float64, alpha, sigma float64) float64 {
	y := make([]float64, g.Dim())
	g.rotate(y, xt, alpha)
	sum := 0.0
	for k, e := range g.eig {
		v := alpha*alpha*e + sigma*sigma
		sum -= (y[k]*y[k]/v + elementary.Log(v) + log2Pi) / 2
	}
	return sum
}

// PosteriorCov is Cov[x0 | x_t], the same for every x_t.
func (g *Gaussian) PosteriorCov(alpha, sigma float64) *mat.SymDense {
	return g.spectral(func(e float64) float64 { return posteriorVar(e, alpha, sigma) })
}

// posteriorVar is the variance of x0 given x_t along an eigenvector.
func posteriorVar(e, alpha, sigma float64) float64 {
	if e == 0 {
		return 0
	}
	return e * sigma * sigma / (alpha*alpha*e + sigma*sigma)
}

// variance sets v to the diagonal of Cov[x0 | x_t], whatever x_t is.
func (g *Gaussian) variance(v, _ []float64, alpha, sigma float64) {
	for i := range v {
		sum := 0.0
		for k, q := range g.q.RawRowView(i) {
			sum += q * q * posteriorVar(g.eig[k], alpha, sigma)
		}
		v[i] = sum
	}
}

// Draw fills x with rows of the distribution, from unit normals of noise.
func (g *Gaussian) Draw(x *process.State, noise process.Noise, step int) {
	z := make([]float64, g.Dim())
	for i := range x.Rows {
		noise.Normals(z, step, i)
		g.place(x.Row(i), z)
	}
}

// place sets x to the point that unit normals z stand for; z is changed.
func (g *Gaussian) place(x, z []float64) {
	for k, e := range g.eig {
		z[k] *= math.Sqrt(e)
	}
	copy(x, g.mean)
	g.back(x, z)
}

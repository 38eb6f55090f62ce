package process

import (
	"math"

	"ebb/diffusion/schedule"
)

// Affine is the Gaussian kernel q(y | x) = N(Scale x, Var I). It takes a mean m
// and a covariance C to Scale m and Scale^2 C + Var I.
type Affine struct {
	Scale, Var float64
}

// Step is one step of the forward process,
//
//	q(x_t | x_{t-1}) = N(sqrt(1-beta) x_{t-1}, beta I)
//
// (DDPM, arXiv 2006.11239, eq. 2). beta is the variance of the added noise, so
// a unit normal is multiplied by sqrt(beta).
func Step(beta float64) Affine {
	return Affine{Scale: math.Sqrt(1 - beta), Var: beta}
}

// Jump is q(x_t | x_s) for s <= t: all steps between in one.
func Jump(sch schedule.Schedule, s, t float64) Affine {
	a, beta := schedule.Between(sch, s, t)
	return Affine{Scale: math.Sqrt(a), Var: beta}
}

// Perturb is the closed form from the data (DDPM eq. 4),
//
//	q(x_t | x_0) = N(alpha_t x_0, sigma_t^2 I).
func Perturb(sch schedule.Schedule, t float64) Affine {
	alpha, sigma := sch.At(t)
	return Affine{Scale: alpha, Var: float64(sigma * sigma)}
}

// Then is the kernel of this step followed by the next.
func (k Affine) Then(next Affine) Affine {
	return Affine{
		Scale: k.Scale * next.Scale,
		Var:   float64(float64(next.Scale*next.Scale)*k.Var) + next.Var,
	}
}

// Apply draws y ~ N(Scale x, Var I) given unit normal noise of x's shape.
// y may be x.
func (k Affine) Apply(y, x, noise *State) {
	y.MustMatch(x)
	y.MustMatch(noise)
	k.ApplyRow(y.Data, x.Data, noise.Data)
}

// ApplyRow is Apply on slices of one length.
func (k Affine) ApplyRow(y, x, noise []float64) {
	sd := math.Sqrt(k.Var)
	for i, v := range x {
		y[i] = float64(k.Scale*v) + float64(sd*noise[i])
	}
}

// Bridge is the forward process tied down at both ends,
//
//	q(x_s | x_t, x_0) = N(X0 x_0 + Xt x_t, Var I).
type Bridge struct {
	X0, Xt, Var float64
}

// Posterior is q(x_s | x_t, x_0) for s <= t (DDPM eq. 6-7, there for s = t-1).
// With a, beta of the jump from s to t,
//
//	X0 = alpha_s beta/sigma_t^2,  Xt = sqrt(a) sigma_s^2/sigma_t^2,
//	Var = beta sigma_s^2/sigma_t^2,
//
// DDPM's beta-tilde. At s = 0 it is x_0 itself, with no variance; at s = t,
// x_t itself.
func Posterior(sch schedule.Schedule, t, s float64) Bridge {
	if s == t {
		return Bridge{Xt: 1}
	}
	a, beta := schedule.Between(sch, s, t)
	alphaS, sigmaS := sch.At(s)
	_, sigmaT := sch.At(t)
	ratio := sigmaS / sigmaT
	share := float64(ratio * ratio)
	return Bridge{
		X0:  alphaS * (beta / float64(sigmaT*sigmaT)),
		Xt:  math.Sqrt(a) * share,
		Var: beta * share,
	}
}

// Mean writes the posterior's mean. xs may be x0 or xt.
func (b Bridge) Mean(xs, x0, xt *State) {
	xs.MustMatch(x0)
	xs.MustMatch(xt)
	for i, v := range x0.Data {
		xs.Data[i] = float64(b.X0*v) + float64(b.Xt*xt.Data[i])
	}
}

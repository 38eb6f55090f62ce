// Package schedule says how much signal and how much noise a diffused value
// holds at each time.
//
// The forward process takes data x0 to
//
//	x(t) = alpha(t) x0 + sigma(t) eps,   eps ~ N(0, I),   t in [0, 1],
//
// and a [Schedule] is the pair (alpha, sigma) as a function of t, with
// alpha(0) = 1 and sigma(0) = 0: time 0 is data, time 1 is noise. Everything
// else follows from the pair:
//
//	alphaBar = alpha^2                   what is left of the data's covariance
//	snr      = alpha^2 / sigma^2         signal-to-noise ratio, falls with t
//	lambda   = log(alpha / sigma)        half its logarithm
//	a, beta  = Between(s, t)             the jump from s to t > s
//
// A schedule that preserves variance (VP: alpha^2 + sigma^2 = 1) is either a
// [Table] of the discrete steps beta_1..beta_T of DDPM (Ho et al. 2020,
// arXiv 2006.11239), read at t = i/T and smoothly between, or a formula such
// as [Cosine] and [LinearRate]. Others let the noise grow ([VE], [EDM]) or go
// straight from data to noise ([Flow]); [Points] are a user's own. A schedule
// says nothing of which times a sampler visits: that is a grid (grid.go), by
// steps of a table or by noise levels ([Karras] and its neighbours, [ByRatio]).
//
// All arithmetic is float64 and uses our own elementary functions, so that a
// schedule has the same bits on every machine.
package schedule

import (
	"math"

	"ebb/engine/kernel/elementary"
)

// A Schedule gives the scale of the signal and of the noise at time t. t lies
// in [0, 1]; outside it a Schedule answers for the nearer end. Alpha falls and
// sigma/alpha grows with t. Implementations are immutable.
type Schedule interface {
	At(t float64) (alpha, sigma float64)
}

// SNR is the signal-to-noise ratio alpha^2/sigma^2 at time t: +Inf at t = 0.
func SNR(sch Schedule, t float64) float64 {
	alpha, sigma := sch.At(t)
	ratio := alpha / sigma
	return ratio * ratio
}

// Lambda is half the log of the signal-to-noise ratio, log(alpha/sigma), in
// nats: +Inf at t = 0, and -Inf where no signal is left.
func Lambda(sch Schedule, t float64) float64 {
	alpha, sigma := sch.At(t)
	switch {
	case sigma == 0:
		return math.Inf(1)
	case alpha == 0:
		return math.Inf(-1)
	}
	return elementary.Log(alpha / sigma)
}

// AlphaBar is alpha^2 at time t, the share of the data's covariance that is
// still there.
func AlphaBar(sch Schedule, t float64) float64 {
	alpha, _ := sch.At(t)
	return float64(alpha * alpha)
}

// Between describes the jump from time s to a later time t,
//
//	q(x_t | x_s) = N(sqrt(a) x_s, beta I),
//
// with a = alpha_t^2/alpha_s^2 and beta = sigma_t^2 - a sigma_s^2. For a
// variance-preserving schedule beta = 1 - a, and over a single step of a table
// it is the table's own beta_i. Between(s, s) is (1, 0).
func Between(sch Schedule, s, t float64) (a, beta float64) {
	if s == t {
		return 1, 0
	}
	alphaS, sigmaS := sch.At(s)
	alphaT, sigmaT := sch.At(t)
	ratio := alphaT / alphaS
	a = float64(ratio * ratio)
	beta = float64(sigmaT*sigmaT) - float64(a*float64(sigmaS*sigmaS))
	return a, max(beta, 0)
}

// Package sample turns noise into data: it runs the forward process backwards
// from time 1 to time 0, asking a [Denoiser] at each step what the data behind
// the noise is expected to be.
//
// A sampler sees only a schedule and the denoiser's E[x0 | x_t]. Each lives in
// one file and supplies one [Step], from time t to an earlier s:
//
//	ddpm.go    draws from the reverse kernel p(x_s | x_t); stochastic
//	ddim.go    follows the same marginals with any amount of noise; eta = 0 is deterministic
//	euler.go   Euler's method for the probability-flow ODE in sigma/alpha
//	eulerancestral.go  Euler with fresh noise
//	heun.go dpm2.go    two looks a step, of order 2
//	lms.go ipndm.go pndm.go  methods that remember earlier looks
//	edm.go     Heun with noise put back before each step
//	lcm.go tcd.go      for consistency models
//	flow.go    along the velocity of flow matching
//	langevin.go        any of them, corrected by Langevin dynamics
//	probe.go   what those that follow the ODE share
//	dpmpp.go   multistep DPM-Solver++, orders 1 to 3; dpm.go of the noise, dpmppsde.go
//	           with noise, singlestep.go in blocks
//	deis.go    exact integrals of the noise in log rho
//	unipc.go   predictor and corrector in one evaluation; sasolver.go with noise
//	repaint.go any of them for rows of which some numbers are known
//	dps.go     any of them for rows of which linear observations are known
//	mixed.go   any of them for numbers beside the masked process for categories
//
// Those from dpmpp.go to sasolver.go are exponential integrators in lambda =
// log(alpha/sigma) and share exponential.go (the mathematics), lambda.go (one
// step), multistep.go and corrector.go (the two kinds of history).
//
// [Run] is the only loop. All is float64; a row's result depends on nothing but
// that row and its own noise. The package never imports a network.
package sample

import (
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
)

// Denoiser knows, exactly or by having learned it, the data behind the noise.
type Denoiser interface {
	// Schedule is the noise schedule that Denoise's times refer to.
	Schedule() schedule.Schedule
	// Denoise sets row i of x0 to E[x0 | x_t = row i of xt] at time t[i].
	// x0 and xt (Rows, Dim) do not overlap; xt is not changed.
	Denoise(x0, xt *process.State, t []float64)
}

// Variance is a Denoiser that also knows the variance of the reverse step.
type Variance interface {
	Denoiser
	// DenoiseVariance is Denoise, and sets v (Rows, Dim) to the variance of
	// each dimension of p(x_s | x_t), for the jump from t[i] to s[i] < t[i].
	DenoiseVariance(x0, v, xt *process.State, t, s []float64)
}

// MixedDenoiser is the denoiser of rows that hold numbers and categories.
type MixedDenoiser interface {
	Denoiser
	// DenoiseCells is Denoise for the numbers xt beside the cells, and sets
	// row i of logits (Rows, sum(Card)), row-major, to the log-probabilities
	// of each column's categories given all that is seen at time t[i], each
	// column's up to a constant of its own.
	DenoiseCells(x0 *process.State, logits []float64, xt *process.State, cells *process.Cells, t []float64)
}

// Reluctant is a Denoiser that has no answer at some times, as a network that
// predicts noise has none where there is nothing but noise.
type Reluctant interface {
	Denoiser
	// Answers is nil if Denoise serves time t, and else says why it does not
	// and what would help.
	Answers(t float64) error
}

// Step takes x in place from time t to time s <= t.
type Step func(x *process.State, t, s float64)

// Plan is what a sampler knows of a run before its first step.
type Plan struct {
	Denoiser  Denoiser
	Grid      []float64 // the falling times, one more than there are steps
	Rows, Dim int       // of the states
	Noise     process.Noise
}

// Steps is the number of steps of the plan.
func (p Plan) Steps() int { return len(p.Grid) - 1 }

// at is the schedule at time t.
func (p Plan) at(t float64) (alpha, sigma float64) { return p.Denoiser.Schedule().At(t) }

// state is a new state of the run's shape.
func (p Plan) state() *process.State { return process.NewState(p.Rows, p.Dim) }

// Sampler is a way down in time. It is configuration only; Begin starts a run
// and returns the closure that holds the run's history. The k-th call of the
// closure, counted from 0, is the step from p.Grid[k] to p.Grid[k+1], with the
// noise of step k.
type Sampler interface {
	Begin(p Plan) Step
}

// Checker is a Sampler that can say before a run that it will not work with
// the given denoiser or grid, and what would.
type Checker interface {
	Check(p Plan) error
}

// times fills dst with one time for every row.
func times(dst []float64, t float64) []float64 {
	for i := range dst {
		dst[i] = t
	}
	return dst
}

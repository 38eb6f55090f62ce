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

// Flow is the log-likelihood of the probability-flow ODE, whose paths take data
// to noise with the marginals of the process (Song et al. 2021,
// arXiv 2011.13456, eq. 13 and 39). It is solved for
//
//	w = x_t/s,  s = sqrt(alpha^2 + sigma^2),  over  u = -lambda = log(sigma/alpha),
//	dw/du = a (a w - x0^(s w)),  a = alpha/s,
//	d log p(w)/du = -div,        div = a^2 D - a s tr J,  J = dx0^/dx_t:
//
// w has the size of unit data at every u, and its slope is smooth and bounded
// under any schedule. At the end log p(w) is that of N(0, I), from which samplers
// start, and going back adds the divergence.
//
// The path does not begin at the data, where the density of a model need not
// exist (eq. 39 is silent on it), but at the half log-SNR Last, with noise: for
// x_t drawn from q(x_t | x0),
//
//	log p(x0) >= E (log p(x_t) + log p(x0 | x_t) - log q(x_t | x0)),
//
// where p(x0 | x_t) is a Decoder's at mean x0^ and variance
// sigma^2/(alpha^2 + sigma^2), that of unit data. For numbers with a density (denoise.Density)
// the difference from the exact value is of the order of the variance of this
// noise, relative to the data's; for those in levels (denoise.Levels), of noise
// about as wide as a level, it is what dequantisation costs.
//
// The trace is exact, by one vector-Jacobian product for each dimension, up to
// Exact dimensions, and beyond estimated from Probes random signs held through
// the path (Hutchinson; FFJORD, Grathwohl et al. 2019, arXiv 1810.01367, eq. 7),
// whose expectation is the same. Each draw has its own path, noise and probe.
type Flow struct {
	Decoder denoise.Decoder // nil: Density
	// Draws are the paths of each row, with a noise each and, above Exact, a
	// probe each; 0: 2. The standard error is that of their mean.
	Draws int
	Exact int     // dimensions up to which the trace is exact; 0: 32
	Last  float64 // half log-SNR at which paths begin; 0: 7, noise of 0.0009
	// Tolerance is the error of a step: of each number, relative to 1 + its size,
	// in the root mean square, and of the log-likelihood in nats for each
	// dimension; 0: 1e-5.
	Tolerance float64
	Batch     int // rows held at once; 0: 64
	Watch     func(done, total int)
}

// Value is the likelihood of a row.
type Value struct {
	LogLikelihood float64 // nats
	StandardError float64 // of the mean over draws
	// SolverError is the sum of the steps' estimated errors, in nats: the
	// trace's, and the place's times the gradient of log p there. Mean over draws.
	SolverError float64
	Evaluations int // of the denoiser's slope, over all draws
	// Prior, Volume and Decoder add up to LogLikelihood: of the noise at the
	// end of the path, the integral of the divergence, and what is between the
	// data and the path's beginning.
	Prior, Volume, Decoder float64
}

const (
	mostSteps = 10_000
	firstStep = 0.05 // of u; the method finds its own
	// longest is the step up to which its error is estimated well: a, as a
	// function of u, has poles at a distance of pi/2 from 0.
	longest = 0.75
)

// Evaluate is the log-likelihood of every row of x0. noise is keyed by draw and
// row; see keyEps.
func (f Flow) Evaluate(ctx context.Context, d denoise.Differentiable, x0 *process.State, noise process.Noise) ([]Value, error) {
	f = f.filled()
	begin, end, err := f.ends(d.Schedule())
	if err != nil {
		return nil, err
	}
	out := make([]Value, x0.Rows)
	for lo := 0; lo < x0.Rows; lo += f.Batch {
		hi := min(lo+f.Batch, x0.Rows)
		values := make([][]Value, hi-lo)
		for k := range f.Draws {
			s := &solver{flow: f, d: d, sch: d.Schedule(), x0: x0.Slice(lo, hi), noise: noise, lo: lo, draw: k, end: end, exact: x0.Dim <= f.Exact}
			if err := s.run(ctx, begin); err != nil {
				return nil, err
			}
			for i, v := range s.values {
				values[i] = append(values[i], v)
			}
			if f.Watch != nil {
				f.Watch(lo*f.Draws+(k+1)*(hi-lo), x0.Rows*f.Draws)
			}
		}
		for i, v := range values {
			out[lo+i] = mean(v)
		}
	}
	return out, nil
}

func (f Flow) filled() Flow {
	if f.Decoder == nil {
		f.Decoder = denoise.Density{}
	}
	if f.Draws == 0 {
		f.Draws = 2
	}
	if f.Exact == 0 {
		f.Exact = 32
	}
	if f.Last == 0 {
		f.Last = 7
	}
	if f.Tolerance == 0 {
		f.Tolerance = 1e-5
	}
	if f.Batch <= 0 {
		f.Batch = 64
	}
	return f
}

// leastSignal is the half log-SNR beyond which a schedule that ends without
// signal is as good as at its end.
const leastSignal = -10

// ends is the u at which paths begin and end.
func (f Flow) ends(sch schedule.Schedule) (begin, end float64, err error) {
	if f.Draws < 1 || !(f.Tolerance > 0) {
		return 0, 0, fmt.Errorf("likelihood: %d draws with a tolerance of %v; both must be positive", f.Draws, f.Tolerance)
	}
	begin, end = -f.Last, -max(schedule.Lambda(sch, 1), leastSignal)
	if !(begin < end) {
		return 0, 0, fmt.Errorf("likelihood: the flow would run from a half log-SNR of %v to %v at t = 1; begin at a larger one", f.Last, -end)
	}
	return begin, end, nil
}

// mean joins the draws of a row.
func mean(v []Value) Value {
	var m Value
	n := float64(len(v))
	for _, x := range v {
		m.LogLikelihood += x.LogLikelihood / n
		m.SolverError += x.SolverError / n
		m.Evaluations += x.Evaluations
		m.Prior += x.Prior / n
		m.Volume += x.Volume / n
		m.Decoder += x.Decoder / n
	}
	square := 0.0
	for _, x := range v {
		gap := x.LogLikelihood - m.LogLikelihood
		square += float64(gap * gap)
	}
	m.StandardError = math.Sqrt(square / max(n-1, 1) / n)
	return m
}

const logSqrt2Pi = 0.918938533204672741780329736405617640

// LogNormal is the log-density of N(0, I) at w.
func LogNormal(w []float64) float64 {
	sum := 0.0
	for _, v := range w {
		sum -= float64(v*v)/2 + logSqrt2Pi
	}
	return sum
}

// logVariance is that of the decoder.
func logVariance(alpha, sigma float64) float64 {
	square := float64(sigma * sigma)
	return elementary.Log(square / (float64(alpha*alpha) + square))
}

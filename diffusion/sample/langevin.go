package sample

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
)

// Langevin is the predictor-corrector sampler (Song et al. 2021,
// arXiv 2011.13456, algorithm 1, with the correctors of algorithms 4 and 5): a
// step of another sampler to time s, and there some steps of Langevin dynamics,
// which lead to the right marginal from a nearly right one,
//
//	x <- x + e g + sqrt(2 e) z,   g = -eps/sigma the score,
//	e = 2 (SNR |z|/|g|)^2 = 2 (SNR sigma)^2.
//
// The paper takes the norms |z| and |g| from the batch at hand, so its rows
// depend on each other, and steps grow without bound where the score of few
// dimensions vanishes; here stand their expectations, of which
// |g| = |z|/sigma. (Its factor alpha_i, of one training step, is 1 for any
// schedule that is fine enough.) The stationary variance is too large by
// SNR^2 sigma^2/Var[x_s] of itself, so the error goes with the noise.
//
// No order; as many evaluations a step as the predictor and Steps. At sigma = 0
// nothing is corrected.
type Langevin struct {
	Predictor Sampler // nil: DDPM with Limit
	Steps     int     // of the corrector at each time; 0 means 1
	SNR       float64 // signal-to-noise ratio of a correction; 0 means 0.16, the paper's for VE
	Limit     Limit   // of the x0 that the corrector sees
}

var (
	_ Sampler = Langevin{}
	_ Checker = Langevin{}
)

func (m Langevin) predictor() Sampler {
	if m.Predictor == nil {
		return DDPM{Limit: m.Limit}
	}
	return m.Predictor
}

// Check implements [Checker].
func (m Langevin) Check(p Plan) error {
	// From 1/2 on the drift alone would turn the noise around.
	if !(m.SNR >= 0 && m.SNR < 0.5) {
		return fmt.Errorf("sample: langevin: a signal-to-noise ratio of %v; 0.05 to 0.2 are usual, it must be below 0.5", m.SNR)
	}
	if m.Steps < 0 {
		return fmt.Errorf("sample: langevin: %d corrections at each time; 1 is usual", m.Steps)
	}
	if c, ok := m.predictor().(Checker); ok {
		return c.Check(p)
	}
	return nil
}

// Begin implements [Sampler].
func (m Langevin) Begin(p Plan) Step {
	predict := m.predictor().Begin(p)
	steps, snr := max(m.Steps, 1), m.SNR
	if snr == 0 {
		snr = 0.16
	}
	q := p.probe(m.Limit)
	eps := p.state()
	z := make([]float64, p.Dim)
	// The predictor's noise has the keys below p.Steps().
	key := p.Steps()
	return func(x *process.State, t, s float64) {
		predict(x, t, s)
		_, sigma := p.at(s)
		if sigma == 0 || p.still(t, s) {
			return
		}
		size := 2 * float64(float64(snr*sigma)*float64(snr*sigma))
		for range steps {
			q.look(eps, x, s)
			for i, e := range eps.Data {
				x.Data[i] -= float64(size / sigma * e)
			}
			p.addNoise(x, z, key, math.Sqrt(2*size))
			key++
		}
	}
}

package sample

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
)

// ReverseVariance chooses the variance of DDPM's reverse step.
type ReverseVariance int

const (
	// FixedSmall is beta-tilde, the posterior variance given x0: right
	// when the data is a single point.
	FixedSmall ReverseVariance = iota
	// FixedLarge is the jump's own beta: right when the data is N(0, I).
	FixedLarge
	// Learned is the denoiser's own, which must be a [Variance].
	Learned
)

func (v ReverseVariance) String() string {
	switch v {
	case FixedSmall:
		return "fixed-small"
	case FixedLarge:
		return "fixed-large"
	case Learned:
		return "learned"
	}
	return fmt.Sprintf("ReverseVariance(%d)", int(v))
}

// DDPM is ancestral sampling (Ho et al. 2020, arXiv 2006.11239, algorithm 2,
// written with E[x0|x_t]; Nichol and Dhariwal 2021, arXiv 2102.09672, for
// subsets of steps and the learned variance):
//
//	x_s ~ N(X0 x0 + Xt x_t, V I)
//
// with the coefficients of process.Posterior for the jump from t to s, and V
// beta-tilde, beta or learned. The step to s = 0 adds no noise, unless
// LastNoise asks for the variance there too (of beta-tilde it is 0).
type DDPM struct {
	Variance  ReverseVariance
	Limit     Limit // of the predicted x0
	LastNoise bool
}

var (
	_ Sampler = DDPM{}
	_ Checker = DDPM{}
)

// Check implements [Checker].
func (m DDPM) Check(p Plan) error {
	if m.Variance < FixedSmall || m.Variance > Learned {
		return fmt.Errorf("sample: ddpm: unknown variance %v; choose fixed-small, fixed-large or learned", m.Variance)
	}
	if _, ok := p.Denoiser.(Variance); m.Variance == Learned && !ok {
		return fmt.Errorf("sample: ddpm with a learned variance needs a model that learned one; choose fixed-small or fixed-large")
	}
	return nil
}

// Begin implements [Sampler].
func (m DDPM) Begin(p Plan) Step {
	d, rows, dim, noise := p.Denoiser, p.Rows, p.Dim, p.Noise
	x0, v := p.state(), p.state()
	z := make([]float64, dim)
	tt, ss := make([]float64, rows), make([]float64, rows)
	k := -1
	return func(x *process.State, t, s float64) {
		k++
		bridge := process.Posterior(d.Schedule(), t, s)
		switch m.Variance {
		case Learned:
			d.(Variance).DenoiseVariance(x0, v, x, times(tt, t), times(ss, s))
		case FixedLarge:
			d.Denoise(x0, x, times(tt, t))
			_, beta := schedule.Between(d.Schedule(), s, t)
			fill(v.Data, beta)
		default:
			d.Denoise(x0, x, times(tt, t))
			fill(v.Data, bridge.Var)
		}
		m.Limit.each(x0.Data, dim)
		bridge.Mean(x, x0, x)
		if s == 0 && !m.LastNoise {
			return
		}
		for i := range rows {
			noise.Normals(z, k, i)
			row, vi := x.Row(i), v.Row(i)
			for j, e := range z {
				row[j] += float64(math.Sqrt(vi[j]) * e)
			}
		}
	}
}

func fill(dst []float64, v float64) {
	for i := range dst {
		dst[i] = v
	}
}

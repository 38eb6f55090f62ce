package denoise

import (
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// Range is the interval in which a learned variance lies for the jump from t
// to s (Improved DDPM, Nichol and Dhariwal 2021, arXiv 2102.09672, eq. 15):
//
//	log V = f log beta + (1 - f) log beta-tilde,   f = (v + 1)/2,
//
// for an output v that is in [-1, 1] when the variance is between its two
// bounds, and is not held there.
type Range struct {
	LogSmall, LogLarge float64 // log beta-tilde, log beta
}

// RangeOf is the range for any jump t -> s, not only a single step of a table.
// The posterior variance of the last jump, to s = 0, is 0 and has no
// logarithm; as Improved DDPM takes that of step 2 for step 1, it is replaced
// by that of the jump from 2t to t (from 1 to t when 2t > 1).
func RangeOf(sch schedule.Schedule, t, s float64) Range {
	_, beta := schedule.Between(sch, s, t)
	small := process.Posterior(sch, t, s).Var
	if s == 0 {
		small = beta
		if t < 1 {
			small = process.Posterior(sch, min(2*t, 1), t).Var
		}
	}
	return Range{elementary.Log(small), elementary.Log(beta)}
}

// Unbounded is the range of a network that says log V itself: the "direct"
// learned variance, which may be anything.
func Unbounded() Range { return Range{LogSmall: -1, LogLarge: 1} }

// LogVariance is log V for an output v.
func (r Range) LogVariance(v float64) float64 {
	f := (v + 1) / 2
	return float64(f*r.LogLarge) + float64((1-f)*r.LogSmall)
}

// Slope is d log V / dv.
func (r Range) Slope() float64 { return (r.LogLarge - r.LogSmall) / 2 }

// Ranged is a Model whose network was trained to say its variance; it
// implements sample.Variance. The Model's Ranged is true.
type Ranged struct {
	*Model
	// Direct reads the second half of channels as log V itself.
	Direct bool
}

// limits is the range of the variance of a jump.
func limits(direct bool, sch schedule.Schedule, t, s float64) Range {
	if direct {
		return Unbounded()
	}
	return RangeOf(sch, t, s)
}

// DenoiseVariance is Denoise, and sets v to the learned variance of each
// dimension of p(x_s | x_t).
func (m Ranged) DenoiseVariance(x0, v, xt *process.State, t, s []float64) {
	if !m.Ranged {
		panic("denoise: the model has no variance: Ranged is false")
	}
	x0.MustMatch(xt)
	v.MustMatch(xt)
	channels, stride := m.channels()
	m.forward(xt, t, func(row int, out []float32) {
		m.data(x0.Row(row), xt.Row(row), out, t[row])
		r := limits(m.Direct, m.Sch, t[row], s[row])
		for i := range xt.Dim {
			raw := out[i/channels*stride+channels+i%channels]
			v.Row(row)[i] = elementary.Exp(r.LogVariance(float64(raw)))
		}
	})
}

// FixedVariance gives a denoiser the fixed variance beta of the jump
// (FixedLarge), for a bound that needs one. It implements sample.Variance.
type FixedVariance struct {
	Denoiser
}

// DenoiseVariance is Denoise, and sets v to beta.
func (d FixedVariance) DenoiseVariance(x0, v, xt *process.State, t, s []float64) {
	d.Denoise(x0, xt, t)
	v.MustMatch(xt)
	for i := range xt.Rows {
		_, beta := schedule.Between(d.Schedule(), s[i], t[i])
		row := v.Row(i)
		for j := range row {
			row[j] = beta
		}
	}
}

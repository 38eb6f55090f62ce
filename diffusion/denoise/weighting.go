package denoise

import "ebb/diffusion/schedule"

// Weighting is the weight w(t) of the squared error of the data in a loss
//
//	E_t w(t) |x0 - x0hat(x_t, t)|^2.
//
// Said of the data, a weighting means the same whatever the network predicts:
// the error of its own output is a multiple of the data's.
type Weighting func(sch schedule.Schedule, t float64) float64

// ofOutput is the weight of the squared error of the network's own output that
// makes the same loss: with x0 = X x_t + V output the errors differ by V.
func (w Weighting) ofOutput(p Prediction, sch schedule.Schedule, t float64) float64 {
	alpha, sigma := sch.At(t)
	v := Convert(p, Sample, alpha, sigma).V
	return w(sch, t) * float64(v*v)
}

// SNR is the signal-to-noise ratio: L_simple of a network that predicts the
// noise (DDPM, arXiv 2006.11239, eq. 14).
func SNR(sch schedule.Schedule, t float64) float64 { return schedule.SNR(sch, t) }

// MinSNR is the signal-to-noise ratio, no more than gamma, so that the easy
// times near the data do not rule the loss (Hang et al. 2023, arXiv 2303.09556,
// eq. 8, with gamma = 5).
func MinSNR(gamma float64) Weighting {
	return func(sch schedule.Schedule, t float64) float64 { return min(schedule.SNR(sch, t), gamma) }
}

// EDMWeight makes the target of [EDM] weigh 1 at every noise level
// r = sigma/alpha: (r^2 + SD^2)/(r SD)^2 (arXiv 2206.00364, table 1), for data of
// standard deviation sd.
func EDMWeight(sd float64) Weighting {
	return func(sch schedule.Schedule, t float64) float64 {
		r := schedule.Ratio(sch, t)
		return 1/float64(sd*sd) + 1/float64(r*r)
	}
}

// ELBO makes the loss the sum of the variational terms of numbers, in nats
// (Kingma et al. 2021, "Variational diffusion models", arXiv 2107.00630, eq. 13
// and 17): over the steps of a table, drawn alike,
//
//	w = steps (SNR(s) - SNR(t))/2
//
// for the step from t to s; that to s = 0, whose SNR is infinite, is a decoder
// with variance 1/SNR(t). Over continuous time, steps = 0, w = -SNR'(t)/2.
func ELBO(steps int) Weighting {
	return func(sch schedule.Schedule, t float64) float64 {
		snr := schedule.SNR(sch, t)
		if steps == 0 {
			return -snr * lambdaSlope(sch, t) // SNR' = 2 SNR lambda'
		}
		s := previous(t, steps)
		if s <= 0 {
			return float64(steps) * snr / 2
		}
		return float64(steps) * (schedule.SNR(sch, s) - snr) / 2
	}
}

// lambdaSlope is the derivative of lambda, by a central difference: lambda is
// smooth where SNR is not.
func lambdaSlope(sch schedule.Schedule, t float64) float64 {
	h := min(1e-4, t/2)
	lo, hi := t-h, min(t+h, 1)
	return (schedule.Lambda(sch, hi) - schedule.Lambda(sch, lo)) / (hi - lo)
}

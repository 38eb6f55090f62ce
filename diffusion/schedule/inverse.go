package schedule

import "math"

// Time is the time at which half the log-SNR of sch is lambda, the inverse of
// [Lambda]: by bisection, to the last bits of t. Beyond the schedule's ends it
// is the nearer end.
func Time(sch Schedule, lambda float64) float64 {
	lo, hi := 0.0, 1.0
	switch {
	case Lambda(sch, hi) >= lambda:
		return hi
	case Lambda(sch, lo) <= lambda:
		return lo
	}
	for { // Lambda(lo) > lambda >= Lambda(hi)
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			break
		}
		if Lambda(sch, mid) > lambda {
			lo = mid
		} else {
			hi = mid
		}
	}
	if math.Abs(Lambda(sch, lo)-lambda) < math.Abs(Lambda(sch, hi)-lambda) {
		return lo
	}
	return hi
}

// Ratio is sigma/alpha at time t, the noise per unit of signal: the sigma of
// EDM and of samplers that divide their state by alpha. It is exp(-lambda).
func Ratio(sch Schedule, t float64) float64 {
	alpha, sigma := sch.At(t)
	return sigma / alpha
}

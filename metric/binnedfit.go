package metric

import (
	"math"

	"ebb/engine/kernel/elementary"
)

// fitBinned is the mean and standard deviation of the Gaussian under which
// binned values (weights of 0…255, see logBin) have the maximum likelihood.
//
// In a = μ/σ and b = 1/σ the log-likelihood Σ w_v log(Φ(b hi_v - a) - Φ(b lo_v - a))
// is concave (Pratt 1981, "Concavity of the log likelihood", JASA 76), so
// Newton's method with halved steps finds the one maximum.
func fitBinned(weights *[256]float64) (mean, std float64) {
	mean, std = binnedMoments(weights)
	a, b := mean/std, 1/std
	best := binnedAt(weights, a, b)
	for range 50 {
		det := float64(best.aa*best.bb) - float64(best.ab*best.ab)
		if !(det > 0) {
			break
		}
		da := -(float64(best.bb*best.a) - float64(best.ab*best.b)) / det
		db := -(float64(best.aa*best.b) - float64(best.ab*best.a)) / det
		moved := false
		for step := 1.0; step > 1e-6; step /= 2 {
			if b+float64(step*db) <= 0 {
				continue
			}
			next := binnedAt(weights, a+float64(step*da), b+float64(step*db))
			if next.value > best.value {
				a, b = a+float64(step*da), b+float64(step*db)
				moved = next.value-best.value > 1e-10*math.Abs(best.value)
				best = next
				break
			}
		}
		if !moved {
			break
		}
	}
	return a / b, 1 / b
}

// binnedMoments are the plain mean and deviation, the latter at least ½.
func binnedMoments(weights *[256]float64) (mean, std float64) {
	total, sum, squares := 0.0, 0.0, 0.0
	for v, w := range weights {
		total += w
		sum += float64(w * float64(v))
	}
	mean = sum / total
	for v, w := range weights {
		d := float64(v) - mean
		squares += float64(w * float64(d*d))
	}
	return mean, math.Max(0.5, math.Sqrt(squares/total))
}

// binnedLikelihood is the log-likelihood, its gradient and its Hessian in (a, b).
type binnedLikelihood struct{ value, a, b, aa, ab, bb float64 }

func binnedAt(weights *[256]float64, a, b float64) binnedLikelihood {
	var l binnedLikelihood
	for v, w := range weights {
		if w == 0 {
			continue
		}
		lo, hi := binEdges256(v)
		x, y := float64(b*lo)-a, float64(b*hi)-a
		logP := logNormalInterval(x, y)
		l.value += float64(w * logP)
		// With f = φ(x)/P and g = φ(y)/P: ∂/∂y log P = g, ∂/∂x log P = -f, and
		// second derivatives -y g - g², x f - f², f g.
		f, g := densityOver(x, logP), densityOver(y, logP)
		var xx, yy float64
		if f > 0 {
			xx = float64(x*f) - float64(f*f)
		} else {
			lo = 0 // f is zero: so is every term with this end, which may be infinite
		}
		if g > 0 {
			yy = -float64(y*g) - float64(g*g)
		} else {
			hi = 0
		}
		xy := f * g
		l.a += float64(w * (f - g))
		l.b += float64(w * (float64(hi*g) - float64(lo*f)))
		l.aa += float64(w * (xx + 2*xy + yy))
		l.ab -= float64(w * (float64(lo*xx) + float64((lo+hi)*xy) + float64(hi*yy)))
		l.bb += float64(w * (float64(lo*lo*xx) + float64(2*lo*hi*xy) + float64(hi*hi*yy)))
	}
	return l
}

// densityOver is φ(x)/P, given log P; zero at infinity.
func densityOver(x, logP float64) float64 {
	if math.IsInf(x, 0) {
		return 0
	}
	const logSqrtTwoPi = 0.91893853320467274178
	return elementary.Exp(-float64(x*x)/2 - logSqrtTwoPi - logP)
}

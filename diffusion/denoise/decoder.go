package denoise

import (
	"math"

	"ebb/engine/kernel/elementary"
)

// Decoder is p(x0 | x_1), the last term of the variational bound: how well a
// normal of given mean and variance explains one number of the data.
type Decoder interface {
	// LogProb is the log-probability in nats, and its derivative with
	// respect to the logarithm of the variance.
	LogProb(x, mean, logVariance float64) (logProb, slope float64)
}

// Density takes the normal's density at x: for data that is not in levels.
type Density struct{}

// Levels takes the normal's mass between the neighbours' midpoints, for data
// in Count equal levels from -1 to 1, of which the outermost reach to infinity
// (DDPM, arXiv 2006.11239, eq. 13). 8-bit images have 256.
type Levels struct {
	Count int
}

var (
	_ Decoder = Density{}
	_ Decoder = Levels{}
)

const logSqrt2Pi = 0.918938533204672741780329736405617640

// LogProb implements [Decoder].
func (Density) LogProb(x, mean, logVariance float64) (logProb, slope float64) {
	gap := x - mean
	half := float64(gap*gap*elementary.Exp(-logVariance)) / 2
	return -half - logVariance/2 - logSqrt2Pi, half - 0.5
}

// LogProb implements [Decoder]. With a, b the bin's ends in standard
// deviations from the mean it is log(Phi(b) - Phi(a)), and the slope is
// -(b phi(b) - a phi(a))/(2 (Phi(b) - Phi(a))).
func (l Levels) LogProb(x, mean, logVariance float64) (logProb, slope float64) {
	inv := elementary.Exp(-logVariance / 2)
	half := 1 / float64(l.Count-1)
	a, b := math.Inf(-1), math.Inf(1)
	if x > -1+half {
		a = (x - half - mean) * inv
	}
	if x < 1-half {
		b = (x + half - mean) * inv
	}
	// The left tail is where Phi is accurate: turn the bin there.
	if a > 0 {
		a, b = -b, -a
	}
	mass := elementary.NormCDF(b) - elementary.NormCDF(a)
	if mass > 1e-280 {
		edges := atDensity(b) - atDensity(a)
		return elementary.Log(mass), -edges / (2 * mass)
	}
	return farTail(b)
}

// atDensity is z phi(z), 0 at infinity.
func atDensity(z float64) float64 {
	if math.IsInf(z, 0) {
		return 0
	}
	return float64(z * elementary.NormPDF(z))
}

// farTail is log Phi(b) and its slope where Phi underflows, b < -35, by the
// first terms of Mills' ratio: Phi(b) = phi(b)/|b| (1 - 1/b^2 + ...). A bin's
// other end, further out, holds nothing beside it.
func farTail(b float64) (logProb, slope float64) {
	square := float64(b * b)
	logProb = -square/2 - logSqrt2Pi - elementary.Log(-b) + elementary.Log1p(-1/square)
	// d log Phi(b)/db = phi/Phi, about -b - 1/b; db/dlogV = -b/2.
	return logProb, (square + 1) / 2
}

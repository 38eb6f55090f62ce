package denoise

import (
	"fmt"
	"math"
)

// Prediction says what a network's output stands for: a mixture of the data and
// of the noise that make up x_t = alpha x0 + sigma eps,
//
//	value = a x0 + b eps,   (a, b) = Mix(alpha, sigma).
//
// Given x_t all of them hold the same information, and [Convert] takes any to
// any other. A nil Prediction is Epsilon.
type Prediction interface {
	Mix(alpha, sigma float64) (a, b float64)
	String() string
}

// Plain is a prediction without parameters.
type Plain int

const (
	// Epsilon is the noise eps (DDPM, arXiv 2006.11239).
	Epsilon Plain = iota
	// Sample is the data x0.
	Sample
	// Velocity is v = alpha eps - sigma x0 (Salimans and Ho 2022,
	// arXiv 2202.00512, section 4): the derivative of x_t along the circle
	// alpha^2 + sigma^2 = 1. For data of unit variance its target has unit
	// variance at every t.
	Velocity
	// Flow is eps - x0, the velocity of the straight path from data to
	// noise (rectified flow, Liu et al. 2022, arXiv 2209.03003).
	Flow
)

// Mix implements [Prediction].
func (p Plain) Mix(alpha, sigma float64) (a, b float64) {
	switch p {
	case Epsilon:
		return 0, 1
	case Sample:
		return 1, 0
	case Velocity:
		return -sigma, alpha
	case Flow:
		return -1, 1
	}
	panic(fmt.Sprintf("denoise: unknown prediction %d", int(p)))
}

func (p Plain) String() string {
	switch p {
	case Epsilon:
		return "epsilon"
	case Sample:
		return "sample"
	case Velocity:
		return "v_prediction"
	case Flow:
		return "flow_prediction"
	}
	return fmt.Sprintf("Plain(%d)", int(p))
}

// EDM is the network F of Karras et al. (2022, arXiv 2206.00364, eq. 7), whose
// input and target have unit variance at every noise level r = sigma/alpha when
// the data's standard deviation is SD (0 means their 0.5):
//
//	x0 = cSkip x_t/alpha + cOut F,
//	cSkip = SD^2/(r^2 + SD^2),  cOut = r SD/sqrt(r^2 + SD^2).
//
// With SD = 1 and a schedule that preserves variance it is -Velocity.
type EDM struct {
	SD float64
}

// Mix implements [Prediction]: F = (r x0 - SD^2 eps)/(SD sqrt(r^2 + SD^2)),
// written without r so that alpha may be 0.
func (p EDM) Mix(alpha, sigma float64) (a, b float64) {
	sd := p.sd()
	norm := sd * math.Sqrt(float64(sigma*sigma)+float64(alpha*alpha)*float64(sd*sd))
	return sigma / norm, -alpha * float64(sd*sd) / norm
}

func (p EDM) sd() float64 {
	if p.SD == 0 {
		return 0.5
	}
	return p.SD
}

func (p EDM) String() string { return "edm" }

// Linear is the map (x_t, value) -> X x_t + V value.
type Linear struct {
	X, V float64
}

// Convert is the map from a prediction to another at noise level (alpha, sigma).
// Not all exist: with no signal (alpha = 0) noise says nothing of the data, and
// with no noise (sigma = 0) data says nothing of the noise; those coefficients
// are infinite.
//
//	x_t   = alpha x0 + sigma eps
//	value = a x0 + b eps
//
// are two equations for x0 and eps, and the other prediction is c x0 + d eps.
func Convert(from, to Prediction, alpha, sigma float64) Linear {
	a, b := mix(from, alpha, sigma)
	c, d := mix(to, alpha, sigma)
	if a == c && b == d {
		return Linear{V: 1}
	}
	det := float64(alpha*b) - float64(sigma*a)
	return Linear{
		X: (float64(c*b) - float64(d*a)) / det,
		V: (float64(d*alpha) - float64(c*sigma)) / det,
	}
}

// Of is the map's value at (xt, value).
func (l Linear) Of(xt, value float64) float64 {
	return float64(l.X*xt) + float64(l.V*value)
}

// Target is what a network of a prediction should say, given x0 and eps.
func Target(p Prediction, x0, eps, alpha, sigma float64) float64 {
	a, b := mix(p, alpha, sigma)
	return float64(a*x0) + float64(b*eps)
}

func mix(p Prediction, alpha, sigma float64) (a, b float64) {
	if p == nil {
		p = Epsilon
	}
	return p.Mix(alpha, sigma)
}

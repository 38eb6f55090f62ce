package denoise

import "fmt"

// Prediction says what a network's output stands for. With
// x_t = alpha x0 + sigma eps all of them hold the same information.
type Prediction int

const (
	// Epsilon is the noise eps (DDPM, arXiv 2006.11239).
	Epsilon Prediction = iota
	// Sample is the data x0.
	Sample
	// Velocity is v = alpha eps - sigma x0 (Salimans and Ho 2022,
	// arXiv 2202.00512, section 4): the derivative of x_t along the circle
	// alpha^2 + sigma^2 = 1. For data of unit variance it is the network
	// F of EDM (Karras et al. 2022, arXiv 2206.00364, table 1, sigma_data
	// = 1), up to sign, so that its target has unit variance at every t.
	Velocity
)

func (p Prediction) String() string {
	switch p {
	case Epsilon:
		return "epsilon"
	case Sample:
		return "sample"
	case Velocity:
		return "v_prediction"
	}
	return fmt.Sprintf("Prediction(%d)", int(p))
}

// Linear is the map (x_t, value) -> X x_t + V value.
type Linear struct {
	X, V float64
}

// To is the conversion from p to another prediction at noise level (alpha,
// sigma): a linear map of x_t and the predicted value. Not all exist: with no
// signal (alpha = 0) noise says nothing of the data, and with no noise
// (sigma = 0) data says nothing of the noise; those coefficients are infinite.
func (p Prediction) To(q Prediction, alpha, sigma float64) Linear {
	if p == q {
		return Linear{V: 1}
	}
	norm := float64(alpha*alpha) + float64(sigma*sigma)
	switch {
	case p == Epsilon && q == Sample: // x0 = (x_t - sigma eps)/alpha
		return Linear{1 / alpha, -sigma / alpha}
	case p == Epsilon && q == Velocity:
		return Linear{-sigma / alpha, norm / alpha}
	case p == Sample && q == Epsilon: // eps = (x_t - alpha x0)/sigma
		return Linear{1 / sigma, -alpha / sigma}
	case p == Sample && q == Velocity:
		return Linear{alpha / sigma, -norm / sigma}
	case p == Velocity && q == Sample: // x0 = alpha x_t - sigma v
		return Linear{alpha / norm, -sigma / norm}
	case p == Velocity && q == Epsilon: // eps = sigma x_t + alpha v
		return Linear{sigma / norm, alpha / norm}
	}
	panic(fmt.Sprintf("denoise: no conversion from %v to %v", p, q))
}

// Of is the map's value at (xt, value).
func (l Linear) Of(xt, value float64) float64 {
	return float64(l.X*xt) + float64(l.V*value)
}

// target is what a network of this prediction should say, given x0 and eps.
func (p Prediction) target(x0, eps, alpha, sigma float64) float64 {
	switch p {
	case Epsilon:
		return eps
	case Sample:
		return x0
	case Velocity:
		return float64(alpha*eps) - float64(sigma*x0)
	}
	panic(fmt.Sprintf("denoise: unknown prediction %v", p))
}

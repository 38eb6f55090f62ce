package sample

import (
	"math"

	"ebb/engine/kernel/elementary"
)

// The mathematics of the exponential integrators in lambda = log(alpha/sigma).
//
// Divided by its linear part the probability-flow ODE has an integral of one
// exponential (DPM-Solver, arXiv 2206.00927, proposition 3.1; DPM-Solver++,
// arXiv 2211.01095, proposition 4.1). With m a prediction of the data or of the
// noise, a step of width h in lambda is
//
//	x_s = carry x_t - scale int_0^1 z exp((1-u) z) m(lambda_t + u h) du
//
// and a polynomial m is integrated exactly by the functions
//
//	phi_k(z) = int_0^1 exp((1-u) z) u^(k-1)/(k-1)! du
//
// (Hochbruck and Ostermann 2010, "Exponential integrators", eq. 2.10). All the
// solvers differ only in the points that their polynomial goes through.

// moments are z phi_(k+1)(z) for k = 0..n-1, what the k-th derivative of m by u
// weighs at the start of the step. moments(z, n)[0] is e^z - 1.
func moments(z float64, n int) []float64 {
	b := make([]float64, n)
	if math.Abs(z) < 1 {
		phi := phiSeries(z, n)
		for k := n - 1; k >= 0; k-- {
			b[k] = float64(z * phi)
			if k > 0 { // phi_k = z phi_(k+1) + 1/k!
				phi = b[k] + 1/factorial(k)
			}
		}
		return b
	}
	b[0] = elementary.Expm1(z)
	for k := 1; k < n; k++ {
		b[k] = b[k-1]/z - 1/factorial(k)
	}
	return b
}

// phiSeries is phi_k(z) for |z| < 1, where the closed form would cancel.
func phiSeries(z float64, k int) float64 {
	const terms = 20 // 1/20! is below half an ulp of 1
	sum := 0.0
	for j := terms; j >= 0; j-- {
		sum = 1 + float64(sum*z)/float64(j+k+1)
	}
	return sum / factorial(k)
}

func factorial(n int) float64 {
	f := 1.0
	for i := 2; i <= n; i++ {
		f *= float64(i)
	}
	return f
}

// weights says how much the values of m at the places u, in steps from the
// start, contribute to a step of the given moments: the polynomial through all
// of them, integrated. The places differ.
func weights(u, moments []float64) []float64 {
	w := make([]float64, len(u))
	for i := range u {
		// The i-th Lagrange polynomial, by rising powers of u.
		c := make([]float64, 1, len(u))
		c[0] = 1
		for j := range u {
			if j == i {
				continue
			}
			c = append(c, 0)
			for k := len(c) - 1; k >= 0; k-- {
				below := 0.0
				if k > 0 {
					below = c[k-1]
				}
				c[k] = (below - float64(u[j]*c[k])) / (u[i] - u[j])
			}
		}
		for k, v := range c {
			w[i] += float64(float64(v*factorial(k)) * moments[k])
		}
	}
	return w
}

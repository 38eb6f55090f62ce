package schedule

import "ebb/engine/kernel/elementary"

// TerminalBits is how far the end of the forward process is from the standard
// normal it is replaced by when sampling: KL(q(x_t) || N(0, I)) in bits per
// dimension, for Gaussian data with the given mean (one entry per dimension)
// and eigenvalues of the covariance (or the variances of a diagonal model).
// Other data with these moments are at least this far: KL to a normal splits
// into the distance to the Gaussian of the same moments and that Gaussian's
// own, so this is a lower bound; [PriorBits] is an upper one.
//
//	KL = sum_i (v_i - 1 - log v_i)/2 + |alpha mean|^2/2,   v_i = alpha^2 eig_i + sigma^2
//
// For a schedule that does not preserve variance, x_t is measured in units of
// [Start], and so is its distance from the normal that sampling starts with.
func TerminalBits(sch Schedule, t float64, mean, eigenvalues []float64) float64 {
	if len(mean) != len(eigenvalues) {
		panic("schedule: TerminalBits: means and eigenvalues differ in number")
	}
	alpha, sigma := inUnits(sch, t)
	bar := float64(alpha * alpha)
	// v = 1 + h; h stays accurate when alpha is small and sigma near 1.
	slack := float64(sigma*sigma) + bar - 1 // 0 for VP
	sum := 0.0
	for i, eig := range eigenvalues {
		h := float64(bar*(eig-1)) + slack
		sum += (h - elementary.Log1p(h)) / 2
		sum += float64(bar*float64(mean[i]*mean[i])) / 2
	}
	return sum / float64(len(mean)) / ln2
}

// PriorBits is the prior term of the variational bound, the expectation over
// data of KL(q(x_t | x0) || N(0, I)) in bits per dimension, for data whose mean
// square (over examples and dimensions) is meanSquare. It is exact for any
// data, and by convexity an upper bound of KL(q(x_t) || N(0, I)).
//
//	KL = (alpha^2 E x0^2 + sigma^2 - 1 - log sigma^2)/2
//
// with alpha and sigma in units of [Start], as in TerminalBits.
func PriorBits(sch Schedule, t, meanSquare float64) float64 {
	alpha, sigma := inUnits(sch, t)
	h := float64(sigma*sigma) - 1
	kl := (float64(float64(alpha*alpha)*meanSquare) + h - elementary.Log1p(h)) / 2
	return kl / ln2
}

// inUnits is (alpha, sigma) divided by Start.
func inUnits(sch Schedule, t float64) (alpha, sigma float64) {
	alpha, sigma = sch.At(t)
	unit := Start(sch, t)
	return alpha / unit, sigma / unit
}

// ln2 is the natural logarithm of 2: nats per bit.
const ln2 = 0.693147180559945309417232121458176568

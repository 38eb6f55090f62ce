package schedule

import "math"

// Start is the standard deviation of x_t at time t for data of mean square 1,
// sqrt(alpha^2 + sigma^2): what unit normals are multiplied by to begin sampling
// there. A schedule that preserves variance has 1 exactly, whatever the rounding
// of its two numbers; one whose noise grows without bound has about sigma.
func Start(sch Schedule, t float64) float64 {
	alpha, sigma := sch.At(t)
	square := float64(alpha*alpha) + float64(sigma*sigma)
	if math.Abs(square-1) < 1e-9 {
		return 1
	}
	return math.Sqrt(square)
}

package schedule

import "math"

// hermite is a monotone cubic interpolation of values at 0, 1, ..., n: the
// slope at a knot is the harmonic mean of its two neighbouring differences
// (Fritsch and Butland 1984), which for equal spacing keeps increasing data
// increasing and has a continuous derivative. At the two ends the slope is the
// difference beside it.
type hermite struct {
	y, slope []float64
}

func newHermite(y []float64) hermite {
	n := len(y) - 1
	slope := make([]float64, n+1)
	slope[0], slope[n] = y[1]-y[0], y[n]-y[n-1]
	for i := 1; i < n; i++ {
		left, right := y[i]-y[i-1], y[i+1]-y[i]
		switch {
		case left*right <= 0:
			slope[i] = 0
		case math.IsInf(right, 1):
			slope[i] = left
		default:
			slope[i] = 2 * left / (left + right) * right
		}
	}
	return hermite{y: y, slope: slope}
}

// at evaluates the interpolation at 0 <= u <= n.
func (h hermite) at(u float64) float64 {
	i := min(int(u), len(h.y)-2)
	w := u - float64(i)
	rise := h.y[i+1] - h.y[i]
	// y_i + w (d_i + w ((3 rise - 2 d_i - d_j) + w (d_i + d_j - 2 rise)))
	di, dj := h.slope[i], h.slope[i+1]
	c3 := di + dj - 2*rise
	c2 := float64(3*rise) - float64(2*di) - dj
	p := math.FMA(w, c3, c2)
	p = math.FMA(w, p, di)
	return math.FMA(w, p, h.y[i])
}

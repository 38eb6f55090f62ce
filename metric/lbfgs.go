package metric

import "math"

// lbfgs minimises a smooth function by the limited-memory BFGS method
// (Nocedal and Wright, "Numerical Optimization", algorithms 7.4 and 7.5) with
// halved steps until the decrease is sufficient (Armijo).
type lbfgs struct {
	iterations int     // at most
	tolerance  float64 // stops when no partial derivative is larger
}

const (
	lbfgsMemory = 10   // pairs of steps and gradient changes kept
	armijo      = 1e-4 // share of the linear decrease that is sufficient
	halvings    = 40   // of one step at most
)

// minimise moves x to a minimum of f, which returns its value at x and sets
// the gradient.
func (o lbfgs) minimise(x []float64, f func(x, gradient []float64) float64) {
	n := len(x)
	g, next, gNext := make([]float64, n), make([]float64, n), make([]float64, n)
	value := f(x, g)
	var past history
	for range o.iterations {
		if largest(g) <= o.tolerance {
			return
		}
		dir := past.direction(g)
		slope := dot(dir, g)
		if slope >= 0 { // memory spoilt by rounding: begin again
			past = history{}
			dir = past.direction(g)
			slope = dot(dir, g)
		}
		step, ok := 1.0, false
		for range halvings {
			for i := range next {
				next[i] = x[i] + float64(step*dir[i])
			}
			v := f(next, gNext)
			if v <= value+float64(armijo*step*slope) {
				value, ok = v, true
				break
			}
			step /= 2
		}
		if !ok {
			return
		}
		past.remember(x, next, g, gNext)
		copy(x, next)
		g, gNext = gNext, g
	}
}

// history holds the last steps s and gradient changes y.
type history struct {
	s, y [][]float64
	rho  []float64 // 1/(s·y)
}

func (h *history) remember(x, next, g, gNext []float64) {
	s, y := make([]float64, len(x)), make([]float64, len(x))
	for i := range x {
		s[i], y[i] = next[i]-x[i], gNext[i]-g[i]
	}
	sy := dot(s, y)
	if !(sy > 1e-12*dot(y, y)) {
		return // no curvature along the step
	}
	h.s, h.y, h.rho = append(h.s, s), append(h.y, y), append(h.rho, 1/sy)
	if len(h.s) > lbfgsMemory {
		h.s, h.y, h.rho = h.s[1:], h.y[1:], h.rho[1:]
	}
}

// direction returns -H g, H the approximate inverse of the second derivative.
func (h *history) direction(g []float64) []float64 {
	q := make([]float64, len(g))
	for i, v := range g {
		q[i] = -v
	}
	k := len(h.s)
	if k == 0 {
		shrink := 1 / max(1, math.Sqrt(dot(g, g)))
		for i := range q {
			q[i] *= shrink
		}
		return q
	}
	a := make([]float64, k)
	for i := k - 1; i >= 0; i-- {
		a[i] = h.rho[i] * dot(h.s[i], q)
		addScaled(q, -a[i], h.y[i])
	}
	last := k - 1
	gamma := 1 / (h.rho[last] * dot(h.y[last], h.y[last]))
	for i := range q {
		q[i] *= gamma
	}
	for i := range k {
		addScaled(q, a[i]-float64(h.rho[i]*dot(h.y[i], q)), h.s[i])
	}
	return q
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}

func addScaled(dst []float64, c float64, x []float64) {
	for i, v := range x {
		dst[i] += float64(c * v)
	}
}

func largest(values []float64) float64 {
	m := 0.0
	for _, v := range values {
		m = max(m, math.Abs(v))
	}
	return m
}

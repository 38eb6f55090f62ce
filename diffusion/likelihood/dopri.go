package likelihood

import (
	"math"

	"ebb/engine/kernel/elementary"
)

// The method of Dormand and Prince (J. Comput. Appl. Math. 6, 1980, table 2), of
// order 5 with an embedded one of order 4: nodes, stages and both sets of
// weights. The last stage is taken at the end of the step, and so is the first
// of the next one.
const stages = 7

func nodes() [stages]float64 { return [stages]float64{0, 1. / 5, 3. / 10, 4. / 5, 8. / 9, 1, 1} }

func tableau() [stages][]float64 {
	return [stages][]float64{
		nil,
		{1. / 5},
		{3. / 40, 9. / 40},
		{44. / 45, -56. / 15, 32. / 9},
		{19372. / 6561, -25360. / 2187, 64448. / 6561, -212. / 729},
		{9017. / 3168, -355. / 33, 46732. / 5247, 49. / 176, -5103. / 18656},
		{35. / 384, 0, 500. / 1113, 125. / 192, -2187. / 6784, 11. / 84},
	}
}

// differences are the weights of order 5 less those of order 4.
func differences() [stages]float64 {
	return [stages]float64{
		35./384 - 5179./57600, 0, 500./1113 - 7571./16695, 125./192 - 393./640,
		-2187./6784 + 92097./339200, 11./84 - 187./2100, -1. / 40,
	}
}

// path is one row on its way: a point y, whose last number is the logarithm of
// the volume, at u.
type path struct {
	u, h  float64
	y     []float64
	next  []float64
	k     [stages][]float64 // slopes
	evals int
	steps int
	err   float64 // accumulated, in nats
}

func newPath(dim int, u, h float64) *path {
	p := &path{u: u, h: h, y: make([]float64, dim), next: make([]float64, dim)}
	for s := range p.k {
		p.k[s] = make([]float64, dim)
	}
	return p
}

// stage sets next to the point at which slope s is wanted.
func (p *path) stage(s int, a []float64) {
	for i, v := range p.y {
		sum := 0.0
		for r, w := range a {
			sum += float64(w * p.k[r][i])
		}
		p.next[i] = v + float64(p.h*sum)
	}
}

// settle accepts or refuses the step to next, whose slopes are all there, and
// chooses the length of the one to come: the error of order 4, in units of the
// tolerance, is to be at most 1 (Hairer, Norsett and Wanner, Solving ordinary
// differential equations I, section II.4).
func (p *path) settle(d [stages]float64, tolerance float64) bool {
	last := len(p.y) - 1
	square, drift, volume := 0.0, 0.0, 0.0
	noise := elementary.Sigmoid(2 * (p.u + p.h)) // sigma^2/s^2 at the end of the step
	for i, v := range p.next {
		e := 0.0
		for s, w := range d {
			e += float64(w * p.k[s][i])
		}
		e *= p.h
		if i == last {
			volume = math.Abs(e)
			break
		}
		r := e / (tolerance * (1 + max(math.Abs(v), math.Abs(p.y[i]))))
		square += float64(r * r)
		// What an error of place does to the result is the gradient of
		// log p(w), -(w - a x0^)/noise, which the slope there tells.
		drift += float64(e * (v + p.k[stages-1][i]/noise))
	}
	ratio := max(math.Sqrt(square/float64(max(last, 1))), volume/(tolerance*float64(max(last, 1))))
	if !finite(ratio) {
		ratio = 1e10
	}
	// The fifth root, and a fifth part of caution.
	grow := 5.0
	if ratio > 0 {
		grow = min(5, 0.9/fifthRoot(ratio))
	}
	if ratio > 1 {
		p.h *= max(0.2, grow)
		return false
	}
	p.u += p.h
	p.h *= max(0.2, grow)
	p.y, p.next = p.next, p.y
	p.k[0], p.k[stages-1] = p.k[stages-1], p.k[0]
	p.err += volume + math.Abs(drift)
	p.steps++
	return true
}

// fifthRoot of x > 0 by Newton's method: its bits are the same everywhere.
func fifthRoot(x float64) float64 {
	frac, exp := math.Frexp(x)
	y := math.Ldexp(frac, exp/5)
	for range 60 {
		square := float64(y * y)
		step := (x/float64(square*square) - y) / 5
		y += step
		if math.Abs(step) <= 1e-15*y {
			break
		}
	}
	return y
}

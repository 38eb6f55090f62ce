package sample

import "ebb/diffusion/process"

// What the samplers of the probability-flow ODE share. In y = x/alpha and the
// noise level r = sigma/alpha that equation is
//
//	dy/dr = eps(x),   eps = (x - alpha x0)/sigma,
//
// eps the noise that x is seen to hold: its slope. None of them divides x by
// alpha, which may be 0 at the start.

// probe looks at a state through the denoiser.
type probe struct {
	p     Plan
	limit Limit
	x0    *process.State // what was seen last
	tt    []float64
}

func (p Plan) probe(limit Limit) *probe {
	return &probe{p: p, limit: limit, x0: p.state(), tt: make([]float64, p.Rows)}
}

// look sets x0 to the data, and eps to the noise, that x holds at time t, where
// sigma is not 0.
func (q *probe) look(eps, x *process.State, t float64) {
	q.p.Denoiser.Denoise(q.x0, x, times(q.tt, t))
	q.limit.each(q.x0.Data, q.p.Dim)
	alpha, sigma := q.p.at(t)
	for i, d := range q.x0.Data {
		eps.Data[i] = (x.Data[i] - float64(alpha*d)) / sigma
	}
}

// still says that a step from t to s changes nothing.
func (p Plan) still(t, s float64) bool {
	alphaT, sigmaT := p.at(t)
	alphaS, sigmaS := p.at(s)
	return t == s || alphaT == alphaS && sigmaT == sigmaS
}

// carry sets dst to x taken from t, where alpha is not 0, to s along the slope:
//
//	y_s = y_t + (r_s - r_t) slope.
//
// dst may be x or slope.
func (p Plan) carry(dst, x, slope *process.State, t, s float64) {
	keep, add := p.carriage(t, s)
	for i, e := range slope.Data {
		dst.Data[i] = float64(keep*x.Data[i]) + float64(add*e)
	}
}

// carriage is x_s = keep x_t + add slope.
func (p Plan) carriage(t, s float64) (keep, add float64) {
	if t == s {
		return 1, 0
	}
	alphaT, sigmaT := p.at(t)
	alphaS, sigmaS := p.at(s)
	keep = alphaS / alphaT
	return keep, sigmaS - float64(keep*sigmaT)
}

// slopes is the latest slopes of a run, the newest first.
type slopes struct {
	p     Plan
	most  int // how many are kept
	eps   []*process.State
	level []float64 // sigma/alpha of each
}

// push makes room for the slope at time t and returns it, to be written.
func (h *slopes) push(t float64) *process.State {
	var fresh *process.State
	if n := len(h.eps); n == h.most {
		fresh, h.eps, h.level = h.eps[n-1], h.eps[:n-1], h.level[:n-1]
	} else {
		fresh = h.p.state()
	}
	alpha, sigma := h.p.at(t)
	h.eps = append([]*process.State{fresh}, h.eps...)
	h.level = append([]float64{sigma / alpha}, h.level...)
	return fresh
}

// mix sets dst to the weighted sum of the slopes; weights are as many.
func (h *slopes) mix(dst *process.State, weights []float64) {
	for i := range dst.Data {
		sum := 0.0
		for j, w := range weights {
			sum += float64(w * h.eps[j].Data[i])
		}
		dst.Data[i] = sum
	}
}

// adams is the weights of the explicit Adams method with n = 1..4 equally
// spaced slopes, the newest first (PNDM, arXiv 2202.09778, eq. 12, has n = 4).
func adams(n int) []float64 {
	switch n {
	case 1:
		return []float64{1}
	case 2:
		return []float64{3. / 2, -1. / 2}
	case 3:
		return []float64{23. / 12, -16. / 12, 5. / 12}
	}
	return []float64{55. / 24, -59. / 24, 37. / 24, -9. / 24}
}

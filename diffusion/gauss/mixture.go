package gauss

import (
	"fmt"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// Mixture is data drawn from one of several Gaussians. Make one with Mix.
type Mixture struct {
	parts  []*Gaussian
	weight []float64
}

// Mix weighs the parts; the weights are positive and scaled to sum to one.
func Mix(weight []float64, parts []*Gaussian) (*Mixture, error) {
	if len(parts) == 0 || len(weight) != len(parts) {
		return nil, fmt.Errorf("gauss: a mixture of %d parts with %d weights", len(parts), len(weight))
	}
	total := 0.0
	for i, w := range weight {
		if !(w > 0) {
			return nil, fmt.Errorf("gauss: weight %d of the mixture is %v; weights are positive", i, w)
		}
		if parts[i].Dim() != parts[0].Dim() {
			return nil, fmt.Errorf("gauss: parts of %d and of %d dimensions", parts[0].Dim(), parts[i].Dim())
		}
		total += w
	}
	m := &Mixture{parts: parts, weight: make([]float64, len(weight))}
	for i, w := range weight {
		m.weight[i] = w / total
	}
	return m, nil
}

// Dim is the number of dimensions.
func (m *Mixture) Dim() int { return m.parts[0].Dim() }

// Parts are the mixture's Gaussians and their weights.
func (m *Mixture) Parts() ([]float64, []*Gaussian) { return m.weight, m.parts }

// logJoint is log(weight_k q_k(x_t)) for each part k.
func (m *Mixture) logJoint(xt []float64, alpha, sigma float64) []float64 {
	out := make([]float64, len(m.parts))
	for k, p := range m.parts {
		out[k] = elementary.Log(m.weight[k]) + p.LogDensity(xt, alpha, sigma)
	}
	return out
}

// Responsibilities are the probabilities of the parts given x_t.
func (m *Mixture) Responsibilities(xt []float64, alpha, sigma float64) []float64 {
	r := m.logJoint(xt, alpha, sigma)
	total := elementary.LogSumExp(r)
	for k := range r {
		r[k] = elementary.Exp(r[k] - total)
	}
	return r
}

// LogDensity is log q(x_t = xt) in nats.
func (m *Mixture) LogDensity(xt []float64, alpha, sigma float64) float64 {
	return elementary.LogSumExp(m.logJoint(xt, alpha, sigma))
}

// Denoise sets x0 to E[x0 | x_t = xt].
func (m *Mixture) Denoise(x0, xt []float64, alpha, sigma float64) {
	m.average(x0, xt, alpha, sigma, (*Gaussian).Denoise)
}

// Score sets score to the gradient of log q(x_t) at xt.
func (m *Mixture) Score(score, xt []float64, alpha, sigma float64) {
	m.average(score, xt, alpha, sigma, (*Gaussian).Score)
}

// Pull sets dst to v'J with J = dE[x0 | x_t]/dx_t at xt. With responsibilities
// r, and means m_k, Jacobians J_k and scores s_k of the parts, of mean s,
//
//	J = sum_k r_k (J_k + m_k (s_k - s)').
func (m *Mixture) Pull(dst, v, xt []float64, alpha, sigma float64) {
	r := m.Responsibilities(xt, alpha, sigma)
	part, score, mean := make([]float64, len(dst)), make([]float64, len(dst)), make([]float64, len(dst))
	m.Score(mean, xt, alpha, sigma)
	clear(dst)
	for k, p := range m.parts {
		p.Denoise(part, xt, alpha, sigma)
		along := 0.0
		for i, x := range part {
			along += v[i] * x
		}
		p.Score(score, xt, alpha, sigma)
		p.Pull(part, v, xt, alpha, sigma)
		for i := range dst {
			dst[i] += r[k] * (part[i] + along*(score[i]-mean[i]))
		}
	}
}

// average sets dst to the parts' values of f, weighted by responsibility.
func (m *Mixture) average(dst, xt []float64, alpha, sigma float64, f func(g *Gaussian, dst, xt []float64, alpha, sigma float64)) {
	r := m.Responsibilities(xt, alpha, sigma)
	part := make([]float64, len(dst))
	for i := range dst {
		dst[i] = 0
	}
	for k, p := range m.parts {
		f(p, part, xt, alpha, sigma)
		for i, v := range part {
			dst[i] += r[k] * v
		}
	}
}

// variance sets v to the diagonal of Cov[x0 | x_t = xt]: the parts' own
// uncertainty and the spread of their means.
func (m *Mixture) variance(v, xt []float64, alpha, sigma float64) {
	r := m.Responsibilities(xt, alpha, sigma)
	d := m.Dim()
	mean, part, own := make([]float64, d), make([]float64, d), make([]float64, d)
	m.Denoise(mean, xt, alpha, sigma)
	for i := range v {
		v[i] = 0
	}
	for k, p := range m.parts {
		p.Denoise(part, xt, alpha, sigma)
		p.variance(own, xt, alpha, sigma)
		for i := range v {
			gap := part[i] - mean[i]
			v[i] += r[k] * (own[i] + gap*gap)
		}
	}
}

// Reverse is the exact q(x_s | x_t = xt), itself a mixture.
func (m *Mixture) Reverse(sch schedule.Schedule, t, s float64, xt []float64) (*Mixture, error) {
	alpha, sigma := sch.At(t)
	r := m.Responsibilities(xt, alpha, sigma)
	var weight []float64
	var parts []*Gaussian
	for k, p := range m.parts {
		if r[k] == 0 {
			continue // so far off that its weight underflows
		}
		kernel := p.Reverse(sch, t, s)
		mean := append([]float64(nil), kernel.B...)
		for i := range mean {
			for j, x := range xt {
				mean[i] += kernel.A.At(i, j) * x
			}
		}
		g, err := New(mean, kernel.Cov)
		if err != nil {
			return nil, err
		}
		weight, parts = append(weight, r[k]), append(parts, g)
	}
	return Mix(weight, parts)
}

// Draw fills x with rows of the distribution, from unit normals of noise: one
// more than there are dimensions, of which the first chooses the part.
func (m *Mixture) Draw(x *process.State, noise process.Noise, step int) {
	z := make([]float64, m.Dim()+1)
	for i := range x.Rows {
		noise.Normals(z, step, i)
		u := elementary.NormCDF(z[0])
		k, sum := 0, m.weight[0]
		for u >= sum && k < len(m.parts)-1 {
			k++
			sum += m.weight[k]
		}
		m.parts[k].place(x.Row(i), z[1:])
	}
}

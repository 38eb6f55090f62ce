package kernel

import "ebb/engine/kernel/parallel"

// Apply is Forward with mean and rstd given: it sets y to what Forward set it to, bit for bit, in
// one pass. A backward pass rebuilds by it what was not worth keeping. y may be x.
func (s GroupNorm) Apply(p *parallel.Pool, y, mean, rstd, x, gamma, beta []float32) {
	s.ApplySides(p, y, mean, rstd, oneSide(x, s.C), gamma, beta)
}

// ApplySides is Apply of an x that may lie in two tensors.
func (s GroupNorm) ApplySides(p *parallel.Pool, y, mean, rstd []float32, x Sides, gamma, beta []float32) {
	s.check(mean, rstd, gamma, beta, y)
	x.check("GroupNorm x", s.N, s.T, s.C)
	isa, strip := active(), s.strip()
	p.Run(s.N*(s.C/strip), func(worker, piece int) {
		n, c := piece/(s.C/strip), piece%(s.C/strip)*strip
		stat := n*s.Groups + c/(s.C/s.Groups)
		s.apply(isa, x.strip(n, s.T, c, strip), p.Scratch(worker, 3*strip), y[n*s.T*s.C+c:], mean[stat:], rstd[stat:], gamma, beta, c)
	})
}

// Apply is Forward with mean and rstd given, as GroupNorm's. y may be x.
func (s LayerNorm) Apply(p *parallel.Pool, y, mean, rstd, x, gamma, beta []float32) {
	s.check(mean, rstd, gamma, beta, y, x)
	isa := active()
	p.Run(s.pieces(), func(worker, piece int) {
		w := s.affine(p, worker, gamma, beta)
		for r := piece * layerBlock; r < min(s.Rows, (piece+1)*layerBlock); r++ {
			normalizeRow(isa, s.SiLU, y[r*s.D:][:s.D], x[r*s.D:][:s.D], mean[r], rstd[r], w)
		}
	})
}

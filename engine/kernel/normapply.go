package kernel

import "ebb/engine/kernel/parallel"

// Apply is Forward with mean and rstd given: it sets y to what Forward set it to, bit for bit, in
// one pass. A backward pass rebuilds by it what was not worth keeping. y may be x.
func (s GroupNorm) Apply(p *parallel.Pool, y, mean, rstd, x, gamma, beta []float32) {
	s.check(mean, rstd, gamma, beta, y, x)
	isa, strip := active(), s.strip()
	p.Run(s.N*(s.C/strip), func(worker, piece int) {
		n, c := piece/(s.C/strip), piece%(s.C/strip)*strip
		buf := p.Scratch(worker, 3*strip)
		center, a, b := buf[:strip], buf[strip:2*strip], buf[2*strip:3*strip]
		stat, at := n*s.Groups+c/(s.C/s.Groups), n*s.T*s.C+c
		s.affine(center, a, b, mean[stat:], rstd[stat:], gamma, beta, c)
		normalize(isa, columns{n: strip, rows: s.T, stride: s.C}, s.SiLU, y[at:], x[at:], center, a, b)
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

package kernel

import (
	"fmt"
	"math"

	"ebb/engine/kernel/parallel"
)

// GroupNorm normalises each group of C/Groups neighbouring channels of an image over its T pixels,
// then scales and shifts each channel (Group Normalization, arXiv 1803.08494, equations 1, 2, 7):
//
//	x (N,T,C)  gamma (C)  beta (C) -> y (N,T,C)  mean, rstd (N,Groups)
//	z = (x - mean) rstd gamma + beta,   y = z, or SiLU(z) if SiLU is set
//
// rstd = 1/√(var + Eps) with the biased variance, taken around the mean in a second pass. gamma and
// beta may be nil, together.
type GroupNorm struct {
	N, T, C, Groups int
	Eps             float32
	SiLU            bool
}

// normBlock pixels are summed one after the other; the sums of the blocks are then added in order.
const normBlock = 32

// Forward sets y, mean and rstd. y may be x.
func (s GroupNorm) Forward(p *parallel.Pool, y, mean, rstd, x, gamma, beta []float32) {
	s.ForwardSides(p, y, mean, rstd, oneSide(x, s.C), gamma, beta)
}

// ForwardSides is Forward of an x that may lie in two tensors; y does not.
func (s GroupNorm) ForwardSides(p *parallel.Pool, y, mean, rstd []float32, x Sides, gamma, beta []float32) {
	s.check(mean, rstd, gamma, beta, y)
	x.check("GroupNorm x", s.N, s.T, s.C)
	isa, strip := active(), s.strip()
	p.Run(s.N*(s.C/strip), func(worker, piece int) {
		n, c := piece/(s.C/strip), piece%(s.C/strip)*strip
		per := s.C / s.Groups
		buf := p.Scratch(worker, 3*strip)
		stat := n*s.Groups + c/per
		groups := strip / per
		sides := x.strip(n, s.T, c, strip)
		s.moments(isa, sides, buf, mean[stat:][:groups], rstd[stat:][:groups])
		s.apply(isa, sides, buf, y[n*s.T*s.C+c:], mean[stat:], rstd[stat:], gamma, beta, c)
	})
}

// apply normalises a strip of channels of an image, from c on, into y. buf has 3 strips of floats.
func (s GroupNorm) apply(isa ISA, sides [2]sideStrip, buf, y, mean, rstd, gamma, beta []float32, c int) {
	strip := len(buf) / 3
	center, a, b := buf[:strip], buf[strip:2*strip], buf[2*strip:]
	s.affine(center, a, b, mean, rstd, gamma, beta, c)
	for _, side := range sides {
		at := side.at
		normalize(isa, side.columns, s.SiLU, y[at:], s.C, side.x, center[at:], a[at:], b[at:])
	}
}

// moments sets mean and rstd of the groups in a strip of channels. buf has 3 strips of floats.
func (s GroupNorm) moments(isa ISA, sides [2]sideStrip, buf, mean, rstd []float32) {
	per, strip := s.C/s.Groups, len(buf)/3
	sum, center, square := buf[:strip], buf[strip:2*strip], buf[2*strip:]
	for _, side := range sides {
		columnSums(isa, side.columns, sum[side.at:], side.x)
	}
	count := float64(s.T * per)
	for g := range mean {
		total := 0.0
		for _, v := range sum[g*per:][:per] {
			total += float64(v)
		}
		mean[g] = float32(total / count)
		for j := range per {
			center[g*per+j] = mean[g]
		}
		rstd[g] = float32(total/count - float64(mean[g])) // what rounding the mean lost
	}
	for _, side := range sides {
		columnSquares(isa, side.columns, square[side.at:], side.x, center[side.at:])
	}
	for g := range rstd {
		total := 0.0
		for _, v := range square[g*per:][:per] {
			total += float64(v)
		}
		lost := float64(rstd[g])
		v := math.Max(total/count-float64(lost*lost), 0)
		rstd[g] = float32(1 / math.Sqrt(v+float64(s.Eps)))
	}
}

// affine sets, for the channels from c on, what takes x to z: z = (x - center) a + b.
func (s GroupNorm) affine(center, a, b, mean, rstd, gamma, beta []float32, c int) {
	per := s.C / s.Groups
	for lo := 0; lo < len(center); lo += per {
		m, r := mean[lo/per], rstd[lo/per]
		for j := lo; j < lo+per; j++ {
			center[j], a[j], b[j] = m, r, 0
		}
	}
	if gamma == nil {
		return
	}
	for j, v := range gamma[c:][:len(a)] {
		a[j] = float32(a[j] * v)
	}
	copy(b, beta[c:])
}

// Backward sets dx and adds to dgamma and dbeta (nil if gamma and beta are). mean and rstd are
// Forward's. dx may be dy.
//
// With z' = dz gamma and the means over a group of z' and of z' x̂, x̂ = (x-mean) rstd:
//
//	dx = rstd (z' - mean(z') - x̂ mean(z' x̂))     dgamma = Σ dz x̂     dbeta = Σ dz
func (s GroupNorm) Backward(p *parallel.Pool, dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta []float32) {
	s.BackwardSides(p, oneSide(dx, s.C), dgamma, dbeta, dy, oneSide(x, s.C), mean, rstd, gamma, beta)
}

// BackwardSides is Backward of ForwardSides; dx has the sides of x.
func (s GroupNorm) BackwardSides(p *parallel.Pool, dx Sides, dgamma, dbeta, dy []float32, x Sides, mean, rstd, gamma, beta []float32) {
	s.check(mean, rstd, gamma, beta, dy)
	x.check("GroupNorm x", s.N, s.T, s.C)
	dx.check("GroupNorm dx", s.N, s.T, s.C)
	if gamma != nil {
		checkLen("GroupNorm dgamma", dgamma, s.C, false)
		checkLen("GroupNorm dbeta", dbeta, s.C, false)
	}
	isa, strip := active(), s.strip()
	part := p.Borrow(s.N * 2 * s.C) // for each image Σ dz (x-mean) rstd, then Σ dz
	defer p.Return(part)
	p.Run(s.N*(s.C/strip), func(worker, piece int) {
		n, c := piece/(s.C/strip), piece%(s.C/strip)*strip
		per := s.C / s.Groups
		buf := p.Scratch(worker, 5*strip)
		center, a, b := buf[:strip], buf[strip:2*strip], buf[2*strip:3*strip]
		k0, k1 := buf[3*strip:4*strip], buf[4*strip:5*strip]
		sums := part[n*2*s.C:][:2*s.C]
		dotX, dot1 := sums[c:][:strip], sums[s.C+c:][:strip]
		stat := n*s.Groups + c/per
		s.affine(center, a, b, mean[stat:], rstd[stat:], gamma, beta, c)
		xs, dxs := x.strip(n, s.T, c, strip), dx.strip(n, s.T, c, strip)
		for i, side := range xs {
			at, to := side.at, dxs[i].x
			from := s.side(side, to, dy[n*s.T*s.C+c+at:])
			normSums(isa, side.columns, s.SiLU, to, dotX[at:], dot1[at:], from, side.x, center[at:], a[at:], b[at:])
		}
		for g := range strip / per {
			r := float64(rstd[stat+g])
			var sum0, sum1 float64 // Σ z' rstd and Σ z' (x-mean) rstd over the group
			for j := g * per; j < (g+1)*per; j++ {
				sum0 += float64(a[j]) * float64(dot1[j])
				sum1 += float64(a[j]) * float64(dotX[j])
				dotX[j] = float32(float64(dotX[j]) * r)
			}
			count := float64(s.T * per)
			for j := g * per; j < (g+1)*per; j++ {
				k0[j] = float32(-sum0 / count)
				k1[j] = float32(-float64(sum1*r) * r / count)
			}
		}
		for i, side := range xs {
			at := side.at
			normGradient(isa, side.columns, dxs[i].x, side.x, center[at:], a[at:], k0[at:], k1[at:])
		}
	})
	if gamma != nil {
		joinRows(p, isa, dgamma, part, 0, 2*s.C)
		joinRows(p, isa, dbeta, part, s.C, 2*s.C)
	}
}

// side is dy as far apart as the side's own pixels: dy itself, or copied to where dx will stand.
func (s GroupNorm) side(side sideStrip, to, dy []float32) []float32 {
	if side.stride == s.C {
		return dy
	}
	for t := range side.rows {
		copy(to[t*side.stride:][:side.n], dy[t*s.C:])
	}
	return to
}

// strip is how many channels a piece takes: all of them when there are images enough for any number
// of workers, else whole groups of at least 32 channels together. It changes no result.
func (s GroupNorm) strip() int {
	per := s.C / s.Groups
	if s.N >= 8 {
		return s.C
	}
	for g := (31 + per) / per; g < s.Groups; g++ {
		if s.Groups%g == 0 {
			return g * per
		}
	}
	return s.C
}

func (s GroupNorm) check(mean, rstd, gamma, beta []float32, tensors ...[]float32) {
	if s.N < 0 || s.T < 1 || s.C < 1 || s.Groups < 1 || s.C%s.Groups != 0 {
		panic(fmt.Sprintf("kernel: impossible group normalisation %+v", s))
	}
	for _, x := range tensors {
		checkLen("GroupNorm tensor", x, s.N*s.T*s.C, false)
	}
	checkLen("GroupNorm mean", mean, s.N*s.Groups, false)
	checkLen("GroupNorm rstd", rstd, s.N*s.Groups, false)
	checkLen("GroupNorm gamma", gamma, s.C, true)
	checkLen("GroupNorm beta", beta, s.C, gamma == nil)
}

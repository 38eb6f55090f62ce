package rng

import (
	"math"

	"ebb/engine/kernel"
)

// normals fills dst with a row's numbers: groups of pairs at a time where the machine can, then pair
// by pair. A rest worth a group is drawn whole and copied.
func normals(isa kernel.ISA, dst []float64, k philoxKey, row uint64) {
	i := normalGroups(isa, dst, k, row, 0)
	if len(dst)-i >= 4 {
		var rest [16]float64
		if n := normalGroups(isa, rest[:], k, row, uint64(i/2)); n > 0 {
			copy(dst[i:], rest[:n])
			return
		}
	}
	for ; i < len(dst); i += 2 {
		z0, z1 := normalPair(block(k, row, uint64(i/2)))
		dst[i] = z0
		if i+1 < len(dst) {
			dst[i+1] = z1
		}
	}
}

// normals32 is normals, rounded.
func normals32(isa kernel.ISA, dst []float32, k philoxKey, row uint64) {
	i := normalGroups32(isa, dst, k, row, 0)
	if len(dst)-i >= 4 {
		var rest [16]float32
		if n := normalGroups32(isa, rest[:], k, row, uint64(i/2)); n > 0 {
			copy(dst[i:], rest[:n])
			return
		}
	}
	for ; i < len(dst); i += 2 {
		z0, z1 := normalPair(block(k, row, uint64(i/2)))
		dst[i] = float32(z0)
		if i+1 < len(dst) {
			dst[i+1] = float32(z1)
		}
	}
}

// normalPair turns 128 random bits into two independent normals by the transform of Box and Muller
// (Ann. Math. Stat. 29, 1958): a squared radius -2 log u and an angle. It is one straight line of
// exactly rounded operations without branches, so that a vector version gives the same bits. Both
// are within 3e-16 of the transform's exact values, relative to the radius, which is at most
// √(2·53 log 2) = 8.57.
func normalPair(a, b uint64) (z0, z1 float64) {
	r := math.Sqrt(-2 * logUnit(a))
	// The top two bits of b choose a quadrant; the rest the place w in (-1/2, 1/2) within it, the
	// angle π/2 w away from its middle.
	w := math.FMA(math.Float64frombits(b<<2>>12|0x4330000000000000)-(0x1p52+0x1p51), 0x1p-52, 0x1p-53)
	u := float64(w * w)
	s := math.FMA(0x1.e3f39e066b8a9p-25, u, -0x1.e30071feecfc6p-19)
	s = math.FMA(s, u, 0x1.50782fda6bbbep-13)
	s = math.FMA(s, u, -0x1.32d2cce2e60d9p-8)
	s = math.FMA(s, u, 0x1.466bc677587fdp-4)
	s = math.FMA(s, u, -0x1.4abbce625be41p-1)
	s = math.FMA(s, u, math.Pi/2)
	c := math.FMA(-0x1.b26fe8ad3bdb3p-28, u, 0x1.f9cc6ad0cf594p-22)
	c = math.FMA(c, u, -0x1.a6d1ecb741640p-16)
	c = math.FMA(c, u, 0x1.e1f50683b42e4p-11)
	c = math.FMA(c, u, -0x1.55d3c7e3c95bcp-6)
	c = math.FMA(c, u, 0x1.03c1f081b5ab0p-2)
	c = math.FMA(c, u, -0x1.3bd3cc9be45dep+0)
	c = math.FMA(c, u, 1)
	z0, z1 = float64(r*c), float64(r*float64(s*w))
	// The remaining two bits of symmetry: exchange the axes, and turn by half a circle.
	swap := -(b >> 62 & 1)
	turn := b >> 63 << 63
	x, y := math.Float64bits(z0), math.Float64bits(z1)
	d := (x ^ y) & swap
	return math.Float64frombits(x ^ d ^ turn), math.Float64frombits(y ^ d ^ turn)
}

// logUnit is the logarithm of unit(a), which lies in (0,1): with unit = m 2^k, √½ <= m < √2, and
// s = (m-1)/(m+1), log m = 2s + s³ p(s²), p minimax to 2^-59. Error below 2 ulp.
func logUnit(a uint64) float64 {
	bits := math.Float64bits(unit(a))
	n := int64(bits-0x3fe6a09e667f3bcd) >> 52
	m := math.Float64frombits(bits - uint64(n)<<52)
	f := m - 1
	s := f / (f + 2)
	z := float64(s * s)
	p := math.FMA(0x1.2f06353fa5923p-3, z, 0x1.39a1a6e9ded74p-3)
	p = math.FMA(p, z, 0x1.74663fa278378p-3)
	p = math.FMA(p, z, 0x1.c71c520607367p-3)
	p = math.FMA(p, z, 0x1.24924941f4fbep-2)
	p = math.FMA(p, z, 0x1.999999997fd77p-2)
	p = math.FMA(p, z, 0x1.5555555555592p-1)
	return math.FMA(float64(n), math.Ln2, math.FMA(float64(s*z), p, 2*s))
}

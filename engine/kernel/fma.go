package kernel

import "math"

// fma32 is x*y + z rounded once to float32: the scalar meaning of the vector
// instruction VFMADD231PS, bit for bit (all NaNs count as one value).
//
// The product of two float32 is exact in float64. Its float64 sum with z is
// rounded, and rounding that again to float32 is wrong only if the float64 sum
// landed on the middle between two float32 values; then the sum is first moved
// towards the exact one (rounding to odd: Boldo and Melquiond, IEEE
// Transactions on Computers 57(4), 2008).
func fma32(x, y, z float32) float32 {
	p := float64(x) * float64(y)
	s := p + float64(z)
	const (
		low  = 1<<29 - 1 // bits of a float64 that a normal float32 drops
		half = 1 << 28
	)
	if math.Float64bits(s)&low != half && math.Abs(s) >= 0x1p-126 {
		return float32(s)
	}
	return float32(toOdd(s, p, float64(z)))
}

// toOdd turns s, the rounded sum p+z, into the sum rounded to odd.
func toOdd(s, p, z float64) float64 {
	// The exact error of s (Knuth's TwoSum). A compiler that fuses p's product
	// into these sums changes nothing, because p is exact.
	zz := s - p
	lost := (p - (s - zz)) + (z - zz)
	bits := math.Float64bits(s)
	if lost == 0 || bits&1 == 1 || math.IsInf(s, 0) || s != s {
		return s
	}
	if (lost > 0) == (s > 0) {
		return math.Float64frombits(bits + 1)
	}
	return math.Float64frombits(bits - 1)
}

package kernel

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// fmaBig is x*y+z in exact arithmetic, rounded to float32 once.
func fmaBig(x, y, z float32) float32 {
	exact := func(v float32) *big.Float { return new(big.Float).SetPrec(2000).SetFloat64(float64(v)) }
	p := exact(x)
	p.Mul(p, exact(y))
	p.Add(p, exact(z))
	f, _ := p.Float32()
	return f
}

func TestFMAIsRoundedOnce(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	// Numbers whose products and sums fall onto or beside the middle between
	// two float32 values, over the whole range and among the denormals.
	draw := func() float32 {
		mantissa := uint32(1)<<23 | 1<<r.IntN(23) | r.Uint32N(4)
		exponent := []int{-149, -126, -100, -75, -63, -24, 0, 1, 12, 60, 104}[r.IntN(11)]
		v := math.Ldexp(float64(mantissa), exponent+r.IntN(3)-23)
		if r.IntN(2) == 0 {
			v = -v
		}
		return float32(v)
	}
	for range 300000 {
		x, y, z := draw(), draw(), draw()
		if r.IntN(2) == 0 { // z comparable to the product, so that bits meet
			z = float32(math.Ldexp(float64(x)*float64(y), r.IntN(54)-27)) * float32(1-2*r.IntN(2))
		}
		if math.IsInf(float64(x), 0) || math.IsInf(float64(y), 0) || math.IsInf(float64(z), 0) {
			continue
		}
		got, want := fma32(x, y, z), fmaBig(x, y, z)
		if got != want {
			t.Fatalf("fma32(%x, %x, %x) = %x, exact and rounded once %x", x, y, z, got, want)
		}
	}
}

func TestFMAOfSpecialValues(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	zero := float32(0)
	for _, c := range []struct{ x, y, z, want float32 }{
		{inf, 1, 1, inf}, {inf, -1, 1, -inf}, {inf, 0, 1, nan}, {inf, 1, -inf, nan}, {1, 1, nan, nan},
		{nan, 0, 0, nan}, {math.MaxFloat32, 2, 0, inf}, {math.MaxFloat32, 2, -math.MaxFloat32, math.MaxFloat32},
		{zero, -1, zero, zero}, {1, 1, -1, zero}, {zero, 1, -zero, zero}, {-zero, 1, -zero, -zero},
		{math.SmallestNonzeroFloat32, 0.5, 0, 0}, {math.SmallestNonzeroFloat32, 0.75, 0, math.SmallestNonzeroFloat32},
	} {
		if got := fma32(c.x, c.y, c.z); !sameBits(got, c.want) {
			t.Errorf("fma32(%v, %v, %v) = %v, want %v", c.x, c.y, c.z, got, c.want)
		}
	}
}

// sameBits holds for equal bits; all NaNs are one value.
func sameBits(a, b float32) bool {
	return math.Float32bits(a) == math.Float32bits(b) || a != a && b != b
}

package kernel

import (
	"fmt"
	"math"
	"sync/atomic"
)

// Precision is what the inputs of matrix products and convolutions are rounded
// to before they are multiplied. Sums, results and everything else are float32.
type Precision int

// F32 rounds nothing. BF16 rounds both factors to bfloat16, the upper half of a
// float32 with 8 significant bits, and takes products in pairs: twice as many at
// a time where the processor has AVX512_BF16, the same bits everywhere. Sums
// over fewer than 16 channels, or over an odd number of them, stay F32.
const (
	F32 Precision = iota
	BF16
)

// String gives the name that configurations use.
func (p Precision) String() string {
	switch p {
	case F32:
		return "f32"
	case BF16:
		return "bf16"
	}
	return fmt.Sprintf("Precision(%d)", int(p))
}

// pairs says whether sums over so many channels take pairs of bf16 numbers.
func (p Precision) pairs(channels int) bool {
	return p == BF16 && channels >= 16 && channels%2 == 0
}

// emulated makes AVX-512 kernels do without VDPBF16PS. It exists for tests, like
// forced.
var emulated atomic.Bool

// A pair is two neighbours along k, the even one in the lower half of 32 bits.
// Pairs are kept in []float32, whose kernels move but never compute them.

// addPair is sum + x y for pairs: the meaning of VDPBF16PS (Intel SDM vol. 2, by
// experiment also that of Zen 5). The odd numbers go first; each product joins
// the sum by one fused multiply-add, rounded to nearest; denormal numbers count
// as zeros, in the inputs, in between and in the end.
func addPair(x, y uint32, sum float32) float32 {
	sum = fmaFlush(upper(x), upper(y), flush(sum))
	return fmaFlush(upper(x<<16), upper(y<<16), sum)
}

// upper is the odd number of a pair; a denormal one is zero.
func upper(pair uint32) float32 { return flush(math.Float32frombits(pair & 0xffff0000)) }

// flush is x, or a zero of its sign if x is denormal.
func flush(x float32) float32 {
	if bits := math.Float32bits(x); bits&0x7f800000 == 0 {
		return math.Float32frombits(bits & 0x80000000)
	}
	return x
}

// fmaFlush is fma32 whose result is zero where it is denormal. None of the
// inputs is denormal; the product of two bf16 numbers is exact in float64.
//
// A result is denormal if, rounded to 24 bits as if exponents had no bound, it
// is below 2^-126. So of the sums that round to 2^-126 among denormal numbers,
// those are zero that are nearer to the 24-bit number below it.
func fmaFlush(x, y, z float32) float32 {
	const least, below = 0x1p-126, 0x1p-126 - 0x1p-151
	r := fma32(x, y, z)
	switch {
	case r > least || r < -least || r != r:
		return r
	case r == least || r == -least:
		p := float64(x) * float64(y)
		if s := toOdd(p+float64(z), p, float64(z)); math.Abs(s) >= below {
			return r
		}
	}
	return float32(math.Copysign(0, float64(r)))
}

// roundBF16 rounds x to the nearest bfloat16, ties to even: the meaning of
// VCVTNEPS2BF16. Denormal numbers become zeros, signalling NaNs quiet.
func roundBF16(x float32) uint32 {
	bits := math.Float32bits(x)
	switch {
	case bits&0x7f800000 == 0:
		return bits >> 16 & 0x8000
	case x != x:
		return bits>>16 | 0x40
	}
	return (bits + 0x7fff + bits>>16&1) >> 16
}

// pairOf rounds two neighbours.
func pairOf(even, odd float32) float32 {
	return math.Float32frombits(roundBF16(even) | roundBF16(odd)<<16)
}

// roundAlongGeneric rounds neighbours to pairs: dst[i] from src[2i] and src[2i+1].
func roundAlongGeneric(dst, src []float32) {
	for i := range dst {
		dst[i] = pairOf(src[2*i], src[2*i+1])
	}
}

// roundAcrossGeneric rounds two matrices, whose rows are step apart and have cols
// columns, to rows of pairs of a panel.
func roundAcrossGeneric(dst, even, odd []float32, step, cols int) {
	for i := range len(dst) / panelCols {
		even, odd := even[i*step:][:cols], odd[i*step:][:cols]
		row := dst[i*panelCols:][:panelCols]
		for j := range even {
			row[j] = pairOf(even[j], odd[j])
		}
		clear(row[cols:])
	}
}

// runPairsGeneric is the meaning of a tile of pairs, in Go. Its strides count
// pairs in A and B.
func (t *tile) runPairsGeneric(rows int) {
	var sums [panelCols]float32
	for r := range rows {
		sum := sums[:t.cols]
		copy(sum, t.start[t.rowS[r]:])
		ia, ib := int(t.rowA[r]), 0
		for range max(1, t.images) {
			for range t.segments {
				for range t.k {
					a, b := math.Float32bits(t.a[ia]), t.b[ib:][:len(sum)]
					for j := range sum {
						sum[j] = addPair(a, math.Float32bits(b[j]), sum[j])
					}
					ia += t.stepA
					ib += t.stepB
				}
				ia += t.jumpA
				ib += t.jumpB
			}
			ia += t.leapA
			ib += t.leapB
		}
		copy(t.c[t.rowC[r]:][:len(sum)], sum)
	}
}

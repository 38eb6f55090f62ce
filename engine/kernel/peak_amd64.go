//go:build amd64 && !purego

package kernel

// Rounds of 24 (AVX2: 12) vector FMAs.

//go:noescape
func peakAVX512(n int)

//go:noescape
func peakAVX2(n int)

func peakVector(isa ISA, n int) (flops float64) {
	if isa == AVX512 {
		peakAVX512(n)
		return 24 * 16 * 2 * float64(n)
	}
	peakAVX2(n)
	return 12 * 8 * 2 * float64(n)
}

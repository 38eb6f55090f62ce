//go:build amd64 && !purego

package kernel

// burn keeps the FMA units busy without touching memory.
func burn(isa ISA, n int) {
	switch isa {
	case AVX512:
		peakAVX512(n)
	case AVX2:
		peakAVX2(n)
	}
}

// burnFLOPs are the operations of burn.
func burnFLOPs(isa ISA, n int) float64 {
	switch isa {
	case AVX512:
		return float64(n) * 24 * 16 * 2
	case AVX2:
		return float64(n) * 12 * 8 * 2
	}
	return 0
}

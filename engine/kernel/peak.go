package kernel

// PeakFMA keeps one core's FMA units busy with n rounds of independent fused
// multiply-adds that never leave the registers, and returns the number of
// floating-point operations: timed, it is the peak that no kernel can exceed.
// A round takes about 12 cycles; n above 20000 runs longer than assembly should
// (100 µs). With the generic kernels it is a loop of their scalar FMA.
func PeakFMA(n int) (flops float64) {
	switch isa := active(); isa {
	case Generic:
		return peakGeneric(n)
	default:
		return peakVector(isa, n)
	}
}

func peakGeneric(n int) float64 {
	const sums = 8
	var sum [sums]float32
	for range n {
		for i := range sum {
			sum[i] = fma32(0.5, 1, sum[i])
		}
	}
	if sum != sum { // never: numbers are not NaN; but the compiler must compute them
		return 0
	}
	return 2 * sums * float64(n)
}

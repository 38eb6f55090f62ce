//go:build !amd64 || purego

package kernel

// Without assembly the kernels on pairs are the generic ones.

func (t *tile) runPairs(_ ISA, rows int) { t.runPairsGeneric(rows) }

func roundAlong(_ ISA, dst, src []float32) { roundAlongGeneric(dst, src) }

func roundAcross(_ ISA, dst, even, odd []float32, step, cols int) {
	roundAcrossGeneric(dst, even, odd, step, cols)
}

func winogradInputPairs(isa ISA, v, x, mem []float32, base int, zero []float32, table []int32) {
	winogradInputInPairs(isa, v, x, mem, base, zero, table)
}

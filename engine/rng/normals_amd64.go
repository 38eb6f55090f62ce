//go:build amd64 && !purego

package rng

import "ebb/engine/kernel"

//go:generate go run -C ../kernel/_asm ./noise -out ../../rng/normals_amd64.s -stubs ../../rng/normals_stubs_amd64.go -pkg rng

// normalGroups fills dst as far as whole groups of pairs go and returns how far that is.
func normalGroups(isa kernel.ISA, dst []float64, k philoxKey, row, index uint64) int {
	switch {
	case isa == kernel.AVX512 && len(dst) >= 16:
		keys := k.schedule()
		normalsAVX512(&dst[0], &keys, row, index, len(dst)/16)
		return len(dst) &^ 15
	case isa == kernel.AVX2 && len(dst) >= 8:
		keys := k.schedule()
		normalsAVX2(&dst[0], &keys, row, index, len(dst)/8)
		return len(dst) &^ 7
	}
	return 0
}

// normalGroups32 is normalGroups for float32.
func normalGroups32(isa kernel.ISA, dst []float32, k philoxKey, row, index uint64) int {
	switch {
	case isa == kernel.AVX512 && len(dst) >= 16:
		keys := k.schedule()
		normals32AVX512(&dst[0], &keys, row, index, len(dst)/16)
		return len(dst) &^ 15
	case isa == kernel.AVX2 && len(dst) >= 8:
		keys := k.schedule()
		normals32AVX2(&dst[0], &keys, row, index, len(dst)/8)
		return len(dst) &^ 7
	}
	return 0
}

// schedule holds the key's words in each of the ten rounds.
func (k philoxKey) schedule() (w [20]uint64) {
	for i := range 10 {
		w[2*i], w[2*i+1] = uint64(k[0]), uint64(k[1])
		k[0] += philoxW0
		k[1] += philoxW1
	}
	return w
}

// Program vector writes vector_amd64.s and its stubs: the elementwise kernels, the reductions of
// rows and of columns, and the normalisations of engine/kernel.
package main

import . "github.com/mmcloughlin/avo/build"

func main() {
	ConstraintExpr("amd64,!purego")
	for _, s := range []isa{avx2, avx512} {
		s.maps()
		s.reductions()
		s.layerNorm()
		s.columns()
	}
	Generate()
}

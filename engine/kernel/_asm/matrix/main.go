// Program matrix writes matrix_amd64.s: the tile kernels on which every matrix
// product and convolution of engine/kernel runs. With -bf16 it writes
// bf16_amd64.s instead: the same on pairs of bf16 numbers.
package main

import (
	"flag"

	. "github.com/mmcloughlin/avo/build"
)

func main() {
	pairs := flag.Bool("bf16", false, "write the kernels on pairs of bf16 numbers")
	flag.Parse()
	ConstraintExpr("amd64,!purego")
	if *pairs {
		bf16()
		Generate()
		return
	}
	for _, shape := range shapes512 {
		tile512(shape.rows, shape.vectors).emit()
	}
	columns := columnNumbers()
	for _, rows := range []int{6, 3} {
		tile256(rows, columns).emit()
	}
	peak("peakAVX512", zmm[:24], zmm[24], zmm[25])
	peak("peakAVX2", ymm[:12], ymm[12], ymm[13])
	transpose(32)
	Generate()
}

// shapes512 are the shapes of the AVX-512 tiles.
var shapes512 = []struct{ rows, vectors int }{{12, 2}, {8, 2}, {4, 2}, {12, 1}, {4, 1}}

// Program matrix writes matrix_amd64.s: the tile kernels on which every matrix
// product and convolution of engine/kernel runs.
package main

import (
	. "github.com/mmcloughlin/avo/build"
)

func main() {
	ConstraintExpr("amd64,!purego")
	for _, shape := range []struct{ rows, vectors int }{{12, 2}, {8, 2}, {4, 2}, {12, 1}, {4, 1}} {
		tile512(shape.rows, shape.vectors)
	}
	columns := columnNumbers()
	for _, rows := range []int{6, 3} {
		tile256(rows, columns)
	}
	peak("peakAVX512", zmm[:24], zmm[24], zmm[25])
	peak("peakAVX2", ymm[:12], ymm[12], ymm[13])
	transpose(32)
	Generate()
}

package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var ymm = []reg.VecPhysical{
	reg.Y0, reg.Y1, reg.Y2, reg.Y3, reg.Y4, reg.Y5, reg.Y6, reg.Y7,
	reg.Y8, reg.Y9, reg.Y10, reg.Y11, reg.Y12, reg.Y13, reg.Y14, reg.Y15,
}

// tile256 is the AVX2 kernel of rows x 16 elements.
func tile256(rows int, columns Mem) product {
	sums := func(row, v int) reg.VecPhysical { return ymm[row*2+v] }
	b, turn := ymm[12:14], ymm[14:16]
	masked := func(do func(mask reg.VecPhysical, row, v int, at Mem)) func(f frame, row int, at Mem) {
		return func(f frame, row int, at Mem) {
			for v := range 2 {
				VMOVDQU(f.masks.Offset(32*v), turn[v])
				do(turn[v], row, v, at.Offset(32*v))
			}
		}
	}
	return product{
		name: tileName("AVX2", rows, 16),
		rows: rows,
		doc:  fmt.Sprintf("computes t.tiles tiles of %d x 16 elements.", rows),
		prepare: func(f frame, arg reg.Register) {
			VPBROADCASTD(Mem{Base: arg, Disp: fieldCols}, turn[0])
			for v := range 2 { // the columns that exist: t.cols > 0, 1, 2, ...
				VPCMPGTD(columns.Offset(32*v), turn[0], b[v])
				VMOVDQU(b[v], f.masks.Offset(32*v))
			}
		},
		start: access{
			full: func(row int, at Mem) {
				for v := range 2 {
					VMOVUPS(at.Offset(32*v), sums(row, v))
				}
			},
			partial: masked(func(mask reg.VecPhysical, row, v int, at Mem) {
				VMASKMOVPS(at, mask, sums(row, v))
			}),
		},
		step: func(rowA []Mem) {
			for v := range 2 {
				VMOVUPS(Mem{Base: panel, Disp: 32 * v}, b[v])
			}
			for r, at := range rowA {
				a := turn[r%2]
				VBROADCASTSS(at, a)
				for v := range 2 {
					VFMADD231PS(b[v], a, sums(r, v))
				}
			}
		},
		store: access{
			full: func(row int, at Mem) {
				for v := range 2 {
					VMOVUPS(sums(row, v), at.Offset(32*v))
				}
			},
			partial: masked(func(mask reg.VecPhysical, row, v int, at Mem) {
				VMASKMOVPS(sums(row, v), mask, at)
			}),
		},
	}
}

// columnNumbers writes the constants 0..15 with which AVX2 tiles make masks.
func columnNumbers() Mem {
	at := GLOBL("columns", RODATA|NOPTR)
	for i := range 16 {
		DATA(4*i, U32(i))
	}
	return at
}

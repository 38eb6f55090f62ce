package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

var zmm = []reg.VecPhysical{
	reg.Z0, reg.Z1, reg.Z2, reg.Z3, reg.Z4, reg.Z5, reg.Z6, reg.Z7,
	reg.Z8, reg.Z9, reg.Z10, reg.Z11, reg.Z12, reg.Z13, reg.Z14, reg.Z15,
	reg.Z16, reg.Z17, reg.Z18, reg.Z19, reg.Z20, reg.Z21, reg.Z22, reg.Z23,
	reg.Z24, reg.Z25, reg.Z26, reg.Z27, reg.Z28, reg.Z29, reg.Z30, reg.Z31,
}

var masks = []reg.Register{reg.K1, reg.K2}

// tile512 is the AVX-512 kernel of rows x 16*vectors elements. A separate
// broadcast for each row, used by all vectors, is faster than FMAs with a
// broadcast memory operand; the registers for it take turns.
func tile512(rows, vectors int) product {
	sums := func(row, v int) reg.VecPhysical { return zmm[row*vectors+v] }
	b := zmm[24 : 24+vectors]
	turn := zmm[26:32]
	return product{
		name: tileName("AVX512", rows, 16*vectors),
		rows: rows,
		doc:  fmt.Sprintf("computes t.tiles tiles of %d x %d elements.", rows, 16*vectors),
		prepare: func(_ frame, arg reg.Register) {
			MOVQ(Mem{Base: arg, Disp: fieldCols}, reg.RCX)
			MOVQ(U32(1), reg.RBX)
			SHLQ(reg.CL, reg.RBX)
			DECQ(reg.RBX)
			for v := range vectors {
				if v > 0 {
					SHRQ(Imm(16), reg.RBX)
				}
				KMOVW(reg.EBX, masks[v])
			}
		},
		start: access{full: func(row int, at Mem) {
			for v := range vectors {
				VMOVUPS_Z(at.Offset(64*v), masks[v], sums(row, v))
			}
		}},
		step: func(rowA []Mem) {
			for v := range vectors {
				VMOVUPS(Mem{Base: panel, Disp: 64 * v}, b[v])
			}
			for r, at := range rowA {
				a := turn[r%len(turn)]
				VBROADCASTSS(at, a)
				for v := range vectors {
					VFMADD231PS(b[v], a, sums(r, v))
				}
			}
		},
		store: access{full: func(row int, at Mem) {
			for v := range vectors {
				VMOVUPS(sums(row, v), masks[v], at.Offset(64*v))
			}
		}},
	}
}

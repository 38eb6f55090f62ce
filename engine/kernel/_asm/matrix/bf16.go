package main

import (
	"strings"

	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// bf16 writes the tiles on pairs of bf16 numbers: by VDPBF16PS, and by two FMAs
// of float32 where the machine lacks it.
func bf16() {
	for _, shape := range shapes512 {
		nativeTile(shape.rows, shape.vectors)
		emulatedTile512(shape.rows, shape.vectors)
	}
	columns, upper := columnNumbers(), upperHalf()
	for _, rows := range []int{6, 3} {
		emulatedTile256(rows, columns, upper)
	}
	roundNative()
	roundAVX2()
}

// vdpbf16ps writes sum += pairs of x times pairs of y, which the Go assembler
// does not know: EVEX.512.F3.0F38.W0 52 /r.
func vdpbf16ps(x, y, sum reg.VecPhysical) { evex(0x52, 2, sum, y, x) }

// vcvtneps2bf16 rounds the 16 numbers of x to the lower half of y:
// EVEX.512.F3.0F38.W0 72 /r.
func vcvtneps2bf16(x, y reg.VecPhysical) { evex(0x72, 2, y, nil, x) }

// evex writes an instruction of map 0F38 on ZMM registers, by its prefix (1:
// 66, 2: F3, 3: F2) and its operands in ModRM.reg, EVEX.vvvv and ModRM.rm.
func evex(opcode, prefix uint32, r, v, m reg.VecPhysical) {
	number := func(x reg.VecPhysical) uint32 {
		if x == nil {
			return 0
		}
		return uint32(x.PhysicalIndex())
	}
	not := func(x, bit uint32) uint32 { return ^x >> bit & 1 } // EVEX stores most bits inverted
	to, second, first := number(r), number(v), number(m)
	p0 := not(to, 3)<<7 | not(first, 4)<<6 | not(first, 3)<<5 | not(to, 4)<<4 | 2
	p1 := (^second&15)<<3 | 4 | prefix
	p2 := 0x40 | not(second, 4)<<3
	modrm := 0xc0 | (to&7)<<3 | first&7
	raw("LONG", U32(0x62|p0<<8|p1<<16|p2<<24))
	raw("WORD", U16(opcode|modrm<<8))
}

// raw writes bytes into the code.
func raw(directive string, bytes Constant) {
	Instruction(&ir.Instruction{Opcode: directive, Operands: []Op{bytes}})
}

// nativeTile writes the kernel of rows x 16*vectors elements by VDPBF16PS.
func nativeTile(rows, vectors int) {
	p := tile512(rows, vectors)
	p.name = "pairs" + strings.TrimPrefix(tileName("BF16", rows, 16*vectors), "tile")
	b, turn := zmm[24:24+vectors], zmm[26:32]
	p.step = func(rowA []Mem) {
		for v := range vectors {
			VMOVUPS(Mem{Base: panel, Disp: 64 * v}, b[v])
		}
		for r, at := range rowA {
			a := turn[r%len(turn)]
			VBROADCASTSS(at, a)
			for v := range vectors {
				vdpbf16ps(b[v], a, zmm[r*vectors+v])
			}
		}
	}
	p.emit()
}

// emulatedTile512 writes the same by two FMAs for each VDPBF16PS: the odd
// numbers of the pairs first, with denormal numbers as zeros.
func emulatedTile512(rows, vectors int) {
	p := tile512(rows, vectors)
	p.name = "pairs" + strings.TrimPrefix(tileName("AVX512", rows, 16*vectors), "tile")
	odd, even := zmm[24:26], zmm[26:28]
	pair, a, upper := zmm[28], zmm[29], zmm[31]
	prepare := p.prepare
	p.prepare = func(f frame, arg reg.Register) {
		prepare(f, arg)
		MOVL(U32(0xffff0000), reg.EBX)
		VPBROADCASTD(reg.EBX, upper)
	}
	p.step = func(rowA []Mem) {
		for v := range vectors {
			VMOVUPS(Mem{Base: panel, Disp: 64 * v}, pair)
			VPANDD(upper, pair, odd[v])
			VPSLLD(Imm(16), pair, even[v])
		}
		for r, at := range rowA {
			VPBROADCASTD(at, pair)
			VPANDD(upper, pair, a)
			for v := range vectors {
				VFMADD231PS(odd[v], a, zmm[r*vectors+v])
			}
			VPSLLD(Imm(16), pair, a)
			for v := range vectors {
				VFMADD231PS(even[v], a, zmm[r*vectors+v])
			}
		}
	}
	p.flush = true
	p.emit()
}

// emulatedTile256 writes it for AVX2.
func emulatedTile256(rows int, columns, upper Mem) {
	p := tile256(rows, columns)
	p.name = "pairs" + strings.TrimPrefix(tileName("AVX2", rows, 16), "tile")
	b, turn := ymm[12:14], ymm[14:16]
	half := func(rowA []Mem, take func(x reg.VecPhysical)) {
		for v := range b {
			VMOVUPS(Mem{Base: panel, Disp: 32 * v}, b[v])
			take(b[v])
		}
		for r, at := range rowA {
			a := turn[r%2]
			VBROADCASTSS(at, a)
			take(a)
			for v := range b {
				VFMADD231PS(b[v], a, ymm[r*2+v])
			}
		}
	}
	p.step = func(rowA []Mem) {
		half(rowA, func(x reg.VecPhysical) { VANDPS(upper, x, x) })
		half(rowA, func(x reg.VecPhysical) { VPSLLD(Imm(16), x, x) })
	}
	p.flush = true
	p.emit()
}

// upperHalf is a mask of the odd numbers of eight pairs.
func upperHalf() Mem {
	at := GLOBL("upperHalf", RODATA|NOPTR)
	for i := range 8 {
		DATA(4*i, U32(0xffff0000))
	}
	return at
}

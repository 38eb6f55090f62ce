package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// peak writes a loop of n times 24 (AVX2: 12) independent FMAs on registers:
// what no kernel can exceed.
func peak(name string, sums []reg.VecPhysical, x, y reg.VecPhysical) {
	TEXT(name, NOSPLIT, "func(n int)")
	Doc("runs n rounds of independent FMAs on registers.")
	n := Load(Param("n"), reg.RCX)
	for _, v := range append(sums, x, y) {
		// Zeros: a denormal or NaN might cost more.
		if name == "peakAVX512" {
			VPXORD(v, v, v)
		} else {
			VXORPS(v, v, v)
		}
	}
	Label("again")
	for _, v := range sums {
		VFMADD231PS(x, y, v)
	}
	SUBQ(Imm(1), n.(reg.GPPhysical))
	JGT(LabelRef("again"))
	VZEROUPPER()
	RET()
}

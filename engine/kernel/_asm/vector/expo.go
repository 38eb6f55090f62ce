package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// expo is the exponential of kernel.exp32, operation by operation; with negate it is e^-x, which
// costs no more.
type expo struct {
	isa
	negate                     bool
	low, high                  reg.VecVirtual
	log2e, magic, ln2Hi, ln2Lo Op
	c                          [7]Op // c[0] = c[1] = 1
}

func (s isa) expo(negate bool) *expo {
	e := &expo{isa: s, negate: negate}
	low, high, log2e := -104.0, 89.0, 0x1.715476p+0
	if negate {
		low, high, log2e = -high, -low, -log2e
	}
	e.low, e.high = s.inRegister(low), s.inRegister(high)
	e.log2e, e.magic = s.number(log2e), s.number(0x1.8p23)
	e.polynomial()
	return e
}

func (e *expo) polynomial() {
	e.ln2Hi, e.ln2Lo = e.number(0x1.62e4p-1), e.number(0x1.7f7d1cp-20)
	for i, v := range []float64{1, 1, 0x1.fffffcp-2, 0x1.55549p-3, 0x1.5558f6p-5, 0x1.123a8ep-7, 0x1.6a231ep-10} {
		if i == 0 {
			continue
		}
		e.c[i] = e.number(v)
	}
	e.c[0] = e.c[1]
}

// of turns x into e^x or e^-x.
func (e *expo) of(x reg.VecVirtual) {
	VMAXPS(x, e.low, x) // x if it is NaN
	VMINPS(x, e.high, x)
	t, n := e.reduce(x)
	q := e.copy(e.c[6])
	for i := 5; i >= 0; i-- {
		VFMADD213PS(e.c[i], x, q)
	}
	if e.isa == avx512 {
		VSCALEFPS(n, q, x)
		return
	}
	half := n
	VPSUBD(e.word(0x4b400000), t, t)
	VPSRAD(Imm(1), t, half)
	VPSUBD(half, t, t)
	e.pow2(half)
	e.pow2(t)
	VMULPS(half, q, q)
	VMULPS(t, q, x)
}

// reduce replaces x by r and returns t = n + magic and n.
func (e *expo) reduce(x reg.VecVirtual) (t, n reg.VecVirtual) {
	t, n = e.vec(), e.vec()
	VMOVAPS(e.log2e, t)
	VFMADD213PS(e.magic, x, t)
	VSUBPS(e.magic, t, n)
	if e.negate {
		VFNMSUB231PS(e.ln2Hi, n, x)
	} else {
		VFNMADD231PS(e.ln2Hi, n, x)
	}
	VFNMADD231PS(e.ln2Lo, n, x)
	return t, n
}

// pow2 turns integers k into 2^k.
func (e *expo) pow2(k reg.VecVirtual) {
	VPADDD(e.word(127), k, k)
	VPSLLD(Imm(23), k, k)
}

func (e *expo) wordOf(bits uint32) Op { return e.word(bits) }

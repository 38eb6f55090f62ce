package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// stream gives the place in each array of the register that a body works on.
type stream func(name string) Mem

// loop writes a loop over n elements of the arrays: groups of 16 by `unroll`, single groups, and a
// masked rest. body gets the part of the group, the place and the mask.
func (s isa) loop(arrays []string, n reg.GPVirtual, unroll int, body func(part int, at stream, m mask)) {
	base := map[string]reg.Register{}
	for _, a := range arrays {
		base[a] = Load(Param(a), GP64())
	}
	index := GP64()
	XORQ(index, index)
	s.loopAt(base, index, n, unroll, body)
}

func label(name string, loop int) string { return fmt.Sprintf("%s%d", name, loop) }

// loops counts the loops of the program: labels of a function must differ.
var loops int

func (s isa) loopAt(base map[string]reg.Register, index reg.Register, n reg.GPVirtual, unroll int, body func(part int, at stream, m mask)) {
	loops++
	mine := loops
	label := func(name string) string { return label(name, mine) }
	group := func(u int, masks []mask) {
		for p := range s.parts() {
			at := func(name string) Mem {
				return Mem{Base: base[name], Index: index, Scale: 4, Disp: 64*u + 32*p}
			}
			m := mask{}
			if masks != nil {
				m = masks[p]
			}
			body(p, at, m)
		}
	}
	while := func(name string, groups int) {
		Label(label(name))
		CMPQ(n, Imm(uint64(16*groups)))
		JL(LabelRef(label(name + "_end")))
		for u := range groups {
			group(u, nil)
		}
		ADDQ(Imm(uint64(16*groups)), index)
		SUBQ(Imm(uint64(16*groups)), n)
		JMP(LabelRef(label(name)))
		Label(label(name + "_end"))
	}
	if unroll > 1 {
		while("unrolled", unroll)
	}
	while("group", 1)
	TESTQ(n, n)
	JZ(LabelRef(label("done")))
	group(0, s.masks(n))
	Label(label("done"))
}

// function starts a kernel.
func (s isa) function(name, doc, signature string) {
	TEXT(name+s.name, 4, signature) // NOSPLIT
	Pragma("noescape")
	Doc(name + s.name + " " + doc)
}

func (s isa) count() reg.GPVirtual { return Load(Param("n"), GP64()).(reg.GPVirtual) }

func done() {
	VZEROUPPER()
	RET()
}

// binary writes dst = a op b.
func (s isa) binary(name, doc string, op func(b Op, a, dst Op)) {
	s.function(name, doc, "func(dst, a, b *float32, n int)")
	s.loop([]string{"dst", "a", "b"}, s.count(), 4, func(_ int, at stream, m mask) {
		v := s.load(at("a"), m)
		op(s.operand(at("b"), m), v, v)
		s.store(v, at("dst"), m)
	})
	done()
}

// operand is memory, or a register loaded with a mask.
func (s isa) operand(at Mem, m mask) Op {
	if m.none() {
		return at
	}
	return s.load(at, m)
}

// scalar writes dst from x, dst itself and a number.
func (s isa) scalar(name, doc string, body func(c, x reg.VecVirtual, dst func() reg.VecVirtual) reg.VecVirtual) {
	s.function(name, doc, "func(dst, x *float32, c float32, n int)")
	c := s.broadcast("c")
	s.loop([]string{"dst", "x"}, s.count(), 4, func(_ int, at stream, m mask) {
		v := body(c, s.load(at("x"), m), func() reg.VecVirtual { return s.load(at("dst"), m) })
		s.store(v, at("dst"), m)
	})
	done()
}

func (s isa) maps() {
	s.binary("add", "sets dst = a + b.", func(b, a, dst Op) { VADDPS(b, a, dst) })
	s.binary("sub", "sets dst = a - b.", func(b, a, dst Op) { VSUBPS(b, a, dst) })
	s.binary("mul", "sets dst = a * b.", func(b, a, dst Op) { VMULPS(b, a, dst) })
	s.scalar("scale", "sets dst = c x.", func(c, x reg.VecVirtual, _ func() reg.VecVirtual) reg.VecVirtual {
		VMULPS(c, x, x)
		return x
	})
	s.scalar("axpy", "sets dst += c x.", func(c, x reg.VecVirtual, dst func() reg.VecVirtual) reg.VecVirtual {
		VFMADD213PS(dst(), c, x)
		return x
	})
	s.scalar("lerp", "sets dst += c (x - dst).", func(c, x reg.VecVirtual, dst func() reg.VecVirtual) reg.VecVirtual {
		d := dst()
		VSUBPS(d, x, x)
		VFMADD213PS(d, c, x)
		return x
	})
	s.addFour()
	s.unary("exp", "sets dst = e^x.", func() func(x reg.VecVirtual) reg.VecVirtual {
		e := s.expo(false)
		return func(x reg.VecVirtual) reg.VecVirtual { e.of(x); return x }
	})
	s.unary("sigmoid", "sets dst = 1/(1+e^-x).", func() func(x reg.VecVirtual) reg.VecVirtual {
		e := s.expo(true)
		one := s.inRegister(1)
		return func(x reg.VecVirtual) reg.VecVirtual {
			e.of(x)
			VADDPS(one, x, x)
			VDIVPS(x, one, x)
			return x
		}
	})
	s.unary("silu", "sets dst = x/(1+e^-x).", func() func(x reg.VecVirtual) reg.VecVirtual {
		e := s.expo(true)
		return e.silu
	})
	s.unary("tanh", "sets dst to the hyperbolic tangent.", s.tanh)
	s.siluBackward()
	s.adamw()
}

// silu returns x/(1+e^-x).
func (e *expo) silu(x reg.VecVirtual) reg.VecVirtual {
	d := e.copy(x)
	e.of(d)
	VADDPS(e.c[0], d, d)
	VDIVPS(d, x, x)
	return x
}

// slope returns the derivative of silu at x, which it keeps.
func (e *expo) slope(x reg.VecVirtual) reg.VecVirtual {
	d, one := e.copy(x), e.c[0]
	e.of(d)
	VADDPS(one, d, d)
	v := e.copy(one)
	VDIVPS(d, v, d) // s
	VMULPS(d, x, x) // x s
	VSUBPS(d, v, v) // 1 - s
	VFMADD213PS(d, x, v)
	return v
}

func (s isa) unary(name, doc string, prepare func() func(x reg.VecVirtual) reg.VecVirtual) {
	s.function(name, doc, "func(dst, x *float32, n int)")
	f := prepare()
	s.loop([]string{"dst", "x"}, s.count(), 2, func(_ int, at stream, m mask) {
		s.store(f(s.load(at("x"), m)), at("dst"), m)
	})
	done()
}

func (s isa) tanh() func(x reg.VecVirtual) reg.VecVirtual {
	e := &expo{isa: s}
	e.log2e, e.magic = s.number(0x1.715476p+0), s.number(0x1.8p23)
	e.polynomial()
	high, abs, two := s.inRegister(40), s.word(0x7fffffff), s.number(2)
	return func(x reg.VecVirtual) reg.VecVirtual {
		a := s.vec()
		VANDPS(abs, x, a)
		VADDPS(a, a, a)
		VMINPS(a, high, a)
		t, n := e.reduce(a)
		q := s.copy(e.c[6])
		for i := 5; i >= 1; i-- {
			VFMADD213PS(e.c[i], a, q)
		}
		VMULPS(a, q, q)
		if s == avx512 {
			VSCALEFPS(n, e.c[0].(reg.VecVirtual), n)
		} else {
			n = t
			VPSUBD(e.word(0x4b400000), n, n)
			e.pow2(n)
		}
		w := a
		VSUBPS(e.c[0], n, w)
		VFMADD213PS(w, n, q) // E
		VADDPS(two, q, w)
		VDIVPS(w, q, q)
		VANDNPS(x, s.copy(abs), x) // the sign
		VORPS(x, q, q)
		return q
	}
}

func (s isa) siluBackward() {
	s.function("siluBackward", "sets dx = dy silu'(x).", "func(dx, dy, x *float32, n int)")
	e := s.expo(true)
	s.loop([]string{"dx", "dy", "x"}, s.count(), 2, func(_ int, at stream, m mask) {
		v := e.slope(s.load(at("x"), m))
		VMULPS(s.operand(at("dy"), m), v, v)
		s.store(v, at("dx"), m)
	})
	done()
}

// addFour sums the halves of two rows of 2c.
func (s isa) addFour() {
	s.function("addFour", "sets dst = (u0 + u1) + (l0 + l1).", "func(dst, u0, u1, l0, l1 *float32, n int)")
	s.loop([]string{"dst", "u0", "u1", "l0", "l1"}, s.count(), 2, func(_ int, at stream, m mask) {
		u, l := s.load(at("u0"), m), s.load(at("l0"), m)
		VADDPS(s.operand(at("u1"), m), u, u)
		VADDPS(s.operand(at("l1"), m), l, l)
		VADDPS(l, u, u)
		s.store(u, at("dst"), m)
	})
	done()
}

// adamw is kernel.adamwGeneric; k points to the nine numbers of kernel.adamw in their order.
func (s isa) adamw() {
	s.function("adamw", "takes a step of AdamW.", "func(k *[9]float32, w, m, v, grad *float32, n int)")
	k := Load(Param("k"), GP64())
	var c [9]reg.VecVirtual
	for i := range c {
		c[i] = s.vec()
		VBROADCASTSS(Mem{Base: k, Disp: 4 * i}, c[i])
	}
	scale, beta1, gain1, beta2, gain2, root, eps, decay, negLR := c[0], c[1], c[2], c[3], c[4], c[5], c[6], c[7], c[8]
	s.loop([]string{"w", "m", "v", "grad"}, s.count(), 2, func(_ int, at stream, ms mask) {
		g := s.load(at("grad"), ms)
		VMULPS(scale, g, g)
		m := s.vec()
		VMULPS(gain1, g, m)
		VFMADD231PS(s.operand(at("m"), ms), beta1, m)
		s.store(m, at("m"), ms)
		v := s.vec()
		VMULPS(gain2, g, v)
		VMULPS(g, v, v)
		VFMADD231PS(s.operand(at("v"), ms), beta2, v)
		s.store(v, at("v"), ms)
		VSQRTPS(v, v)
		VFMADD213PS(eps, root, v)
		VMULPS(negLR, m, m)
		VDIVPS(v, m, m)
		VFMADD231PS(s.operand(at("w"), ms), decay, m)
		s.store(m, at("w"), ms)
	})
	done()
}

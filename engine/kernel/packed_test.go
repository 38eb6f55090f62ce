package kernel

import (
	"fmt"
	"testing"

	"ebb/engine/kernel/parallel"
)

// A sum and SiLU after the products are those of Add and SiLU, on every
// instruction set, whether what is added has rows or is one row for all, and
// whether SiLU goes beside C or over it.
func TestGemmFinishesLikeSeparatePasses(t *testing.T) {
	d := newDraw(6)
	for i := range 60 {
		plain := gemmCase(d, 1+d.IntN(130), 1+d.IntN(90), d.IntN(60), d.IntN(2) == 0, d.IntN(2) == 0, i%3, d.floats)
		plain.Precision = Precision(i / 30)
		matrix, row := d.floats(len(plain.C)), d.floats(plain.N)
		start := append([]float32(nil), plain.C...)
		onEveryISA(func(isa ISA) {
			copy(plain.C, start)
			plain.Run(nil)
			for _, add := range [][]float32{nil, matrix, row} {
				for _, silu := range []string{"none", "beside", "over"} {
					name := fmt.Sprintf("%v %v add of %d floats, silu %s", isa, plain, len(add), silu)
					c, beside := newGuarded(start), newGuarded(start)
					g := *plain
					g.C, g.Add = c.slice(), add
					switch silu {
					case "beside":
						g.SiLU = beside.slice()
					case "over":
						g.SiLU = g.C
					}
					g.Run(nil)
					c.check(t, name)
					beside.check(t, name)
					for r := range g.M {
						want := append([]float32(nil), plain.C[r*g.LDC:][:g.N]...)
						switch {
						case add == nil:
						case len(add) == g.N:
							Add(nil, want, want, add)
						default:
							Add(nil, want, want, add[r*g.LDC:][:g.N])
						}
						if silu != "over" {
							wantSame(t, name, g.C[r*g.LDC:][:g.N], want)
						}
						if silu != "none" {
							SiLU(nil, want, want)
							wantSame(t, name+" SiLU", g.SiLU[r*g.LDC:][:g.N], want)
						}
					}
				}
			}
		})
	}
}

// Packed operands give the bits of those packed in the call, for few rows and
// for many, and B itself is not read.
func TestPackedGemmIsGemm(t *testing.T) {
	d := newDraw(7)
	for i, m := range []int{1, 2, 5, 23, 24, 40, 97, 287, 288, 300} {
		plain := gemmCase(d, m, 1+d.IntN(80), 1+d.IntN(700), i%2 == 0, i%3 == 0, i%3, d.floats)
		start := append([]float32(nil), plain.C...)
		onEveryISA(func(isa ISA) {
			copy(plain.C, start)
			plain.Run(nil)
			everyPool(func(pool string, p *parallel.Pool) {
				g := *plain
				g.Packed, g.C = g.Pack(p), append([]float32(nil), start...)
				g.B = nil
				g.Run(p)
				wantSame(t, fmt.Sprintf("%v %s %v", isa, pool, plain), g.C, plain.C)
			})
		})
	}
}

// Weights laid out once give the bits of weights laid out in the call, for any
// number of images.
func TestPackedConvIsConv(t *testing.T) {
	d := newDraw(8)
	cases := append([]Conv(nil), convCases...)
	for range 20 {
		cases = append(cases, randomConv(d), randomWinograd(d))
	}
	for _, s := range cases {
		s.Precision = BF16
		cases = append(cases, s)
	}
	for _, s := range cases {
		data := newConvData(s, d.floats)
		one := s
		one.N = 1
		onEveryISA(func(isa ISA) {
			packed := one.Pack(nil, data.w)
			for _, n := range []int{1, s.N} {
				s := s
				s.N = n
				x, shift := data.x[:n*s.H*s.W*s.C], data.shift[:n*s.O]
				want := make([]float32, n*s.OutH()*s.OutW()*s.O)
				got := newGuarded(want)
				s.Forward(nil, want, x, data.w, data.bias, shift)
				s.ForwardPacked(nil, got.slice(), x, packed, data.bias, shift, nil)
				name := fmt.Sprintf("%v %+v", isa, s)
				wantSame(t, name, got.slice(), want)
				got.check(t, name)
			}
		})
	}
}

func TestPackedWeightsOfAnotherShapeAreRefused(t *testing.T) {
	s := winogradCase(1, 8, 8, 16, 16)
	x, y := make([]float32, 8*8*16), make([]float32, 8*8*16)
	g := Gemm{M: 4, N: 16, K: 16, A: x, LDA: 16, C: y, LDC: 16}
	for name, f := range map[string]func(){
		"convolution":        func() { s.ForwardPacked(nil, y, x, make([]float32, 9*16*16), nil, nil, nil) },
		"product":            func() { g := g; g.Packed = make([]float32, 16*16); g.Run(nil) },
		"sum of other shape": func() { g := g; g.Packed, g.Add = make([]float32, 16*32), x[:17]; g.Run(nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			f()
		}()
	}
}

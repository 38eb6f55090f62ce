package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"ebb/engine/kernel/parallel"
)

// gemmCase is a random product with rows further apart than they are long.
func gemmCase(d draw, m, n, k int, transA, transB bool, start int, numbers func(int) []float32) *Gemm {
	g := &Gemm{M: m, N: n, K: k, TransA: transA, TransB: transB}
	matrix := func(rows, cols int, trans bool) ([]float32, int) {
		if trans {
			rows, cols = cols, rows
		}
		stride := cols + d.IntN(4)
		return numbers(max(0, (rows-1)*stride+cols)), stride
	}
	g.A, g.LDA = matrix(m, k, transA)
	g.B, g.LDB = matrix(k, n, transB)
	g.C, g.LDC = matrix(m, n, false)
	switch start {
	case 1:
		g.Bias = numbers(n)
	case 2:
		g.Accumulate = true
	}
	return g
}

func (g Gemm) String() string {
	return fmt.Sprintf("(%d,%d)x(%d,%d) transA=%v transB=%v bias=%v accumulate=%v",
		g.M, g.K, g.K, g.N, g.TransA, g.TransB, g.Bias != nil, g.Accumulate)
}

// checkGemm compares a run on each instruction set with the plain loops.
func checkGemm(t *testing.T, g *Gemm) {
	t.Helper()
	want := *g
	want.C = append([]float32(nil), g.C...)
	want.ref()
	onEveryISA(func(isa ISA) {
		name := fmt.Sprintf("%v %v", isa, g)
		a, b, c := newGuarded(g.A), newGuarded(g.B), newGuarded(g.C)
		run := *g
		run.A, run.B, run.C = a.slice(), b.slice(), c.slice()
		run.Run(nil)
		wantSame(t, name, run.C, want.C)
		c.check(t, name)
	})
}

func TestGemmIsItsPlainLoop(t *testing.T) {
	d := newDraw(1)
	for _, m := range []int{1, 2, 3, 4, 5, 7, 11, 12, 13, 23, 24, 25, 100} {
		for _, n := range []int{1, 3, 10, 15, 16, 17, 24, 31, 32, 33, 50, 65} {
			k := []int{1, 2, 5, 17, 33, 60}[d.IntN(6)]
			checkGemm(t, gemmCase(d, m, n, k, d.IntN(2) == 0, d.IntN(2) == 0, d.IntN(3), d.floats))
		}
	}
	for i, s := range [][3]int{{0, 5, 5}, {5, 0, 5}, {5, 5, 0}, {1, 40, 900}, {30, 33, 800}, {300, 35, 390}, {97, 70, 384}} {
		checkGemm(t, gemmCase(d, s[0], s[1], s[2], i%2 == 1, i%3 == 2, i%3, d.floats))
	}
}

func TestGemmOfSpecialNumbers(t *testing.T) {
	d := newDraw(2)
	for range 60 {
		checkGemm(t, gemmCase(d, 1+d.IntN(30), 1+d.IntN(40), d.IntN(20), d.IntN(2) == 0, d.IntN(2) == 0, d.IntN(3), d.nasty))
	}
}

// The error of a sum of K products is at most about K roundings of its terms.
func TestGemmIsCloseToFloat64(t *testing.T) {
	d := newDraw(3)
	g := gemmCase(d, 60, 70, 500, false, false, 1, d.floats)
	g.Run(nil)
	for i := range g.M {
		for j := range g.N {
			sum, size := float64(g.Bias[j]), 0.0
			for k := range g.K {
				v := float64(g.A[i*g.LDA+k]) * float64(g.B[k*g.LDB+j])
				sum += v
				size += math.Abs(v)
			}
			if got := float64(g.C[i*g.LDC+j]); math.Abs(got-sum) > float64(g.K)*0x1p-24*size {
				t.Fatalf("C[%d,%d] = %v, in float64 %v", i, j, got, sum)
			}
		}
	}
}

func TestGemmDoesNotDependOnThreads(t *testing.T) {
	d := newDraw(4)
	g := gemmCase(d, 300, 100, 400, false, true, 1, d.floats)
	want := *g
	want.C = append([]float32(nil), g.C...)
	want.Run(nil)
	everyPool(func(name string, p *parallel.Pool) {
		clear(g.C)
		g.Run(p)
		for i := range g.M {
			wantSame(t, name, g.C[i*g.LDC:][:g.N], want.C[i*g.LDC:][:g.N])
		}
	})
}

// A row of C is the same whatever rows stand beside it.
func TestGemmRowsAreIndependent(t *testing.T) {
	d := newDraw(5)
	g := gemmCase(d, 40, 45, 60, false, false, 1, d.floats)
	g.Run(nil)
	for i := range g.M {
		one := *g
		one.M, one.A, one.C = 1, g.A[i*g.LDA:], make([]float32, g.N)
		one.Run(nil)
		wantSame(t, fmt.Sprintf("row %d alone", i), one.C, g.C[i*g.LDC:][:g.N])
	}
}

func TestGemmRefusesWrongShapes(t *testing.T) {
	x := make([]float32, 100)
	for name, g := range map[string]Gemm{
		"short A":       {M: 10, N: 2, K: 11, A: x, LDA: 11, B: x, LDB: 2, C: x, LDC: 2},
		"narrow B":      {M: 2, N: 4, K: 2, A: x, LDA: 2, B: x, LDB: 3, C: x, LDC: 4},
		"short C":       {M: 51, N: 2, K: 1, A: x, LDA: 1, B: x, LDB: 2, C: x, LDC: 2},
		"wrong bias":    {M: 2, N: 2, K: 2, A: x, LDA: 2, B: x, LDB: 2, C: x, LDC: 2, Bias: x},
		"two starts":    {M: 1, N: 2, K: 1, A: x, LDA: 2, B: x, LDB: 2, C: x, LDC: 2, Bias: x[:2], Accumulate: true},
		"negative size": {M: -1, N: 2, K: 2, A: x, LDA: 2, B: x, LDB: 2, C: x, LDC: 2},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			g.Run(nil)
		}()
	}
}

// convCases cover kernel sizes, strides, paddings, odd sizes and few channels.
var convCases = []Conv{
	{N: 2, H: 8, W: 8, C: 32, O: 32, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
	{N: 3, H: 7, W: 5, C: 3, O: 33, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
	{N: 1, H: 9, W: 6, C: 1, O: 10, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
	{N: 2, H: 6, W: 7, C: 17, O: 1, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
	{N: 2, H: 8, W: 8, C: 20, O: 24, K: 3, Stride: 2, PadBottom: 1, PadRight: 1},
	{N: 2, H: 7, W: 9, C: 5, O: 40, K: 3, Stride: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
	{N: 4, H: 4, W: 4, C: 24, O: 48, K: 1, Stride: 1},
	{N: 1, H: 5, W: 7, C: 9, O: 3, K: 1, Stride: 2},
	{N: 2, H: 5, W: 6, C: 7, O: 64, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
	{N: 2, H: 5, W: 5, C: 2, O: 4, K: 1, Stride: 1, PadTop: 1, PadLeft: 2, PadBottom: 3},
	{N: 1, H: 11, W: 10, C: 4, O: 6, K: 5, Stride: 3, PadTop: 2, PadLeft: 1, PadBottom: 2, PadRight: 4},
	{N: 1, H: 6, W: 6, C: 3, O: 5, K: 2, Stride: 4, PadTop: 3, PadLeft: 3},
	{N: 1, H: 1, W: 1, C: 3, O: 2, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
	{N: 5, H: 28, W: 28, C: 1, O: 16, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
	{N: 70, H: 2, W: 2, C: 8, O: 8, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
	// Few outputs, by pixels.
	{N: 2, H: 9, W: 37, C: 11, O: 3, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
	{N: 1, H: 16, W: 16, C: 32, O: 1, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
	{N: 3, H: 4, W: 70, C: 8, O: 4, K: 2, Stride: 1, PadBottom: 1},
	{N: 40, H: 4, W: 3, C: 3, O: 5, K: 3, Stride: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
	winogradCase(3, 7, 9, 16, 48),
	winogradCase(1, 4, 4, 32, 16),
	winogradCase(2, 28, 28, 16, 16),
	winogradCase(5, 8, 6, 48, 32),
	winogradCase(30, 4, 4, 160, 32),
	winogradCase(2, 14, 14, 32, 80),
	winogradCase(11, 4, 7, 16, 144),
	winogradCase(37, 8, 7, 16, 16), // several chunks of tiles
	winogradCase(17, 16, 16, 16, 48),
}

// someConvCases are convCases; with -short, for emulators, those of few products.
func someConvCases() []Conv {
	if !testing.Short() {
		return convCases
	}
	return slices.DeleteFunc(slices.Clone(convCases), func(s Conv) bool {
		return s.N*s.OutH()*s.OutW()*s.K*s.K*s.C*s.O > 2e6
	})
}

// less is n, or a quarter of it with -short.
func less(n int) int {
	if testing.Short() {
		return (n + 3) / 4
	}
	return n
}

// winogradCase is a shape that Winograd's algorithm takes.
func winogradCase(n, h, w, c, o int) Conv {
	return Conv{N: n, H: h, W: w, C: c, O: o, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
}

func randomConv(d draw) Conv {
	s := Conv{
		N: 1 + d.IntN(4), H: 1 + d.IntN(9), W: 1 + d.IntN(9), C: 1 + d.IntN(40), O: 1 + d.IntN(70), K: 1 + d.IntN(4), Stride: 1 + d.IntN(3),
		PadTop: d.IntN(3), PadLeft: d.IntN(3), PadBottom: d.IntN(3), PadRight: d.IntN(3),
	}
	s.H, s.W = max(s.H, s.K), max(s.W, s.K)
	return s
}

// randomWinograd is a shape that Winograd's algorithm takes.
func randomWinograd(d draw) Conv {
	for {
		s := winogradCase(1+d.IntN(4), 1+d.IntN(14), 1+d.IntN(14), 16*(1+d.IntN(4)), 16*(1+d.IntN(5)))
		if s.byWinograd() {
			return s
		}
	}
}

// convData are the operands of one convolution.
type convData struct{ x, w, y, bias, shift []float32 }

func newConvData(s Conv, numbers func(int) []float32) convData {
	return convData{
		x: numbers(s.N * s.H * s.W * s.C), w: numbers(s.K * s.K * s.C * s.O), y: numbers(s.N * s.OutH() * s.OutW() * s.O),
		bias: numbers(s.O), shift: numbers(s.N * s.O),
	}
}

// passes runs all three passes on guarded copies.
func (s Conv) passes(t *testing.T, p *parallel.Pool, name string, v convData) (y, dx, dw []float32) {
	t.Helper()
	gx, gw, gdy := newGuarded(v.x), newGuarded(v.w), newGuarded(v.y)
	gy, gdx, gdw := newGuarded(v.y), newGuarded(v.x), newGuarded(v.w)
	s.Forward(p, gy.slice(), gx.slice(), gw.slice(), v.bias, v.shift)
	s.BackwardData(p, gdx.slice(), gdy.slice(), gw.slice())
	s.BackwardWeight(p, gdw.slice(), gx.slice(), gdy.slice())
	gy.check(t, "Forward "+name)
	gdx.check(t, "BackwardData "+name)
	gdw.check(t, "BackwardWeight "+name)
	return gy.slice(), gdx.slice(), gdw.slice()
}

// checkConv compares all three passes on each instruction set with the plain
// loops.
func checkConv(t *testing.T, s Conv, v convData, withBias, withShift bool) {
	t.Helper()
	if !withBias {
		v.bias = nil
	}
	if !withShift {
		v.shift = nil
	}
	y, dx := make([]float32, len(v.y)), make([]float32, len(v.x))
	dw := append([]float32(nil), v.w...)
	s.refForward(y, v.x, v.w, v.bias, v.shift)
	s.refBackwardData(dx, v.y, v.w)
	s.refBackwardWeight(dw, v.x, v.y)
	onEveryISA(func(isa ISA) {
		name := fmt.Sprintf("%v %+v", isa, s)
		gotY, gotDx, gotDw := s.passes(t, nil, name, v)
		wantSame(t, "Forward "+name, gotY, y)
		wantSame(t, "BackwardData "+name, gotDx, dx)
		wantSame(t, "BackwardWeight "+name, gotDw, dw)
	})
}

func TestConvIsItsPlainLoop(t *testing.T) {
	d := newDraw(6)
	for i, s := range someConvCases() {
		checkConv(t, s, newConvData(s, d.floats), i%2 == 0, i%3 == 0)
		if s.byWinograd() {
			s.Exact = true
			checkConv(t, s, newConvData(s, d.floats), i%2 == 0, i%3 == 0)
		}
	}
	for range less(30) {
		s := randomConv(d)
		checkConv(t, s, newConvData(s, d.floats), d.IntN(2) == 0, d.IntN(2) == 0)
	}
}

func TestConvOfSpecialNumbers(t *testing.T) {
	d := newDraw(7)
	for range less(20) {
		s := randomConv(d)
		checkConv(t, s, newConvData(s, d.nasty), true, true)
	}
	for range less(10) {
		s := randomWinograd(d)
		checkConv(t, s, newConvData(s, d.nasty), true, true)
	}
}

func TestConvDoesNotDependOnThreads(t *testing.T) {
	d := newDraw(8)
	for _, s := range []Conv{
		{N: 6, H: 16, W: 16, C: 20, O: 40, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
		winogradCase(20, 16, 16, 32, 80), winogradCase(1, 8, 8, 144, 64),
		{N: 37, H: 6, W: 7, C: 30, O: 3, K: 3, Stride: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
		{N: 1, H: 32, W: 32, C: 8, O: 70, K: 1, Stride: 1},
	} {
		v := newConvData(s, d.floats)
		y, dx, dw := s.passes(t, nil, "serial", v)
		everyPool(func(name string, p *parallel.Pool) {
			gotY, gotDx, gotDw := s.passes(t, p, name, v)
			wantSame(t, "Forward "+name, gotY, y)
			wantSame(t, "BackwardData "+name, gotDx, dx)
			wantSame(t, "BackwardWeight "+name, gotDw, dw)
		})
	}
}

// Image i of a batch gives what image i alone gives.
func TestConvImagesAreIndependent(t *testing.T) {
	d := newDraw(9)
	for _, s := range someConvCases() {
		v := newConvData(s, d.floats)
		s.Forward(nil, v.y, v.x, v.w, v.bias, v.shift)
		dx := make([]float32, len(v.x))
		s.BackwardData(nil, dx, v.y, v.w)
		one := s
		one.N = 1
		xs, ys := len(v.x)/s.N, len(v.y)/s.N
		y1, dx1 := make([]float32, ys), make([]float32, xs)
		for n := range s.N {
			one.Forward(nil, y1, v.x[n*xs:][:xs], v.w, v.bias, v.shift[n*s.O:][:s.O])
			wantSame(t, "Forward alone", y1, v.y[n*ys:][:ys])
			one.BackwardData(nil, dx1, v.y[n*ys:][:ys], v.w)
			wantSame(t, "BackwardData alone", dx1, dx[n*xs:][:xs])
		}
	}
}

// The three passes are one bilinear form: <dy, conv(x,w)> = <BackwardData, x> = <BackwardWeight, w>.
func TestConvGradientsAreAdjoint(t *testing.T) {
	d := newDraw(10)
	dot := func(a, b []float32) (sum float64) {
		for i := range a {
			sum += float64(a[i]) * float64(b[i])
		}
		return sum
	}
	for _, s := range convCases {
		v := newConvData(s, d.floats)
		y, dx, dw := make([]float32, len(v.y)), make([]float32, len(v.x)), make([]float32, len(v.w))
		s.Forward(nil, y, v.x, v.w, nil, nil)
		s.BackwardData(nil, dx, v.y, v.w)
		s.BackwardWeight(nil, dw, v.x, v.y)
		form := dot(v.y, y)
		scale := math.Sqrt(dot(v.y, v.y) * dot(y, y))
		if a, b := dot(dx, v.x), dot(dw, v.w); math.Abs(a-form) > 1e-5*scale || math.Abs(b-form) > 1e-5*scale {
			t.Errorf("%+v: <dy,y> = %v, <dx,x> = %v, <dw,w> = %v", s, form, a, b)
		}
	}
}

func TestConvOfNoImages(t *testing.T) {
	s := Conv{H: 4, W: 4, C: 3, O: 5, K: 3, Stride: 2, PadTop: 1, PadLeft: 1}
	v := newConvData(s, newDraw(12).floats)
	want := append([]float32(nil), v.w...)
	_, _, dw := s.passes(t, nil, "no images", v)
	wantSame(t, "dw", dw, want)
}

func TestConvRefusesWrongShapes(t *testing.T) {
	s := convCases[0]
	v := newConvData(s, newDraw(11).floats)
	for name, f := range map[string]func(){
		"short y":    func() { s.Forward(nil, v.y[1:], v.x, v.w, nil, nil) },
		"short x":    func() { s.Forward(nil, v.y, v.x[1:], v.w, nil, nil) },
		"short w":    func() { s.BackwardData(nil, v.x, v.y, v.w[1:]) },
		"short bias": func() { s.Forward(nil, v.y, v.x, v.w, v.bias[1:], nil) },
		"long shift": func() { s.Forward(nil, v.y, v.x, v.w, nil, v.x) },
		"kernel too big": func() {
			Conv{N: 1, H: 1, W: 1, C: 1, O: 1, K: 3, Stride: 3}.Forward(nil, nil, v.x[:1], v.w[:9], nil, nil)
		},
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

package kernel

import (
	"fmt"
	"math"
	"testing"

	"ebb/engine/kernel/parallel"
)

// onEveryPairISA is onEveryISA, and AVX-512 both with VDPBF16PS and without.
func onEveryPairISA(f func(name string)) {
	onEveryISA(func(isa ISA) { f(isa.String()) })
	emulated.Store(true)
	defer emulated.Store(false)
	f("without VDPBF16PS")
}

// pairSum is the sum of products of a and b rounded to bf16, from start on.
func pairSum(start float32, a, b []float32) float32 {
	if len(a)%2 == 1 {
		a, b = append(a, 0), append(b, 0)
	}
	for i := 0; i < len(a); i += 2 {
		start = addPair(math.Float32bits(pairOf(a[i], a[i+1])), math.Float32bits(pairOf(b[i], b[i+1])), start)
	}
	return start
}

// nastyPairs are pairs of every kind: of ordinary numbers, and with one of three
// numbers special, tiny or huge.
func (d draw) nastyPairs(n int) []float32 {
	x := make([]float32, n)
	half := func() uint32 {
		switch d.IntN(12) {
		case 0:
			return uint32(d.IntN(1 << 16)) // of any size
		case 1:
			return uint32(d.IntN(2)<<15 + (60+d.IntN(6))<<7 + d.IntN(128)) // products near 2^-126
		case 2:
			return []uint32{0, 0x8000, 0x7f80, 0xff80, 0x7fc0, 0x7f81, 0x7f7f, 1, 0x80, 0x807f}[d.IntN(10)]
		}
		return math.Float32bits(float32(d.NormFloat64())) >> 16
	}
	for i := range x {
		x[i] = math.Float32frombits(half() | half()<<16)
	}
	return x
}

// The one thing on which every instruction set must agree.
func TestPairsHaveTheSameBitsOnEveryISA(t *testing.T) {
	d := newDraw(31)
	for i := range 300 {
		rows, cols, k := 1+d.IntN(40), 1+d.IntN(panelCols), 1+d.IntN(9)
		n := padRows(rows)
		a := tile{
			a: d.nastyPairs(n * k), b: d.nastyPairs(k * panelCols), start: d.nasty(n * panelCols), pairs: true,
			rowA: make([]int32, n), rowC: make([]int32, n), rowS: make([]int32, n),
			k: k, stepA: 1, stepB: panelCols, segments: 1, cols: cols,
		}
		if i%3 == 0 { // sums that start and stay near the denormal numbers
			for j := range a.start {
				a.start[j] = float32(d.NormFloat64()) * 0x1p-126
			}
			for j := range a.a {
				a.a[j] = math.Float32frombits(uint32(60+d.IntN(7))<<7*0x10001 | uint32(d.Uint64())&0x807f807f)
			}
			for j := range a.b {
				a.b[j] = math.Float32frombits(uint32(60+d.IntN(7))<<7*0x10001 | uint32(d.Uint64())&0x807f807f)
			}
		}
		for r := range n {
			at := min(r, rows-1)
			a.rowA[r], a.rowC[r], a.rowS[r] = int32(at*k), int32(at*panelCols), int32(at*panelCols)
		}
		want := make([]float32, rows*panelCols)
		a.c = want
		a.runPairsGeneric(rows)
		onEveryPairISA(func(name string) {
			got := newGuarded(make([]float32, rows*panelCols))
			a.c = got.slice()
			a.run(active(), rows)
			wantSame(t, fmt.Sprintf("%s, %d rows, %d columns, %d pairs", name, rows, cols, k), got.slice(), want)
			got.check(t, name)
		})
	}
}

// What one step of the sum is, in numbers that can be checked by hand.
func TestAddPair(t *testing.T) {
	pair := func(even, odd float32) uint32 { return math.Float32bits(pairOf(even, odd)) }
	inf, least := float32(math.Inf(1)), float32(0x1p-126)
	for _, c := range []struct {
		name              string
		x, y              uint32
		sum, want         float32
		wantNegative, nan bool
	}{
		{name: "both products join", x: pair(2, 3), y: pair(5, 7), sum: 1, want: 32},
		{name: "the odd product goes first", x: pair(1, -0x1p100), y: pair(1, 0x1p27), sum: inf, want: inf},
		{name: "each product joins with one rounding", x: pair(0x1p-24, 0), y: pair(1, 0), sum: 1, want: 1},
		{name: "even cancels what odd rounded", x: pair(-1, 0x1p-24), y: pair(1, 1), sum: 1, want: 0},
		{name: "a denormal sum counts as zero", x: pair(0, 0), y: pair(0, 0), sum: least / 2, want: 0},
		{name: "a denormal factor counts as zero", x: 1, y: pair(0x1p126, 0), sum: 3, want: 3},
		{name: "a denormal result becomes zero", x: pair(0x1p-64, 0), y: pair(-0x1p-64, 0), sum: 0, want: 0, wantNegative: true},
		{name: "infinity times zero", x: pair(inf, 0), y: pair(0, 0), sum: 3, nan: true},
	} {
		got := addPair(c.x, c.y, c.sum)
		if c.nan != (got != got) || !c.nan && (got != c.want || math.Signbit(float64(got)) != c.wantNegative) {
			t.Errorf("%s: got %v, want %v", c.name, got, c.want)
		}
	}
}

func TestRoundingToPairsIsTheSameOnEveryISA(t *testing.T) {
	d := newDraw(32)
	for _, n := range []int{1, 15, 16, 17, 32, 33, 100, 1000} {
		src := d.nasty(2 * n)
		for i := range src { // ties, NaN payloads, anything
			switch d.IntN(4) {
			case 0:
				src[i] = math.Float32frombits(uint32(d.Uint64()))
			case 1:
				src[i] = math.Float32frombits(uint32(d.Uint64())&0xffff0000 | 0x8000)
			}
		}
		want := make([]float32, n)
		roundAlongGeneric(want, src)
		rows, cols, step := 1+n/40, 1+d.IntN(panelCols), panelCols+d.IntN(3)
		if n%2 == 0 {
			cols = panelCols
		}
		even, odd := d.nasty(rows*step), d.nasty(rows*step)
		across := make([]float32, rows*panelCols)
		roundAcrossGeneric(across, even, odd, step, cols)
		onEveryPairISA(func(name string) {
			got := newGuarded(make([]float32, n))
			roundAlong(active(), got.slice(), src)
			wantSame(t, name+" along", got.slice(), want)
			got.check(t, name)
			got = newGuarded(make([]float32, len(across)))
			roundAcross(active(), got.slice(), even, odd, step, cols)
			wantSame(t, name+" across", got.slice(), across)
			got.check(t, name)
		})
	}
}

// Rounding to bf16 is to the nearest, ties to even.
func TestRoundBF16(t *testing.T) {
	for _, c := range []struct{ x, want float32 }{
		{1, 1}, {1 + 0x1p-8, 1}, {1 + 0x1p-8 + 0x1p-23, 1 + 0x1p-7}, {1 + 3*0x1p-8, 1 + 0x1p-6}, {-1.0000001, -1},
		{math.MaxFloat32, float32(math.Inf(1))}, {0x1p-126, 0x1p-126}, {0x1p-127, 0}, {float32(math.Inf(-1)), float32(math.Inf(-1))},
	} {
		if got := math.Float32frombits(roundBF16(c.x) << 16); got != c.want {
			t.Errorf("%v rounds to %v, want %v", c.x, got, c.want)
		}
	}
	if got := roundBF16(math.Float32frombits(0x7f800001)); got != 0x7fc0 {
		t.Errorf("a signalling NaN rounds to %#x", got)
	}
}

// refPairs is ref for a product that takes pairs.
func (g *Gemm) refPairs() {
	a, b := make([]float32, g.K), make([]float32, g.K)
	for i := range g.M {
		for j := range g.N {
			for k := range g.K {
				a[k], b[k] = g.at(g.A, g.LDA, g.TransA, i, k), g.at(g.B, g.LDB, g.TransB, k, j)
			}
			c := &g.C[i*g.LDC+j]
			switch {
			case g.Bias != nil:
				*c = g.Bias[j]
			case !g.Accumulate:
				*c = 0
			}
			*c = pairSum(*c, a, b)
		}
	}
}

func checkGemmPairs(t *testing.T, g *Gemm) {
	t.Helper()
	g.Precision = BF16
	want := *g
	want.C = append([]float32(nil), g.C...)
	if g.Precision.pairs(g.K) {
		want.refPairs()
	} else {
		want.ref()
	}
	onEveryPairISA(func(name string) {
		name = fmt.Sprintf("%s %v", name, g)
		a, b, c := newGuarded(g.A), newGuarded(g.B), newGuarded(g.C)
		run := *g
		run.A, run.B, run.C = a.slice(), b.slice(), c.slice()
		run.Run(nil)
		wantSame(t, name, run.C, want.C)
		c.check(t, name)
	})
}

func TestBF16GemmIsItsPlainLoop(t *testing.T) {
	d := newDraw(33)
	for i := range 80 {
		numbers := d.floats
		if i%4 == 0 {
			numbers = d.nasty
		}
		m, n, k := 1+d.IntN(50), 1+d.IntN(70), 14+d.IntN(40)
		checkGemmPairs(t, gemmCase(d, m, n, k, d.IntN(2) == 0, d.IntN(2) == 0, d.IntN(3), numbers))
	}
	for i, s := range [][3]int{{0, 5, 16}, {5, 0, 16}, {1, 40, 900}, {30, 33, 800}, {200, 35, 390}, {97, 70, 384}} {
		checkGemmPairs(t, gemmCase(d, s[0], s[1], s[2], i%2 == 1, i%3 == 2, i%3, d.floats))
	}
}

// refPairsForward is refForward for plain sums of pairs.
func (s Conv) refPairsForward(y, x, w, bias, shift []float32) {
	s.refStarts(y, bias, shift)
	depth := s.K * s.K * s.C
	a, b := make([]float32, 0, depth), make([]float32, depth)
	for i := range y {
		o, ox, oy, n := i%s.O, i/s.O%s.OutW(), i/s.O/s.OutW()%s.OutH(), i/s.O/s.OutW()/s.OutH()
		a = a[:0]
		for tap := range s.K * s.K {
			for c := range s.C {
				a = append(a, s.pixel(x, n, oy*s.Stride+tap/s.K-s.PadTop, ox*s.Stride+tap%s.K-s.PadLeft, c))
			}
		}
		for k := range b {
			b[k] = w[k*s.O+o]
		}
		y[i] = pairSum(y[i], a, b)
	}
}

// refPairsData is refBackwardData for plain sums of pairs.
func (s Conv) refPairsData(dx, dy, w []float32) {
	oh, ow := s.OutH(), s.OutW()
	for i := range dx {
		c, ix, iy, n := i%s.C, i/s.C%s.W, i/s.C/s.W%s.H, i/s.C/s.W/s.H
		var a, b []float32
		for tap := s.K*s.K - 1; tap >= 0; tap-- {
			ry, rx := iy+s.PadTop-tap/s.K, ix+s.PadLeft-tap%s.K
			if ry%s.Stride != 0 || rx%s.Stride != 0 {
				continue
			}
			for o := range s.O {
				var v float32
				if oy, ox := ry/s.Stride, rx/s.Stride; ry >= 0 && rx >= 0 && oy < oh && ox < ow {
					v = dy[((n*oh+oy)*ow+ox)*s.O+o]
				}
				a, b = append(a, v), append(b, w[(tap*s.C+c)*s.O+o])
			}
		}
		dx[i] = pairSum(0, a, b)
	}
}

func TestBF16ConvIsItsPlainLoop(t *testing.T) {
	d := newDraw(34)
	for i := range 30 {
		s := randomConv(d)
		s.C, s.O = 16+2*d.IntN(12), 16+2*d.IntN(12)
		s.N, s.Exact, s.Precision = 1+d.IntN(3), true, BF16
		numbers := d.floats
		if i%4 == 0 {
			numbers = d.nasty
		}
		v := newConvData(s, numbers)
		y, dx := make([]float32, len(v.y)), make([]float32, len(v.x))
		s.refPairsForward(y, v.x, v.w, v.bias, v.shift)
		s.refPairsData(dx, v.y, v.w)
		onEveryPairISA(func(name string) {
			name = fmt.Sprintf("%s %+v", name, s)
			gotY, gotDx, _ := s.passes(t, nil, name, v)
			wantSame(t, "Forward "+name, gotY, y)
			wantSame(t, "BackwardData "+name, gotDx, dx)
		})
	}
}

// Convolutions of few or odd channels stay what they are in float32.
func TestBF16LeavesFewChannelsAlone(t *testing.T) {
	d := newDraw(35)
	for _, s := range []Conv{{N: 2, H: 7, W: 6, C: 3, O: 3, K: 3, Stride: 1}, {N: 2, H: 7, W: 6, C: 17, O: 33, K: 3, Stride: 2}} {
		v := newConvData(s, d.floats)
		y, dx, dw := s.passes(t, nil, "f32", v)
		s.Precision = BF16
		gotY, gotDx, gotDw := s.passes(t, nil, "bf16", v)
		wantSame(t, "Forward", gotY, y)
		wantSame(t, "BackwardData", gotDx, dx)
		wantSame(t, "BackwardWeight", gotDw, dw)
	}
}

func TestBF16DoesNotDependOnThreadsOrBatch(t *testing.T) {
	d := newDraw(36)
	for _, s := range []Conv{winogradCase(5, 14, 15, 32, 48), {N: 5, H: 9, W: 8, C: 18, O: 40, K: 3, Stride: 2, PadTop: 1, PadLeft: 1}} {
		s.Precision = BF16
		v := newConvData(s, d.floats)
		y, dx, dw := s.passes(t, nil, "serial", v)
		everyPool(func(name string, p *parallel.Pool) {
			gotY, gotDx, gotDw := s.passes(t, p, name, v)
			wantSame(t, "Forward "+name, gotY, y)
			wantSame(t, "BackwardData "+name, gotDx, dx)
			wantSame(t, "BackwardWeight "+name, gotDw, dw)
		})
		one, sizeX, sizeY := s, len(v.x)/s.N, len(v.y)/s.N
		one.N = 1
		for n := range s.N {
			alone := v
			alone.x, alone.y, alone.shift = v.x[n*sizeX:][:sizeX], v.y[n*sizeY:][:sizeY], v.shift[n*s.O:][:s.O]
			gotY, gotDx, _ := one.passes(t, nil, "alone", alone)
			wantSame(t, "Forward alone", gotY, y[n*sizeY:][:sizeY])
			wantSame(t, "BackwardData alone", gotDx, dx[n*sizeX:][:sizeX])
		}
	}
}

// Logits of factors rounded to 8 bits are wrong by some 2^-9, so are the weights and v: with unit
// normal q, k and v, results by about 5e-3 of their size. The gradients see y and lse alone.
func TestBF16AttentionIsCloseToFloat64(t *testing.T) {
	d := newDraw(37)
	for _, s := range []Attention{
		{N: 2, T: 64, Heads: 2, D: 32}, {N: 1, T: 128, Heads: 1, D: 128}, {N: 2, T: 49, Heads: 2, D: 16}, {N: 1, T: 100, Heads: 3, D: 8},
	} {
		s.Precision = BF16
		v := newAttentionData(s, d.floats)
		want := attention64(s, v)
		var first attentionResult
		onEveryPairISA(func(name string) {
			got := runAttention(t, nil, s, v)
			if first.y == nil {
				first = got
			}
			got.each(first, func(what string, a, b []float32) { wantSame(t, fmt.Sprintf("%s %s %+v", name, what, s), a, b) })
		})
		first.each(want, func(what string, a, b []float32) {
			exact := make([]float64, len(b))
			for i, x := range b {
				exact[i] = float64(x)
			}
			rms, _ := relativeError(a, exact)
			t.Logf("%+v %s: rms %.2g", s, what, rms)
			if !(rms < 1e-2) {
				t.Errorf("%+v %s: error %.3g of its size", s, what, rms)
			}
		})
	}
}

package kernel

import (
	"fmt"
	"hash/fnv"
	"math"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"ebb/engine/kernel/parallel"
)

// sizes are odd ones: every rest of 16 lanes, strips of 16, 32 and 64 columns with rests, blocks of
// 32 rows with rests.
func sizes() []size {
	s := []size{{1, 1, 1, 1}, {2, 3, 2, 1}, {3, 33, 5, 5}, {2, 32, 16, 4}, {2, 65, 48, 3}, {1, 7, 100, 10}, {9, 5, 64, 8}, {2, 40, 150, 6}, {1, 3, 260, 5}}
	for c := 1; c <= 40; c++ {
		s = append(s, size{2, 3, c, 1})
	}
	return s
}

func (op vectorOp) buffers(s size, numbers func(int) []float32) [][]float32 {
	var b [][]float32
	for _, n := range op.lens(s) {
		b = append(b, numbers(n))
	}
	if op.tame != nil {
		op.tame(s, b)
	}
	return b
}

// runGuarded runs op on copies of the buffers between guard words, and gives the copies.
func (op vectorOp) runGuarded(t *testing.T, p *parallel.Pool, s size, b [][]float32) [][]float32 {
	t.Helper()
	var g []guarded
	var out [][]float32
	for _, x := range b {
		g = append(g, newGuarded(x))
		out = append(out, g[len(g)-1].slice())
	}
	op.run(p, s, out)
	for i := range g {
		g[i].check(t, fmt.Sprintf("%s %v buffer %d", op.name, s, i))
	}
	return out
}

// TestEveryISAGivesTheSameBits holds AVX2 and AVX-512 to the generic versions, on ordinary numbers
// and on special ones.
func TestEveryISAGivesTheSameBits(t *testing.T) {
	for _, op := range vectorOps {
		t.Run(op.name, func(t *testing.T) {
			d := newDraw(1)
			for _, s := range sizes() {
				for _, numbers := range []func(int) []float32{d.floats, d.nasty} {
					b := op.buffers(s, numbers)
					restore := ForceISA(Generic)
					want := op.runGuarded(t, nil, s, b)
					restore()
					for _, isa := range ISAs()[1:] {
						restore := ForceISA(isa)
						got := op.runGuarded(t, nil, s, b)
						restore()
						for i := range want {
							wantSame(t, fmt.Sprintf("%s %v %v buffer %d", op.name, isa, s, i), got[i], want[i])
						}
					}
				}
			}
		})
	}
}

// TestKernelsMeanWhatTheySay holds each kernel against its formula in float64.
func TestKernelsMeanWhatTheySay(t *testing.T) {
	for _, op := range vectorOps {
		t.Run(op.name, func(t *testing.T) {
			d := newDraw(2)
			for _, s := range sizes() {
				b := op.buffers(s, d.floats)
				want := make([][]float64, len(b))
				for i := range b {
					want[i] = widen(b[i])
				}
				op.mean(s, want)
				got := op.runGuarded(t, nil, s, b)
				for i := range want {
					top := 0.0
					for _, v := range want[i] {
						top = math.Max(top, math.Abs(v))
					}
					for j, v := range want[i] {
						if e := math.Abs(float64(got[i][j]) - v); !(e <= op.tol*top) {
							t.Fatalf("%s %v buffer %d element %d is %v, want %v: off by %.2g of the largest, bound %.2g",
								op.name, s, i, j, got[i][j], v, e/top, op.tol)
						}
					}
				}
			}
		})
	}
}

func widen(x []float32) []float64 {
	y := make([]float64, len(x))
	for i, v := range x {
		y[i] = float64(v)
	}
	return y
}

// TestThreadsDoNotMatter runs sizes of several pieces on several pools.
func TestThreadsDoNotMatter(t *testing.T) {
	s := size{n: 5, t: 70, c: 256, groups: 8}
	for _, op := range vectorOps {
		t.Run(op.name, func(t *testing.T) {
			b := op.buffers(s, newDraw(3).floats)
			want := op.runGuarded(t, nil, s, b)
			everyPool(func(name string, p *parallel.Pool) {
				got := op.runGuarded(t, p, s, b)
				for i := range want {
					wantSame(t, fmt.Sprintf("%s with %s buffer %d", op.name, name, i), got[i], want[i])
				}
			})
		})
	}
}

// TestRowsOfABatchAreIndependent: an image alone gives the bits it gives among others. (What a
// backward pass sums over the batch is another matter.)
func TestRowsOfABatchAreIndependent(t *testing.T) {
	s := size{n: 12, t: 35, c: 96, groups: 6}
	one := s
	one.n = 1
	for _, op := range []vectorOp{groupNormForward("", true), groupNormBackward("", true), layerNormForward("", true), layerNormBackward("", false)} {
		b := op.buffers(s, newDraw(4).floats)
		all := op.runGuarded(t, nil, s, b)
		lens, lensAll := op.lens(one), op.lens(s)
		for n := range s.n {
			part := make([][]float32, len(b))
			for i := range b {
				part[i] = slices.Clone(b[i])
				if lens[i] != lensAll[i] {
					part[i] = slices.Clone(b[i][n*lens[i]:][:lens[i]])
				}
			}
			got := op.runGuarded(t, nil, one, part)
			wantSame(t, fmt.Sprintf("image %d alone", n), got[0], all[0][n*lens[0]:][:lens[0]])
		}
	}
}

// TestInPlace: where the doc allows a result to take its source's place, it comes out the same.
func TestInPlace(t *testing.T) {
	s := size{n: 2, t: 37, c: 80, groups: 5}
	tests := []struct {
		op   string
		dst  int
		from []int
	}{
		{"Exp", 0, []int{1}}, {"Sigmoid", 0, []int{1}}, {"Tanh", 0, []int{1}}, {"SiLU", 0, []int{1}},
		{"SiLUBackward", 0, []int{1, 2}}, {"Add", 0, []int{1, 2}}, {"Sub", 0, []int{1, 2}}, {"Mul", 0, []int{1, 2}},
		{"Scale", 0, []int{1}}, {"SoftmaxRows", 0, []int{1}},
		{"GroupNorm SiLU", 0, []int{3}}, {"GroupNorm SiLU backward", 0, []int{3}},
		{"LayerNorm SiLU", 0, []int{3}}, {"LayerNorm backward", 0, []int{3}},
	}
	everyISA(t, func(t *testing.T) {
		for _, tc := range tests {
			op := vectorOps[slices.IndexFunc(vectorOps, func(o vectorOp) bool { return o.name == tc.op })]
			b := op.buffers(s, newDraw(5).floats)
			want := op.runGuarded(t, nil, s, b)[tc.dst]
			for _, from := range tc.from {
				c := make([][]float32, len(b))
				for i := range b {
					c[i] = slices.Clone(b[i])
				}
				c[tc.dst] = c[from]
				op.run(nil, s, c)
				wantSame(t, fmt.Sprintf("%s in place of %d", op.name, from), c[tc.dst], want)
			}
		}
	})
}

// ulp32 is the error of got in units of the last place of want.
func ulp32(got float32, want float64) float64 {
	w := math.Abs(want)
	_, e := math.Frexp(w)
	unit := math.Ldexp(1, max(e-24, -149))
	return math.Abs(float64(got)-want) / unit
}

// TestExponentialErrors measures the error bounds that exp.go and silu.go state, on every 997th
// float32 of the range; with -short on fewer.
func TestExponentialErrors(t *testing.T) {
	tests := []struct {
		name      string
		f         func(float32) float32
		ref       func(float64) float64
		low, high float32
		bound     float64
	}{
		{"exp", exp32, math.Exp, -103.9, 88.72, 1},
		{"sigmoid", sigmoid32, sigmoid64, -87, 104, 3},
		{"tanh", tanh32, math.Tanh, -104, 104, 4},
		{"silu", silu32, silu64, -87, 104, 3},
	}
	step := uint32(997)
	if testing.Short() {
		step *= 10
	}
	for _, tc := range tests {
		worst, at := 0.0, float32(0)
		for b := uint32(1); b < math.Float32bits(tc.high); b += step {
			for _, x := range []float32{math.Float32frombits(b), -math.Float32frombits(b)} {
				if x < tc.low {
					continue
				}
				if e := ulp32(tc.f(x), tc.ref(float64(x))); e > worst {
					worst, at = e, x
				}
			}
		}
		t.Logf("%s: worst error %.3f ulp at %v", tc.name, worst, at)
		if worst > tc.bound {
			t.Errorf("%s(%v) = %v is off by %.3f ulp, bound %v", tc.name, at, tc.f(at), worst, tc.bound)
		}
	}
}

func TestExponentialEdges(t *testing.T) {
	inf, nan := float32(math.Inf(1)), float32(math.NaN())
	tests := []struct {
		name    string
		f       func(float32) float32
		x, want float32
	}{
		{"exp", exp32, inf, inf}, {"exp", exp32, -inf, 0}, {"exp", exp32, nan, nan}, {"exp", exp32, 0, 1},
		{"exp", exp32, 88.73, inf}, {"exp", exp32, -104, 0}, {"exp", exp32, -103.9, math.SmallestNonzeroFloat32},
		{"sigmoid", sigmoid32, inf, 1}, {"sigmoid", sigmoid32, -inf, 0}, {"sigmoid", sigmoid32, 0, 0.5}, {"sigmoid", sigmoid32, nan, nan},
		{"tanh", tanh32, inf, 1}, {"tanh", tanh32, -inf, -1}, {"tanh", tanh32, nan, nan}, {"tanh", tanh32, math.SmallestNonzeroFloat32, math.SmallestNonzeroFloat32},
		{"silu", silu32, inf, inf}, {"silu", silu32, -inf, nan}, {"silu", silu32, 0, 0}, {"silu", silu32, nan, nan},
	}
	for _, tc := range tests {
		if got := tc.f(tc.x); !sameBits(got, tc.want) {
			t.Errorf("%s(%v) = %v, want %v", tc.name, tc.x, got, tc.want)
		}
	}
	if got := tanh32(float32(math.Copysign(0, -1))); got != 0 || !math.Signbit(float64(got)) {
		t.Errorf("tanh(-0) = %v, want -0", got)
	}
}

// TestExponentialsOnEveryISA sweeps all exponents and signs, which random numbers seldom reach.
func TestExponentialsOnEveryISA(t *testing.T) {
	d := newDraw(8)
	x := make([]float32, 1<<17)
	for i := range x {
		x[i] = math.Float32frombits(d.Uint32())
		if i%2 == 0 {
			x[i] = (d.Float32() - 0.5) * 220
		}
	}
	for _, op := range vectorOps[:5] {
		b := [][]float32{make([]float32, len(x)), x, x}
		restore := ForceISA(Generic)
		op.run(nil, size{}, b)
		restore()
		want := slices.Clone(b[0])
		for _, isa := range ISAs()[1:] {
			restore := ForceISA(isa)
			op.run(nil, size{}, b)
			restore()
			wantSame(t, op.name, b[0], want)
		}
	}
}

// TestNormsSurviveAnOffset: a mean of 10000 standard deviations costs no more than the rounding of
// the inputs does, and a constant input gives beta.
func TestNormsSurviveAnOffset(t *testing.T) {
	s := GroupNorm{N: 1, T: 200, C: 32, Groups: 4, Eps: 1e-5}
	d := newDraw(6)
	x := d.floats(s.T * s.C)
	for i := range x {
		x[i] += 10000
	}
	ones, beta := make([]float32, s.C), d.floats(s.C)
	for i := range ones {
		ones[i] = 1
	}
	y, mean, rstd := make([]float32, len(x)), make([]float32, 4), make([]float32, 4)
	s.Forward(nil, y, mean, rstd, x, ones, beta)
	want := make([]float64, len(x))
	groupNorm64(size{1, s.T, s.C, 4}, false).forward(want, make([]float64, 4), make([]float64, 4), widen(x), widen(ones), widen(beta))
	for i := range y {
		// mean is a float32 near 10000, so it may be off by 2^-11
		if math.Abs(float64(y[i])-want[i]) > 0x1p-10 {
			t.Fatalf("element %d is %v, want %v", i, y[i], want[i])
		}
	}
	for i := range x {
		x[i] = 3
	}
	s.Forward(nil, y, mean, rstd, x, ones, beta)
	for i := range y {
		if y[i] != beta[i%s.C] {
			t.Fatalf("a constant image gives %v in channel %d, want beta %v", y[i], i%s.C, beta[i%s.C])
		}
	}
}

// TestNormsWithoutAffine: nil gamma and beta are ones and zeros.
func TestNormsWithoutAffine(t *testing.T) {
	d := newDraw(7)
	rows, c := 70, 45
	x, dy, one, zero := d.floats(rows*c), d.floats(rows*c), make([]float32, c), make([]float32, c)
	for i := range one {
		one[i] = 1
	}
	type norm interface {
		Forward(p *parallel.Pool, y, mean, rstd, x, gamma, beta []float32)
		Backward(p *parallel.Pool, dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta []float32)
	}
	for _, s := range []norm{LayerNorm{Rows: rows, D: c, Eps: 1e-5}, GroupNorm{N: 2, T: rows / 2, C: c, Groups: 5, Eps: 1e-5, SiLU: true}} {
		m := rows
		if _, ok := s.(GroupNorm); ok {
			m = 10
		}
		y, dx, mean, rstd := make([]float32, rows*c), make([]float32, rows*c), make([]float32, m), make([]float32, m)
		y2, dx2 := make([]float32, rows*c), make([]float32, rows*c)
		s.Forward(nil, y, mean, rstd, x, one, zero)
		s.Forward(nil, y2, mean, rstd, x, nil, nil)
		wantSame(t, fmt.Sprintf("%T", s), y2, y)
		s.Backward(nil, dx, make([]float32, c), make([]float32, c), dy, x, mean, rstd, one, zero)
		s.Backward(nil, dx2, nil, nil, dy, x, mean, rstd, nil, nil)
		wantSame(t, fmt.Sprintf("%T backward", s), dx2, dx)
	}
}

// TestAVX2KernelsKeepToAVX2: an instruction on a register above 15, on a mask or on a ZMM register
// would need AVX-512.
func TestAVX2KernelsKeepToAVX2(t *testing.T) {
	bad := regexp.MustCompile(`\b([XYZ](1[6-9]|2[0-9]|3[01])|Z[0-9]+|K[0-7])\b`)
	for _, file := range []string{"vector_amd64.s", "matrix_amd64.s"} {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		avx2 := false
		for i, line := range strings.Split(string(text), "\n") {
			if strings.HasPrefix(line, "TEXT") {
				avx2 = strings.Contains(line, "AVX2")
			}
			if avx2 && bad.MatchString(line) {
				t.Errorf("%s:%d: %s", file, i+1, line)
			}
		}
	}
}

// TestVectorBitsAreFrozen hashes every kernel's results on fixed numbers, so that another architecture
// or compiler that rounds differently is found out. A deliberate change of a kernel's meaning changes
// the hash.
func TestVectorBitsAreFrozen(t *testing.T) {
	d := newDraw(11)
	uniform := func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			x[i] = float32(int32(d.Uint32())) * 0x1p-29
		}
		return x
	}
	h := fnv.New64a()
	for _, op := range vectorOps {
		b := op.buffers(size{n: 2, t: 40, c: 72, groups: 6}, uniform)
		op.run(nil, size{n: 2, t: 40, c: 72, groups: 6}, b)
		for _, x := range b {
			for _, v := range x {
				if v != v {
					v = 0 // NaNs count as one value
				}
				fmt.Fprintf(h, "%08x", math.Float32bits(v))
			}
		}
	}
	const want = 0xaf352e7a0533a3a8
	if got := h.Sum64(); got != want {
		t.Errorf("hash of all results is %#x, was %#x", got, uint64(want))
	}
}

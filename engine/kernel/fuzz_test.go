package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"ebb/engine/kernel/parallel"
)

// placedOps are the kernels that move, gather or sum rows: lines of the same
// kind as vectorOps, for the fuzzer alone, since the frozen bits of vectorOps
// do not have them.
var placedOps = []vectorOp{
	{name: "SumRows", lens: func(s size) []int { return []int{s.c, s.len()} },
		run: func(p *parallel.Pool, s size, b [][]float32) { SumRows(p, b[0], b[1], s.n*s.t, s.c) },
		mean: func(s size, b [][]float64) {
			for i, v := range b[1] {
				b[0][i%s.c] += v
			}
		}, tol: 16 * round32},
	{name: "SumMiddle", lens: func(s size) []int { return []int{s.n * s.c, s.len()} },
		run: func(p *parallel.Pool, s size, b [][]float32) { SumMiddle(p, b[0], b[1], s.n, s.t, s.c) },
		mean: func(s size, b [][]float64) {
			for i, v := range b[1] {
				b[0][i/(s.t*s.c)*s.c+i%s.c] += v
			}
		}, tol: 16 * round32},
	{name: "ConcatLast", lens: func(s size) []int { return []int{s.len() + s.n*s.t, s.len(), s.n * s.t} },
		run: func(p *parallel.Pool, s size, b [][]float32) { ConcatLast(p, b[0], b[1], b[2], s.n*s.t, s.c, 1) },
		mean: func(s size, b [][]float64) {
			for r := range s.n * s.t {
				copy(b[0][r*(s.c+1):], b[1][r*s.c:][:s.c])
				b[0][r*(s.c+1)+s.c] = b[2][r]
			}
		}},
	{name: "SplitLast", lens: func(s size) []int { return []int{s.len(), s.n * s.t, s.len() + s.n*s.t} },
		run: func(p *parallel.Pool, s size, b [][]float32) { SplitLast(p, b[0], b[1], b[2], s.n*s.t, s.c, 1) },
		mean: func(s size, b [][]float64) {
			for r := range s.n * s.t {
				copy(b[0][r*s.c:][:s.c], b[2][r*(s.c+1):])
				b[1][r] = b[2][r*(s.c+1)+s.c]
			}
		}},
	{name: "Gather", lens: func(s size) []int { return []int{s.len(), tableRows * s.c} },
		run: func(p *parallel.Pool, s size, b [][]float32) { Gather(p, b[0], b[1], s.ids(), s.c) },
		mean: func(s size, b [][]float64) {
			clear(b[0])
			for i, id := range s.ids() {
				if id >= 0 {
					copy(b[0][i*s.c:][:s.c], b[1][int(id)*s.c:])
				}
			}
		}},
	{name: "ScatterAdd", lens: func(s size) []int { return []int{tableRows * s.c, s.len()} },
		run: func(p *parallel.Pool, s size, b [][]float32) { ScatterAdd(p, b[0], b[1], s.ids(), s.c) },
		mean: func(s size, b [][]float64) {
			for i, id := range s.ids() {
				for j := 0; id >= 0 && j < s.c; j++ {
					b[0][int(id)*s.c+j] += b[1][i*s.c+j]
				}
			}
		}, tol: 16 * round32},
	{name: "GatherSum", lens: func(s size) []int { return []int{s.n * s.c, tableRows * s.c} },
		run: func(p *parallel.Pool, s size, b [][]float32) { GatherSum(p, b[0], b[1], s.ids(), s.t, s.c) },
		mean: func(s size, b [][]float64) {
			clear(b[0])
			for i, id := range s.ids() {
				for j := 0; id >= 0 && j < s.c; j++ {
					b[0][i/s.t*s.c+j] += b[1][int(id)*s.c+j]
				}
			}
		}, tol: 16 * round32},
	{name: "ScatterAddSum", lens: func(s size) []int { return []int{tableRows * s.c, s.n * s.c} },
		run: func(p *parallel.Pool, s size, b [][]float32) { ScatterAddSum(p, b[0], b[1], s.ids(), s.t, s.c) },
		mean: func(s size, b [][]float64) {
			for i, id := range s.ids() {
				for j := 0; id >= 0 && j < s.c; j++ {
					b[0][int(id)*s.c+j] += b[1][i/s.t*s.c+j]
				}
			}
		}, tol: 16 * round32},
	{name: "CrossEntropy", lens: func(s size) []int { return []int{s.n * s.t, s.len(), s.len()} },
		run: func(p *parallel.Pool, s size, b [][]float32) {
			target, weight := s.targets()
			Segments{Rows: s.n * s.t, Width: s.c, Offsets: []int32{0, int32(s.c)}}.CrossEntropy(p, b[0], b[1], b[2], target, weight)
		},
		mean: crossEntropy64, tol: 8 * round32},
}

const tableRows = 5 // of Gather's table

// ids are rows of a table, or -1 for none.
func (s size) ids() []int32 {
	ids := make([]int32, s.n*s.t)
	for i := range ids {
		ids[i] = int32(i*7%(tableRows+1)) - 1
	}
	return ids
}

// targets are a category and a weight for each row, some weights 0.
func (s size) targets() (target []int32, weight []float32) {
	for i := range s.n * s.t {
		target, weight = append(target, int32(i*5%s.c)), append(weight, float32(i%3))
	}
	return target, weight
}

func crossEntropy64(s size, b [][]float64) {
	target, weight := s.targets()
	for r, w := range weight {
		sum, x := 0.0, b[2][r*s.c:][:s.c]
		for _, v := range x {
			sum += math.Exp(v)
		}
		for j, v := range x {
			b[1][r*s.c+j] = float64(w) * math.Exp(v) / sum
		}
		b[1][r*s.c+int(target[r])] -= float64(w)
		b[0][r] = float64(w) * (math.Log(sum) - x[target[r]])
	}
}

// sameOnEveryISA runs op with each instruction set, between guard words, and
// gives the generic results.
func (op vectorOp) sameOnEveryISA(t *testing.T, s size, b [][]float32) (want [][]float32) {
	t.Helper()
	onEveryISA(func(isa ISA) {
		got := op.runGuarded(t, nil, s, b)
		if isa == Generic {
			want = got
		}
		for i := range want {
			wantSame(t, fmt.Sprintf("%s %v %v buffer %d", op.name, isa, s, i), got[i], want[i])
		}
	})
	return want
}

// pointwise are the kernels whose meaning in float64 holds for every number:
// an element depends on the elements at its place alone, and nothing between
// can overflow.
var pointwise = []string{"Exp", "Sigmoid", "Tanh", "SiLU", "Add", "Sub", "Mul", "AddTo", "Scale", "Axpy", "Upsample2", "ConcatLast", "SplitLast", "Gather"}

// isNumber tells whether got is the float64 want as a float32, tol of it off:
// NaN for NaN, infinity for what is too large, denormals to the last bit but one.
func isNumber(got float32, want, tol float64) bool {
	switch g := float64(got); {
	case want != want || math.IsInf(want, 0):
		return g == want || g != g && want != want
	case math.IsInf(g, 0):
		return math.Abs(want) >= math.MaxFloat32*(1-tol) && (g > 0) == (want > 0)
	default:
		return math.Abs(g-want) <= tol*math.Abs(want)+0x1p-148
	}
}

// FuzzVectorKernels holds every kernel of the tables to its generic version, bit
// for bit, and to its meaning in float64: element by element where it is
// pointwise, whatever the numbers; else against the largest result, for
// ordinary numbers.
func FuzzVectorKernels(f *testing.F) {
	ops := append(slices.Clip(vectorOps), placedOps...)
	for which := range ops {
		f.Add(uint8(which), uint64(1), uint8(3), uint8(5), uint8(33), true)
		f.Add(uint8(which), uint64(2), uint8(1), uint8(40), uint8(71), false)
	}
	f.Fuzz(func(t *testing.T, which uint8, seed uint64, n, rows, c uint8, nasty bool) {
		op := ops[int(which)%len(ops)]
		s := size{1 + int(n)%4, 1 + int(rows)%80, 1 + int(c), 1}
		for _, g := range []int{2, 3, 4} {
			if s.c%g == 0 {
				s.groups = g
			}
		}
		numbers := newDraw(seed).floats
		if nasty {
			numbers = newDraw(seed).nasty
		}
		b := op.buffers(s, numbers)
		got := op.sameOnEveryISA(t, s, b)
		want := make([][]float64, len(b))
		for i := range b {
			want[i] = widen(b[i])
		}
		op.mean(s, want)
		switch {
		case slices.Contains(pointwise, op.name):
			for i, v := range want[0] {
				if !isNumber(got[0][i], v, op.tol) {
					t.Fatalf("%s %v element %d is %v, want %v", op.name, s, i, got[0][i], v)
				}
			}
		case !nasty && s.c/s.groups >= 8: // norms of few numbers may divide by almost nothing
			op.nearly(t, s, got, want)
		}
	})
}

// nearly compares results with want. Sums may cancel, so errors are parts of
// the larger of 1, the inputs' size, and the largest result, and eight times
// the bound that holds without.
func (op vectorOp) nearly(t *testing.T, s size, got [][]float32, want [][]float64) {
	t.Helper()
	for i := range want {
		top := 1.0
		for _, v := range want[i] {
			top = max(top, math.Abs(v))
		}
		for j, v := range want[i] {
			if e := math.Abs(float64(got[i][j]) - v); !(e <= 8*op.tol*top) {
				t.Fatalf("%s %v buffer %d element %d is %v, want %v", op.name, s, i, j, got[i][j], v)
			}
		}
	}
}

// FuzzAttention holds both passes to the generic bits and, for ordinary
// numbers, to float64.
func FuzzAttention(f *testing.F) {
	f.Add(uint64(1), uint8(1), uint8(40), uint8(1), uint8(7), false)
	f.Add(uint64(2), uint8(2), uint8(130), uint8(2), uint8(33), true)
	f.Fuzz(func(t *testing.T, seed uint64, n, places, heads, width uint8, nasty bool) {
		s := Attention{N: 1 + int(n)%3, T: 1 + int(places)%150, Heads: 1 + int(heads)%3, D: 1 + int(width)%48}
		numbers := newDraw(seed).floats
		if nasty {
			numbers = newDraw(seed).nasty
		}
		d := newAttentionData(s, numbers)
		var want attentionResult
		onEveryISA(func(isa ISA) {
			got := runAttention(t, nil, s, d)
			if isa == Generic {
				want = got
			}
			got.each(want, func(name string, got, want []float32) {
				wantSame(t, fmt.Sprintf("%+v %v %s", s, isa, name), got, want)
			})
		})
		if nasty {
			return
		}
		want.each(attention64(s, d), func(name string, got, want []float32) {
			for i := range want {
				if diff := math.Abs(float64(got[i] - want[i])); !(diff <= 3e-5) {
					t.Fatalf("%+v %s[%d] = %v, in float64 %v", s, name, i, got[i], want[i])
				}
			}
		})
	})
}

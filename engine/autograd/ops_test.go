package autograd

import "ebb/engine/tensor"

// opCase is one operation with inputs of stated shapes; every input is given a
// gradient in turn. Constants (targets, ids) are fixed inside of apply.
type opCase struct {
	name   string
	shapes [][]int
	apply  func(t *Tape, in []*Var) *Var
	define definition
}

// definition gives the value of an operation in float64, from a plain loop.
type definition func(in []*tensor.Tensor) []float64

// opCases is the table of operations: a new one gets its line here and with it
// every test of this package. Sizes are odd where the operation allows.
func opCases() []opCase {
	var cases []opCase
	for _, family := range [][]opCase{matrixCases(), convCases(), normCases(), shapeCases(), elementCases(), rowCases(), lossCases()} {
		cases = append(cases, family...)
	}
	return cases
}

func matrixCases() []opCase {
	one, three := []int32{3, 0, -1, 3, 1}, []int32{0, 3, 1, 5, -1, 5, 2, 2, 2}
	return []opCase{
		{"Linear", [][]int{{5, 7}, {7, 3}, {3}}, func(t *Tape, in []*Var) *Var { return t.Linear(in[0], in[1], in[2]) }, defineLinear},
		{"Linear/three axes, no bias", [][]int{{2, 3, 5}, {5, 19}}, func(t *Tape, in []*Var) *Var { return t.Linear(in[0], in[1], nil) }, defineLinear},
		{"LinearAdd", [][]int{{5, 7}, {7, 3}, {3}, {5, 3}}, func(t *Tape, in []*Var) *Var { return t.LinearAdd(in[0], in[1], in[2], in[3]) }, defineLinearAdd},
		{"LinearAdd/one row", [][]int{{2, 3, 7}, {7, 5}, {5}, {5}}, func(t *Tape, in []*Var) *Var { return t.LinearAdd(in[0], in[1], in[2], in[3]) }, defineLinearAdd},
		{"LinearAddSiLU", [][]int{{5, 7}, {7, 3}, {3}, {5, 3}}, func(t *Tape, in []*Var) *Var {
			return t.LinearAddSiLU(t.Scale(in[0], 0.25), in[1], in[2], in[3])
		}, defineLinearAddSiLU},
		{"Attention/one head", [][]int{{2, 5, 6}, {2, 5, 6}, {2, 5, 6}}, func(t *Tape, in []*Var) *Var {
			return t.Attention(in[0], in[1], in[2], 1)
		}, defineAttention(1)},
		{"Attention/three heads", [][]int{{2, 7, 12}, {2, 7, 12}, {2, 7, 12}}, func(t *Tape, in []*Var) *Var {
			return t.Attention(in[0], in[1], in[2], 3)
		}, defineAttention(3)},
		{"Attention/self", [][]int{{1, 4, 4}}, func(t *Tape, in []*Var) *Var { return t.Attention(in[0], in[0], in[0], 2) }, defineAttention(2)},
		{"LinearJoined", [][]int{{2, 3, 5}, {5, 4}, {5, 2}, {4}}, func(t *Tape, in []*Var) *Var {
			return t.LinearJoined(in[0], in[1:3], []*Var{in[3], nil})
		}, defineJoined},
		{"AttentionJoined", [][]int{{2, 5, 18}}, func(t *Tape, in []*Var) *Var { return t.AttentionJoined(in[0], 2) }, defineAttentionJoined(2)},
		{"Embedding", [][]int{{4, 5}}, func(t *Tape, in []*Var) *Var { return t.Embedding(in[0], one) }, defineLookup(one, 1)},
		{"EmbeddingSum", [][]int{{6, 70}}, func(t *Tape, in []*Var) *Var { return t.EmbeddingSum(in[0], three, 3) }, defineLookup(three, 3)},
	}
}

// addend is the third input, or the first again.
func addend[T any](in []T) T { return append(in[:len(in):len(in)], in[0])[2] }

func convCases() []opCase {
	conv := func(name string, g Geometry, shapes ...[]int) opCase {
		return opCase{"Conv2D/" + name, shapes, func(t *Tape, in []*Var) *Var {
			in = append(append([]*Var{}, in...), nil, nil)
			return t.Conv2D(in[0], in[1], in[2], in[3], g)
		}, defineConv(g)}
	}
	plus := func(name string, shapes ...[]int) opCase {
		product := defineConv(Same(3))
		return opCase{"Conv2DAdd/" + name, shapes, func(t *Tape, in []*Var) *Var {
			return t.Conv2DAdd(in[0], in[1], nil, nil, addend(in), Same(3))
		}, func(in []*tensor.Tensor) []float64 {
			y := product(in[:2])
			for i := range y {
				y[i] += float64(addend(in).Data[i])
			}
			return y
		}}
	}
	return []opCase{
		plus("direct", []int{2, 5, 4, 3}, []int{3, 3, 3, 5}, []int{2, 5, 4, 5}),
		plus("Winograd", []int{1, 5, 4, 16}, []int{3, 3, 16, 16}, []int{1, 5, 4, 16}),
		plus("its own input", []int{1, 4, 5, 16}, []int{3, 3, 16, 16}),
		conv("3x3, bias and shift", Same(3), []int{2, 5, 4, 3}, []int{3, 3, 3, 5}, []int{5}, []int{2, 5}),
		conv("3x3, wide", Same(3), []int{1, 4, 6, 16}, []int{3, 3, 16, 33}, []int{33}),
		conv("1x1, no bias", Same(1), []int{2, 3, 3, 4}, []int{1, 1, 4, 6}),
		conv("1x1, stride 2", Padded(2, 0), []int{2, 4, 5, 3}, []int{1, 1, 3, 4}, []int{4}),
		conv("stride 2, padding 1", Padded(2, 1), []int{2, 6, 5, 3}, []int{3, 3, 3, 4}, []int{4}),
		conv("stride 2, padding below and right", Geometry{Stride: 2, PadBottom: 1, PadRight: 1},
			[]int{2, 6, 4, 3}, []int{3, 3, 3, 4}, []int{4}),
		conv("padding above and left", Geometry{PadTop: 2, PadLeft: 1}, []int{1, 4, 3, 2}, []int{3, 3, 2, 4}),
		conv("no padding", Geometry{}, []int{1, 5, 5, 2}, []int{3, 3, 2, 3}, []int{3}, []int{1, 3}),
	}
}

func normCases() []opCase {
	group := func(name string, groups int, silu bool, shapes ...[]int) opCase {
		return opCase{"GroupNorm/" + name, shapes, func(t *Tape, in []*Var) *Var {
			return t.GroupNorm(in[0], in[1], in[2], groups, 1e-5, silu)
		}, defineNorm(silu, groupOf(groups))}
	}
	layer := func(name string, silu bool, shapes ...[]int) opCase {
		return opCase{"LayerNorm/" + name, shapes, func(t *Tape, in []*Var) *Var {
			in = append(append([]*Var{}, in...), nil, nil)
			return t.LayerNorm(in[0], in[1], in[2], 1e-5, silu)
		}, defineNorm(silu, rowOf)}
	}
	return []opCase{
		group("plain", 2, false, []int{2, 3, 5, 6}, []int{6}, []int{6}),
		group("SiLU", 3, true, []int{2, 3, 5, 6}, []int{6}, []int{6}),
		group("one group, a sequence", 1, false, []int{3, 7, 4}, []int{4}, []int{4}),
		group("no positions", 2, true, []int{3, 20}, []int{20}, []int{20}),
		layer("plain", false, []int{2, 3, 19}, []int{19}, []int{19}),
		layer("SiLU", true, []int{5, 18}, []int{18}, []int{18}),
		layer("no affine", false, []int{5, 18}),
		layer("no affine, SiLU", true, []int{5, 18}),
	}
}

func shapeCases() []opCase {
	same := each(func(v float64) float64 { return v })
	return []opCase{
		{"Upsample2", [][]int{{2, 3, 2, 5}}, func(t *Tape, in []*Var) *Var { return t.Upsample2(in[0]) }, defineUpsample},
		{"Concat", [][]int{{2, 3, 5}, {2, 3, 2}}, func(t *Tape, in []*Var) *Var { return t.Concat(in[0], in[1]) }, defineConcat},
		{"Concat/with itself", [][]int{{3, 5}}, func(t *Tape, in []*Var) *Var { return t.Concat(in[0], in[0]) }, defineConcat},
		{"SliceLast", [][]int{{2, 3, 7}}, func(t *Tape, in []*Var) *Var { return t.SliceLast(in[0], 2, 5) }, defineSlice(2, 5)},
		{"Reshape", [][]int{{2, 6}}, func(t *Tape, in []*Var) *Var { return t.Reshape(in[0], 3, 4) }, same},
	}
}

func elementCases() []opCase {
	plus := pairs(func(a, b float64) float64 { return a + b })
	times := pairs(func(a, b float64) float64 { return a * b })
	return []opCase{
		{"SiLU", [][]int{{3, 17}}, func(t *Tape, in []*Var) *Var { return t.SiLU(in[0]) },
			each(func(v float64) float64 { return v * sigmoid(v) })},
		{"Add", [][]int{{3, 7}, {3, 7}}, func(t *Tape, in []*Var) *Var { return t.Add(in[0], in[1]) }, plus},
		{"Add/itself", [][]int{{3, 7}}, func(t *Tape, in []*Var) *Var { return t.Add(in[0], in[0]) }, plus},
		{"Mul", [][]int{{3, 7}, {3, 7}}, func(t *Tape, in []*Var) *Var { return t.Mul(in[0], in[1]) }, times},
		{"Mul/itself", [][]int{{3, 7}}, func(t *Tape, in []*Var) *Var { return t.Mul(in[0], in[0]) }, times},
		{"Scale", [][]int{{3, 7}}, func(t *Tape, in []*Var) *Var { return t.Scale(in[0], -0.75) },
			each(func(v float64) float64 { return -0.75 * v })},
		{"Sum", [][]int{{5, 7}}, func(t *Tape, in []*Var) *Var { return t.Sum(in[0]) }, defineSum},
	}
}

func rowCases() []opCase {
	plus := defineRows(func(x, s, _ float64) float64 { return x + s })
	times := defineRows(func(x, s, _ float64) float64 { return x * s })
	modulate := defineRows(func(x, scale, shift float64) float64 { return x*(1+scale) + shift })
	return []opCase{
		{"AddRows", [][]int{{2, 3, 4, 5}, {2, 5}}, func(t *Tape, in []*Var) *Var { return t.AddRows(in[0], in[1]) }, plus},
		{"AddRows/no positions", [][]int{{3, 5}, {3, 5}}, func(t *Tape, in []*Var) *Var { return t.AddRows(in[0], in[1]) }, plus},
		{"MulRows", [][]int{{2, 3, 4, 5}, {2, 5}}, func(t *Tape, in []*Var) *Var { return t.MulRows(in[0], in[1]) }, times},
		{"MulRows/several blocks", [][]int{{2, 70, 150}, {2, 150}}, func(t *Tape, in []*Var) *Var { return t.MulRows(in[0], in[1]) }, times},
		{"ScaleShift", [][]int{{2, 7, 5}, {2, 5}, {2, 5}}, func(t *Tape, in []*Var) *Var {
			return t.ScaleShift(in[0], in[1], in[2])
		}, modulate},
		{"ScaleShift/one vector for both", [][]int{{2, 7, 5}, {2, 5}}, func(t *Tape, in []*Var) *Var {
			return t.ScaleShift(in[0], in[1], in[1])
		}, modulate},
	}
}

func lossCases() []opCase {
	target := tensor.New(3, 5)
	numbers("target", target.Data)
	perRow, perNumber := []float32{0.5, 0, 3}, make([]float32, 15)
	numbers("weights", perNumber)
	mse := func(name string, w []float32, weight func(i int) float64) opCase {
		return opCase{"MSE/" + name, [][]int{{3, 5}}, func(t *Tape, in []*Var) *Var { return t.MSE(in[0], target, w) }, defineMSE(target, weight)}
	}
	classes := func(name string, w []float32) opCase {
		offsets, ids := []int32{0, 3, 5, 9}, []int32{2, 0, 1, 0, 1, 3}
		return opCase{"CrossEntropy/" + name, [][]int{{2, 9}}, func(t *Tape, in []*Var) *Var {
			return t.CrossEntropy(in[0], offsets, ids, w)
		}, defineCrossEntropy(offsets, ids, w)}
	}
	return []opCase{
		mse("plain", nil, func(int) float64 { return 1 }),
		mse("weight per row", perRow, func(i int) float64 { return float64(perRow[i/5]) }),
		mse("weight per number", perNumber, func(i int) float64 { return float64(perNumber[i]) }),
		classes("plain", nil),
		classes("weights", []float32{1, 0.5, 0, 2, 1, 0.25}),
	}
}

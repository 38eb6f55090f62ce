package autograd

import "ebb/engine/tensor"

// opCase is one operation with inputs of stated shapes; every input is given a
// gradient in turn. Constants (targets, ids) are fixed inside of apply.
type opCase struct {
	name   string
	shapes [][]int
	apply  func(t *Tape, in []*Var) *Var
}

// opCases is the table of operations: a new one gets its line here and with it
// every test of this package. Sizes are odd where the operation allows.
func opCases() []opCase {
	var cases []opCase
	for _, family := range [][]opCase{matrixCases(), convCases(), normCases(), shapeCases(), elementCases(), lossCases()} {
		cases = append(cases, family...)
	}
	return cases
}

func matrixCases() []opCase {
	return []opCase{
		{"Linear", [][]int{{5, 7}, {7, 3}, {3}}, func(t *Tape, in []*Var) *Var { return t.Linear(in[0], in[1], in[2]) }},
		{"Linear/three axes, no bias", [][]int{{2, 3, 5}, {5, 19}}, func(t *Tape, in []*Var) *Var { return t.Linear(in[0], in[1], nil) }},
		{"Attention/one head", [][]int{{2, 5, 6}, {2, 5, 6}, {2, 5, 6}}, func(t *Tape, in []*Var) *Var { return t.Attention(in[0], in[1], in[2], 1) }},
		{"Attention/three heads", [][]int{{2, 7, 12}, {2, 7, 12}, {2, 7, 12}}, func(t *Tape, in []*Var) *Var { return t.Attention(in[0], in[1], in[2], 3) }},
		{"Attention/self", [][]int{{1, 4, 4}}, func(t *Tape, in []*Var) *Var { return t.Attention(in[0], in[0], in[0], 2) }},
		{"Embedding", [][]int{{4, 5}}, func(t *Tape, in []*Var) *Var {
			return t.Embedding(in[0], []int32{3, 0, -1, 3, 1})
		}},
		{"EmbeddingSum", [][]int{{6, 70}}, func(t *Tape, in []*Var) *Var {
			return t.EmbeddingSum(in[0], []int32{0, 3, 1, 5, -1, 5, 2, 2, 2}, 3)
		}},
	}
}

func convCases() []opCase {
	conv := func(g Geometry) func(t *Tape, in []*Var) *Var {
		return func(t *Tape, in []*Var) *Var {
			for len(in) < 4 {
				in = append(in, nil)
			}
			return t.Conv2D(in[0], in[1], in[2], in[3], g)
		}
	}
	return []opCase{
		{"Conv2D/3x3, bias and shift", [][]int{{2, 5, 4, 3}, {3, 3, 3, 5}, {5}, {2, 5}}, conv(Same(3))},
		{"Conv2D/3x3, wide", [][]int{{1, 4, 6, 16}, {3, 3, 16, 33}, {33}}, conv(Same(3))},
		{"Conv2D/1x1, no bias", [][]int{{2, 3, 3, 4}, {1, 1, 4, 6}}, conv(Same(1))},
		{"Conv2D/1x1, stride 2", [][]int{{2, 4, 5, 3}, {1, 1, 3, 4}, {4}}, conv(Padded(2, 0))},
		{"Conv2D/stride 2, padding 1", [][]int{{2, 6, 5, 3}, {3, 3, 3, 4}, {4}}, conv(Padded(2, 1))},
		{"Conv2D/stride 2, padding below and right", [][]int{{2, 6, 4, 3}, {3, 3, 3, 4}, {4}},
			conv(Geometry{Stride: 2, PadBottom: 1, PadRight: 1})},
		{"Conv2D/no padding", [][]int{{1, 5, 5, 2}, {3, 3, 2, 3}, {3}, {1, 3}}, conv(Geometry{})},
	}
}

func normCases() []opCase {
	group := func(groups int, silu bool) func(t *Tape, in []*Var) *Var {
		return func(t *Tape, in []*Var) *Var { return t.GroupNorm(in[0], in[1], in[2], groups, 1e-5, silu) }
	}
	layer := func(silu bool) func(t *Tape, in []*Var) *Var {
		return func(t *Tape, in []*Var) *Var {
			if len(in) == 1 {
				return t.LayerNorm(in[0], nil, nil, 1e-5, silu)
			}
			return t.LayerNorm(in[0], in[1], in[2], 1e-5, silu)
		}
	}
	return []opCase{
		{"GroupNorm", [][]int{{2, 3, 5, 6}, {6}, {6}}, group(2, false)},
		{"GroupNorm/SiLU", [][]int{{2, 3, 5, 6}, {6}, {6}}, group(3, true)},
		{"GroupNorm/one group, a sequence", [][]int{{3, 7, 4}, {4}, {4}}, group(1, false)},
		{"GroupNorm/no positions", [][]int{{3, 20}, {20}, {20}}, group(2, true)},
		{"LayerNorm", [][]int{{2, 3, 19}, {19}, {19}}, layer(false)},
		{"LayerNorm/SiLU", [][]int{{5, 18}, {18}, {18}}, layer(true)},
		{"LayerNorm/no affine", [][]int{{5, 18}}, layer(false)},
		{"LayerNorm/no affine, SiLU", [][]int{{5, 18}}, layer(true)},
	}
}

func shapeCases() []opCase {
	return []opCase{
		{"Upsample2", [][]int{{2, 3, 2, 5}}, func(t *Tape, in []*Var) *Var { return t.Upsample2(in[0]) }},
		{"Concat", [][]int{{2, 3, 5}, {2, 3, 2}}, func(t *Tape, in []*Var) *Var { return t.Concat(in[0], in[1]) }},
		{"Concat/with itself", [][]int{{3, 5}}, func(t *Tape, in []*Var) *Var { return t.Concat(in[0], in[0]) }},
		{"SliceLast", [][]int{{2, 3, 7}}, func(t *Tape, in []*Var) *Var { return t.SliceLast(in[0], 2, 5) }},
		{"Reshape", [][]int{{2, 6}}, func(t *Tape, in []*Var) *Var { return t.Reshape(in[0], 3, 4) }},
	}
}

func elementCases() []opCase {
	return []opCase{
		{"SiLU", [][]int{{3, 17}}, func(t *Tape, in []*Var) *Var { return t.SiLU(in[0]) }},
		{"Add", [][]int{{3, 7}, {3, 7}}, func(t *Tape, in []*Var) *Var { return t.Add(in[0], in[1]) }},
		{"Add/itself", [][]int{{3, 7}}, func(t *Tape, in []*Var) *Var { return t.Add(in[0], in[0]) }},
		{"Mul", [][]int{{3, 7}, {3, 7}}, func(t *Tape, in []*Var) *Var { return t.Mul(in[0], in[1]) }},
		{"Mul/itself", [][]int{{3, 7}}, func(t *Tape, in []*Var) *Var { return t.Mul(in[0], in[0]) }},
		{"Scale", [][]int{{3, 7}}, func(t *Tape, in []*Var) *Var { return t.Scale(in[0], -0.75) }},
		{"Sum", [][]int{{5, 7}}, func(t *Tape, in []*Var) *Var { return t.Sum(in[0]) }},
		{"AddRows", [][]int{{2, 3, 4, 5}, {2, 5}}, func(t *Tape, in []*Var) *Var { return t.AddRows(in[0], in[1]) }},
		{"AddRows/no positions", [][]int{{3, 5}, {3, 5}}, func(t *Tape, in []*Var) *Var { return t.AddRows(in[0], in[1]) }},
		{"MulRows", [][]int{{2, 3, 4, 5}, {2, 5}}, func(t *Tape, in []*Var) *Var { return t.MulRows(in[0], in[1]) }},
		{"ScaleShift", [][]int{{2, 7, 5}, {2, 5}, {2, 5}}, func(t *Tape, in []*Var) *Var { return t.ScaleShift(in[0], in[1], in[2]) }},
		{"ScaleShift/one vector for both", [][]int{{2, 7, 5}, {2, 5}}, func(t *Tape, in []*Var) *Var {
			return t.ScaleShift(in[0], in[1], in[1])
		}},
	}
}

func lossCases() []opCase {
	target := tensor.New(3, 5)
	numbers("target", target.Data)
	each := make([]float32, 15)
	numbers("weights", each)
	mse := func(w []float32) func(t *Tape, in []*Var) *Var {
		return func(t *Tape, in []*Var) *Var { return t.MSE(in[0], target, w) }
	}
	classes := func(w []float32) func(t *Tape, in []*Var) *Var {
		return func(t *Tape, in []*Var) *Var {
			return t.CrossEntropy(in[0], []int32{0, 3, 5, 9}, []int32{2, 0, 1, 0, 1, 3}, w)
		}
	}
	return []opCase{
		{"MSE", [][]int{{3, 5}}, mse(nil)},
		{"MSE/weight per row", [][]int{{3, 5}}, mse([]float32{0.5, 0, 3})},
		{"MSE/weight per number", [][]int{{3, 5}}, mse(each)},
		{"CrossEntropy", [][]int{{2, 9}}, classes(nil)},
		{"CrossEntropy/weights", [][]int{{2, 9}}, classes([]float32{1, 0.5, 0, 2, 1, 0.25})},
	}
}

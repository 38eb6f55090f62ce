package nn

import (
	"math"
	"slices"
	"strings"
	"testing"

	"ebb/engine/autograd"
	"ebb/engine/rng"
	"ebb/engine/tensor"
)

func builder() *Builder { return NewBuilder(rng.New(7, rng.Init)) }

func TestNamesAreDottedPaths(t *testing.T) {
	b := builder()
	block := b.At("down_blocks", 0).At("resnets", 1)
	block.GroupNorm("norm1", 8, 2, 1e-5)
	block.Conv2D("conv1", 8, 4, 3)
	b.SelfAttention("mid", 4, 2)
	b.Linear("head", 3, 2, NoBias)
	b.Embedding("classes", 10, 4)
	var names []string
	for _, p := range b.Params() {
		names = append(names, p.Name)
	}
	want := []string{
		"down_blocks.0.resnets.1.norm1.weight", "down_blocks.0.resnets.1.norm1.bias",
		"down_blocks.0.resnets.1.conv1.weight", "down_blocks.0.resnets.1.conv1.bias",
		"mid.to_q.weight", "mid.to_q.bias", "mid.to_k.weight", "mid.to_k.bias",
		"mid.to_v.weight", "mid.to_v.bias", "mid.to_out.0.weight", "mid.to_out.0.bias",
		"head.weight", "classes.weight",
	}
	if !slices.Equal(names, want) {
		t.Errorf("names\n%s\nwant\n%s", strings.Join(names, "\n"), strings.Join(want, "\n"))
	}
	ps := b.Params()
	if got, want := ps.Count(), 8+8+8*4*9+4+4*(16+4)+6+40; got != want {
		t.Errorf("%d parameters, want %d", got, want)
	}
	if ps.ByName("head.weight") == nil || ps.ByName("head") != nil {
		t.Error("ByName finds the wrong ones")
	}
	for _, p := range ps {
		if p.NoDecay != (p.Value().Rank() == 1) {
			t.Errorf("%s %s: NoDecay = %v", p.Name, p.Value(), p.NoDecay)
		}
	}
	defer func() {
		if msg, _ := recover().(string); !strings.Contains(msg, "head.weight") {
			t.Errorf("a name taken twice: panic %q", msg)
		}
	}()
	b.Linear("head", 3, 2)
}

// TestFileLayoutIsPyTorchs places every number of a weight by its axes.
func TestFileLayoutIsPyTorchs(t *testing.T) {
	b := builder()
	for _, c := range []struct {
		p         *Param
		fileShape []int
		at        func(i []int) []int // memory index from file index
	}{
		{b.Linear("l", 5, 3).W, []int{3, 5}, func(i []int) []int { return []int{i[1], i[0]} }},
		{b.Conv2D("c", 4, 6, 3).W, []int{6, 4, 3, 3}, func(i []int) []int { return []int{i[2], i[3], i[1], i[0]} }},
		{b.Embedding("e", 4, 3).Table, []int{4, 3}, func(i []int) []int { return i }},
		{b.GroupNorm("n", 4, 2, 1e-5).Gamma, []int{4}, func(i []int) []int { return i }},
	} {
		if got := c.p.FileShape(); !slices.Equal(got, c.fileShape) {
			t.Errorf("%s: file shape %v, want %v", c.p.Name, got, c.fileShape)
		}
		memory := make([]float32, c.p.Value().Len())
		for i := range memory {
			memory[i] = float32(i)
		}
		file, back := make([]float32, len(memory)), make([]float32, len(memory))
		c.p.ToFile(file, memory)
		for i, got := range file {
			want := memory[flat(c.at(unflat(i, c.fileShape)), c.p.Value().Shape)]
			if got != want {
				t.Fatalf("%s: file place %v holds %v, want %v", c.p.Name, unflat(i, c.fileShape), got, want)
			}
		}
		c.p.FromFile(back, file)
		if !slices.Equal(back, memory) {
			t.Errorf("%s: FromFile does not undo ToFile", c.p.Name)
		}
	}
}

func flat(index, shape []int) int {
	n := 0
	for a, d := range shape {
		n = n*d + index[a]
	}
	return n
}

func unflat(n int, shape []int) []int {
	index := make([]int, len(shape))
	for a := len(shape) - 1; a >= 0; a-- {
		index[a], n = n%shape[a], n/shape[a]
	}
	return index
}

// TestInitDependsOnSeedAndNameAlone: other parameters of the network, made
// before or between, change nothing.
func TestInitDependsOnSeedAndNameAlone(t *testing.T) {
	alone := builder().Linear("head", 30, 20)
	b := builder()
	first := b.Linear("first", 30, 20)
	crowd := b.Linear("head", 30, 20)
	if !slices.Equal(alone.W.Value().Data, crowd.W.Value().Data) {
		t.Error("a parameter made before changed the initial values")
	}
	if slices.Equal(first.W.Value().Data, crowd.W.Value().Data) {
		t.Error("two names have the same initial values")
	}
	other := NewBuilder(rng.New(8, rng.Init)).Linear("head", 30, 20)
	if slices.Equal(alone.W.Value().Data, other.W.Value().Data) {
		t.Error("two seeds have the same initial values")
	}
}

// TestInitialSpread holds mean and variance of the draws against their laws:
// variance 1/(3n) for the uniform in ±1/√n, 1 for a table. Five standard errors;
// sizes beyond one chunk of 4096.
func TestInitialSpread(t *testing.T) {
	b := builder()
	for _, c := range []struct {
		p        *Param
		variance float64
		kurtosis float64 // fourth moment over the squared variance
		bound    float64
	}{
		{b.Linear("l", 100, 130).W, 1.0 / 300, 1.8, 0.1},
		{b.Linear("l2", 100, 13000).B, 1.0 / 300, 1.8, 0.1},
		{b.Conv2D("c", 16, 64, 3).W, 1.0 / (3 * 144), 1.8, 1.0 / 12},
		{b.Embedding("e", 200, 50).Table, 1, 3, 7},
	} {
		x := c.p.Value().Data
		n := float64(len(x))
		var mean, square, largest float64
		for _, v := range x {
			mean += float64(v) / n
			square += float64(v) * float64(v) / n
			largest = max(largest, math.Abs(float64(v)))
		}
		if se := math.Sqrt(c.variance / n); math.Abs(mean) > 5*se {
			t.Errorf("%s: mean %.3g, standard error %.3g", c.p.Name, mean, se)
		}
		if se := c.variance * math.Sqrt((c.kurtosis-1)/n); math.Abs(square-c.variance) > 5*se {
			t.Errorf("%s: variance %.5g, want %.5g, standard error %.3g", c.p.Name, square, c.variance, se)
		}
		if len(x) > 8192 && slices.Equal(x[:64], x[4096:4160]) {
			t.Errorf("%s: the second chunk repeats the first", c.p.Name)
		}
		if largest > c.bound {
			t.Errorf("%s: a draw of %v, the bound is %v", c.p.Name, largest, c.bound)
		}
	}
}

func TestOptions(t *testing.T) {
	b := builder()
	if l := b.Linear("nobias", 3, 2, NoBias); l.B != nil {
		t.Error("NoBias made a bias")
	}
	for _, p := range []*Param{
		b.Linear("a", 3, 2, ZeroInit).W, b.Linear("b", 3, 2, ZeroInit).B, b.Conv2D("c", 3, 2, 1, ZeroInit).W,
		b.Embedding("d", 3, 2, ZeroInit).Table, b.SelfAttention("e", 4, 1, NoBias, ZeroInit).Out.W,
	} {
		for _, v := range p.Value().Data {
			if v != 0 {
				t.Errorf("%s: ZeroInit left %v", p.Name, v)
			}
		}
	}
	attention := b.SelfAttention("f", 4, 1, NoBias, ZeroInit)
	if attention.Q.B != nil || attention.Out.B == nil || attention.Q.W.Value().Data[0] == 0 {
		t.Error("NoBias is for queries, keys, values; ZeroInit for the map back")
	}
	if l := b.LayerNorm("g", 4, 1e-5, NoAffine); l.Gamma != nil || l.Beta != nil {
		t.Error("NoAffine made a scale or shift")
	}
}

// TestLayersPassTheirParameters computes small integer cases by hand.
func TestLayersPassTheirParameters(t *testing.T) {
	b, tape := builder(), autograd.NewInference(nil)
	in := func(data []float32, shape ...int) *autograd.Var { return tape.Const(tensor.From(data, shape...)) }
	expect := func(name string, y *autograd.Var, want ...float32) {
		t.Helper()
		for i, v := range y.Value.Data {
			if math.Abs(float64(v-want[i])) > 1e-4 {
				t.Errorf("%s = %v, want %v", name, y.Value.Data, want)
				return
			}
		}
	}

	l := b.Linear("l", 2, 2)
	copy(l.W.Value().Data, []float32{1, 2, 3, 4})
	copy(l.B.Value().Data, []float32{10, 20})
	expect("linear", l.Forward(tape, in([]float32{1, 1}, 1, 2)), 14, 26)

	c := b.Conv2D("c", 1, 1, 3)
	c.W.Value().Zero()
	c.W.Value().Data[1] = 1 // the window's place above the centre
	copy(c.B.Value().Data, []float32{10})
	c.Geometry = autograd.Same(3)
	expect("conv", c.Forward(tape, in([]float32{1, 2, 3, 4}, 1, 2, 2, 1)), 10, 10, 11, 12)
	shift := in([]float32{100}, 1, 1)
	expect("conv with shift", c.ForwardShift(tape, in([]float32{1, 2, 3, 4}, 1, 2, 2, 1), shift), 110, 110, 111, 112)

	g := b.GroupNorm("g", 2, 1, 0)
	copy(g.Gamma.Value().Data, []float32{2, 3})
	copy(g.Beta.Value().Data, []float32{5, 6})
	expect("group norm", g.Forward(tape, in([]float32{-1, 1}, 1, 1, 2)), 3, 9)
	expect("group norm, SiLU", g.ForwardSiLU(tape, in([]float32{-1, 1}, 1, 1, 2)), 2.857722, 8.998890)

	n := b.LayerNorm("n", 2, 0)
	copy(n.Gamma.Value().Data, []float32{2, 3})
	copy(n.Beta.Value().Data, []float32{5, 6})
	expect("layer norm", n.Forward(tape, in([]float32{-1, 1}, 1, 2)), 3, 9)
	expect("layer norm, SiLU", n.ForwardSiLU(tape, in([]float32{-1, 1}, 1, 2)), 2.857722, 8.998890)

	e := b.Embedding("e", 3, 2)
	copy(e.Table.Value().Data, []float32{1, 2, 3, 4, 5, 6})
	expect("embedding", e.Forward(tape, []int32{2, -1}), 5, 6, 0, 0)
	expect("embedding sum", e.ForwardSum(tape, []int32{2, 0, 1, -1}, 2), 6, 8, 3, 4)
}

// TestSelfAttentionOfEqualPositionsIsTheirValue: with equal positions every
// average of values is that value, whatever queries and keys say, so the layer is
// the product of its value and output maps.
func TestSelfAttentionOfEqualPositionsIsTheirValue(t *testing.T) {
	b, tape := builder(), autograd.NewInference(nil)
	a := b.SelfAttention("a", 4, 2)
	one := []float32{0.5, -1, 2, 0.25}
	x := tape.Const(tensor.From(slices.Concat(one, one, one), 1, 3, 4))
	want := a.Out.Forward(tape, a.V.Forward(tape, x)).Value.Clone()
	got := a.Forward(tape, x).Value
	for i, v := range got.Data {
		if math.Abs(float64(v-want.Data[i])) > 1e-6 {
			t.Fatalf("attention %v, want %v", got.Data, want.Data)
		}
	}
}

func TestZeroGradReachesAll(t *testing.T) {
	b, tape := builder(), autograd.New(nil)
	l := b.Linear("l", 3, 2)
	tape.Backward(tape.Sum(l.Forward(tape, tape.Const(tensor.From([]float32{1, 2, 3}, 1, 3)))))
	if !slices.Equal(l.W.Var.Grad.Data, []float32{1, 1, 2, 2, 3, 3}) || l.B.Var.Grad.Data[0] != 1 {
		t.Errorf("gradients %v, %v", l.W.Var.Grad.Data, l.B.Var.Grad.Data)
	}
	b.Params().ZeroGrad()
	if l.W.Var.Grad.Data[5] != 0 || l.B.Var.Grad.Data[0] != 0 {
		t.Error("ZeroGrad left a gradient")
	}
}

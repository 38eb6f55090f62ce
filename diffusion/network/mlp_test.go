package network

import (
	"math"
	"strings"
	"testing"

	"ebb/engine/autograd"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
	"ebb/engine/tensor"
)

// tables are the three kinds of table.
var tables = map[string]MLPConfig{
	"mixed":      {Numeric: 3, Cards: []int{2, 5}, Width: 8, Hidden: 12, Blocks: 2, TimeWidth: 8},
	"numbers":    {Numeric: 4, Width: 8, Hidden: 8, Blocks: 1, TimeWidth: 6},
	"categories": {Cards: []int{3, 1, 4}, Width: 8, Hidden: 8, Blocks: 1, TimeWidth: 4},
}

func newMLP(t testing.TB, c MLPConfig) *MLP {
	t.Helper()
	m, err := NewMLP(c, rng.New(1, rng.Init))
	if err != nil {
		t.Fatal(err)
	}
	shake(m.Params())
	return m
}

// someRows makes n rows of numbers, times and cells, every third of them masked.
func someRows(c MLPConfig, n int) (*tensor.Tensor, []float64, []int32) {
	x, time := tensor.New(n, c.Numeric), make([]float64, n)
	var cells []int32
	for i := range n {
		rng.New(3, rng.Noise).Normals32(x.Data[i*c.Numeric:(i+1)*c.Numeric], 0, uint64(i))
		time[i] = float64(i+1) / float64(n+1)
		for j, k := range c.Cards {
			cell := int32((i + j) % k)
			if (i+2*j)%3 == 0 {
				cell = -1
			}
			cells = append(cells, cell)
		}
	}
	return x, time, cells
}

// The output is the doc comment's formula in float64, written down once more.
func TestMLPIsItsFormula(t *testing.T) {
	for name, c := range tables {
		m := newMLP(t, c)
		x, time, cells := someRows(c, 4)
		tape := autograd.NewInference(nil)
		got := m.Forward(tape, tape.Const(x), time, cells).Value
		cols := len(c.Cards)
		for i := range time {
			want := reference(m, x.Data[i*c.Numeric:(i+1)*c.Numeric], time[i], cells[i*cols:(i+1)*cols])
			for j, w := range want {
				if d := math.Abs(float64(got.Data[i*len(want)+j]) - w); !(d < 1e-5) {
					t.Errorf("%s: row %d, output %d differs by %.2g", name, i, j, d)
				}
			}
		}
	}
}

type vector = []float64

// plain is the network in float64, an operation a method.
type plain struct{ m *MLP }

func (p plain) param(name string) []float32 { return p.m.Params().ByName(name).Value().Data }

func (p plain) linear(name string, in vector) vector {
	w := p.param(name + ".weight")
	out := make(vector, len(w)/len(in))
	for o := range out {
		if b := p.m.Params().ByName(name + ".bias"); b != nil {
			out[o] = float64(b.Value().Data[o])
		}
		for i, v := range in {
			out[o] += v * float64(w[i*len(out)+o])
		}
	}
	return out
}

func (p plain) norm(name string, in vector) vector {
	mean, variance, out := 0.0, 0.0, make(vector, len(in))
	for _, v := range in {
		mean += v / float64(len(in))
	}
	for _, v := range in {
		variance += (v - mean) * (v - mean) / float64(len(in))
	}
	for i, v := range in {
		out[i] = (v-mean)/math.Sqrt(variance+1e-5)*float64(p.param(name + ".weight")[i]) + float64(p.param(name + ".bias")[i])
	}
	return out
}

func silu(in vector) vector {
	out := make(vector, len(in))
	for i, v := range in {
		out[i] = v / (1 + math.Exp(-v))
	}
	return out
}

func plus(a, b vector) vector {
	out := make(vector, len(a))
	for i := range a {
		out[i] = a[i] + b[i]
	}
	return out
}

// enter is the sum of the numbers' map and one row of the table for each cell.
func (p plain) enter(x []float32, cells []int32) vector {
	c := p.m.Config
	h := make(vector, c.Width)
	if c.Numeric > 0 {
		numbers := make(vector, len(x))
		for i, v := range x {
			numbers[i] = float64(v)
		}
		h = p.linear("in", numbers)
	}
	first := 0
	for j, k := range c.Cards {
		id := first + int(cells[j])
		if cells[j] < 0 {
			id = first + k
		}
		for i := range h {
			h[i] += float64(p.param("cells.weight")[id*c.Width+i])
		}
		first += k + 1
	}
	return h
}

func reference(m *MLP, x []float32, time float64, cells []int32) vector {
	p, c := plain{m}, m.Config
	waves, half := make(vector, c.TimeWidth), c.TimeWidth/2
	for i := range half {
		angle := 1000 * time * math.Pow(10000, -float64(i)/float64(half))
		waves[i], waves[half+i] = math.Sin(angle), math.Cos(angle)
	}
	e := silu(p.linear("time2", silu(p.linear("time1", waves))))
	h := p.enter(x, cells)
	for b := range c.Blocks {
		at := "blocks." + string(rune('0'+b))
		a := plus(p.linear(at+".fc1", p.norm(at+".norm", h)), p.linear(at+".time", e))
		h = plus(h, p.linear(at+".fc2", silu(a)))
	}
	return p.linear("out", p.norm("norm", h))
}

func TestMLPGradient(t *testing.T) {
	for name, c := range tables {
		m := newMLP(t, c)
		x, time, cells := someRows(c, 12) // every category and mask occurs
		width := c.Numeric
		for _, k := range c.Cards {
			width += k
		}
		target := tensor.New(12, width)
		rng.New(5, rng.Noise).Normals32(target.Data, 0, 0)
		checkGradient(t, name, m.Params(), func(t *autograd.Tape) *autograd.Var {
			return t.MSE(m.Forward(t, t.Const(x), time, cells), target, nil)
		})
	}
}

func TestMLPRowsAndRelease(t *testing.T) {
	pool := parallel.New(3)
	defer pool.Close()
	for name, c := range tables {
		m := newMLP(t, c)
		x, time, cells := someRows(c, 5)
		cols := len(c.Cards)
		checkRows(t, name, pool, 5, func(tape *autograd.Tape, lo, hi int) *autograd.Var {
			return m.Forward(tape, tape.Const(rowsOf(x, lo, hi)), time[lo:hi], cells[lo*cols:hi*cols])
		})
	}
}

// Rows that share their time have the bits they have beside rows of other times.
func TestMLPOfOneTimeIsMLPOfManyTimes(t *testing.T) {
	for name, c := range tables {
		m := newMLP(t, c)
		x, time, cells := someRows(c, 5)
		for i := range time {
			time[i] = 0.25
		}
		mixed := append([]float64(nil), time...)
		mixed[4] = 0.5
		run := func(time []float64) []float32 {
			tape := autograd.NewFrozen(nil)
			return m.Forward(tape, tape.Const(x), time, cells).Value.Data
		}
		one, many := run(time), run(mixed)
		for i, v := range one[:len(one)/5*4] {
			if v != many[i] {
				t.Fatalf("%s: output %d is %v among rows of its time, %v among others", name, i, v, many[i])
			}
		}
	}
}

// An untrained network predicts 0 and equal logits.
func TestMLPStartsAtZero(t *testing.T) {
	c := tables["mixed"]
	m, err := NewMLP(c, rng.New(1, rng.Init))
	if err != nil {
		t.Fatal(err)
	}
	x, time, cells := someRows(c, 3)
	tape := autograd.NewInference(nil)
	y := m.Forward(tape, tape.Const(x), time, cells).Value
	if y.Dim(1) != 3+2+5 {
		t.Errorf("output %v of 3 numbers and 2+5 categories", y)
	}
	for i, v := range y.Data {
		if v != 0 {
			t.Errorf("output %d is %g", i, v)
		}
	}
}

// The default network of a table like Adult (6 numbers, 9 categorical columns)
// has about a million parameters.
func TestMLPDefaultSize(t *testing.T) {
	m, err := NewMLP(MLPConfig{Numeric: 6, Cards: []int{9, 16, 7, 15, 6, 5, 2, 42, 2}}, rng.New(0, rng.Init))
	if err != nil {
		t.Fatal(err)
	}
	if n := m.Params().Count(); n < 1_000_000 || n > 1_500_000 {
		t.Errorf("%d parameters", n)
	}
}

func TestMLPConfigErrors(t *testing.T) {
	for want, c := range map[string]MLPConfig{
		"at least one column": {},
		"column 1 has 0":      {Cards: []int{2, 0}},
		"width -1":            {Numeric: 1, Width: -1},
		"timeWidth 2":         {Numeric: 1, TimeWidth: 2},
	} {
		if _, err := NewMLP(c, rng.New(0, rng.Init)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}

func TestMLPMisusePanics(t *testing.T) {
	m := newMLP(t, tables["mixed"])
	x, time, cells := someRows(tables["mixed"], 2)
	for want, run := range map[string]func(tape *autograd.Tape){
		"want x (N,3)":              func(tape *autograd.Tape) { m.Forward(tape, tape.Const(tensor.New(2, 4)), time, cells) },
		"cells (N,2)":               func(tape *autograd.Tape) { m.Forward(tape, tape.Const(x), time, nil) },
		"column 1: category 5 of 5": func(tape *autograd.Tape) { m.Forward(tape, tape.Const(x), time, []int32{0, 0, 0, 5}) },
		"got (2,3), 1 and 4":        func(tape *autograd.Tape) { m.Forward(tape, tape.Const(x), time[:1], cells) },
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, want) {
					t.Errorf("panic %q does not say %q", got, want)
				}
			}()
			run(autograd.NewInference(nil))
		}()
	}
}

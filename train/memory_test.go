package train

import (
	"bytes"
	"context"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ebb/data/image"
	"ebb/engine/autograd"
	"ebb/engine/kernel/parallel"
	"ebb/engine/nn"
	"ebb/engine/rng"
	"ebb/engine/tensor"
	"ebb/model"
)

// pictures are a labelled source and a tiny model's configuration for it.
func pictures(t *testing.T) (*model.Source, *model.Config) {
	t.Helper()
	m := image.New(40, 8, 8, 1)
	for i := range m.Pixels {
		m.Pixels[i] = uint8(rng.New(7, rng.Test).Uint64(0, uint64(i)))
	}
	m.LabelNames = []string{"a", "b"}
	for i := range m.N {
		m.Labels = append(m.Labels, int32(i%2))
	}
	c, err := model.NewImageConfig(m, "tiny")
	if err != nil {
		t.Fatal(err)
	}
	c.Training.Batch, c.Training.Steps = 24, 3
	return &model.Source{Images: m, Path: "pictures"}, c
}

// trained are the weights after a job, and its configuration.
func trained(t *testing.T, src *model.Source, c model.Config, threads int) ([]byte, *model.Config) {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "run")
	job, err := Start(dir, &c, src)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	pool := parallel.New(threads)
	defer pool.Close()
	m, err := model.New(job.Config, pool)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := job.Fit(context.Background(), m, pool, nil); err != nil {
		t.Fatal(err)
	}
	weights, err := os.ReadFile(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	kept, err := model.ReadConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	return weights, kept
}

// TestRecomputationKeepsTheBytesOfARun, with and without micro-batches; the last
// of these is smaller than the others.
func TestRecomputationKeepsTheBytesOfARun(t *testing.T) {
	src, c := pictures(t)
	for _, micro := range []int{0, 7} {
		c.Training.MicroBatch = micro
		c.Training.Recompute = ""
		want, _ := trained(t, src, *c, 1)
		for _, again := range []string{"norms", "blocks"} {
			c.Training.Recompute = again
			if got, _ := trained(t, src, *c, 2); !bytes.Equal(got, want) {
				t.Errorf("micro-batch %d: weights differ when %s are computed twice", micro, again)
			}
		}
	}
}

// TestPartsMakeTheWhole: losses and gradients of the parts of a batch add up to
// those of the batch, up to the rounding of float32 sums.
func TestPartsMakeTheWhole(t *testing.T) {
	src, c := pictures(t)
	m, err := model.New(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i, p := range m.Params() { // zeros would hide most of the gradient
		if p.Name == "conv_out.weight" {
			rng.New(2, rng.Test).Normals32(p.Value().Data, uint64(i), 0)
		}
	}
	o, err := model.ObjectiveFor(m, src)
	if err != nil {
		t.Fatal(err)
	}
	gradient := func(micro int) (float64, [][]float32) {
		l := loop{Trainer: &Trainer{Objective: o, Settings: Settings{MicroBatch: micro}}, tape: autograd.New(nil), step: 5}
		if l.parts, err = l.inParts(); err != nil {
			t.Fatal(err)
		}
		m.Params().ZeroGrad()
		loss := l.gradients()
		var g [][]float32
		for _, p := range m.Params() {
			g = append(g, p.Var.Grad.Clone().Data)
		}
		return loss, g
	}
	loss, want := gradient(0)
	for _, micro := range []int{1, 7, 12} {
		got, g := gradient(micro)
		if math.Abs(got-loss) > 1e-5*loss {
			t.Errorf("parts of %d rows: loss %g, of the batch %g", micro, got, loss)
		}
		for i, p := range m.Params() {
			var off, size float64
			for j, v := range want[i] {
				off += math.Pow(float64(g[i][j]-v), 2)
				size += math.Pow(float64(v), 2)
			}
			if math.Sqrt(off) > 1e-4*math.Sqrt(size)+1e-6 { // a shift of all keys changes nothing: its gradient is noise
				t.Errorf("parts of %d rows: the gradient of %s is off by %g of %g", micro, p.Name, math.Sqrt(off), math.Sqrt(size))
			}
		}
	}
}

// TestBudgetIsPlannedAndRecorded: the less memory, the smaller the parts and the
// more is computed twice; the plan stands in the run, and without the budget it
// gives the same bytes.
func TestBudgetIsPlannedAndRecorded(t *testing.T) {
	src, c := pictures(t)
	c.Training.Memory = 1 << 34
	weights, kept := trained(t, src, *c, 1)
	if kept.Training.MicroBatch != 24 || kept.Training.Recompute != "" || kept.Training.Memory != 1<<34 {
		t.Errorf("with memory enough: %+v", kept.Training)
	}
	c.Training.Memory = 0
	if plain, _ := trained(t, src, *c, 1); !bytes.Equal(plain, weights) {
		t.Error("a budget that is large enough changes the weights")
	}
	c.Training.Memory = 1 << 20
	_, err := Start(filepath.Join(t.TempDir(), "run"), c, src)
	if err == nil || !strings.Contains(err.Error(), "least that works") {
		t.Errorf("a budget of 1 MiB: %v, want an error with the least that works", err)
	}
}

// rows is an objective that takes 1000 floats a row for good and 3000 where the
// thrift allows it.
type rows struct{ w *autograd.Var }

func (r rows) Params() nn.Params { return nil }
func (r rows) Batch() int        { return 64 }
func (r rows) Loss(t *autograd.Tape, step int) *autograd.Var {
	return r.Part(t, step, 0, r.Batch())
}

func (r rows) Part(t *autograd.Tape, _, lo, hi int) *autograd.Var {
	t.New(hi-lo, 1000)
	if t.Thrift < autograd.BlocksTwice {
		t.New(hi-lo, 3000)
	}
	return t.Sum(t.Scale(r.w, 1))
}

// TestPlansGoFromCheapToSmall: parts are halved down to an eighth before blocks
// are computed twice, and only then made smaller still; an explicit micro-batch stays.
func TestPlansGoFromCheapToSmall(t *testing.T) {
	x := rows{autograd.Param(newScalar())}
	levels := []autograd.Thrift{autograd.CopiesTwice, autograd.BlocksTwice}
	const row = 4000 * 4 * model.Slack
	for _, c := range []struct {
		rows   float64 // of 4000 floats that fit
		asked  int
		micro  int
		thrift autograd.Thrift
	}{
		{65, 0, 64, autograd.CopiesTwice},
		{33, 0, 32, autograd.CopiesTwice},
		{8.5, 0, 8, autograd.CopiesTwice},
		{7.5, 0, 16, autograd.BlocksTwice},
		{2.5, 0, 8, autograd.BlocksTwice},
		{1.5, 0, 1, autograd.CopiesTwice},
		{0.4, 0, 1, autograd.BlocksTwice},
		{7.5, 5, 5, autograd.CopiesTwice},
		{7.5, 20, 20, autograd.BlocksTwice},
	} {
		p, err := choose(model.Training{Memory: 1000 + model.Bytes(c.rows*row), MicroBatch: c.asked}, x, 1000-200, levels)
		if err != nil || p.MicroBatch != c.micro || p.Thrift != c.thrift {
			t.Errorf("room for %g rows, %d asked for: %v, %v; want %d rows, thrift %d", c.rows, c.asked, p, err, c.micro, c.thrift)
		}
	}
}

func newScalar() *tensor.Tensor { return tensor.New(1) }

package denoise_test

import (
	"context"
	"math"
	"testing"

	"ebb/diffusion/denoise"
	"ebb/diffusion/network"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/autograd"
	"ebb/engine/optim"
	"ebb/engine/rng"
	"ebb/engine/tensor"
)

// A small table with a known joint distribution: two categorical columns, the
// second of which mostly follows the first, and two numbers around a centre that
// the first decides, one tied to the other.
var tableCard = []int{2, 3}

func tableRows(n int, stream rng.Stream, step uint64) denoise.TableBatch {
	b := denoise.TableBatch{X: tensor.New(n, 2), Cells: process.NewCells(n, tableCard)}
	u, z := make([]float64, 2), make([]float64, 2)
	for r := range n {
		stream.Uniforms(u, 2*step, uint64(r))
		stream.Normals(z, 2*step+1, uint64(r))
		first, second := int32(0), int32(0)
		if u[0] < 0.3 {
			first = 1
		}
		switch {
		case u[1] < 0.8:
			second = 2 * first
		case u[1] < 0.9:
			second = 1
		default:
			second = 2 - 2*first
		}
		b.Cells.Row(r)[0], b.Cells.Row(r)[1] = first, second
		x := 1.2*float64(first) - 0.4 + 0.4*z[0]
		b.X.Data[2*r] = float32(x)
		b.X.Data[2*r+1] = float32(-x + 0.3*z[1])
	}
	return b
}

func tableNetwork(t *testing.T, width int) *network.MLP {
	t.Helper()
	net, err := network.NewMLP(network.MLPConfig{Numeric: 2, Cards: tableCard, Width: width, Blocks: 2, TimeWidth: 32}, rng.New(1, rng.Init))
	if err != nil {
		t.Fatal(err)
	}
	return net
}

func tableObjective() *denoise.TableObjective {
	return &denoise.TableObjective{Sch: schedule.Cosine{}, Predict: denoise.Velocity, Card: tableCard}
}

// A new network says nothing: velocity 0, all categories alike. Its loss is then
// the target's mean square, and for every category column the logarithm of its
// size, because the bound's weight makes each cell count once on average.
func TestLossOfANetworkThatSaysNothing(t *testing.T) {
	net := tableNetwork(t, 16)
	obj := tableObjective()
	var mean, square float64
	const steps, rows = 60, 512
	for step := range steps {
		b := tableRows(rows, rng.New(1, rng.Test), uint64(step))
		obj.CellShare = 1
		whole := float64(obj.Loss(autograd.New(nil), net, b, denoise.Draws{Seed: 2, Step: step}).Value.Data[0])
		obj.CellShare = 1e-9
		numbers := float64(obj.Loss(autograd.New(nil), net, b, denoise.Draws{Seed: 2, Step: step}).Value.Data[0])
		cells := 4 * (whole - numbers)
		mean += cells / steps
		square += cells * cells / steps
	}
	want := math.Log(2) + math.Log(3)
	se := math.Sqrt((square - mean*mean) / steps)
	// The weight's cap at 50 takes away 2 %: of the integral of t min(1/t, 50).
	if want *= 1 - 0.01; math.Abs(mean-want) > 4*se+0.01*want {
		t.Errorf("cross entropy %v a row, want %v within 4 x %v", mean, want, se)
	}
}

// The loss's gradient is its derivative, through the whole network and both
// parts.
func TestTableLossGradient(t *testing.T) {
	net := tableNetwork(t, 16)
	for i, p := range net.Params() {
		rng.New(3, rng.Test).Normals32(p.Value().Data, 0, uint64(i))
		for j := range p.Value().Data {
			p.Value().Data[j] *= 0.3
		}
	}
	obj := tableObjective()
	obj.CellShare = 0.7
	obj.Weight = func(sch schedule.Schedule, t float64) float64 { return 0.5 + t }
	b := tableRows(32, rng.New(1, rng.Test), 0)
	b.Known = make([]float32, 64)
	for i := range b.Known {
		b.Known[i] = float32(i % 3 / 2)
	}
	draws := denoise.Draws{Seed: 6, Step: 1}
	tape := autograd.New(nil)
	net.Params().ZeroGrad()
	tape.Backward(obj.Loss(tape, net, b, draws))
	along := 0.0
	directions := make([][]float32, len(net.Params()))
	for i, p := range net.Params() {
		directions[i] = make([]float32, p.Value().Len())
		rng.New(4, rng.Test).Normals32(directions[i], 0, uint64(i))
		for j, d := range directions[i] {
			along += float64(d) * float64(p.Var.Grad.Data[j])
		}
	}
	loss := func(h float32) float64 {
		for i, p := range net.Params() {
			for j, d := range directions[i] {
				p.Value().Data[j] += h * d
			}
		}
		return float64(obj.Loss(autograd.New(nil), net, b, draws).Value.Data[0])
	}
	const h = 1e-3
	up := loss(h)
	down := loss(-2 * h)
	if want := (up - down) / (2 * h); math.Abs(along-want) > 0.01*math.Abs(want) {
		t.Errorf("gradient along a direction %v, difference %v", along, want)
	}
}

// A number that is not known and a cell that is missing change nothing.
func TestMissingCellsHaveNoLoss(t *testing.T) {
	net := tableNetwork(t, 16)
	obj := tableObjective()
	loss := func(step int, x float32, second int32) float32 {
		b := tableRows(8, rng.New(1, rng.Test), 0)
		b.Known = make([]float32, 16)
		for i := range b.Known {
			b.Known[i] = 1
		}
		b.Known[5], b.X.Data[5] = 0, x
		b.Cells.Row(3)[1] = second
		return obj.Loss(autograd.New(nil), net, b, denoise.Draws{Seed: 2, Step: step}).Value.Data[0]
	}
	times := 0
	const steps = 100
	for step := range steps {
		for _, weight := range []denoise.Weighting{nil, denoise.MinSNR(5)} {
			obj.Weight = weight
			if a, b := loss(step, 0, process.Mask), loss(step, 3, process.Mask); a != b {
				t.Errorf("an unknown number changes the loss from %v to %v", a, b)
			}
		}
		// Row 3's second cell is asked for when it is there and the step
		// masks it, half of the time; a new network is wrong about it.
		without, with := loss(step, 0, process.Mask), loss(step, 0, 1)
		if with < without {
			t.Errorf("step %d: the loss falls from %v to %v when a cell is there", step, without, with)
		}
		if with > without {
			times++
		}
	}
	if times < steps/4 || times > 3*steps/4 {
		t.Errorf("a cell was asked for in %d of %d steps", times, steps)
	}
}

// Rows of numbers and cells go through the network in any batch to the same
// bits.
func TestTableModelGivesTheSameInAnyBatch(t *testing.T) {
	net := tableNetwork(t, 16)
	rng.New(3, rng.Test).Normals32(net.Params().ByName("out.weight").Value().Data, 0, 0)
	x := process.NewState(9, 2)
	process.Fill(x, testNoise(1), 0)
	cells := process.NewCells(9, tableCard)
	cells.Row(4)[0], cells.Row(5)[1] = 1, 2
	times := []float64{1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.3, 0.2, 0.01}
	run := func(batch int) (*process.State, []float64) {
		m := &denoise.TableModel{Net: net, Sch: schedule.Cosine{}, Predict: denoise.Velocity, Numbers: 2, Card: tableCard, Batch: batch}
		x0, logits := process.NewState(9, 2), make([]float64, 45)
		m.DenoiseCells(x0, logits, x, cells, times)
		return x0, logits
	}
	wantX, wantP := run(0)
	for _, batch := range []int{1, 4} {
		gotX, gotP := run(batch)
		for i, v := range gotX.Data {
			if v != wantX.Data[i] {
				t.Fatalf("batches of %d: number %d is %v, all at once %v", batch, i, v, wantX.Data[i])
			}
		}
		for i, v := range gotP {
			if v != wantP[i] {
				t.Fatalf("batches of %d: logit %d is %v, all at once %v", batch, i, v, wantP[i])
			}
		}
	}
}

// End to end: a small network trained for some seconds on the table gives rows
// whose joint distribution of categories, means by category and correlation are
// the table's.
func TestATrainedTableNetworkSamplesTheJointDistribution(t *testing.T) {
	if testing.Short() {
		t.Skip("trains a network")
	}
	net := tableNetwork(t, 48)
	obj := tableObjective()
	opt := optim.NewAdamW(net.Params())
	tape := autograd.New(nil)
	const steps = 700
	lr := func(step int) float64 { return 3e-3 * min(1, float64(steps-step)/float64(steps)*1.5) }
	for step := range steps {
		b := tableRows(256, rng.New(1, rng.Data), uint64(step))
		net.Params().ZeroGrad()
		tape.Backward(obj.Loss(tape, net, b, denoise.Draws{Seed: 1, Step: step}))
		opt.Update(nil, optim.Update{Step: step, LR: lr(step), Scale: 1})
		tape.Reset()
	}
	const rows = 4000
	m := &denoise.TableModel{Net: net, Sch: obj.Sch, Predict: obj.Predict, Numbers: 2, Card: tableCard, Batch: 500}
	cells := process.NewCells(rows, tableCard)
	x := process.NewState(rows, 2)
	process.Fill(x, rng.Rows{Stream: rng.New(1, rng.Prior)}, 0)
	grid, err := schedule.Uniform(50)
	if err != nil {
		t.Fatal(err)
	}
	sampler := sample.Mixed{Numeric: sample.DDPM{Variance: sample.FixedLarge}, Cells: cells, Noise: rng.Rows{Stream: rng.New(1, rng.Cells)}}
	if err := sample.Run(context.Background(), sampler, m, x, grid, rng.Rows{Stream: rng.New(1, rng.Sampler)}); err != nil {
		t.Fatal(err)
	}

	want := [6]float64{0.7 * 0.8, 0.7 * 0.1, 0.7 * 0.1, 0.3 * 0.1, 0.3 * 0.1, 0.3 * 0.8}
	var got, mean [6]float64
	var cov, v0, v1 float64
	for r := range rows {
		first := cells.Row(r)[0]
		k := 3*first + cells.Row(r)[1]
		got[k] += 1.0 / rows
		mean[k] += x.Row(r)[0]
		centre := 1.2*float64(first) - 0.4
		a, b := x.Row(r)[0]-centre, x.Row(r)[1]+centre
		cov, v0, v1 = cov+a*b, v0+a*a, v1+b*b
	}
	for k, p := range want {
		// 4 standard errors, and 0.02 for the shortness of the training.
		if se := math.Sqrt(p * (1 - p) / rows); math.Abs(got[k]-p) > 4*se+0.02 {
			t.Errorf("combination %d,%d: %.4f of the rows, want %.4f", k/3, k%3, got[k], p)
		}
		if centre := 1.2*float64(k/3) - 0.4; math.Abs(mean[k]/(got[k]*rows)-centre) > 0.15 {
			t.Errorf("combination %d,%d: mean %.3f, want %.3f", k/3, k%3, mean[k]/(got[k]*rows), centre)
		}
	}
	correlation := cov / math.Sqrt(v0*v1)
	t.Logf("shares %.3f, want %.3f; spread %.3f, want 0.400; correlation within %.3f, want -0.800", got, want, math.Sqrt(v0/rows), correlation)
	if math.Abs(correlation+0.8) > 0.06 || math.Abs(math.Sqrt(v0/rows)-0.4) > 0.05 {
		t.Errorf("within the categories: correlation %v, want -0.8; spread %v, want 0.4", correlation, math.Sqrt(v0/rows))
	}
}

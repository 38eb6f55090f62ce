package denoise_test

import (
	"math"
	"sort"
	"testing"

	"ebb/diffusion/denoise"
	"ebb/diffusion/process"
	"ebb/engine/autograd"
	"ebb/engine/rng"
	"ebb/engine/tensor"
)

// data draws rows (n,2,2,2) of the oracle's distribution.
func (o *oracle) data(n int) *tensor.Tensor {
	x := process.NewState(n, len(o.mean))
	process.Fill(x, testNoise(9), 0)
	out := tensor.New(n, 2, 2, 2)
	for r := range n {
		for i, z := range x.Row(r) {
			out.Data[r*x.Dim+i] = float32(o.mean[i] + o.sd[i]*z)
		}
	}
	return out
}

func (o *oracle) objective() *denoise.Objective {
	return &denoise.Objective{
		Sch: o.table, Predict: o.predict, Clock: denoise.StepClock(o.table.Steps()),
		Steps: o.table.Steps(), Hybrid: o.ranged, Decoder: denoise.Density{},
	}
}

// The times of a step are spread far more evenly than independent draws: no
// gap is longer than a few times 1/n. Across steps each row's is uniform.
func TestTimesFillTheInterval(t *testing.T) {
	for _, n := range []int{10, 100, 1000} {
		times := denoise.Draws{Seed: 1, Step: 3}.Times(n)
		sort.Float64s(times)
		gap := times[0] + 1 - times[n-1]
		for i := 1; i < n; i++ {
			gap = max(gap, times[i]-times[i-1])
		}
		// Three gaps' lengths occur, the longest (1+phi)/n or so; n
		// independent times leave one of about log(n)/n.
		if gap > 2.7/float64(n) {
			t.Errorf("%d times leave a gap of %v", n, gap)
		}
	}
	const steps = 4000
	below := 0
	for step := range steps {
		if (denoise.Draws{Seed: 1, Step: step, First: 5}).Times(1)[0] < 0.3 {
			below++
		}
	}
	if se := math.Sqrt(0.3 * 0.7 * steps); math.Abs(float64(below)-0.3*steps) > 4*se {
		t.Errorf("%d of %d times lie below 0.3", below, steps)
	}
}

// What a step draws for a row depends on its place in the step alone, so a step
// may be made of several batches.
func TestDrawsGoByPlaceInTheStep(t *testing.T) {
	o := newOracle(denoise.Epsilon, false)
	x0 := o.data(6)
	tape := autograd.New(nil)
	obj := o.objective()
	whole := obj.Noise(tape, x0, denoise.Draws{Seed: 4, Step: 17})
	for first := 0; first < 6; first += 3 {
		part := obj.Noise(tape, tensor.From(x0.Data[first*8:(first+3)*8], 3, 2, 2, 2), denoise.Draws{Seed: 4, Step: 17, First: first})
		for i, v := range part.XT.Data {
			if v != whole.XT.Data[first*8+i] || part.Target.Data[i] != whole.Target.Data[first*8+i] {
				t.Fatalf("rows from %d on differ in a batch of their own", first)
			}
		}
		for i, v := range part.T {
			if v != whole.T[first+i] {
				t.Fatalf("row %d: time %v in a batch of its own, %v in the whole", first+i, v, whole.T[first+i])
			}
		}
	}
}

// x_t and target belong together: converting the target to data gives x0 back.
func TestNoisedRowsAndTargetsBelongTogether(t *testing.T) {
	for _, p := range []denoise.Prediction{denoise.Epsilon, denoise.Sample, denoise.Velocity} {
		o := newOracle(p, false)
		x0 := o.data(50)
		b := o.objective().Noise(autograd.New(nil), x0, denoise.Draws{Seed: 1})
		for r, at := range b.T {
			if step := at * 1000; math.Abs(step-math.Round(step)) > 1e-9 || step < 1 {
				t.Errorf("time %v is not a step of the table", at)
			}
			alpha, sigma := o.table.At(at)
			to := denoise.Convert(p, denoise.Sample, alpha, sigma)
			for i := r * 8; i < r*8+8; i++ {
				got := to.Of(float64(b.XT.Data[i]), float64(b.Target.Data[i]))
				if tol := 1e-6 * max(1, 1/alpha); !near(got, float64(x0.Data[i]), tol) {
					t.Fatalf("%v at %v: x0 comes back as %v, was %v", p, at, got, x0.Data[i])
				}
			}
		}
	}
}

// The simple loss of the perfect network is what cannot be known: the variance
// of the noise given x_t, alpha^2 s^2/(alpha^2 s^2 + sigma^2), on average.
func TestSimpleLossOfThePerfectNetwork(t *testing.T) {
	o := newOracle(denoise.Epsilon, false)
	want := 0.0
	for step := 1; step <= 1000; step++ {
		bar := o.table.AlphaBar(step)
		for _, s := range o.sd {
			want += bar * s * s / (bar*s*s + 1 - bar) / 8000
		}
	}
	const rows = 8000
	loss := float64(o.objective().Loss(autograd.New(nil), o, o.data(rows), nil, denoise.Draws{Seed: 2}).Value.Data[0])
	// A squared normal of variance w varies by sqrt(2) w; over 64,000 of
	// them, evenly spread in time, that is below 0.6 % of the whole.
	if math.Abs(loss/want-1) > 4*0.006 {
		t.Errorf("loss %v, want %v", loss, want)
	}
}

// The hybrid loss adds 0.001 of the variational terms; the terms' gradient is
// their derivative with respect to the second half of the output, and nothing
// reaches the first: the mean is held still.
func TestHybridLossAndItsGradient(t *testing.T) {
	for _, c := range []struct {
		predict denoise.Prediction
		direct  bool
	}{{denoise.Epsilon, false}, {denoise.Velocity, false}, {denoise.Velocity, true}} {
		p := c.predict
		o := newOracle(p, true)
		obj := o.objective()
		obj.Direct = c.direct
		x0 := o.data(64)
		tape := autograd.New(nil)
		b := obj.Noise(tape, x0, denoise.Draws{Seed: 3})
		b.T[5] = o.table.Time(1) // one row at the last step, for the decoder

		// The output: random, as of an untrained network.
		values := tensor.New(64, 2, 2, 4)
		rng.New(1, rng.Test).Normals32(values.Data, 0, 0)
		vlb := func(v *tensor.Tensor) float64 {
			return float64(obj.VLB(autograd.New(nil), autograd.Param(v), x0, b).Value.Data[0])
		}
		out := autograd.Param(values)
		tape.Backward(obj.VLB(tape, out, x0, b))
		direction := tensor.New(64, 2, 2, 4)
		rng.New(1, rng.Test).Normals32(direction.Data, 1, 0)
		along := 0.0
		for i, g := range out.Grad.Data {
			if i%4 < 2 {
				if g != 0 {
					t.Fatalf("%v: the mean's output %d has gradient %v", p, i, g)
				}
				direction.Data[i] = 0
			}
			along += float64(g) * float64(direction.Data[i])
		}
		const h = 2e-3
		move := func(h float32) *tensor.Tensor {
			moved := values.Clone()
			for i, d := range direction.Data {
				moved.Data[i] += h * d
			}
			return moved
		}
		difference := (vlb(move(h)) - vlb(move(-h))) / (2 * h)
		// The loss is one float32; h^2 times the third derivative is less.
		if math.Abs(along-difference) > 2e-3*math.Abs(difference) {
			t.Errorf("%v: gradient along a direction %v, difference %v", p, along, difference)
		}

		// And the whole: simple on the first half, plus 0.001 of it.
		half := autograd.New(nil)
		simple := half.MSE(half.SliceLast(autograd.Param(values), 0, 2), b.Target, nil).Value.Data[0]
		hybrid := obj.Compare(autograd.New(nil), autograd.Param(values), x0, b).Value.Data[0]
		if want := float64(simple) + 0.001*vlb(values); !near(float64(hybrid), want, 1e-5) {
			t.Errorf("%v: hybrid loss %v, want %v", p, hybrid, want)
		}
	}
}

// At the true variance the variational terms are as low as they get: moving
// every output up or down raises them, on average over rows and times.
func TestTheTrueVarianceIsTheBestOne(t *testing.T) {
	loss := func(shift float64) float64 {
		o := newOracle(denoise.Velocity, true)
		o.shift = shift
		obj := o.objective()
		tape := autograd.New(nil)
		x0 := o.data(4000)
		b := obj.Noise(tape, x0, denoise.Draws{Seed: 5})
		clock := make([]float64, len(b.T))
		obj.Clock.Read(clock, b.T)
		return float64(obj.VLB(tape, o.Forward(tape, tape.Const(b.XT), clock, nil), x0, b).Value.Data[0])
	}
	best, up, down := loss(0), loss(0.5), loss(-0.5)
	t.Logf("variational terms %.4f bits per dimension at the true variance, %.4f above, %.4f below", best, up, down)
	if best >= up || best >= down {
		t.Errorf("%v at the true variance, %v above it, %v below", best, up, down)
	}
}

// Times drawn more often near 0 weigh less in the variational terms, so that their mean is the
// same for any focus: with the exact network, within four standard errors of the difference.
// Uniform times are left out, whose own error, by the rare last step, is ten times larger.
func TestFocusedTimesKeepTheBound(t *testing.T) {
	o := newOracle(denoise.Velocity, true)
	mean := func(focus float64) (m, se float64) {
		obj := o.objective()
		obj.Focus = focus
		const steps = 300
		var sum, square float64
		for step := range steps {
			tape := autograd.NewInference(nil)
			x0 := o.data(64)
			b := obj.Noise(tape, x0, denoise.Draws{Seed: 5, Step: step})
			v := float64(obj.VLB(tape, o.Forward(tape, tape.Const(b.XT), clockOf(obj, b.T), nil), x0, b).Value.Data[0])
			sum, square = sum+v, square+v*v
		}
		m = sum / steps
		return m, math.Sqrt((square/steps - m*m) / steps)
	}
	a, seA := mean(2)
	b, seB := mean(4)
	t.Logf("focus 2: %.4f ± %.4f bits, focus 4: %.4f ± %.4f", a, seA, b, seB)
	if math.Abs(a-b) > 4*math.Hypot(seA, seB) {
		t.Errorf("focus 2 gives %.4f ± %.4f bits, focus 4 %.4f ± %.4f", a, seA, b, seB)
	}
}

func clockOf(o *denoise.Objective, t []float64) []float64 {
	c := make([]float64, len(t))
	o.Clock.Read(c, t)
	return c
}

package denoise

import (
	"fmt"
	"math"

	"ebb/diffusion/schedule"
	"ebb/engine/autograd"
	"ebb/engine/kernel/elementary"
	"ebb/engine/rng"
	"ebb/engine/tensor"
)

// Draws says which random numbers a training step uses: everything the loss
// draws is a function of Seed, Step and a row's place in the step, which is
// First + its index in the batch.
type Draws struct {
	Seed  uint64
	Step  int
	First int // not 0 when a step is made of several batches
}

// row is the place of row i of the batch.
func (d Draws) row(i int) uint64 { return uint64(d.First + i) }

// golden is the fractional part of the golden ratio, whose multiples fill
// [0, 1) evenly from the first few on.
const golden = 0.618033988749894848204586834365638118

// Times spreads times over [0, 1) for n rows: multiples of the golden ratio,
// shifted by one uniform draw a step. Each is uniform, and together they cover
// the interval far more evenly than independent draws would, so the loss
// varies less.
func (d Draws) Times(n int) []float64 {
	shift := rng.New(d.Seed, rng.Time).Uniform(uint64(d.Step), 0)
	out := make([]float64, n)
	for i := range out {
		t := shift + float64(float64(d.First+i)*golden)
		out[i] = t - math.Floor(t)
	}
	return out
}

// hybridWeight is the lambda of L_hybrid = L_simple + lambda L_vlb in Improved
// DDPM.
const hybridWeight = 0.001

// Objective is what an image or array network is trained on. It draws a time
// and noise for each row, and compares the network's output with its target:
//
//	L_simple = mean (w(t) (output - target)^2)            (DDPM eq. 14, for eps and w = 1)
//	L_hybrid = L_simple + 0.001 L_vlb                     (Improved DDPM eq. 16)
//
// L_vlb is the sum of the variational terms over all steps, in bits per
// dimension, estimated as Steps times the mean of the drawn ones. Its gradient
// reaches only the variance: the mean is held still, as the paper does.
type Objective struct {
	Sch     schedule.Schedule
	Predict Prediction
	Clock   Clock
	Input   Input
	// Steps restricts times to i/Steps, i = 1..Steps, those of a table.
	// 0 means any t in (0, 1].
	Steps int
	// Hybrid trains a variance too: the network's output has a second half
	// of channels, read as a Range. It needs Steps.
	Hybrid  bool
	Direct  bool    // the second half is log V itself instead
	Decoder Decoder // of the step to s = 0, for Hybrid; nil: Levels{256}
	// Focus above 1 draws the time of every second row as u^Focus for a
	// uniform u, near 0 more often: most of the bits of a picture lie where
	// there is little noise, but few uniform times. L_simple then weighs
	// these times more; L_vlb is corrected and keeps its meaning. 0 is 1.
	Focus float64
	// Draw chooses the times; nil: all alike, and Focus. The loss is that of
	// the times drawn, but an Importance changes only its variance.
	Draw TimeDraw
	// Weight weighs the squared error; nil weighs that of the network's own
	// output by 1.
	Weight Weighting
}

// minTime keeps continuous times away from 0, where there is no noise to see.
const minTime = 1e-4

// times turns uniform draws in [0, 1) into the objective's times, in place. The
// first stands at place first of its step.
func (o *Objective) times(u []float64, first int) []float64 {
	for i, v := range u {
		switch {
		case o.Draw != nil:
			v = o.Draw.Time(o.Sch, v)
		case (first+i)%2 == 1:
			v = o.focus(v)
		}
		if o.Steps == 0 {
			u[i] = float64(minTime + float64(v*(1-minTime)))
			continue
		}
		step := min(int(v*float64(o.Steps)), o.Steps-1) + 1
		u[i] = float64(step) / float64(o.Steps)
	}
	return u
}

// focus is u^Focus.
func (o *Objective) focus(u float64) float64 {
	if o.Focus <= 1 || u <= 0 {
		return u
	}
	return elementary.Pow(u, o.Focus)
}

// frequency is how often the step that ends at t is drawn, over how often it
// would be if all were drawn alike.
func (o *Objective) frequency(t float64) float64 {
	if m, ok := o.Draw.(*Importance); ok {
		if o.Steps == 0 {
			return m.Frequency(t, t)
		}
		return m.Frequency(previous(t, o.Steps), t)
	}
	if o.Focus <= 1 || o.Draw != nil {
		return 1
	}
	below := func(t float64) float64 { // the share of focused draws below t
		if t <= 0 {
			return 0
		}
		return elementary.Pow(t, 1/o.Focus)
	}
	focused := below(t) - below(previous(t, o.Steps))
	return 0.5 + float64(0.5*float64(focused*float64(o.Steps)))
}

// Noised is a batch on its way to a network: rows x0 noised to x_t.
type Noised struct {
	T          []float64
	XT, Target *tensor.Tensor // of x0's shape
}

// Noise draws times and noise for the rows of x0 (N, ..).
func (o *Objective) Noise(tape *autograd.Tape, x0 *tensor.Tensor, d Draws) Noised {
	rows := x0.Dim(0)
	if m, ok := o.Draw.(*Importance); ok {
		m.Begin(d.Step)
	}
	b := Noised{
		T:      o.times(d.Times(rows), d.First),
		XT:     tape.New(x0.Shape...),
		Target: tape.New(x0.Shape...),
	}
	dim := x0.Len() / rows
	stream := rng.New(d.Seed, rng.Noise)
	tape.Pool().Run(rows, func(_, i int) {
		lo, hi := i*dim, (i+1)*dim
		target := b.Target.Data[lo:hi]
		stream.Normals32(target, uint64(d.Step), d.row(i))
		alpha, sigma := o.Sch.At(b.T[i])
		for j, e := range target {
			x, eps := float64(x0.Data[lo+j]), float64(e)
			b.XT.Data[lo+j] = float32(float64(alpha*x) + float64(sigma*eps))
			target[j] = float32(Target(o.Predict, x, eps, alpha, sigma))
		}
	})
	return b
}

// Loss noises the rows of x0 (N, ..), runs the network on them and returns the
// loss (). labels (N) or nil.
func (o *Objective) Loss(tape *autograd.Tape, net Network, x0 *tensor.Tensor, labels []int32, d Draws) *autograd.Var {
	b := o.Noise(tape, x0, d)
	clock := make([]float64, len(b.T))
	o.Clock.Read(clock, b.T)
	out := net.Forward(tape, o.Input.see(tape, o.Sch, b), clock, labels)
	return o.Compare(tape, out, x0, b)
}

// Compare is the loss of a network's output for a noised batch.
func (o *Objective) Compare(tape *autograd.Tape, out *autograd.Var, x0 *tensor.Tensor, b Noised) *autograd.Var {
	weight := o.weights(b.T)
	if !o.Hybrid {
		o.observe(out, b, weight)
		return tape.MSE(out, b.Target, weight)
	}
	channels := x0.Dim(-1)
	if out.Value.Dim(-1) != 2*channels {
		panic(fmt.Sprintf("denoise: a hybrid loss needs an output of twice the channels of %v, got %v", x0, out))
	}
	mean := tape.SliceLast(out, 0, channels)
	o.observe(mean, b, weight)
	simple := tape.MSE(mean, b.Target, weight)
	return tape.Add(simple, tape.Scale(o.VLB(tape, out, x0, b), hybridWeight))
}

// weights are those of the rows' squared errors, nil when all are 1.
func (o *Objective) weights(t []float64) []float32 {
	m, rare := o.Draw.(*Importance)
	if o.Weight == nil && !rare {
		return nil
	}
	out := make([]float32, len(t))
	for i, v := range t {
		w := 1.0
		if o.Weight != nil {
			w = o.Weight.ofOutput(o.Predict, o.Sch, v)
		}
		if m != nil {
			w /= o.frequency(v)
		}
		out[i] = float32(w)
	}
	return out
}

// observe tells an Importance the weighted squared error of every row, as it
// would be if all times were drawn alike.
func (o *Objective) observe(out *autograd.Var, b Noised, weight []float32) {
	m, ok := o.Draw.(*Importance)
	if !ok {
		return
	}
	dim := len(b.Target.Data) / len(b.T)
	for i, t := range b.T {
		sum := 0.0
		for j := i * dim; j < (i+1)*dim; j++ {
			gap := float64(out.Value.Data[j]) - float64(b.Target.Data[j])
			sum += float64(gap * gap)
		}
		m.Observe(t, sum/float64(dim)*float64(weight[i])*o.frequency(t))
	}
}

// VLB is Steps times the mean variational term of the batch in bits per
// dimension, an estimate of the bound without its prior term:
//
//	out (N,..,2C)  x0 (N,..,C) -> loss ()
//
// The gradient goes to the second half of out alone.
func (o *Objective) VLB(tape *autograd.Tape, out *autograd.Var, x0 *tensor.Tensor, b Noised) *autograd.Var {
	if o.Steps == 0 {
		panic("denoise: the hybrid loss needs the number of steps")
	}
	decoder := o.Decoder
	if decoder == nil {
		decoder = Levels{256}
	}
	rows, channels := x0.Dim(0), x0.Dim(-1)
	dim := x0.Len() / rows
	// Every number's share of the loss, from its nats.
	share := float64(o.Steps) / (float64(x0.Len()) * ln2)
	dout := tape.New(out.Shape()...)
	dout.Zero()
	sums := make([]float64, rows)
	tape.Pool().Run(rows, func(_, row int) {
		t := b.T[row]
		s := previous(t, o.Steps)
		l := newTerm(o.Sch, t, s, decoder)
		rare := share / o.frequency(t)
		r := limits(o.Direct, o.Sch, t, s)
		alpha, sigma := o.Sch.At(t)
		to := Convert(o.Predict, Sample, alpha, sigma)
		for i := range dim {
			at := row*dim + i
			from := at/channels*2*channels + at%channels
			pred := to.Of(float64(b.XT.Data[at]), float64(out.Value.Data[from]))
			v := float64(out.Value.Data[from+channels])
			nats, slope := l.at(float64(x0.Data[at]), pred, r.LogVariance(v))
			sums[row] += float64(nats * rare)
			dout.Data[from+channels] = float32(float64(slope*r.Slope()) * rare)
		}
	})
	total := 0.0
	for _, s := range sums {
		total += s
	}
	loss := tape.New()
	loss.Data[0] = float32(total)
	if !tape.Training() || !out.NeedsGrad() {
		tape.Free(dout)
		return tape.Record(loss, nil, out)
	}
	return tape.Record(loss, func(dy *tensor.Tensor) {
		for i := range dout.Data {
			dout.Data[i] *= dy.Data[0]
		}
		tape.Accumulate(out, dout)
	}, out)
}

// previous is the time of the step before t's on a table of the given steps.
func previous(t float64, steps int) float64 {
	return float64(math.Round(t*float64(steps))-1) / float64(steps)
}

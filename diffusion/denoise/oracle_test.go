package denoise_test

import (
	"math"

	"ebb/diffusion/denoise"
	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/autograd"
	"ebb/engine/nn"
	"ebb/engine/rng"
	"ebb/engine/tensor"

	"gonum.org/v1/gonum/mat"
)

// oracle is a network that is already trained: it says exactly what the data
// N(mean, diag(sd^2)) asks for, in float32 and in the given parameterisation.
// Its rows are (.., channels); with ranged it also says the exact variance of
// one step of its table, as a Range.
type oracle struct {
	table    *schedule.Table
	mean, sd []float64 // one for each number of a row
	channels int
	predict  denoise.Prediction
	ranged   bool
	shift    float64 // added to the range's output
}

var _ denoise.Network = (*oracle)(nil)

func (o *oracle) Params() nn.Params { return nil }

func (o *oracle) Forward(tape *autograd.Tape, x *autograd.Var, clock []float64, _ []int32) *autograd.Var {
	shape := append([]int(nil), x.Shape()...)
	stride := o.channels
	if o.ranged {
		stride *= 2
		shape[len(shape)-1] = stride
	}
	y := tensor.New(shape...)
	dim := len(o.mean)
	for r, c := range clock {
		// The clock is that of a library of steps 0..T-1.
		step := int(math.Round(c)) + 1
		alpha, sigma := o.table.At(o.table.Time(step))
		for i := range dim {
			xt := float64(x.Value.Data[r*dim+i])
			m, s2 := o.mean[i], o.sd[i]*o.sd[i]
			v := alpha*alpha*s2 + sigma*sigma
			x0 := m + s2*alpha/v*(xt-alpha*m)
			eps := sigma / v * (xt - alpha*m)
			at := r*dim/o.channels*stride + i/o.channels*stride + i%o.channels
			switch o.predict {
			case denoise.Epsilon:
				y.Data[at] = float32(eps)
			case denoise.Sample:
				y.Data[at] = float32(x0)
			case denoise.Velocity:
				y.Data[at] = float32(alpha*eps - sigma*x0)
			}
			if o.ranged {
				y.Data[at+o.channels] = float32(o.fraction(step, i) + o.shift)
			}
		}
	}
	return tape.Record(y, nil)
}

// fraction is the output v whose variance is the exact one of step i of number j.
func (o *oracle) fraction(step, j int) float64 {
	at, to := o.table.Time(step), o.table.Time(step-1)
	r := denoise.RangeOf(o.table, at, to)
	return 2*(math.Log(o.variance(at, to, j))-r.LogSmall)/(r.LogLarge-r.LogSmall) - 1
}

func (o *oracle) variance(t, s float64, j int) float64 {
	alpha, sigma := o.table.At(t)
	bridge := process.Posterior(o.table, t, s)
	s2 := o.sd[j] * o.sd[j]
	return bridge.Var + bridge.X0*bridge.X0*s2*sigma*sigma/(alpha*alpha*s2+sigma*sigma)
}

// gaussian is the oracle's data.
func (o *oracle) gaussian() *gauss.Gaussian {
	cov := mat.NewSymDense(len(o.mean), nil)
	for i, s := range o.sd {
		cov.SetSym(i, i, s*s)
	}
	g, err := gauss.New(o.mean, cov)
	if err != nil {
		panic(err)
	}
	return g
}

func ddpm() *schedule.Table {
	table, err := schedule.Linear(1000, 1e-4, 0.02)
	if err != nil {
		panic(err)
	}
	return table
}

func newOracle(p denoise.Prediction, ranged bool) *oracle {
	return &oracle{
		table: ddpm(), predict: p, ranged: ranged, channels: 2,
		mean: []float64{0.5, -0.3, 0.1, 0, 1, -1, 0.2, 0.4},
		sd:   []float64{1, 0.5, 0.2, 1.5, 0.7, 0.9, 0.3, 1.1},
	}
}

func (o *oracle) model() *denoise.Model {
	return &denoise.Model{
		Net: o, Sch: o.table, Predict: o.predict, Ranged: o.ranged,
		Clock: denoise.StepClock(o.table.Steps()), Shape: []int{2, 2, 2},
	}
}

func testNoise(seed uint64) rng.Rows { return rng.Rows{Stream: rng.New(seed, rng.Test)} }

func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol*max(1, math.Abs(b)) }

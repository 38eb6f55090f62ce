package report

import (
	"context"
	"fmt"
	"math"

	"ebb/diffusion/gauss"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
	"ebb/model"
)

// namedSchedule is a schedule with its own settings and the usual 1,000 steps.
func namedSchedule(name string) (schedule.Schedule, error) { return model.NewSchedule(name, 1000) }

// KernelPart is the covariance of the exact reverse step from the middle of time, where all time
// is cut into Steps.
type KernelPart struct {
	Steps       int         `json:"steps"`
	T           float64     `json:"t"`
	S           float64     `json:"s"`
	Covariance  [][]float64 `json:"covariance"`
	OffDiagonal float64     `json:"off_diagonal"` // share of its norm
}

func (m *measuring) kernels(context.Context) error {
	for _, steps := range []int{2, 8, 32, 128, 512} {
		t, s := 0.5, 0.5-1/float64(steps)
		cov := m.gaussian.Reverse(m.Sch, t, s).Cov
		m.out.Kernels = append(m.out.Kernels, KernelPart{Steps: steps, T: t, S: s, Covariance: rowsOf(cov), OffDiagonal: offDiagonal(cov)})
	}
	return nil
}

// CrossingPart is the way from diagonal steps to the full covariance.
type CrossingPart struct {
	Steps []int           `json:"steps"`
	Noise []CrossingCurve `json:"noise"`
	// Exact is the error with the exact kernel's full covariance: what starting at N(0, I)
	// instead of q(x_1) costs.
	Exact []float64 `json:"exact"`
}

// CrossingCurve is one kind of noise.
type CrossingCurve struct {
	Kind string `json:"kind"`
	// Kernel is the error of the covariance of one step's noise, as a share of the exact one;
	// Marginal is what that step leaves wrong in the covariance of x_s. The step starts at t = 0.5.
	Kernel   []float64 `json:"step_of_kernel"`
	Marginal []float64 `json:"step_of_marginal"`
	Reached  []float64 `json:"reached"` // error of the covariance after all steps
	// Rates are the slopes of the three on logarithmic axes, from T = 64 on.
	KernelRate   Rate `json:"kernel_rate"`
	MarginalRate Rate `json:"marginal_rate"`
	ReachedRate  Rate `json:"reached_rate"`
}

// Rate is an exponent: the error is as T to its power.
type Rate struct {
	Exponent float64 `json:"exponent"`
	SE       float64 `json:"standard_error"` // of the straight line's fit
}

func (r Rate) String() string {
	return fmt.Sprintf("T^%s", fixed(r.Exponent, 2))
}

// The numbers of steps of the crossing, powers of two.
const (
	crossingFirst, crossingLast = 2, 4096
	rateFrom                    = 64 // below it, the steps are too long for the limit to show
)

func (m *measuring) crossing(ctx context.Context) error {
	p := &m.out.Crossing
	for steps := crossingFirst; steps <= crossingLast; steps *= 2 {
		p.Steps = append(p.Steps, steps)
	}
	cov := m.gaussian.Cov()
	reached := func(noise gauss.StepNoise) []float64 {
		out := make([]float64, len(p.Steps))
		m.Pool.Run(len(out), func(_, i int) {
			i = len(out) - 1 - i // the longest first
			if grid, err := schedule.Uniform(p.Steps[i]); err == nil {
				out[i] = gauss.Distance(m.gaussian.Composed(m.Sch, grid, noise), cov)
			}
		})
		return out
	}
	p.Exact = reached(gauss.Full)
	for _, kind := range []struct {
		name  string
		noise gauss.StepNoise
	}{{"isotropic", gauss.Isotropic}, {"diagonal", gauss.Diagonal}} {
		if err := ctx.Err(); err != nil {
			return err
		}
		c := CrossingCurve{Kind: kind.name, Reached: reached(kind.noise)}
		for _, steps := range p.Steps {
			kernel, marginal := m.gaussian.StepError(m.Sch, 0.5, 0.5-1/float64(steps), kind.noise)
			c.Kernel, c.Marginal = append(c.Kernel, kernel), append(c.Marginal, marginal)
		}
		c.KernelRate, c.MarginalRate = rateOf(p.Steps, c.Kernel, nil), rateOf(p.Steps, c.Marginal, nil)
		c.ReachedRate = rateOf(p.Steps, c.Reached, p.Exact)
		p.Noise = append(p.Noise, c)
	}
	return nil
}

// rateOf fits a straight line to the logarithms, from rateFrom on and where the error stands well
// above a floor (nil: none).
func rateOf(steps []int, errors, floor []float64) Rate {
	var x, y []float64
	for i, n := range steps {
		if n < rateFrom || !(errors[i] > 0) || floor != nil && errors[i] < 10*floor[i] {
			continue
		}
		x, y = append(x, elementary.Log(float64(n))), append(y, elementary.Log(errors[i]))
	}
	if len(x) < 3 {
		return Rate{}
	}
	n := float64(len(x))
	mx, my := 0.0, 0.0
	for i := range x {
		mx, my = mx+x[i]/n, my+y[i]/n
	}
	xx, xy := 0.0, 0.0
	for i := range x {
		xx += (x[i] - mx) * (x[i] - mx)
		xy += (x[i] - mx) * (y[i] - my)
	}
	slope, rest := xy/xx, 0.0
	for i := range x {
		gap := y[i] - my - slope*(x[i]-mx)
		rest += gap * gap
	}
	return Rate{slope, math.Sqrt(rest / (n - 2) / xx)}
}

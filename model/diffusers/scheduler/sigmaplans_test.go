package scheduler

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/engine/rng"
)

func play(t *testing.T, p Plan, m sample.Sampler) *process.State {
	t.Helper()
	g, err := gauss.New([]float64{0.4, -0.8}, mat.NewSymDense(2, []float64{0.5, 0.2, 0.2, 0.3}))
	if err != nil {
		t.Fatal(err)
	}
	x := process.NewState(2, 2)
	noise := rng.Rows{Stream: rng.New(5, rng.Prior)}
	process.Fill(x, noise, 0)
	if err := sample.Run(context.Background(), m, gauss.Denoiser{Data: g, Sch: p.Schedule}, x, p.Grid, noise); err != nil {
		t.Fatal(err)
	}
	return x
}

func mustPlan(t *testing.T, class, config string, o Options) Plan {
	t.Helper()
	c, err := Parse(class, []byte(config))
	if err != nil {
		t.Fatal(err)
	}
	p, err := c.Plan(o)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Where strides are even the library's PNDM, played call by call, is the
// textbook's; where they are not, and with velocities, it still comes near.
func TestPNDMPlayedByCallsIsTheTextbooks(t *testing.T) {
	for _, config := range []string{`{"skip_prk_steps": true}`, `{"skip_prk_steps": false}`} {
		p := mustPlan(t, "PNDMScheduler", config, Options{Steps: 20})
		want := play(t, p, p.Sampler)
		c, err := Parse("PNDMScheduler", []byte(config))
		if err != nil {
			t.Fatal(err)
		}
		plain, err := c.tablePlan(Options{Steps: 20})
		if err != nil {
			t.Fatal(err)
		}
		table, err := c.table()
		if err != nil {
			t.Fatal(err)
		}
		got := play(t, p, pndmPlayer{table, c.pndmCalls(plain.Timesteps), false, c.endTime(table)})
		for i, v := range got.Data {
			if math.Abs(v-want.Data[i]) > 1e-12 {
				t.Fatalf("%s: by calls %v, by steps %v", config, got.Data, want.Data)
			}
		}
		for _, more := range []string{`"timestep_spacing": "linspace"`, `"prediction_type": "v_prediction"`, `"timestep_spacing": "trailing"`} {
			other := mustPlan(t, "PNDMScheduler", config[:len(config)-1]+", "+more+"}", Options{Steps: 60})
			if _, ok := other.Sampler.(pndmPlayer); !ok {
				t.Errorf("%s with %s is not played by calls", config, more)
			}
			for i, v := range play(t, other, other.Sampler).Data {
				if !(math.Abs(v-want.Data[i]) < 0.2) {
					t.Errorf("%s with %s: %v, want about %v", config, more, v, want.Data[i])
				}
			}
		}
	}
}

// The library's IPNDM is written down once more, with its own tables.
func TestIPNDMIsItsRecurrence(t *testing.T) {
	const n, m, start = 8, 0.4, 1.3
	beta, alpha := make([]float64, n+1), make([]float64, n+1)
	for i := range beta {
		w := math.Sin(math.Pi / 2 * float64(n-i) / n)
		beta[i] = w * w
		alpha[i] = math.Sqrt(1 - beta[i]*beta[i])
	}
	p := mustPlan(t, "IPNDMScheduler", `{}`, Options{Steps: n})
	x := start
	var ets []float64
	for i := range n {
		if angle := math.Atan2(beta[i], alpha[i]) / math.Pi * 2; math.Abs(p.Timesteps[i]-angle) > 1e-12 {
			t.Errorf("time step %d is %v, want %v", i, p.Timesteps[i], angle)
		}
		x0 := 0.25*x + m // some prediction that is no constant
		v := (alpha[i]*x - x0) / beta[i]
		ets = append([]float64{beta[i]*x + alpha[i]*v}, ets...)
		e := ets[0]
		switch {
		case i == 1:
			e = (3*ets[0] - ets[1]) / 2
		case i == 2:
			e = (23*ets[0] - 16*ets[1] + 5*ets[2]) / 12
		case i > 2:
			e = (55*ets[0] - 59*ets[1] + 37*ets[2] - 9*ets[3]) / 24
		}
		pred := (x - beta[i]*e) / max(alpha[i], 1e-8)
		x = alpha[i+1]*pred + beta[i+1]*e
	}
	got := process.NewState(1, 1)
	got.Data[0] = start
	if err := sample.Run(context.Background(), p.Sampler, quarter{gauss.Denoiser{Sch: p.Schedule}, m}, got, p.Grid, rng.Rows{}); err != nil {
		t.Fatal(err)
	}
	if math.Abs(got.Data[0]-x) > 1e-10 {
		t.Errorf("ends at %v, the recurrence at %v", got.Data[0], x)
	}
}

// quarter predicts x/4 + m.
type quarter struct {
	gauss.Denoiser
	m float64
}

func (d quarter) Denoise(x0, xt *process.State, _ []float64) {
	for i, x := range xt.Data {
		x0.Data[i] = 0.25*x + d.m
	}
}

// What no network or step count can make sense of is refused.
func TestImpossibleConfigurationsAreRefused(t *testing.T) {
	for _, c := range []struct {
		class, config string
		o             Options
	}{
		{"PNDMScheduler", `{"prediction_type": "sample"}`, Options{Steps: 10}},
		{"PNDMScheduler", `{}`, Options{Steps: 3}},
		{"IPNDMScheduler", `{}`, Options{}},
		{"EulerDiscreteScheduler", `{"prediction_type": "magic"}`, Options{Steps: 10}},
		{"EulerDiscreteScheduler", `{}`, Options{Steps: 10, Churn: -1}},
		{"EDMEulerScheduler", `{"sigma_schedule": "magic"}`, Options{Steps: 10}},
		{"EDMEulerScheduler", `{"sigma_min": 0}`, Options{Steps: 10}},
		{"LCMScheduler", `{}`, Options{Steps: 51}},
		{"LCMScheduler", `{"original_inference_steps": 1001}`, Options{Steps: 5}},
		{"TCDScheduler", `{}`, Options{Steps: 5, Eta: 1.5}},
		{"FlowMatchEulerDiscreteScheduler", `{"use_dynamic_shifting": true}`, Options{Steps: 5}},
		{"FlowMatchEulerDiscreteScheduler", `{"shift": 0}`, Options{Steps: 5}},
		{"FlowMatchEulerDiscreteScheduler", `{"shift_terminal": 1.5}`, Options{Steps: 5}},
		{"FlowMatchHeunDiscreteScheduler", `{}`, Options{Steps: 5, Churn: 1}},
	} {
		config, err := Parse(c.class, []byte(c.config))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := config.Plan(c.o); err == nil {
			t.Errorf("%s %s %+v is not refused", c.class, c.config, c.o)
		}
	}
}

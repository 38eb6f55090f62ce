package scheduler

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/engine/rng"
)

// lambdaConfigs are the settings of a class that change its path, combined.
func lambdaConfigs(class string) []map[string]any {
	out := []map[string]any{{}}
	cross := func(values ...map[string]any) {
		var next []map[string]any
		for _, a := range out {
			for _, b := range values {
				c := map[string]any{}
				for k, v := range a {
					c[k] = v
				}
				for k, v := range b {
					c[k] = v
				}
				next = append(next, c)
			}
		}
		out = next
	}
	type m = map[string]any
	cross(m{"solver_order": 1}, m{"solver_order": 2}, m{"solver_order": 3})
	cross(m{"lower_order_final": true}, m{"lower_order_final": false})
	cross(m{"final_sigmas_type": "zero"}, m{"final_sigmas_type": "sigma_min"})
	if class == "EDMDPMSolverMultistepScheduler" {
		cross(m{"sigma_schedule": "karras"}, m{"sigma_schedule": "exponential"})
		return out
	}
	cross(m{"beta_schedule": "linear"}, m{"beta_schedule": "squaredcos_cap_v2", "lambda_min_clipped": -5.1},
		m{"beta_schedule": "scaled_linear", "rescale_betas_zero_snr": true})
	cross(m{}, m{"timestep_spacing": "leading", "steps_offset": 1}, m{"timestep_spacing": "trailing"}, m{"use_karras_sigmas": true},
		m{"use_exponential_sigmas": true}, m{"use_beta_sigmas": true}, m{"use_flow_sigmas": true, "flow_shift": 3, "final_sigmas_type": "zero"})
	return out
}

// Whatever of its settings are combined, each class that steps in lambda gives a
// run: it never comes to NaN, and with 30 steps it ends in the region of the data.
func TestEveryConfigurationInLambdaRuns(t *testing.T) {
	classes := map[string][]string{
		"DPMSolverMultistepScheduler":    {"dpmsolver++", "dpmsolver", "sde-dpmsolver++"},
		"DPMSolverSinglestepScheduler":   {"dpmsolver++", "dpmsolver"},
		"UniPCMultistepScheduler":        {""},
		"DEISMultistepScheduler":         {"deis"},
		"SASolverScheduler":              {"data_prediction"},
		"EDMDPMSolverMultistepScheduler": {"dpmsolver++", "sde-dpmsolver++"},
	}
	runs := 0
	for class, algorithms := range classes {
		for _, settings := range lambdaConfigs(class) {
			for _, algorithm := range algorithms {
				if algorithm != "" {
					settings["algorithm_type"] = algorithm
				}
				text, err := json.Marshal(settings)
				if err != nil {
					t.Fatal(err)
				}
				config, err := Parse(class, text)
				if err != nil {
					t.Fatal(err)
				}
				for _, n := range []int{1, 2, 3, 10, 30} {
					runs++
					if err := threeRows(config, n); err != nil {
						t.Errorf("%s %s, %d steps: %v", class, text, n, err)
					}
				}
			}
		}
	}
	t.Logf("%d runs", runs)
}

// threeRows draws three rows of narrow Gaussian data.
func threeRows(config Config, n int) error {
	p, err := config.Plan(Options{Steps: n})
	if err != nil {
		return err
	}
	data, err := gauss.New([]float64{0.5, -0.25}, mat.NewSymDense(2, []float64{0.04, 0.01, 0.01, 0.09}))
	if err != nil {
		return err
	}
	x := process.NewState(3, 2)
	process.Fill(x, rng.Rows{Stream: rng.New(1, rng.Prior)}, 0)
	for i := range x.Data {
		x.Data[i] *= p.Start
	}
	if err := sample.Run(context.Background(), p.Sampler, gauss.Denoiser{Data: data, Sch: p.Schedule}, x, p.Grid, rng.Rows{Stream: rng.New(1, rng.Sampler)}); err != nil {
		return err
	}
	for _, v := range x.Data {
		// A few steps from a great distance may end anywhere.
		if n >= 30 && math.Abs(v) > 10 {
			return fmt.Errorf("ends at %v", x.Data)
		}
	}
	return nil
}

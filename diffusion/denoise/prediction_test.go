package denoise

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"pgregory.net/rapid"

	"ebb/diffusion/schedule"
)

var predictions = []Prediction{Epsilon, Sample, Velocity, Flow, EDM{}, EDM{SD: 1.7}}

func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol*max(1, math.Abs(b)) }

// For x_t = alpha x0 + sigma eps every prediction's own target converts to
// every other's, at any noise level, whether it preserves variance or not.
func TestConversionIsAnIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		x0 := rapid.Float64Range(-5, 5).Draw(t, "x0")
		eps := rapid.Float64Range(-5, 5).Draw(t, "eps")
		alpha := rapid.Float64Range(0.01, 2).Draw(t, "alpha")
		sigma := rapid.Float64Range(0.01, 2).Draw(t, "sigma")
		xt := alpha*x0 + sigma*eps
		for _, p := range predictions {
			for _, q := range predictions {
				got := Convert(p, q, alpha, sigma).Of(xt, Target(p, x0, eps, alpha, sigma))
				want := Target(q, x0, eps, alpha, sigma)
				// Dividing by 0.01 twice magnifies rounding by 1e4.
				if !near(got, want, 1e-11) {
					t.Fatalf("%v to %v: %v, want %v", p, q, got, want)
				}
			}
		}
	})
}

// With no signal the data can still be read off a velocity, never off noise;
// with no noise, off both.
func TestConversionAtTheEnds(t *testing.T) {
	if l := Convert(Velocity, Sample, 0, 1); l != (Linear{0, -1}) {
		t.Errorf("velocity to data without signal: %+v", l)
	}
	if l := Convert(Epsilon, Sample, 0, 1); !math.IsInf(l.X, 1) {
		t.Errorf("noise to data without signal: %+v, want infinite coefficients", l)
	}
	if l := Convert(Epsilon, Sample, 1, 0); l.X != 1 || l.V != 0 {
		t.Errorf("noise to data without noise: %+v, want x_t", l)
	}
}

// The velocity of recorded data and noise is the recorded one.
func TestVelocityIsTheRecordedOne(t *testing.T) {
	var cases []struct {
		Config struct {
			Schedule string  `json:"beta_schedule"`
			Start    float64 `json:"beta_start"`
			End      float64 `json:"beta_end"`
			ZeroSNR  bool    `json:"rescale_betas_zero_snr"`
		} `json:"config"`
		Steps []int           `json:"timesteps"`
		X0    [][][][]float64 `json:"x0"`
		Noise [][][][]float64 `json:"noise"`
		Want  [][][][]float64 `json:"get_velocity_float64"`
	}
	b, err := os.ReadFile("../process/testdata/add_noise.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		table, err := schedule.CosineTable(1000)
		switch c.Config.Schedule {
		case "linear":
			table, err = schedule.Linear(1000, c.Config.Start, c.Config.End)
		case "scaled_linear":
			table, err = schedule.ScaledLinear(1000, c.Config.Start, c.Config.End)
		}
		if err != nil {
			t.Fatal(err)
		}
		if c.Config.ZeroSNR {
			table = table.ZeroTerminal()
		}
		for i, step := range c.Steps {
			alpha, sigma := table.At(table.Time(step + 1))
			for j, plane := range c.X0[i] {
				for k, line := range plane {
					for l, x0 := range line {
						got, want := Target(Velocity, x0, c.Noise[i][j][k][l], alpha, sigma), c.Want[i][j][k][l]
						if math.Abs(got-want) > 1e-12 {
							t.Fatalf("%+v, step %d: %v, recorded %v", c.Config, step, got, want)
						}
					}
				}
			}
		}
	}
}

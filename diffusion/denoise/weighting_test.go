package denoise

import (
	"math"
	"testing"

	"pgregory.net/rapid"

	"ebb/diffusion/schedule"
)

// The weighted error of an output is the weighted error of the data it stands
// for, whatever the network predicts.
func TestAWeightingMeansTheSameForEveryPrediction(t *testing.T) {
	sch := schedule.Cosine{}
	rapid.Check(t, func(t *rapid.T) {
		at := rapid.Float64Range(0.02, 0.98).Draw(t, "t")
		x0 := rapid.Float64Range(-3, 3).Draw(t, "x0")
		eps := rapid.Float64Range(-3, 3).Draw(t, "eps")
		off := rapid.Float64Range(-1, 1).Draw(t, "error of the output")
		alpha, sigma := sch.At(at)
		xt := alpha*x0 + sigma*eps
		w := MinSNR(5)
		for _, p := range predictions {
			out := Target(p, x0, eps, alpha, sigma) + off
			gap := Convert(p, Sample, alpha, sigma).Of(xt, out) - x0
			got, want := w.ofOutput(p, sch, at)*off*off, w(sch, at)*gap*gap
			if math.Abs(got-want) > 1e-9*max(1, want) {
				t.Fatalf("%v: the output's loss is %v, the data's %v", p, got, want)
			}
		}
	})
}

// Each named weighting is the plain squared error of the output it was made
// for.
func TestNamedWeightingsArePlainErrors(t *testing.T) {
	sch := schedule.Cosine{}
	for _, c := range []struct {
		name string
		w    Weighting
		p    Prediction
	}{
		{"SNR, noise", SNR, Epsilon},
		{"EDM, its own target", EDMWeight(0.7), EDM{SD: 0.7}},
		{"min-SNR far from the data, noise", MinSNR(1e9), Epsilon},
	} {
		for _, at := range []float64{0.05, 0.3, 0.8, 0.99} {
			if got := c.w.ofOutput(c.p, sch, at); math.Abs(got-1) > 1e-9 {
				t.Errorf("%s at t = %v: weight %v of the output, want 1", c.name, at, got)
			}
		}
	}
}

// The ELBO's weights over a table sum to those of continuous time: both are the
// integral of -SNR'/2 against a smooth error.
func TestTheTwoFormsOfTheELBOAgree(t *testing.T) {
	sch := schedule.Cosine{}
	errorAt := func(t float64) float64 { a, s := sch.At(t); return s * s / (a*a + s*s) * t }
	const steps = 4000
	discrete, continuous := 0.0, 0.0
	for i := steps / 10; i <= steps*9/10; i++ {
		at := float64(i) / steps
		middle := at - 0.5/steps
		discrete += ELBO(steps)(sch, at) * errorAt(middle) / steps
		continuous += ELBO(0)(sch, middle) * errorAt(middle) / steps
	}
	// The midpoint rule's error is of order steps^-2 of a smooth integrand.
	if math.Abs(discrete-continuous) > 1e-5*continuous {
		t.Errorf("over a table %v, over continuous time %v", discrete, continuous)
	}
}

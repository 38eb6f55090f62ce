package gauss_test

import (
	"math"
	"testing"

	"ebb/diffusion/gauss"
	"ebb/diffusion/schedule"
)

// Composing in the basis of the eigenvectors is composing the kernels.
func TestComposedIsAncestral(t *testing.T) {
	g := tilted()
	ve, err := schedule.NewVE(0.01, 10)
	if err != nil {
		t.Fatal(err)
	}
	for name, sch := range map[string]schedule.Schedule{"linear": linear, "cosine": schedule.Cosine{End: 1e-7}, "ve": ve} {
		for _, noise := range []gauss.StepNoise{gauss.Full, gauss.Diagonal, gauss.Isotropic, gauss.Small, gauss.Large} {
			grid, err := schedule.Uniform(37)
			if err != nil {
				t.Fatal(err)
			}
			_, want := g.Ancestral(sch, grid, noise)
			if d := gauss.Distance(g.Composed(sch, grid, noise), want); d > 1e-12 {
				t.Errorf("%s, noise %d: composed differs from ancestral by %v", name, noise, d)
			}
		}
	}
}

// One step of diagonal noise errs by its length against the kernel, by its
// square against the covariance it arrives at: T of them together err by 1/T.
func TestTheErrorOfAStepFallsAsItsSquare(t *testing.T) {
	g := tilted()
	sch := schedule.Cosine{End: 1e-7}
	for _, noise := range []gauss.StepNoise{gauss.Diagonal, gauss.Isotropic} {
		longKernel, longMarginal := g.StepError(sch, 0.5, 0.5-1.0/512, noise)
		kernel, marginal := g.StepError(sch, 0.5, 0.5-1.0/1024, noise)
		if order := math.Log2(longKernel / kernel); math.Abs(order-1) > 0.05 {
			t.Errorf("noise %d: order %v against the kernel, want 1", noise, order)
		}
		if order := math.Log2(longMarginal / marginal); math.Abs(order-2) > 0.05 {
			t.Errorf("noise %d: order %v against the marginal, want 2", noise, order)
		}
	}
	if kernel, _ := g.StepError(sch, 0.5, 0.4, gauss.Full); kernel != 0 {
		t.Errorf("the exact kernel differs from itself by %v", kernel)
	}
	// The definition, for a long step.
	k := g.Reverse(sch, 0.7, 0.3)
	given := g.ReverseStep(sch, 0.7, 0.3, gauss.Diagonal)
	if got, _ := g.StepError(sch, 0.7, 0.3, gauss.Diagonal); !near(got, gauss.Distance(given.Cov, k.Cov), 1e-12) {
		t.Errorf("error of a diagonal step %v, want %v", got, gauss.Distance(given.Cov, k.Cov))
	}
}

package schedule

import (
	"math"
	"testing"
)

// Where variance is preserved sampling starts from unit normals, in every bit;
// elsewhere from normals as wide as noised data of mean square 1.
func TestStartIsTheWidthOfNoisedData(t *testing.T) {
	for name, sch := range all() {
		for _, u := range []float64{1, 0.73, 0.2} {
			if got := Start(sch, u); got != 1 {
				t.Errorf("%s at %v starts at %v, want 1", name, u, got)
			}
		}
	}
	if got, want := Start(EDM{}, 1), math.Sqrt(6401); got != want {
		t.Errorf("edm starts at %v, want %v", got, want)
	}
	if got := Start(Flow{Shift: 3}, 1); got != 1 {
		t.Errorf("flow starts at %v, want 1", got)
	}
}

// The prior term of a schedule that does not preserve variance is the distance
// from the normal that sampling starts with, and as small as sigma is large.
func TestPriorOfAnExplodingSchedule(t *testing.T) {
	// Scaling x_t is scaling both normals: the same divergence as that of the
	// variance-preserving schedule with the same sigma/alpha.
	norm := math.Sqrt(6401)
	same, err := NewPoints([]float64{1}, []float64{1 / norm}, []float64{80 / norm})
	if err != nil {
		t.Fatal(err)
	}
	for _, square := range []float64{0, 0.3, 1, 5} {
		a, b := PriorBits(EDM{}, 1, square), PriorBits(same, 1, square)
		if math.Abs(a-b) > 1e-12 {
			t.Errorf("mean square %v: %v bits, with the variance preserved %v", square, a, b)
		}
		c := TerminalBits(EDM{}, 1, []float64{0.5}, []float64{square})
		d := TerminalBits(same, 1, []float64{0.5}, []float64{square})
		if math.Abs(c-d) > 1e-12 {
			t.Errorf("variance %v: terminal distance %v, with the variance preserved %v", square, c, d)
		}
	}
}

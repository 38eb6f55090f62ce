package process_test

import (
	"math"
	"strings"
	"testing"

	"ebb/diffusion/process"
	"ebb/engine/rng"
)

var keeps = map[string]process.Keep{
	"linear": process.LinearKeep{},
	"cosine": process.CosineKeep{},
}

// Keep falls from 1 to 0, and the weight of the bound is -keep'/(1-keep).
func TestKeepFallsAndItsWeightIsItsRate(t *testing.T) {
	for name, keep := range keeps {
		if keep.Keep(0) != 1 || math.Abs(keep.Keep(1)) > 1e-15 {
			t.Errorf("%s: keeps %v at 0 and %v at 1", name, keep.Keep(0), keep.Keep(1))
		}
		for u := 0.01; u < 0.995; u += 0.01 {
			const h = 1e-5
			slope := (keep.Keep(u+h) - keep.Keep(u-h)) / (2 * h)
			if want := -slope / (1 - keep.Keep(u)); !near(keep.Weight(u), want, 1e-8) || slope >= 0 {
				t.Errorf("%s at %v: weight %v, -keep'/(1-keep) %v", name, u, keep.Weight(u), want)
			}
		}
	}
}

// Jumps compose, and Reveal is Bayes' rule: a cell masked at t had its value
// at s with probability keep(s) (1 - keep(t)/keep(s)) / (1 - keep(t)).
func TestMaskedJumpsComposeAndRevealIsBayes(t *testing.T) {
	for name, keep := range keeps {
		for _, c := range [][3]float64{{0.9, 0.5, 0.2}, {0.99, 0.01, 0.001}, {0.3, 0.29, 0.1}} {
			at, mid, to := c[0], c[1], c[2]
			direct := process.KeepJump(keep, to, at)
			if twice := process.KeepJump(keep, to, mid) * process.KeepJump(keep, mid, at); !near(twice, direct, 1e-12) {
				t.Errorf("%s: two jumps keep %v, one %v", name, twice, direct)
			}
			bayes := keep.Keep(to) * (1 - direct) / (1 - keep.Keep(at))
			if got := process.Reveal(keep, at, to); !near(got, bayes, 1e-12) {
				t.Errorf("%s, %v to %v: reveals %v, Bayes says %v", name, at, to, got, bayes)
			}
		}
		if process.Reveal(keep, 0.4, 0) != 1 || process.Reveal(keep, 0.4, 0.4) != 0 {
			t.Errorf("%s: the last step must reveal every cell, a step of no length none", name)
		}
	}
}

// At time t a cell has its value with probability keep(t), independently of the
// others, and once masked stays masked.
func TestForwardMaskingHasItsMarginals(t *testing.T) {
	const rows, cols = 20000, 3
	noise := rng.Rows{Stream: rng.New(2, rng.Masking)}
	src := []int32{4, 0, 2}
	u := make([]float64, cols)
	for name, keep := range keeps {
		for _, at := range []float64{0.1, 0.5, 0.8} {
			var kept [cols]float64
			both := 0.0
			dst, later := make([]int32, cols), make([]int32, cols)
			for i := range rows {
				noise.Uniforms(u, 0, i)
				process.MaskRow(dst, src, keep.Keep(at), u)
				process.MaskRow(later, src, keep.Keep(at+0.1), u)
				for j, v := range dst {
					switch v {
					case src[j]:
						kept[j] += 1.0 / rows
					case process.Mask:
						if later[j] != process.Mask {
							t.Fatalf("%s: a cell masked at %v has its value at %v", name, at, at+0.1)
						}
					default:
						t.Fatalf("%s: cell %d became %d", name, j, v)
					}
				}
				if dst[0] == src[0] && dst[2] == src[2] {
					both += 1.0 / rows
				}
			}
			p := keep.Keep(at)
			for j, k := range kept {
				if se := math.Sqrt(p * (1 - p) / rows); math.Abs(k-p) > 4*se {
					t.Errorf("%s at %v: column %d keeps %v, want %v within 4 x %v", name, at, j, k, p, se)
				}
			}
			if se := math.Sqrt(p * p * (1 - p*p) / rows); math.Abs(both-p*p) > 4*se {
				t.Errorf("%s at %v: two columns keep together %v, want %v", name, at, both, p*p)
			}
		}
	}
}

// A reverse step reveals a share of the masked cells, with the given
// probabilities, and leaves the others alone.
func TestUnmaskDrawsFromTheProbabilities(t *testing.T) {
	const rows = 40000
	noise := rng.Rows{Stream: rng.New(3, rng.Cells)}
	card := []int{3, 2}
	offsets := process.Offsets(card)
	prob := []float64{0.5, 0, 0.5 + 1e-9, 0.2, 0.8}
	logits := make([]float64, len(prob))
	for k, p := range prob {
		logits[k] = math.Log(p) + float64(7*(k/3)) // a constant for each column
	}
	const reveal = 0.3
	var count [5]float64
	u := make([]float64, 4)
	for i := range rows {
		cells := []int32{process.Mask, process.Mask}
		noise.Uniforms(u, 0, i)
		process.UnmaskRow(cells, logits, offsets, reveal, u)
		for j, v := range cells {
			if v != process.Mask {
				count[offsets[j]+int(v)] += 1.0 / rows
			}
		}
		given := []int32{1, 0}
		process.UnmaskRow(given, logits, offsets, 1, u)
		if given[0] != 1 || given[1] != 0 {
			t.Fatal("a cell that had its value was changed")
		}
	}
	for k, p := range prob {
		want := reveal * p
		if se := math.Sqrt(want*(1-want)/rows) + 1e-12; math.Abs(count[k]-want) > 4*se {
			t.Errorf("category %d was drawn %v of the time, want %v within 4 x %v", k, count[k], want, se)
		}
	}
	if count[1] != 0 {
		t.Error("a category of probability 0 was drawn")
	}
}

func TestCellsOutsideTheirColumnAreFound(t *testing.T) {
	c := process.NewCells(2, []int{3, 2})
	if err := c.Check(); err != nil {
		t.Error(err)
	}
	c.Row(1)[1] = 2
	if err := c.Check(); err == nil || !strings.Contains(err.Error(), "row 1, column 1: category 2 is outside 0..1") {
		t.Errorf("got %v", err)
	}
}

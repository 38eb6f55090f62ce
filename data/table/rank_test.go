package table

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"ebb/engine/kernel/elementary"
)

// drawValues draws ascending distinct values on a grid, with counts.
func drawValues(t *rapid.T) (values []float64, counts []int, step float64) {
	step = rapid.SampledFrom([]float64{0, 0.01, 1, 25}).Draw(t, "step")
	scale := step
	if step == 0 {
		scale = 0.37
	}
	ks := rapid.SliceOfNDistinct(rapid.IntRange(-2000, 2000), 2, 200, rapid.ID[int]).Draw(t, "values")
	slices.Sort(ks)
	for _, k := range ks {
		values = append(values, float64(k)*scale)
		counts = append(counts, rapid.SampledFrom([]int{1, 1, 1, 2, 7, 300}).Draw(t, "count"))
	}
	return values, counts, step
}

// The polyline kept passes within the tolerance of every corner of the full one.
func TestRankStaysWithinItsTolerance(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values, counts, step := drawValues(t)
		x, below := corners(values, counts, step)
		r := newRank(values, counts, step)
		for k := range x {
			lo, hi := r.left(x[k]), r.right(x[k])
			if y := float64(below[k]); y < lo-r.Tolerance-1e-9 || y > hi+r.Tolerance+1e-9 {
				t.Fatalf("at %v: %v rows below, the polyline says %v to %v, tolerance %v", x[k], y, lo, hi, r.Tolerance)
			}
		}
		if err := r.check(); err != nil {
			t.Fatal(err)
		}
	})
}

// A value's normal number decodes to the value, wherever in its interval it lies. On a continuum,
// where a value has no width, it does up to the resolution of float64 ranks.
func TestRankRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values, counts, step := drawValues(t)
		r := newRank(values, counts, step)
		last := len(values) - 1
		u := rapid.Float64Range(0.001, 0.999).Draw(t, "u")
		for _, v := range values {
			lo, hi := r.interval(v)
			got := r.snap(r.value(normalBetween(lo, hi, u)), values[0], values[0], values[last])
			if math.Abs(got-v) > 1e-8*(values[last]-values[0]) {
				t.Fatalf("%v came back as %v (ranks %v to %v, u %v)", v, got, lo, hi, u)
			}
		}
	})
}

// The intervals of the values cover [0,1] up to the tolerance: the numbers of all rows are N(0,1).
func TestRankIntervalsHoldEachValuesShare(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values, counts, step := drawValues(t)
		r := newRank(values, counts, step)
		n, below := r.total(), 0.0
		for i, v := range values {
			lo, hi := r.interval(v)
			if d := math.Abs(lo*n - below); d > r.Tolerance+1e-6 {
				t.Fatalf("%v begins at rank %v of %v, %v rows off", v, lo*n, n, d)
			}
			below += float64(counts[i])
			if d := math.Abs(hi*n - below); d > r.Tolerance+1e-6 {
				t.Fatalf("%v ends at rank %v of %v, %v rows off", v, hi*n, n, d)
			}
		}
	})
}

func TestRankSurvivesTheWidestRange(t *testing.T) {
	for _, values := range [][]float64{{-1e308, 0, 1e308}, {-math.MaxFloat64, math.MaxFloat64}, {5e-324, 1e-323}} {
		for _, step := range []float64{0, 1} {
			r := newRank(values, []int{5, 5, 5}[:len(values)], step)
			for _, z := range []float64{-9, -1, -0.1, 0, 0.1, 1, 9, math.Inf(1), math.Inf(-1)} {
				v := r.snap(r.value(z), values[0], values[0], values[len(values)-1])
				if math.IsNaN(v) || math.IsInf(v, 0) {
					t.Errorf("%v, step %v: z = %v gives %v", values, step, z, v)
				}
			}
		}
	}
}

func TestMassesStandOutFromTheirNeighbours(t *testing.T) {
	// Ages from 20 to 79, 100 rows each; 65 is a cap of another column's kind, 40 a peak but no mass.
	var values []float64
	var counts []int
	for v := 20; v < 80; v++ {
		n := 100
		switch v {
		case 40:
			n = 250
		case 65:
			n = 900
		}
		values, counts = append(values, float64(v)), append(counts, n)
	}
	for i, is := range masses(values, counts, 1, 60) {
		if is != (values[i] == 65) {
			t.Errorf("value %v: point mass %v", values[i], is)
		}
	}
}

// The least and the greatest value come back as often as they occurred, however far they lie from
// the others: of n ranks in even distance each has its count.
func TestExtremesKeepTheirRows(t *testing.T) {
	for _, step := range []float64{0, 1} {
		var values []float64
		var counts []int
		n := 0
		for i := range 5000 {
			v := math.Floor(float64(i) * float64(i) / 100)
			if len(values) == 0 || v > values[len(values)-1] {
				values, counts = append(values, v), append(counts, 0)
			}
			counts[len(counts)-1]++
			n++
		}
		values, counts = append(values, 1e9), append(counts, 1)
		n++
		r := newRank(values, counts, step)
		least, greatest := 0, 0
		for i := range n {
			v := r.value(elementary.NormQuantile((float64(i) + 0.5) / float64(n)))
			v = r.snap(v, values[0], values[0], 1e9)
			if v == values[0] {
				least++
			}
			if v == 1e9 {
				greatest++
			}
		}
		if least != counts[0] || greatest != 1 {
			t.Errorf("step %v: %d rows at the least value and %d at the greatest, want %d and 1", step, least, greatest, counts[0])
		}
	}
}

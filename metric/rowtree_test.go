package metric

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// slowNearest looks at every row.
func slowNearest(space rowSpace, q []float64, at []float64, d int, skip int) (int32, float64) {
	row, best := int32(-1), math.Inf(1)
	for i := 0; i*d < len(at); i++ {
		if i == skip {
			continue
		}
		if dist := space.distance(q, at[i*d:(i+1)*d], math.Inf(1)); dist < best {
			row, best = int32(i), dist
		}
	}
	return row, best
}

func TestRowTreeFindsTheNearestRow(t *testing.T) {
	d := newDraws(10)
	reference, queries := mixedFrame(d, 700), mixedFrame(d, 300)
	// Repeat some rows many times, and some queries exactly.
	for range 3 {
		reference = stack(reference, reference.Pick(make([]int, 40)))
	}
	queries = stack(queries, reference.Pick([]int{5, 6, 7, 705}))
	pool := parallel.New(2)
	defer pool.Close()
	spaces := map[string]rowSpace{
		"gower":   gowerSpace(reference),
		"one-hot": oneHotSpace(reference, false),
		"squared": oneHotSpace(reference, true),
	}
	for name, space := range spaces {
		tree := newRowTree(space, reference)
		at := space.place(reference)
		for _, itself := range []bool{false, true} {
			from := queries
			if itself {
				from = reference
			}
			q := space.place(from)
			rows, distances := tree.nearestRows(context.Background(), from, itself, pool)
			for i := range rows {
				skip := -1
				if itself {
					skip = i
				}
				row, best := slowNearest(space, q[i*tree.d:(i+1)*tree.d], at, tree.d, skip)
				if rows[i] != row || distances[i] != best {
					t.Fatalf("%s, itself %v, row %d: nearest is %d at %v, want %d at %v", name, itself, i, rows[i], distances[i], row, best)
				}
			}
			serial, _ := tree.nearestRows(context.Background(), from, itself, nil)
			if !slices.Equal(serial, rows) {
				t.Errorf("%s: the answer depends on the number of threads", name)
			}
		}
	}
}

func TestOfEquallyNearRowsTheFirstIsTaken(t *testing.T) {
	d := newDraws(15)
	grid := func(n int) *Frame { // few values, so that many different rows are equally near
		x, y := make([]float64, n), make([]float64, n)
		for i, c := range d.codes(n, 5) {
			x[i] = float64(c)
		}
		for i, c := range d.codes(n, 5) {
			y[i] = float64(2 * c)
		}
		return &Frame{Columns: []Column{numberColumn("x", x...), numberColumn("y", y...), codeColumn("c", d.codes(n, 6)...)}}
	}
	reference, queries := grid(60), grid(400)
	space := gowerSpace(reference)
	rows, _ := newRowTree(space, reference).nearestRows(context.Background(), queries, false, nil)
	q, at := space.place(queries), space.place(reference)
	for i, got := range rows {
		if want, _ := slowNearest(space, q[3*i:3*i+3], at, 3, -1); got != want {
			t.Errorf("query %d: row %d, want %d", i, got, want)
		}
	}
}

func TestGowerDistanceOfMixedCells(t *testing.T) {
	nan := math.NaN()
	reference := &Frame{Columns: []Column{numberColumn("x", 0, 10, nan), codeColumn("c", 0, 1, -1)}}
	cases := []struct {
		x    float64
		c    int32
		want float64
	}{
		{0, 0, 0},             // the first row
		{2, 0, 0.1},           // a fifth of the range, halved
		{nan, -1, 0},          // missing on both sides is equal
		{nan, 0, 0.5},         // one side missing costs 1, as another category does
		{-1000, 0, 0.5},       // cut at 1
		{6, 1, 0.4 / 2},       //
		{5, 7, (0.5 + 1) / 2}, // a category the reference lacks
	}
	for _, c := range cases {
		row := &Frame{Columns: []Column{numberColumn("x", c.x), codeColumn("c", c.c)}}
		near(t, fmt.Sprintf("DCR of (%v, %d)", c.x, c.c), DCR(row, reference, nil)[0], c.want, 1e-15)
	}
}

func TestConstantReferenceColumnCountsAsEqualOrNot(t *testing.T) {
	reference := &Frame{Columns: []Column{numberColumn("x", 3, 3)}}
	rows := &Frame{Columns: []Column{numberColumn("x", 3, 3.001)}}
	if got := DCR(rows, reference, nil); got[0] != 0 || got[1] != 1 {
		t.Errorf("distances to a constant column = %v, want [0 1]", got)
	}
}

func TestCopiesAreCloserToTrainingThanFreshRowsAre(t *testing.T) {
	d := newDraws(11)
	training, holdout, fresh := mixedFrame(d, 400), mixedFrame(d, 400), mixedFrame(d, 400)
	score, share := DCROverfittingProtection(training, training, holdout, nil)
	if share.Strict() < 0.99 || score > 0.02 {
		t.Errorf("copies: share %v, score %v; want about 1 and 0", share.Strict(), score)
	}
	_, share = DCROverfittingProtection(training, fresh, holdout, nil)
	// Binomial error of 400 rows is 0.025; neighbours shared between rows about double it.
	near(t, "share of fresh rows", share.Even(), 0.5, 0.15)
}

func TestNearestOfBothIsZeroWithoutCopyingAndOneForCopies(t *testing.T) {
	share, expected, excess := NearestOfBoth(CloserShare{Closer: 60, Ties: 20, Rows: 100}, 300, 100)
	near(t, "share", share, 0.75, 1e-15)
	near(t, "expected", expected, 0.75, 0)
	near(t, "excess", excess, 0, 1e-15)
	_, _, excess = NearestOfBoth(CloserShare{Closer: 100, Rows: 100}, 300, 100)
	near(t, "excess of copies", excess, 1, 0)
}

// slowMatch compares every pair of rows as SDMetrics describes.
func slowMatch(rows, reference *Frame, i int, tolerance float64) bool {
	for r := range reference.Rows() {
		all := true
		for j := range rows.Columns {
			a, b := &rows.Columns[j], &reference.Columns[j]
			switch {
			case a.Missing(i) || b.Missing(r):
				all = all && a.Missing(i) && b.Missing(r)
			case a.Kind == Categorical:
				all = all && a.Code[i] == b.Code[r]
			default:
				all = all && math.Abs(b.Num[r]-a.Num[i]) <= tolerance*math.Abs(a.Num[i])
			}
		}
		if all {
			return true
		}
	}
	return false
}

func TestMatchesLooksAtEveryRow(t *testing.T) {
	d := newDraws(12)
	reference, rows := mixedFrame(d, 300), mixedFrame(d, 300)
	rows = stack(rows, reference.Pick(d.order(300)[:50]))
	for _, tolerance := range []float64{0, 0.05, 0.5, 3} {
		got := Matches(rows, reference, tolerance, nil)
		hits := 0
		for i := range got {
			if want := slowMatch(rows, reference, i, tolerance); got[i] != want {
				t.Fatalf("tolerance %v, row %d: match %v, want %v", tolerance, i, got[i], want)
			}
			if got[i] {
				hits++
			}
		}
		if hits < 50 {
			t.Errorf("tolerance %v: %d matches, but 50 rows are copies", tolerance, hits)
		}
	}
	onlyCategories := &Frame{Columns: []Column{codeColumn("c", 0, 1, -1)}}
	if got := Matches(&Frame{Columns: []Column{codeColumn("c", -5, 2, 1)}}, onlyCategories, 0.01, nil); !slices.Equal(got, []bool{true, false, true}) {
		t.Errorf("matches of categories alone = %v", got)
	}
}

func TestRepeatedShare(t *testing.T) {
	nan := math.NaN()
	f := &Frame{Columns: []Column{numberColumn("x", 1, nan, 1, nan, 1, 2), codeColumn("c", 0, -1, 0, -2, 1, 0)}}
	near(t, "RepeatedShare", RepeatedShare(f), 2.0/6, 1e-15)
}

func TestNaiveSupport(t *testing.T) {
	d := newDraws(13)
	real, fresh := mixedFrame(d, 400), mixedFrame(d, 400)
	near(t, "alpha precision of the table itself", NaiveSupport(real, real, nil).AlphaPrecision, 1, 0.01)
	far := mixedFrame(d, 400)
	for i := range far.Columns[0].Num {
		far.Columns[0].Num[i] += 20
	}
	s, f := NaiveSupport(real, far, nil), NaiveSupport(real, fresh, nil)
	if s.AlphaPrecision > 0.1 || s.BetaRecall > 0.1 {
		t.Errorf("rows far away: %+v, want both near 0", s)
	}
	if f.AlphaPrecision < 0.9 || f.BetaRecall < s.BetaRecall {
		t.Errorf("fresh rows: %+v", f)
	}
}

func TestDistancesFromTheMeanAreThoseOfOneHotVectors(t *testing.T) {
	real := mixedFrame(newDraws(14), 50)
	space := oneHotSpace(real, true)
	got := newMeanRow(space, real).distances(real)
	vectors := oneHotVectors(real, space)
	mean := make([]float64, len(vectors[0]))
	for _, v := range vectors {
		for k := range v {
			mean[k] += v[k] / 50
		}
	}
	for i, v := range vectors {
		sum := 0.0
		for k := range v {
			sum += (v[k] - mean[k]) * (v[k] - mean[k])
		}
		near(t, "distance", got[i], math.Sqrt(sum), 1e-12)
	}
}

// oneHotVectors writes the one-hot space out.
func oneHotVectors(f *Frame, space rowSpace) [][]float64 {
	out := make([][]float64, f.Rows())
	at := space.place(f)
	d := len(f.Columns)
	for i := range out {
		for j := range f.Columns {
			if f.Columns[j].Kind != Categorical {
				out[i] = append(out[i], at[i*d+j]*space.scale[j])
				continue
			}
			hot := make([]float64, levels(&f.Columns[j])+1)
			hot[max(f.Columns[j].Code[i], -1)+1] = 1
			out[i] = append(out[i], hot...)
		}
	}
	return out
}

func TestRandomFrameIsUniformOverWhatTheColumnHas(t *testing.T) {
	nan := math.NaN()
	real := &Frame{Columns: []Column{
		{Name: "count", Integer: true, Num: []float64{3, 5, 3, 3}},
		numberColumn("x", -2, 8, nan, nan),
		codeColumn("c", 7, 7, 2, -1),
	}}
	const n = 30000 // a share has a standard error of at most 0.003
	f := RandomFrame(real, n, rng.New(1, rng.Test))
	counts := map[float64]float64{}
	for _, v := range f.Columns[0].Num {
		counts[v] += 1.0 / n
	}
	for _, v := range []float64{3, 4, 5} {
		near(t, fmt.Sprintf("share of count %v", v), counts[v], 1.0/3, 0.012)
	}
	x := present(f.Columns[1].Num)
	near(t, "missing share of x", 1-float64(len(x))/n, 0.5, 0.012)
	near(t, "least x", x[0], -2, 0.01)
	near(t, "median x", medianOf(x), 3, 0.15)
	near(t, "largest x", x[len(x)-1], 8, 0.01)
	c, _ := countCodes(f.Columns[2].Code, nil)
	near(t, "share of category 7", c[7]/n, 3.0/8, 0.012)
	near(t, "share of category 2", c[2]/n, 3.0/8, 0.012)
}

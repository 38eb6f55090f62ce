package metric

import (
	"math"
	"slices"
	"testing"

	"ebb/engine/rng"
)

// draws gives the tests' random numbers: one stream, one step a use.
type draws struct {
	stream rng.Stream
	step   uint64
}

func newDraws(seed uint64) *draws { return &draws{stream: rng.New(seed, rng.Test)} }

func (d *draws) normals(n int) []float64 {
	out := make([]float64, n)
	d.stream.Normals(out, d.step, 0)
	d.step++
	return out
}

func (d *draws) codes(n, k int) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = int32(d.stream.Intn(k, d.step, uint64(i)))
	}
	d.step++
	return out
}

func (d *draws) order(n int) []int {
	d.step++
	return shuffled(n, d.stream, d.step-1)
}

func numberColumn(name string, v ...float64) Column { return Column{Name: name, Kind: Numeric, Num: v} }
func codeColumn(name string, c ...int32) Column {
	return Column{Name: name, Kind: Categorical, Code: c}
}

// mixedFrame returns n rows of two normal numbers of correlation 0.8, a small
// integer with ties, two categories of which one depends on the numbers, and
// missing values in two columns.
func mixedFrame(d *draws, n int) *Frame {
	x, e, m := d.normals(n), d.normals(n), d.normals(n)
	y, count, side := make([]float64, n), make([]float64, n), make([]int32, n)
	for i := range x {
		y[i] = 0.8*x[i] + 0.6*e[i]
		count[i] = math.Floor(math.Abs(3 * e[i]))
		if x[i]+0.3*m[i] > 0 {
			side[i] = 1
		}
		if m[i] > 1.5 {
			count[i] = math.NaN()
		}
	}
	group := d.codes(n, 4)
	for i := range group {
		if m[i] < -1.5 {
			group[i] = -1
		}
	}
	return &Frame{Columns: []Column{
		numberColumn("x", x...), numberColumn("y", y...), numberColumn("count", count...),
		codeColumn("group", group...), codeColumn("side", side...),
	}}
}

// shuffleColumns breaks all dependence between columns and leaves each as it is.
func shuffleColumns(d *draws, f *Frame) *Frame {
	out := &Frame{}
	for j := range f.Columns {
		out.Columns = append(out.Columns, f.Columns[j].pick(d.order(f.Rows())))
	}
	return out
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) && !(math.IsNaN(got) && math.IsNaN(want)) {
		t.Errorf("%s = %.17g, want %.17g +- %.2g", what, got, want, tolerance)
	}
}

func TestKSComplementOfKnownDistributions(t *testing.T) {
	nan := math.NaN()
	cases := []struct {
		name            string
		real, synthetic []float64
		want            float64
	}{
		{"equal columns", []float64{3, 1, 2}, []float64{1, 2, 3}, 1},
		{"equal distributions of other length", []float64{1, 2}, []float64{1, 1, 2, 2}, 1},
		{"disjoint", []float64{1, 2}, []float64{3, 4}, 0},
		{"largest gap at a tie", []float64{0, 0, 0, 1}, []float64{0, 1, 1, 1}, 0.5},
		{"missing values are left out", []float64{1, nan, 2}, []float64{nan, nan, 1, 2}, 1},
		{"differences beyond 14 decimals are none", []float64{0.1 + 0.2}, []float64{0.3}, 1},
		{"no values", []float64{nan}, []float64{1}, nan},
	}
	for _, c := range cases {
		near(t, c.name, KSComplement(c.real, c.synthetic), c.want, 1e-15)
	}
}

func TestKSComplementIsOneMinusTheLargestGap(t *testing.T) {
	d := newDraws(1)
	a, b := d.normals(60), d.normals(45)
	for i := range a {
		a[i] = math.Round(3*a[i]) / 3 // ties
	}
	gap := 0.0
	for _, v := range append(slices.Clone(a), b...) {
		gap = max(gap, math.Abs(shareWithin(a, v)-shareWithin(b, v)))
	}
	near(t, "KSComplement", KSComplement(a, b), 1-gap, 1e-15)
}

func TestTVComplement(t *testing.T) {
	// Exact value of the quirk: real counts 2, 2 and 1e-6 for the new category.
	total := 4 + 1e-6
	quirk := 1 - (2*math.Abs(0.25-2/total)+math.Abs(0.5-1e-6/total))/2
	cases := []struct {
		name            string
		real, synthetic []int32
		want            float64
	}{
		{"equal", []int32{0, 1, 1}, []int32{1, 0, 1}, 1},
		{"disjoint but for the quirk", []int32{0}, []int32{1}, 1e-6 / (1 + 1e-6)},
		{"missing values are left out", []int32{0, -1, 1}, []int32{1, 0, -1, -1}, 1},
		{"a category only synthetic rows have", []int32{0, 0, 1, 1}, []int32{0, 1, 2, 2}, quirk},
		{"no values", []int32{-1}, []int32{0}, math.NaN()},
	}
	for _, c := range cases {
		near(t, c.name, TVComplement(c.real, c.synthetic), c.want, 1e-15)
	}
	near(t, "total variation has no quirk", TotalVariation([]int32{0, 0, 1, 1}, []int32{0, 1, 2, 2}), 0.5, 1e-15)
}

func TestCorrelation(t *testing.T) {
	d := newDraws(2)
	x := d.normals(200)
	line, cubed, noise := make([]float64, 200), make([]float64, 200), d.normals(200)
	for i, v := range x {
		line[i], cubed[i] = 5-2*v, v*v*v
	}
	near(t, "of a falling line", Correlation(x, line, Pearson), -1, 1e-14)
	near(t, "ranks of a rising map", Correlation(x, cubed, Spearman), 1, 1e-14)
	if r := Correlation(x, cubed, Pearson); r > 0.95 {
		t.Errorf("Pearson of x and x³ is %v: that is a correlation of ranks", r)
	}
	huge := make([]float64, 200)
	for i, v := range line {
		huge[i] = 1e300 * v
	}
	near(t, "is free of units", Correlation(x, huge, Pearson), -1, 1e-14)
	near(t, "is symmetric", Correlation(x, noise, Pearson), Correlation(noise, x, Pearson), 1e-15)
	near(t, "of a constant", Correlation(x, make([]float64, 200), Pearson), math.NaN(), 0)
	x[7], line[9] = math.NaN(), math.NaN()
	near(t, "over complete rows", Correlation(x, line, Pearson), -1, 1e-14)
}

func TestRanksShareTies(t *testing.T) {
	got := ranks([]float64{30, 10, 20, 20, 10, 20})
	if want := []float64{6, 1.5, 4, 4, 1.5, 4}; !slices.Equal(got, want) {
		t.Errorf("ranks = %v, want %v", got, want)
	}
}

func TestContingencySimilarity(t *testing.T) {
	a, b := []int32{0, 0, 1, 1}, []int32{0, 1, 0, 1}
	near(t, "equal tables", ContingencySimilarity(a, b, a, b), 1, 0)
	near(t, "same margins, other dependence", ContingencySimilarity(a, b, a, a), 0.5, 0)
	near(t, "missing is a category", ContingencySimilarity(a, b, []int32{0, 0, 1, -1}, b), 0.75, 0)
	near(t, "all negative codes are one mark", ContingencySimilarity([]int32{-1}, []int32{0}, []int32{-7}, []int32{0}), 1, 0)
}

func TestContingencyOfManyCategoriesIsThatOfFew(t *testing.T) {
	d := newDraws(3)
	n := 500
	ra, rb, sa, sb := d.codes(n, 6), d.codes(n, 5), d.codes(n, 6), d.codes(n, 5)
	spread := func(c []int32) []int32 { // the same categories under codes far apart: a sparse table
		out := make([]int32, len(c))
		for i, k := range c {
			out[i] = k * 1000
		}
		return out
	}
	near(t, "similarity", ContingencySimilarity(spread(ra), spread(rb), spread(sa), spread(sb)), ContingencySimilarity(ra, rb, sa, sb), 0)
	near(t, "Cramer's V", CramersV(spread(ra), spread(rb)), CramersV(ra, rb), 1e-14)
}

func TestCramersV(t *testing.T) {
	near(t, "of a relabelling", CramersV([]int32{0, 1, 2, 0, 1, 2}, []int32{2, 0, 1, 2, 0, 1}), 1, 1e-15)
	near(t, "of a product", CramersV([]int32{0, 0, 1, 1}, []int32{0, 1, 0, 1}), 0, 1e-15)
	near(t, "of one category", CramersV([]int32{0, 0}, []int32{0, 1}), math.NaN(), 0)
	// Table 30 10 / 10 50: chi² = 100 (30·50-10·10)²/(40·60·40·60), V = sqrt(chi²/100) = 7/12.
	var a, b []int32
	for _, cell := range []struct{ a, b, n int }{{0, 0, 30}, {0, 1, 10}, {1, 0, 10}, {1, 1, 50}} {
		for range cell.n {
			a, b = append(a, int32(cell.a)), append(b, int32(cell.b))
		}
	}
	near(t, "of a 2 by 2 table", CramersV(a, b), 7.0/12, 1e-15)
}

func TestBinCodes(t *testing.T) {
	values := []float64{0, 0.99, 1, 5, 9.5, 10, math.NaN()}
	got := binCodes(values, binEdges(values))
	if want := []int32{1, 1, 2, 6, 10, 11, 11}; !slices.Equal(got, want) {
		t.Errorf("own bins = %v, want %v", got, want)
	}
	edges := openEdges(binEdges(values))
	got = binCodes([]float64{-5, 0, 10, 99}, edges)
	if want := []int32{1, 1, 10, 10}; !slices.Equal(got, want) {
		t.Errorf("open bins = %v, want %v", got, want)
	}
}

func TestExtremesSeeSpikesAtTheEnds(t *testing.T) {
	e := Extremes([]float64{0, 0, 1, 5, math.NaN()}, []float64{0, 1, 2, 3, -1, 9, 5, 5})
	want := ExtremeMass{Min: 0, Max: 5, RealAtMin: 0.5, RealAtMax: 0.25, SyntheticAtMin: 0.125, SyntheticAtMax: 0.25, SyntheticBelow: 0.125, SyntheticAbove: 0.125}
	if e != want {
		t.Errorf("Extremes = %+v, want %+v", e, want)
	}
}

func TestAdherenceOfMissingValues(t *testing.T) {
	nan := math.NaN()
	near(t, "outside if the real column is complete", BoundaryAdherence([]float64{0, 1}, []float64{0.5, nan}), 0.5, 0)
	near(t, "left out otherwise", BoundaryAdherence([]float64{0, 1, nan}, []float64{0.5, nan}), 1, 0)
	near(t, "unknown if the real column is complete", CategoryAdherence([]int32{0, 1}, []int32{0, -1}), 0.5, 0)
	near(t, "known otherwise", CategoryAdherence([]int32{0, -1}, []int32{0, -1}), 1, 0)
}

func TestQuantileIsLinearBetweenOrderStatistics(t *testing.T) {
	v := []float64{1, 2, 4, 8}
	for q, want := range map[float64]float64{0: 1, 0.25: 1.75, 0.5: 3, 0.75: 5, 1: 8} {
		near(t, "quantile", quantileSorted(v, q), want, 1e-15)
	}
}

func TestCheckNamesTheFault(t *testing.T) {
	cases := map[string]*Frame{
		"the table has no columns":                {},
		"the table has no rows":                   {Columns: []Column{numberColumn("a")}},
		`column "b" has 1 rows, column "a" has 2`: {Columns: []Column{numberColumn("a", 1, 2), codeColumn("b", 0)}},
		`column "a", row 2: the number is infinite; leave it empty or remove the row`: {Columns: []Column{numberColumn("a", 1, math.Inf(1))}},
	}
	for want, f := range cases {
		if err := f.Check(); err == nil || err.Error() != want {
			t.Errorf("Check = %v, want %q", err, want)
		}
	}
}

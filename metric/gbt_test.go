package metric

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"testing"

	"ebb/engine/kernel/elementary"
	"ebb/engine/kernel/parallel"
)

func mustFit(t *testing.T, o Boosting, f *Frame, target Target) *Booster {
	t.Helper()
	m, err := o.Fit(context.Background(), f, target)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// classOf marks the rows for which in is true.
func classOf(n int, in func(i int) bool) (class []int32, positive []bool) {
	class, positive = make([]int32, n), make([]bool, n)
	for i := range class {
		if positive[i] = in(i); positive[i] {
			class[i] = 1
		}
	}
	return class, positive
}

func TestOneTreeOfTwoLeavesPredictsTheMeansOfTheBestCut(t *testing.T) {
	// With rate 1 and no L2 the leaves of squared error are the means of their rows.
	x := numberColumn("x", 1, 2, 3, 4, 5, 6)
	y := []float64{0, 2, 1, 10, 12, 11}
	m := mustFit(t, Boosting{Rounds: 1, LearningRate: 1, Leaves: 2, MinRows: 1, L2: -1}, &Frame{Columns: []Column{x}}, Target{Num: y})
	got := m.Scores(&Frame{Columns: []Column{numberColumn("x", 0, 3.4, 3.6, 99)}})
	for i, want := range []float64{1, 1, 11, 11} {
		near(t, fmt.Sprintf("prediction %d", i), got[i], want, 1e-12)
	}
}

func TestBestCutIsThatOfAllCuts(t *testing.T) {
	d := newDraws(20)
	const bins = 7 // small enough for every subset
	for trial := range 40 {
		hist, node := randomHistogram(d, bins)
		s := splitter{l2: 0.5, minRows: 300}
		number := s.best(hist, node, 0, &columnBins{count: bins})
		want := bestSubset(s, hist, node, bins, func(set int) bool { return isPrefix(set >> 1) })
		near(t, fmt.Sprintf("trial %d: gain of a number", trial), number.gain, max(0, want-minGain), 1e-9)

		// Categories are ordered by g/(h+10), and the best set is a prefix by g/h: with hundreds
		// of rows each that is the same to a few per cent of the gain.
		s.minRows = 1
		category := s.best(hist, node, 0, &columnBins{count: bins, ofTag: []uint8{}})
		want = bestSubset(s, hist, node, bins, func(int) bool { return true })
		if category.gain > want+1e-9 || category.gain < 0.97*want {
			t.Errorf("trial %d: gain of categories %v, best of all subsets %v", trial, category.gain, want)
		}
	}
}

// randomHistogram has bins of very unequal size, each with a mean of its own.
func randomHistogram(d *draws, bins int) (*histogram, binSum) {
	const n = 4000
	g, h, mean, b, c := d.normals(n), d.normals(n), d.normals(bins), d.codes(n, bins), d.codes(n, bins)
	hist, node := new(histogram), binSum{}
	for i := range g {
		at := min(b[i], c[i])
		s := binSum{g[i] + mean[at], math.Abs(h[i]) + 0.1, 1}
		hist[at] = hist[at].plus(s)
		node = node.plus(s)
	}
	return hist, node
}

// isPrefix tells whether the set bits are the lowest ones: values up to an edge.
func isPrefix(set int) bool { return set&(set+1) == 0 }

// bestSubset tries every set of bins on the left side.
func bestSubset(s splitter, hist *histogram, node binSum, bins int, allowed func(set int) bool) float64 {
	best := 0.0
	for set := range 1 << bins {
		left := binSum{}
		for b := range bins {
			if set>>b&1 != 0 {
				left = left.plus(hist[b])
			}
		}
		right := node.minus(left)
		if allowed(set) && s.allowed(left) && s.allowed(right) {
			best = max(best, s.worth(left)+s.worth(right)-s.worth(node))
		}
	}
	return best
}

func TestNumberBinsKeepOrderAndFrequentValues(t *testing.T) {
	d := newDraws(21)
	v := d.normals(20000)
	for i := range v {
		if i%3 == 0 {
			v[i] = 0.5 // a third of the rows at one value
		}
	}
	sorted := present(v)
	c := numberBins(sorted)
	if c.count < 240 || c.count > maxBins {
		t.Errorf("%d bins, want nearly %d", c.count, maxBins)
	}
	counts := map[uint8]int{}
	last := uint8(0)
	for _, x := range sorted {
		b := c.of(x)
		if b < last {
			t.Fatalf("bins fall from %d to %d at %v", last, b, x)
		}
		last = b
		counts[b]++
	}
	spike := c.of(0.5)
	if want := (20000 + 2) / 3; counts[spike] != want {
		t.Errorf("the bin of the frequent value holds %d rows, the value has %d", counts[spike], want)
	}
	for b, n := range counts {
		if b != spike && n > 2*20000*2/3/250 {
			t.Errorf("bin %d holds %d rows, more than twice its share", b, n)
		}
	}
}

func TestFewValuesHaveABinEach(t *testing.T) {
	c := numberBins([]float64{1, 1, 2, 3, 3, 3, 1e300, math.MaxFloat64})
	var got []uint8
	for _, v := range []float64{1, 2, 3, 1e300, math.MaxFloat64, -5, 2.4} {
		got = append(got, c.of(v))
	}
	if want := []uint8{1, 2, 3, 4, 5, 1, 2}; !slices.Equal(got, want) {
		t.Errorf("bins %v, want %v", got, want)
	}
}

func TestRareCategoriesBeyond254ShareABin(t *testing.T) {
	var code []int32
	for k := range int32(300) {
		for range 300 - k {
			code = append(code, k)
		}
	}
	c := categoryBins(&Column{Kind: Categorical, Code: code})
	if c.count != maxBins || c.ofTag[0] != 1 || c.ofTag[253] != 254 || c.ofTag[254] != 255 || c.ofTag[299] != 255 {
		t.Errorf("%d bins; categories 0, 253, 254, 299 in bins %d %d %d %d", c.count, c.ofTag[0], c.ofTag[253], c.ofTag[254], c.ofTag[299])
	}
}

func TestTreesLearnWhatIsThere(t *testing.T) {
	d := newDraws(22)
	const n = 4000
	a, b, noise := d.normals(n), d.normals(n), d.normals(n)
	color := d.codes(n, 12)
	holes := slices.Clone(b)
	for i := range holes {
		if noise[i] > 0 {
			holes[i] = math.NaN()
		}
	}
	f := &Frame{Columns: []Column{numberColumn("a", a...), numberColumn("b", b...), codeColumn("color", color...), numberColumn("holes", holes...)}}
	half := make([]int, n/2)
	other := make([]int, n/2)
	for i := range half {
		half[i], other[i] = i, n/2+i
	}
	odd := []bool{true, false, false, true, true, false, true, false, true, true, false, false}
	cases := []struct {
		name    string
		in      func(i int) bool
		columns []int // that it may look at
		lo, hi  float64
	}{
		{"separable by one number", func(i int) bool { return a[i] > 0.3 }, []int{0, 1}, 0.999, 1},
		{"exclusive or of two signs", func(i int) bool { return (a[i] > 0) != (b[i] > 0) }, []int{0, 1}, 0.99, 1},
		{"a set of categories", func(i int) bool { return odd[color[i]] }, []int{1, 2}, 0.999, 1},
		{"whether a value is missing", func(i int) bool { return noise[i] > 0 }, []int{0, 3}, 0.999, 1},
		// 2,000 test rows: standard error of a chance AUC 0.013.
		{"nothing", func(i int) bool { return noise[i] > 0 }, []int{0, 1}, 0.45, 0.55},
		// The best score is a itself. P(a1 > a0 | a1+e1 > 0 > a0+e0) is an orthant probability of
		// three normals over 1/4: 4 (1/8 + 2 asin(1/2)/(4 pi)) = 5/6. Three standard errors are 0.027.
		{"half signal, half noise", func(i int) bool { return a[i]+noise[i] > 0 }, []int{0, 1}, 5.0/6 - 0.035, 5.0/6 + 0.027},
	}
	for _, c := range cases {
		sub := &Frame{}
		for _, j := range c.columns {
			sub.Columns = append(sub.Columns, f.Columns[j])
		}
		class, positive := classOf(n, c.in)
		m := mustFit(t, Boosting{Rounds: 60}, sub.Pick(half), Target{Classes: 2, Class: class[:n/2]})
		auc := AUC(m.Scores(sub.Pick(other)), positive[n/2:])
		if auc < c.lo || auc > c.hi {
			t.Errorf("%s: AUC %.4f outside [%v, %v]", c.name, auc, c.lo, c.hi)
		}
	}
}

func TestRegressionLearnsASurface(t *testing.T) {
	d := newDraws(23)
	const n = 4000
	a, b := d.normals(n), d.normals(n)
	y := make([]float64, n)
	for i := range y {
		y[i] = 1e6 * (elementary.Sin(2*a[i]) + math.Abs(b[i]))
	}
	f := &Frame{Columns: []Column{numberColumn("a", a...), numberColumn("b", b...)}}
	train, test := make([]int, n/2), make([]int, n/2)
	for i := range train {
		train[i], test[i] = 2*i, 2*i+1
	}
	yTrain, yTest := make([]float64, n/2), make([]float64, n/2)
	for i := range train {
		yTrain[i], yTest[i] = y[2*i], y[2*i+1]
	}
	m := mustFit(t, Boosting{Rounds: 100}, f.Pick(train), Target{Num: yTrain})
	if r := R2(yTest, m.Scores(f.Pick(test))); r < 0.97 {
		t.Errorf("R² = %.4f on a smooth surface without noise, want at least 0.97", r)
	}
}

func TestSeveralClassesAreToldApart(t *testing.T) {
	d := newDraws(24)
	const n = 1500
	a := d.normals(n)
	class := make([]int32, n)
	for i, v := range a {
		class[i] = int32(min(3, max(0, math.Floor(v+2)))) // four intervals
	}
	f := &Frame{Columns: []Column{numberColumn("a", a...), numberColumn("noise", d.normals(n)...)}}
	m := mustFit(t, Boosting{Rounds: 40}, f, Target{Classes: 4, Class: class})
	if acc := Accuracy(class, m.Classify(m.Scores(f))); acc < 0.99 {
		t.Errorf("accuracy %.4f on four intervals, want at least 0.99", acc)
	}
	if imp := m.Importance(); imp[0] < 0.9 {
		t.Errorf("importance %v, want nearly all on the first column", imp)
	}
}

func TestEveryRoundLowersTheTrainingLoss(t *testing.T) {
	d := newDraws(25)
	f := mixedFrame(d, 600)
	class := f.Columns[4].Code
	last := math.Inf(1)
	for rounds := 1; rounds <= 12; rounds++ {
		scores := mustFit(t, Boosting{Rounds: rounds}, f.Without(4), Target{Classes: 2, Class: class}).Scores(f.Without(4))
		loss := 0.0
		for i, s := range scores {
			loss += logLossOf(s, class[i])
		}
		if loss >= last {
			t.Errorf("loss %v after %d rounds, %v before", loss, rounds, last)
		}
		last = loss
	}
}

func TestDerivativesAreThoseOfTheLoss(t *testing.T) {
	const eps = 1e-6
	softmaxLossOf := func(s []float64, k int32) float64 { return elementary.LogSumExp(s) - s[k] }
	target := Target{Classes: 3, Class: []int32{2}}
	s := []float64{0.3, -1, 0.7}
	g, h := make([]float64, 3), make([]float64, 3)
	softmaxLoss{3}.derivatives(g, h, s, target, []int32{0})
	for k := range s {
		up, down := slices.Clone(s), slices.Clone(s)
		up[k] += eps
		down[k] -= eps
		lu, lm, ld := softmaxLossOf(up, 2), softmaxLossOf(s, 2), softmaxLossOf(down, 2)
		near(t, "softmax gradient", g[k], (lu-ld)/(2*eps), 1e-8)
		near(t, "softmax curvature", h[k], (lu-2*lm+ld)/(eps*eps), 1e-3)
	}
	for class := range int32(2) {
		logLoss{}.derivatives(g, h, []float64{0.4}, Target{Classes: 2, Class: []int32{class}}, []int32{0})
		near(t, "log loss gradient", g[0], (logLossOf(0.4+eps, class)-logLossOf(0.4-eps, class))/(2*eps), 1e-8)
	}
}

func TestTreesDoNotDependOnThreads(t *testing.T) {
	d := newDraws(26)
	f := mixedFrame(d, 900)
	target := Target{Classes: 2, Class: f.Columns[4].Code}
	want := mustFit(t, Boosting{Rounds: 20}, f.Without(4), target).Scores(f.Without(4))
	for _, threads := range []int{1, 2, 3} {
		pool := parallel.New(threads)
		got := mustFit(t, Boosting{Rounds: 20, Pool: pool}, f.Without(4), target).Scores(f.Without(4))
		pool.Close()
		if !slices.Equal(got, want) {
			t.Errorf("scores with %d threads differ from those without a pool", threads)
		}
	}
}

func TestBoostingRefusesWhatItCannotLearn(t *testing.T) {
	f := &Frame{Columns: []Column{numberColumn("x", 1, 2)}}
	for name, target := range map[string]Target{
		"single class":  {Classes: 1, Class: []int32{0, 0}},
		"class outside": {Classes: 2, Class: []int32{0, 2}},
		"missing label": {Num: []float64{1, math.NaN()}},
	} {
		if _, err := (Boosting{}).Fit(context.Background(), f, target); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (Boosting{}).Fit(ctx, f, Target{Num: []float64{1, 2}}); !errors.Is(err, context.Canceled) {
		t.Errorf("error of a cancelled fit is %v", err)
	}
}

func TestDegenerateFeaturesGiveTheBaseRate(t *testing.T) {
	nan := math.NaN()
	f := &Frame{Columns: []Column{numberColumn("all missing", nan, nan, nan, nan), numberColumn("constant", 1, 1, 1, 1), codeColumn("missing", -1, -1, -1, -1)}}
	m := mustFit(t, Boosting{}, f, Target{Classes: 2, Class: []int32{0, 0, 0, 1}})
	for _, s := range m.Scores(f) {
		near(t, "log-odds", s, math.Log(1.0/3), 1e-12)
	}
	only := mustFit(t, Boosting{}, f, Target{Classes: 2, Class: []int32{1, 1, 1, 1}})
	if s := only.Scores(f)[0]; s < 1 || math.IsInf(s, 0) {
		t.Errorf("one class present: log-odds %v, want large and finite", s)
	}
	if got := only.Classify(only.Scores(f)); !slices.Equal(got, []int32{1, 1, 1, 1}) {
		t.Errorf("one class present: predicted %v", got)
	}
}

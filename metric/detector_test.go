package metric

import (
	"context"
	"math"
	"slices"
	"testing"

	"ebb/engine/rng"
)

func TestFoldsDealEachClassEvenly(t *testing.T) {
	class := newDraws(40).codes(103, 3)
	seen := make([]int, len(class))
	perClass := make([][]int, 3)
	folds := stratifiedFolds(class, 3, 5, rng.New(1, rng.Test), 0)
	for _, f := range folds {
		if len(f.train)+len(f.test) != len(class) {
			t.Errorf("fold of %d + %d rows of %d", len(f.train), len(f.test), len(class))
		}
		counts := make([]int, 3)
		for _, r := range f.test {
			seen[r]++
			counts[class[r]]++
			if slices.Contains(f.train, r) {
				t.Errorf("row %d is trained and tested on", r)
			}
		}
		for c, n := range counts {
			perClass[c] = append(perClass[c], n)
		}
	}
	for r, n := range seen {
		if n != 1 {
			t.Errorf("row %d is tested %d times", r, n)
		}
	}
	for c, n := range perClass {
		if slices.Max(n)-slices.Min(n) > 1 {
			t.Errorf("class %d has %v rows in the folds", c, n)
		}
	}
}

func TestShuffledIsAPermutationThatDependsOnTheStep(t *testing.T) {
	noise := rng.New(2, rng.Test)
	a, b := shuffled(100, noise, 0), shuffled(100, noise, 1)
	if slices.Equal(a, b) {
		t.Error("two steps give the same order")
	}
	slices.Sort(a)
	for i, v := range a {
		if v != i {
			t.Fatalf("%d is missing", i)
		}
	}
}

func detect(t *testing.T, real, synthetic *Frame) Detection {
	t.Helper()
	d := Detector{Noise: rng.New(3, rng.Test), Trees: Boosting{Rounds: 30}}
	out, err := d.Detect(context.Background(), real, synthetic)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestTreesSeeBrokenDependenceAndLogisticDoesNot(t *testing.T) {
	d := newDraws(41)
	real, fresh := mixedFrame(d, 1500), mixedFrame(d, 1500)
	shuffled := shuffleColumns(d, real)

	same := detect(t, real, fresh)
	if math.Abs(same.AUC-0.5) > 4*same.StandardError {
		t.Errorf("AUC of fresh rows is %.3f +- %.3f, want 0.5", same.AUC, same.StandardError)
	}
	// At chance the variance of an AUC is (m+n+1)/(12mn); folds lose next to nothing.
	near(t, "standard error over that of chance", same.StandardError/math.Sqrt(3001.0/12/1500/1500), 1, 0.1)
	broken := detect(t, real, shuffled)
	if broken.AUC < 0.8 {
		t.Errorf("AUC of shuffled columns is %.3f, want at least 0.8", broken.AUC)
	}
	if x := broken.Importance; x[0]+x[1]+x[2]+x[4] < 0.9 {
		t.Errorf("importance %v: the group column depends on little", x)
	}
	// 2 AUC - 1 of three folds of 1,000 rows: standard error about 0.02.
	score := LogisticDetection(real, shuffled, rng.New(4, rng.Test), nil)
	near(t, "logistic score of shuffled columns", score, 1, 0.08)
}

func TestDetectionOfCopiesFallsBelowChance(t *testing.T) {
	d := newDraws(42)
	real := mixedFrame(d, 800)
	if got := detect(t, real, real); got.AUC > 0.45 {
		t.Errorf("AUC of exact copies is %.3f; a copy of a training row is of the other class", got.AUC)
	}
}

func TestShiftedColumnIsNamedByTheDetector(t *testing.T) {
	d := newDraws(43)
	real, moved := mixedFrame(d, 600), mixedFrame(d, 600)
	for i := range moved.Columns[3].Code {
		moved.Columns[3].Code[i] = min(moved.Columns[3].Code[i], 1)
	}
	got := detect(t, real, moved)
	if got.AUC < 0.7 || got.Importance[3] < 0.5 {
		t.Errorf("AUC %.3f, importance %v; half of the groups are gone", got.AUC, got.Importance)
	}
	if s := LogisticDetection(real, moved, rng.New(4, rng.Test), nil); s > 0.7 {
		t.Errorf("logistic score %.3f; half of the groups are gone", s)
	}
}

func TestLogisticGradientIsThatOfItsLoss(t *testing.T) {
	real, synthetic := mixedFrame(newDraws(44), 40), mixedFrame(newDraws(45), 30)
	x, class := newDesign(real, synthetic), realAndSynthetic(real, synthetic)
	rows := make([]int32, len(class))
	for i := range rows {
		rows[i] = int32(i)
	}
	m := newLogistic(x, rows)
	w := newDraws(46).normals(len(m.weight))
	loss := func(w []float64) float64 {
		total := 0.0
		for _, r := range rows {
			total += logLossOf(m.score(x, w, r), class[r])
		}
		for _, v := range w[:len(w)-1] {
			total += v * v / 2
		}
		return total
	}
	m.fit(x, class, rows, nil)
	best := loss(m.weight)
	for k := range w {
		const eps = 1e-5
		up, down := slices.Clone(m.weight), slices.Clone(m.weight)
		up[k] += eps
		down[k] -= eps
		// The fit stops at derivatives of 1e-4.
		near(t, "derivative at the optimum", (loss(up)-loss(down))/(2*eps), 0, 2e-4)
		far := slices.Clone(m.weight)
		far[k] += w[k]
		if loss(far) < best {
			t.Errorf("weight %d: %v is below the minimum %v", k, loss(far), best)
		}
	}
}

func TestOneHotScalesAreQuartilesOfZerosAndOnes(t *testing.T) {
	rows := make([]int32, 11)
	code := make([]int32, 11)
	for i := range rows {
		rows[i] = int32(i)
		if i < 5 {
			code[i] = 1
		}
		if i < 1 {
			code[i] = 2
		}
	}
	for k, got := range oneHotScales(code, 3, rows) {
		hot := make([]float64, 11)
		for i, c := range code {
			if int(c) == k {
				hot[i] = 1
			}
		}
		slices.Sort(hot)
		want := quantileSorted(hot, 0.75) - quantileSorted(hot, 0.25)
		if want == 0 {
			want = 1
		}
		near(t, "scale", got, want, 1e-15)
	}
}

func TestLBFGSFindsTheMinimumOfRosenbrock(t *testing.T) {
	x := []float64{-1.2, 1}
	lbfgs{iterations: 200, tolerance: 1e-9}.minimise(x, func(x, g []float64) float64 {
		a, b := 1-x[0], x[1]-x[0]*x[0]
		g[0], g[1] = -2*a-400*x[0]*b, 200*b
		return a*a + 100*b*b
	})
	near(t, "x", x[0], 1, 1e-8)
	near(t, "y", x[1], 1, 1e-8)
}

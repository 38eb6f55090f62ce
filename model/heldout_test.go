package model

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"ebb/data/table"
	"ebb/engine/autograd"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// A tenth of the rows is held out, 12 at least and 1,000 at most, and none of a table that has too few.
func TestHowManyRowsAreHeldOut(t *testing.T) {
	for _, c := range []struct{ rows, held int }{{1, 0}, {47, 0}, {48, 12}, {119, 12}, {275, 28}, {5000, 500}, {40_000, 1000}, {3_000_000, 1000}} {
		held := holdOut(c.rows, defaultHoldout(c.rows), 1)
		n := len(held.rows)
		if n != c.held {
			t.Errorf("of %d rows %d are held out, want %d", c.rows, n, c.held)
		}
		if n > 0 && n*held.visits < heldVisits {
			t.Errorf("%d rows go through the network %d times each", n, held.visits)
		}
	}
}

// Rows are trained on or held out, never both, and the seed alone decides which.
func TestEveryRowIsTrainedOnOrHeldOut(t *testing.T) {
	held, again, other := holdOut(500, 0.25, 3), holdOut(500, 0.25, 3), holdOut(500, 0.25, 4)
	if len(held.rows) != 125 || !slices.Equal(held.rows, again.rows) || slices.Equal(held.rows, other.rows) {
		t.Error("the rows held out are not a quarter that the seed decides")
	}
	all := slices.Concat(held.groups...)
	for i := range 500 - len(held.rows) {
		all = append(all, held.row(i))
	}
	slices.Sort(all)
	for i, r := range all {
		if i != r {
			t.Fatalf("row %d is missing or doubled", i)
		}
	}
	if len(all) != 500 {
		t.Errorf("%d rows of 500", len(all))
	}
}

func numbersTable(n int) *table.Table {
	tab := table.New("x", "y", "side")
	z := make([]float64, 2)
	for i := range n {
		rng.New(1, rng.Test).Normals(z, 0, uint64(i))
		tab.Append(fmt.Sprintf("%.4f", z[0]), fmt.Sprintf("%.4f", z[0]+0.1*z[1]), map[bool]string{true: "left", false: "right"}[z[0] < 0])
	}
	return tab
}

// The held-out loss is the same each time and on any number of threads, is near that of training for weights that
// have learned nothing, and does not move with the step.
func TestTheHeldOutLossDependsOnTheWeightsAlone(t *testing.T) {
	tab := numbersTable(4000)
	objective := func(threads int) *tableObjective {
		c, err := NewTableConfig(tab, table.Infer(tab), "tiny")
		if err != nil {
			t.Fatal(err)
		}
		pool := parallel.New(threads)
		t.Cleanup(pool.Close)
		m, err := NewTableModel(c, pool)
		if err != nil {
			t.Fatal(err)
		}
		o, err := m.Objective(tab)
		if err != nil {
			t.Fatal(err)
		}
		return o.(*tableObjective)
	}
	one, three := objective(1), objective(3)
	tape := autograd.NewInference(one.pool)
	want := one.HeldOutLoss(tape)
	training := 0.0
	for step := range 20 {
		train := autograd.New(one.pool)
		training += float64(one.Loss(train, step).Value.Data[0]) / 20
	}
	if got := one.HeldOutLoss(tape); !slices.Equal(got, want) {
		t.Errorf("the losses are %v, later %v", want, got)
	}
	if got := three.HeldOutLoss(autograd.NewInference(three.pool)); !slices.Equal(got, want) {
		t.Errorf("the losses are %v, on three threads %v", want, got)
	}
	mean := 0.0
	for _, v := range want {
		mean += float64(v) / float64(len(want))
	}
	// The numbers of 400 rows have a mean square whose error, sqrt(2/400), moves the loss by 3 %.
	if math.Abs(mean-training) > 0.1*training {
		t.Errorf("the held-out loss of new weights is %v, that of training %v", mean, training)
	}
	if _, groups := one.HeldOut(); groups != heldGroups || len(want) != heldGroups {
		t.Errorf("%d losses of %d groups", len(want), groups)
	}
}

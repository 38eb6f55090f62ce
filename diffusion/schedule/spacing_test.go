package schedule

import (
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mathext"
)

// The spacings fall from most to least, both included.
func TestSpacingsFallFromMostToLeast(t *testing.T) {
	for _, n := range []int{1, 2, 5, 18, 100} {
		for name, levels := range map[string][]float64{
			"karras":      mustLevels(Karras(n, 80, 0.002, 7)),
			"exponential": mustLevels(Exponential(n, 80, 0.002)),
			"beta":        mustLevels(Beta(n, 80, 0.002, 0.6, 0.6)),
		} {
			if len(levels) != n {
				t.Fatalf("%s: %d levels of %d", name, len(levels), n)
			}
			// The ends go through a power or logarithm and back.
			if math.Abs(levels[0]-80) > 80*1e-14 || n > 1 && math.Abs(levels[n-1]-0.002) > 0.002*1e-14 {
				t.Errorf("%s, %d levels: from %v to %v", name, n, levels[0], levels[n-1])
			}
			for i := 1; i < n; i++ {
				if levels[i] >= levels[i-1] {
					t.Errorf("%s, %d levels: %v is followed by %v", name, n, levels[i-1], levels[i])
				}
			}
		}
	}
}

func mustLevels(levels []float64, err error) []float64 {
	if err != nil {
		panic(err)
	}
	return levels
}

// Karras' levels have equal steps of the 7th root, exponential ones equal
// factors, and the beta spacing's shares are gonum's quantiles.
func TestSpacingsAreTheirDefinitions(t *testing.T) {
	const n, most, least = 18, 80.0, 0.002
	karras, exponential := mustLevels(Karras(n, most, least, 7)), mustLevels(Exponential(n, most, least))
	quantiles := mustLevels(Beta(n, most, least, 0.6, 0.6))
	for i := range n {
		w := float64(i) / (n - 1)
		root := math.Pow(most, 1.0/7) + w*(math.Pow(least, 1.0/7)-math.Pow(most, 1.0/7))
		if want := math.Pow(root, 7); math.Abs(karras[i]-want) > 1e-13*want {
			t.Errorf("karras %d: %v, want %v", i, karras[i], want)
		}
		if want := most * math.Pow(least/most, w); math.Abs(exponential[i]-want) > 1e-13*want {
			t.Errorf("exponential %d: %v, want %v", i, exponential[i], want)
		}
		// gonum's inverse is good to about 1e-8 of the range.
		if want := least + mathext.InvRegIncBeta(0.6, 0.6, 1-w)*(most-least); math.Abs(quantiles[i]-want) > 1e-7*most {
			t.Errorf("beta %d: %v, want %v", i, quantiles[i], want)
		}
	}
	// With shapes 1 and 1 the quantiles are the identity: equal steps.
	for i, v := range mustLevels(Beta(n, most, least, 1, 1)) {
		if want := most + float64(i)/(n-1)*(least-most); math.Abs(v-want) > 1e-12*most {
			t.Errorf("beta of shapes 1, 1: level %d is %v, want %v", i, v, want)
		}
	}
}

// ByRatio finds the times of levels on every schedule: there sigma/alpha is
// what was asked for; a table's own levels are its steps.
func TestByRatioFindsTheLevels(t *testing.T) {
	for name, sch := range grown() {
		most := Ratio(sch, 0.99)
		levels := mustLevels(Karras(12, most, most/1000, 7))
		grid, err := ByRatio(sch, levels)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if len(grid) != len(levels)+1 || grid[len(levels)] != 0 {
			t.Fatalf("%s: the grid is %v", name, grid)
		}
		for i, level := range levels {
			// A table answers for the step within 1e-9 of it.
			if got := Ratio(sch, grid[i]); math.Abs(got-level) > 1e-7*level {
				t.Errorf("%s: level %v is placed at %v, where it is %v", name, level, grid[i], got)
			}
		}
	}
	// The end of a schedule without signal has a level like any other.
	if grid, err := ByRatio(Flow{}, []float64{math.Inf(1), 1}); err != nil || grid[0] != 1 || math.Abs(grid[1]-0.5) > 1e-15 {
		t.Errorf("levels infinity and 1 of the flow stand at %v, %v", grid, err)
	}
	table := must(Linear(1000, 1e-4, 0.02))
	steps := []int{1000, 750, 333, 20, 1}
	var levels []float64
	for _, s := range steps {
		levels = append(levels, Ratio(table, table.Time(s)))
	}
	grid, err := ByRatio(table, levels)
	if err != nil {
		t.Fatal(err)
	}
	for i, s := range steps {
		// The band around a step in which it answers.
		if math.Abs(grid[i]*1000-float64(s)) > 2*onKnot {
			t.Errorf("the level of step %d is placed at step %v", s, grid[i]*1000)
		}
	}
}

// On EDM's own schedule Karras' spacing with the paper's rho is nearly the
// uniform grid: exactly so if it went down to 0.
func TestEDMsTimeIsKarrasSpacing(t *testing.T) {
	const n = 20
	levels := mustLevels(Karras(n, 80, 1e-300, 7))
	for i, level := range levels[:n-1] {
		want := 1 - float64(i)/(n-1)
		if got := Time(EDM{}, -math.Log(level)); math.Abs(got-want) > 1e-13 {
			t.Errorf("level %d stands at t = %v, want %v", i, got, want)
		}
	}
}

func TestBadSpacingsAreRefused(t *testing.T) {
	inf := math.Inf(1)
	for _, c := range []struct {
		err  error
		want string
	}{
		{second(Karras(0, 80, 0.002, 7)), "at least 1"},
		{second(Karras(5, 0.002, 80, 7)), "least <= most"},
		{second(Karras(5, inf, 1, 7)), "most < infinity"},
		{second(Karras(5, 80, 0.002, 0)), "7 is usual"},
		{second(Karras(5, 80, 0.002, math.NaN())), "7 is usual"},
		{second(Karras(5, 80, 0.002, inf)), "7 is usual"},
		{second(Exponential(5, 80, 0)), "0 < least"},
		{second(Exponential(5, math.NaN(), 1)), "0 < least"},
		{second(Beta(5, 80, 0.002, 0, 1)), "0.6 is usual"},
		{second(Beta(5, 80, 0.002, inf, 1)), "0.6 is usual"},
		{second(ByRatio(VE{}, nil)), "at least one"},
		{second(ByRatio(VE{}, []float64{60})), "outside the schedule's (0, 49.99"},
		{second(ByRatio(VE{}, []float64{1, 0})), "outside the schedule's"},
		{second(ByRatio(VE{}, []float64{1, 2})), "does not fall"},
		{second(ByRatio(VE{}, []float64{math.NaN()})), "outside the schedule's"},
		{second(ByRatio(VE{}, []float64{inf})), "outside the schedule's"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("got %v, want an error with %q", c.err, c.want)
		}
	}
}

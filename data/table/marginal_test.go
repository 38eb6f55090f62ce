package table

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"ebb/engine/rng"
)

// mixedTable has a number on a grid with ties and a gap, a continuum, a category with a rare value, a
// missing mark and a constant.
func mixedTable(t *testing.T) (*Table, *Transform) {
	t.Helper()
	tab := New("grid", "fine", "job", "same")
	for i := range 400 {
		grid := fmt.Sprint(3*(i%150) - 20)
		if i%50 == 7 {
			grid = "NA"
		}
		job := []string{"smith", "baker", "smith", "miller"}[i%4]
		z := []float64{0}
		rng.New(1, rng.Test).Normals(z, 0, uint64(i))
		tab.Append(grid, fmt.Sprintf("%.17g", z[0]*1.2345), job, "x")
	}
	tr, err := Fit(Infer(tab), tab, Options{FewValues: 3})
	if err != nil {
		t.Fatal(err)
	}
	return tab, tr
}

// The probabilities of all values of a column add up to one, and a continuum's density integrates to
// one; those of the training rows' own states are their shares.
func TestMarginalsAreDistributions(t *testing.T) {
	_, tr := mixedTable(t)
	other := New("grid", "fine", "job", "same")
	for v := -2000; v <= 2500; v++ {
		other.Append(fmt.Sprint(v), "0", "smith", "x")
	}
	// The density is constant between corners, which lie as near as two rows.
	for k := range 120_000 {
		other.Append("0", fmt.Sprint(float64(k-60_000)/10_000), "smith", "x")
	}
	other.Append("NA", "0", "baker", "x")
	m, err := tr.Marginals(other)
	if err != nil {
		t.Fatal(err)
	}
	grid, fine := 0.0, 0.0
	for i := range other.Rows() {
		if i <= 4500 || i == other.Rows()-1 {
			grid += math.Exp(m.At(i, 0))
		} else {
			fine += math.Exp(m.At(i, 1)) / 10_000
		}
	}
	step := 1.0
	if r := tr.Parts[0].Rank; r != nil {
		step = r.Step
	}
	// Only points of the column's own grid are values; between them others have a share too.
	if math.Abs(grid/step-1) > 0.02 {
		t.Errorf("the probabilities of the grid add up to %v, of steps of %v", grid, step)
	}
	if math.Abs(fine-1) > 0.02 {
		t.Errorf("the density integrates to %v", fine)
	}
	if got := m.At(0, 2); math.Abs(got-math.Log(0.5)) > 1e-12 {
		t.Errorf("log p(smith) = %v, half the rows are", got)
	}
	if got := m.At(0, 3); got != 0 {
		t.Errorf("log p of a constant is %v", got)
	}
	sum := 0.0
	for j := range 4 {
		sum += m.At(5, j)
	}
	if m.Row(5) != sum {
		t.Errorf("a row has %v, its columns %v", m.Row(5), sum)
	}
}

// No value is impossible: texts that were never seen count as one row of n+1, numbers cost more the
// farther they are.
func TestUnseenValuesHaveAFloor(t *testing.T) {
	_, tr := mixedTable(t)
	other := New("job", "same", "fine", "grid") // in another order
	other.Append("astronaut", "y", "1000", "1e6")
	other.Append("smith", "x", "20", "500")
	other.Append("smith", "x", "10", "abc")
	other.Append("", "x", "NA", "NA")
	m, err := tr.Marginals(other)
	if err != nil {
		t.Fatal(err)
	}
	floor := -math.Log(401)
	for _, c := range []struct {
		row, column int
	}{{0, 2}, {0, 3}, {2, 0}} {
		if got := m.At(c.row, c.column); math.Abs(got-floor) > 1e-12 {
			t.Errorf("row %d, column %d: %v, one row of 401 is %v", c.row, c.column, got, floor)
		}
	}
	// Missing values never seen say nothing; those seen, in grid, have their share.
	if m.At(3, 1) != 0 || m.At(3, 2) != 0 || math.Abs(m.At(3, 0)-math.Log(8./400)) > 1e-12 {
		t.Errorf("missing values: %v, %v and, of 8 in 400 rows, %v", m.At(3, 1), m.At(3, 2), m.At(3, 0))
	}
	for _, column := range []int{0, 1} {
		far, near := m.At(0, column), m.At(1, column)
		if !(far < near && near < floor) || math.IsInf(far, 0) {
			t.Errorf("column %d: %v far out, %v near, floor %v", column, far, near, floor)
		}
	}
	if _, err := tr.Marginals(New("grid", "fine")); err == nil || !strings.Contains(err.Error(), `"job" is not there`) {
		t.Errorf("missing columns: %v", err)
	}
}

// All rows of a spread share its draws: equal rows are equal, in float64, and lie where Example puts
// them.
func TestSpreadTreatsRowsAlike(t *testing.T) {
	tab, tr := mixedTable(t)
	twice := tab.Select([]int{3, 9, 3})
	d, err := tr.Encode(twice, 1)
	if err != nil {
		t.Fatal(err)
	}
	D, C := d.Numbers(), len(d.Cards())
	read := func(s Spread, i int) string {
		num, known, cells := make([]float64, D), make([]float64, D), make([]int32, C)
		s.Row(i, num, known, cells)
		return fmt.Sprint(num, known, cells)
	}
	s := d.NewSpread(rng.New(2, rng.Test), 0, 0)
	if read(s, 0) != read(s, 2) || read(s, 0) == read(s, 1) {
		t.Errorf("equal rows: %v and %v, another %v", read(s, 0), read(s, 2), read(s, 1))
	}
	if other := d.NewSpread(rng.New(2, rng.Test), 1, 0); read(s, 0) == read(other, 0) {
		t.Error("another draw spreads ties alike")
	}
}

// The log-probabilities of a cell's states are those of its column.
func TestCellLogsAreTheShares(t *testing.T) {
	_, tr := mixedTable(t)
	at := 0
	logs := tr.CellLogs()
	for _, card := range tr.Cards() {
		sum := 0.0
		for _, l := range logs[at : at+card] {
			sum += math.Exp(l)
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("the shares of a cell of %d states add up to %v", card, sum)
		}
		at += card
	}
	if at != len(logs) {
		t.Errorf("%d logs for %d states", len(logs), at)
	}
}

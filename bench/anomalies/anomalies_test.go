package main

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ebb"
	"ebb/data/table"
	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/engine/rng"
	"ebb/metric"
	"ebb/model"
)

// parabola is rows of x, y = x^2 and the sign of x, with some noise: columns that do not correlate, but
// hang together.
func parabola(n, seed int) *table.Table {
	t := table.New("x", "y", "side")
	z := make([]float64, 2)
	for i := range n {
		rng.New(uint64(seed), rng.Test).Normals(z, 0, uint64(i))
		side := "left"
		if z[0] > 0 {
			side = "right"
		}
		t.Append(fmt.Sprintf("%.4f", z[0]), fmt.Sprintf("%.4f", z[0]*z[0]+0.1*z[1]), side)
	}
	return t
}

func planterOf(train, test *table.Table) planter {
	return planter{schema: table.Infer(train), train: train, test: test, share: 0.1, draws: rng.New(1, rng.Test)}
}

// Odd rows differ from the test's in as many columns as asked for, with values that the columns hold; the others do not.
func TestPlantedRowsAreOddAsAsked(t *testing.T) {
	train, test := parabola(300, 1), parabola(200, 2)
	p := planterOf(train, test)
	outside, err := p.outside("outside")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		planted planted
		columns int
	}{{p.swaps("one", 1), 1}, {p.swaps("two", 2), 2}, {outside, 2}} {
		odd := 0
		for i, isOdd := range c.planted.odd {
			changed := 0
			for j, v := range c.planted.table.Row(nil, i) {
				if v != test.Columns[j].At(i) {
					changed++
				}
				if !contains(test.Columns[j], v) {
					t.Errorf("%s, row %d: %q is no value of the column", c.planted.name, i, v)
				}
			}
			want := 0
			if isOdd {
				want = c.columns
				odd++
			}
			if changed != want {
				t.Errorf("%s, row %d: %d columns differ, want %d", c.planted.name, i, changed, want)
			}
		}
		if odd != 20 {
			t.Errorf("%s: %d odd rows of 200", c.planted.name, odd)
		}
	}
}

func contains(c *table.Column, text string) bool {
	for _, v := range c.Texts() {
		if v == text {
			return true
		}
	}
	return false
}

// Half the Mahalanobis distance is the negative log-density of the Gaussian of the training rows, up to
// a constant.
func TestMahalanobisIsTheGaussiansDensity(t *testing.T) {
	x := process.NewState(200, 3)
	process.Fill(x, rng.Rows{Stream: rng.New(3, rng.Test)}, 0)
	var rows [][]float64
	for i := range x.Rows {
		r := x.Row(i)
		r[1] += 2 * r[0]
		rows = append(rows, r)
	}
	g, err := gauss.Fit(x)
	if err != nil {
		t.Fatal(err)
	}
	d, err := mahalanobis(rows, rows)
	if err != nil {
		t.Fatal(err)
	}
	first := d[0]/2 + g.LogDensity(rows[0], 1, 0)
	for i := range rows {
		// The ridge is 1e-6 of each variance, and the least eigenvalue about 0.1.
		if got := d[i]/2 + g.LogDensity(rows[i], 1, 0); math.Abs(got-first) > 1e-3 {
			t.Errorf("row %d: %v, row 0 %v", i, got, first)
		}
	}
}

// A short training finds swapped cells where neither single columns nor a Gaussian can.
func TestScoresFindSwappedCells(t *testing.T) {
	dir := t.TempDir()
	train := parabola(1500, 1)
	path := filepath.Join(dir, "train.csv")
	var text strings.Builder
	if err := table.Write(&text, train); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	m, err := ebb.Train(t.Context(), ebb.File(path), filepath.Join(dir, "run"), ebb.Options{Steps: 400})
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	rows, _, err := model.Open(filepath.Join(dir, "run"), nil)
	if err != nil {
		t.Fatal(err)
	}
	odd := planterOf(train, parabola(600, 2)).swaps("one", 1)
	s, err := rows.(*model.TableModel).Score(t.Context(), odd.table, model.ScoreOptions{})
	if err != nil {
		t.Fatal(err)
	}
	vectors, err := plain(table.Infer(train), train, odd.table)
	if err != nil {
		t.Fatal(err)
	}
	gaussian, err := mahalanobis(vectors[0], vectors[1])
	if err != nil {
		t.Fatal(err)
	}
	score, alone := make([]float64, len(s.Rows)), make([]float64, len(s.Rows))
	for i, r := range s.Rows {
		score[i], alone[i] = -r.LogLikelihood, -r.Alone
	}
	auc, byColumn, byGaussian := metric.AUC(score, odd.odd), metric.AUC(alone, odd.odd), metric.AUC(gaussian, odd.odd)
	t.Logf("AUC: ebb score %.3f, columns alone %.3f, Gaussian %.3f", auc, byColumn, byGaussian)
	if auc < 0.9 || auc < byGaussian+0.1 || auc < byColumn+0.1 {
		t.Errorf("AUC %v, of columns alone %v, of a Gaussian %v", auc, byColumn, byGaussian)
	}
}

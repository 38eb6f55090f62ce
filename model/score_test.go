package model_test

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strings"
	"testing"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
	"ebb/model"
)

// pairs is a table of a number that depends on a category, and with words on a word that repeats
// the category.
func pairs(n int, words bool) *table.Table {
	names := []string{"x", "y"}
	if words {
		names = append(names, "kind", "again")
	}
	t := table.New(names...)
	z := make([]float64, 2)
	for i := range n {
		rng.New(5, rng.Test).Normals(z, 0, uint64(i))
		row := []string{fmt.Sprintf("%.9f", z[0]), fmt.Sprintf("%.9f", 0.9*z[0]+0.4*z[1])}
		if words {
			kind := []string{"low", "high"}[i%2]
			row[0] = fmt.Sprintf("%.9f", z[0]+float64(i%2)*3)
			row = append(row, kind, kind+"er")
		}
		t.Append(row...)
	}
	return t
}

func tableModel(t *testing.T, rows *table.Table, pool *parallel.Pool) *model.TableModel {
	t.Helper()
	c, err := model.NewTableConfig(rows, table.Infer(rows), "tiny")
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.NewTableModel(c, pool)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// stir sets the weights that begin as zero, so that the network says something.
func stir(m model.Model) {
	for i, p := range m.Params() {
		z := make([]float64, p.Value().Len())
		rng.New(9, rng.Test).Normals(z, 0, uint64(i))
		for k := range z {
			p.Value().Data[k] += float32(0.05 * z[k])
		}
	}
}

// A row's score is that of its columns alone and of what they say together; it depends on nothing
// but the row: neither on the rows beside it, nor on threads.
func TestScoresOfRowsAreTheirOwn(t *testing.T) {
	rows := pairs(300, true)
	var all *model.TableScores
	for _, threads := range []int{1, 3} {
		pool := parallel.New(threads)
		m := tableModel(t, rows, pool)
		stir(m)
		got, err := m.Score(context.Background(), rows, model.ScoreOptions{Draws: 8, Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		if all != nil && !reflect.DeepEqual(got, all) {
			t.Errorf("%d threads give other scores", threads)
		}
		all = got
		few, err := m.Score(context.Background(), rows.Select([]int{7, 250, 7}), model.ScoreOptions{Draws: 8, Seed: 2})
		if err != nil {
			t.Fatal(err)
		}
		for k, i := range []int{7, 250, 7} {
			if !reflect.DeepEqual(few.Rows[k], all.Rows[i]) {
				t.Errorf("row %d alone has %+v, among others %+v", i, few.Rows[k], all.Rows[i])
			}
		}
		pool.Close()
	}
	for i, r := range all.Rows {
		sum := 0.0
		for _, c := range r.Columns {
			sum += c
		}
		if math.Abs(sum-r.Together) > 1e-9 || math.Abs(r.Alone+r.Together-r.LogLikelihood) > 1e-9 || !(r.StandardError > 0) {
			t.Fatalf("row %d: parts that do not add up: %+v", i, r)
		}
	}
	if first := all.Rows[0]; first.Columns[first.Least()] > first.Columns[0] {
		t.Error("Least is not the least column")
	}
}

// Texts that the model has not seen are told, cost something, and hide nothing: the other columns
// are scored as if the cell were missing.
func TestUnseenTextsAreToldAndScored(t *testing.T) {
	rows := pairs(300, true)
	m := tableModel(t, rows, nil)
	stir(m)
	odd := rows.Select([]int{0, 1})
	odd.Append("1.5", "2.5", "middle", "lower")
	odd.Append("1e9", "2.5", "low", "lower")
	s, err := m.Score(context.Background(), odd, model.ScoreOptions{Draws: 4})
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Unknown) != 1 || s.Unknown[0] != (table.Unknown{Column: "kind", Text: "middle", Rows: 1}) {
		t.Errorf("unknown: %+v", s.Unknown)
	}
	if s.Rows[2].Columns[2] != 0 || s.Rows[2].Columns[3] == 0 {
		t.Errorf("of an unknown cell the columns share %v", s.Rows[2].Columns)
	}
	for i := 2; i < 4; i++ {
		if r := s.Rows[i]; math.IsInf(r.LogLikelihood, 0) || !(r.Alone < s.Rows[0].Alone) {
			t.Errorf("row %d with an unseen value: %+v, row 0 %+v", i, r, s.Rows[0])
		}
	}
}

// A network that predicts v = 0 says x0 = alpha x_t, the exact denoiser of N(0, I): bound and ODE both
// find that its columns say nothing together.
func TestBoundAndFlowOfIndependentColumns(t *testing.T) {
	rows := pairs(200, false)
	m := tableModel(t, rows, nil)
	few := rows.Select([]int{0, 1, 2, 3, 4, 5})
	score := func(o model.ScoreOptions) *model.TableScores {
		s, err := m.Score(context.Background(), few, o)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	for i, r := range score(model.ScoreOptions{}).Rows {
		if math.Abs(r.Together) > 1e-6 {
			t.Errorf("bound, row %d: %v together", i, r.Together)
		}
	}
	for i, r := range score(model.ScoreOptions{Exact: true}).Rows {
		if math.Abs(r.Together) > r.SolverError+1e-3 {
			t.Errorf("ODE, row %d: %v together, stated %v", i, r.Together, r.SolverError)
		}
	}
}

func TestScoresThatCannotBe(t *testing.T) {
	rows := pairs(100, true)
	m := tableModel(t, rows, nil)
	numbers := tableModel(t, pairs(100, false), nil)
	word := table.New("x", "y")
	word.Append("1", "many")
	for _, c := range []struct {
		m    *model.TableModel
		t    *table.Table
		o    model.ScoreOptions
		want string
	}{
		{m, table.New(rows.Names()...), model.ScoreOptions{}, "no rows to score"},
		{m, pairs(3, false), model.ScoreOptions{}, `"kind" is not there`},
		{m, rows, model.ScoreOptions{Draws: 3}, "must be even"},
		{m, rows, model.ScoreOptions{Exact: true}, "kind, again: leave --exact out"},
		{numbers, word, model.ScoreOptions{Exact: true}, `"many" is no number`},
	} {
		if _, err := c.m.Score(context.Background(), c.t, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("want %q, got %v", c.want, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := m.Score(ctx, rows, model.ScoreOptions{}); err == nil || !strings.Contains(err.Error(), "stopped") {
		t.Errorf("cancelled: %v", err)
	}
}

// digitsFew is some pictures of the demo data.
func digitsFew(t *testing.T, n int) *image.Images {
	t.Helper()
	p, err := image.Open("../cmd/ebb/demodata/digits-images-idx3-ubyte.gz", image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return p.Slice(0, n)
}

// A picture's score adds up to its parts and is its own, by the bound and by the ODE; differentiating
// the network leaves its parameters without gradients.
func TestScoresOfPicturesAreTheirOwn(t *testing.T) {
	pictures := digitsFew(t, 4)
	c, err := model.NewImageConfig(pictures, "tiny")
	if err != nil {
		t.Fatal(err)
	}
	c.Process.Steps = 40
	m, err := model.NewImageModel(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	stir(m)
	for _, exact := range []bool{false, true} {
		o := model.ScoreOptions{Exact: exact}
		if exact {
			o.Draws = 1
			pictures = pictures.Slice(0, 2)
		}
		all, err := m.Score(context.Background(), pictures, o)
		if err != nil {
			t.Fatal(err)
		}
		one, err := m.Score(context.Background(), pictures.Slice(1, 2), o)
		if err != nil {
			t.Fatal(err)
		}
		if one[0] != all[1] {
			t.Errorf("a picture alone has %+v, among others %+v", one[0], all[1])
		}
		for i, s := range all {
			if sum := s.Prior + s.Inner + s.Decoder + s.Label; math.Abs(sum-s.LogLikelihood) > 1e-6*math.Abs(sum) {
				t.Errorf("picture %d: parts of %v add up to %v", i, s.LogLikelihood, sum)
			}
			if !exact && !(s.StandardError > 0) {
				t.Errorf("picture %d has no standard error", i)
			}
		}
	}
	for _, p := range m.Params() {
		if p.Var.Grad != nil {
			t.Fatalf("%s got a gradient", p.Name)
		}
	}
	unlabelled := *pictures
	unlabelled.Labels, unlabelled.LabelNames = nil, nil
	if _, err := m.Score(context.Background(), &unlabelled, model.ScoreOptions{}); err == nil || !strings.Contains(err.Error(), "no labels") {
		t.Errorf("without labels: %v", err)
	}
	if _, err := m.Score(context.Background(), image.New(1, 9, 8, 1), model.ScoreOptions{}); err == nil || !strings.Contains(err.Error(), "8x9") {
		t.Errorf("another size: %v", err)
	}
}

package model_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/model"
)

// holes is the table of people with some cells emptied, its columns in another order and one more.
func holes(rows int) *table.Table {
	full := people(rows)
	t := table.New("left", "note", "height", "job")
	for i := range rows {
		row := []string{full.Columns[2].At(i), fmt.Sprintf("no. %d", i), full.Columns[0].At(i), full.Columns[1].At(i)}
		if i%3 == 0 {
			row[2] = "NA"
		}
		if i%5 == 0 {
			row[0] = "?"
		}
		t.Append(row...)
	}
	t.Append("maybe", "one the model has not seen", "1.75", "")
	return t
}

func texts(t *table.Table) [][]string {
	var out [][]string
	for i := range t.Rows() {
		out = append(out, t.Row(nil, i))
	}
	return out
}

// Filling keeps every cell that is there, and columns and rows where they are; in the holes stand
// values that the columns know, never a mark of a missing value, though the model learned marks.
func TestFillKeepsWhatIsThere(t *testing.T) {
	m := open(t, configs(t)["table"], 2).(*model.TableModel)
	in := holes(40)
	for name, o := range map[string]model.FillOptions{"draws": {Draws: 3}, "point": {Point: true, Draws: 4}} {
		o.Steps = 6
		f, err := m.Fill(t.Context(), in, o)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]int{"draws": 3, "point": 1}[name]
		if len(f.Tables) != want || len(f.Unknown) != 1 || f.Unknown[0].Text != "maybe" {
			t.Fatalf("%s: %d tables, want %d; unknown %v, want one text", name, len(f.Tables), want, f.Unknown)
		}
		filled := 0
		for _, out := range f.Tables {
			if d := cmp.Diff(in.Names(), out.Names()); d != "" || out.Rows() != in.Rows() {
				t.Fatalf("%s: columns %s, %d rows of %d", name, d, out.Rows(), in.Rows())
			}
			for i, row := range texts(in) {
				for j, text := range row {
					got := out.Columns[j].At(i)
					open := text == "NA" || text == "?" || text == "" && j == 3
					switch {
					case !open && got != text:
						t.Errorf("%s: row %d, column %s: %q became %q", name, i, in.Names()[j], text, got)
					case open:
						filled++
						ok := strings.Contains("no yes", got) || strings.Contains("smith baker", got) || strings.HasPrefix(got, "1.") || got == "2.00"
						if got == "" || !ok {
							t.Errorf("%s: row %d, column %s: filled with %q", name, i, in.Names()[j], got)
						}
					}
				}
			}
		}
		if filled != want*f.Cells {
			t.Errorf("%s: %d cells filled, said were %d in each of %d tables", name, filled, f.Cells, want)
		}
	}
}

// A filled cell depends on its row and the row's number: not on other rows, nor on threads.
func TestFillIsByRow(t *testing.T) {
	in := holes(12)
	for _, o := range []model.FillOptions{{Steps: 4, Draws: 2}, {Steps: 4, Point: true, Draws: 3}} {
		fill := func(threads int, rows ...int) [][]string {
			pool := parallel.New(threads)
			defer pool.Close()
			part := table.New(in.Names()...)
			for i := range in.Rows() {
				row := in.Row(nil, i)
				keep := len(rows) == 0
				for _, r := range rows {
					keep = keep || r == i
				}
				if !keep {
					row = []string{"no", "", "1.60", "smith"} // nothing to fill
				}
				part.Append(row...)
			}
			f, err := open(t, configs(t)["table"], threads).(*model.TableModel).Fill(t.Context(), part, o)
			if err != nil {
				t.Fatal(err)
			}
			return texts(f.Tables[len(f.Tables)-1])
		}
		whole := fill(1)
		if d := cmp.Diff(whole, fill(3)); d != "" {
			t.Errorf("three threads fill with other texts than one: %s", d)
		}
		for _, r := range []int{0, 5, 9} {
			if d := cmp.Diff(whole[r], fill(2, r)[r]); d != "" {
				t.Errorf("row %d alone is filled otherwise than among others: %s", r, d)
			}
		}
	}
}

// Texts that the model does not know stay and are told, or are filled too if that is asked for;
// a table without any of the columns is refused.
func TestFillOfWhatIsUnknown(t *testing.T) {
	m := open(t, configs(t)["table"], 1).(*model.TableModel)
	f, err := m.Fill(t.Context(), holes(3), model.FillOptions{Steps: 3, Unknown: true})
	if err != nil {
		t.Fatal(err)
	}
	if got := f.Tables[0].Columns[0].At(3); got != "no" && got != "yes" {
		t.Errorf("an unknown text became %q", got)
	}
	other := table.New("colour")
	other.Append("red")
	if _, err := m.Fill(t.Context(), other, model.FillOptions{}); !errors.Is(err, model.ErrCondition) || !strings.Contains(err.Error(), `"height"`) {
		t.Errorf("a table of other columns: %v", err)
	}
	if _, err := m.Fill(t.Context(), holes(3), model.FillOptions{Draws: -1}); !errors.Is(err, model.ErrCondition) {
		t.Errorf("-1 imputations: %v", err)
	}
}

// Rows like those of a table have its texts where it has any, each row as often as asked for.
func TestRowsLikeThoseOfATable(t *testing.T) {
	m := open(t, configs(t)["table"], 2).(*model.TableModel)
	like := table.New("job", "height")
	like.Append("baker", "1.55")
	like.Append("", "1.90")
	like.Append("smith", "NA")
	rows, err := m.Draw(t.Context(), model.DrawOptions{N: 12, Steps: 5, Like: like})
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"height", "job", "left"}, rows.Names()); d != "" || rows.Rows() != 12 {
		t.Fatalf("%d rows of columns %s", rows.Rows(), d)
	}
	for i := range rows.Rows() {
		of := like.Row(nil, i/4)
		if of[0] != "" && rows.Columns[1].At(i) != of[0] || of[1] != "NA" && rows.Columns[0].At(i) != of[1] {
			t.Errorf("row %d is %q, like %q", i, rows.Row(nil, i), of)
		}
	}
	for want, row := range map[string][]string{"job,smiht": {"job", "smiht"}, "hieght,1.6": {"hieght", "1.6"}} {
		bad := table.New(row[0])
		bad.Append(row[1])
		near := map[string]string{"job,smiht": `did you mean "smith"`, "hieght,1.6": `did you mean "height"`}[want]
		if _, err := m.Draw(t.Context(), model.DrawOptions{Like: bad}); !errors.Is(err, model.ErrCondition) || !strings.Contains(err.Error(), near) {
			t.Errorf("%s: error %v, want one that says %s", want, err, near)
		}
	}
	if _, err := m.Draw(t.Context(), model.DrawOptions{N: 4, Like: like}); err == nil || !strings.Contains(err.Error(), "equally many") {
		t.Errorf("4 rows like 3: %v", err)
	}
}

// Under balance every class is once among as many rows as there are classes, with conditions too,
// and each class has numbers of the whole range.
func TestBalanceGivesEveryClassItsShare(t *testing.T) {
	m := open(t, configs(t)["table"], 2).(*model.TableModel)
	rows, err := m.Draw(t.Context(), model.DrawOptions{N: 600, Steps: 3, Balance: "left", Where: []string{"height>=1.6"}})
	if err != nil {
		t.Fatal(err)
	}
	low := map[string]int{}
	for i := range rows.Rows() / 2 {
		if a, b := rows.Columns[2].At(2*i), rows.Columns[2].At(2*i+1); a == b {
			t.Fatalf("rows %d and %d are both %q", 2*i, 2*i+1, a)
		}
	}
	for i := range rows.Rows() {
		if h := number(t, rows.Columns[0].At(i)); h < 1.6 {
			t.Fatalf("row %d: height %v", i, h)
		} else if h < 1.8 {
			low[rows.Columns[2].At(i)]++
		}
	}
	// The network of the test knows nothing, but says different things of the two classes. What this must
	// find are rows of a class whose draws all lie in one half: in order, every second of even points does.
	if low["no"] < 60 || low["no"] > 240 || low["yes"] < 60 || low["yes"] > 240 {
		t.Errorf("heights below 1.8 of 300 rows of each class: %v", low)
	}
	for column, want := range map[string]string{"height": "no classes", "lefd": `did you mean "left"`} {
		if _, err := m.Draw(t.Context(), model.DrawOptions{N: 2, Balance: column}); !errors.Is(err, model.ErrCondition) || !strings.Contains(err.Error(), want) {
			t.Errorf("balance of %s: %v, want %s", column, err, want)
		}
	}
}

func number(t *testing.T, text string) float64 {
	t.Helper()
	var v float64
	if _, err := fmt.Sscan(text, &v); err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	return v
}

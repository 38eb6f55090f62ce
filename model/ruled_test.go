package model

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

const orderRules = `
- less: [ordered, shipped]
- {name: bill, sum: {of: [net, tax], is: gross}}
- less: [0, tax]
- together: [country, city]
- determines: {from: [zip], to: [state]}
- unique: [year, number]
`

// orders obeys orderRules; it has missing values in most columns.
func orders(rows int) *table.Table {
	t := table.New("ordered", "shipped", "net", "tax", "gross", "country", "city", "zip", "state", "year", "number", "size")
	places := [][2]string{{"France", "Paris"}, {"France", "Lyon"}, {"Germany", "Bonn"}, {"Spain", ""}}
	zips := [][2]string{{"11", "A"}, {"22", "B"}, {"33", "A"}}
	draw := rng.New(1, rng.Test)
	for i := range rows {
		n := func(step, most int) int { return draw.Intn(most, uint64(step), uint64(i)) }
		day, net := n(0, 300), n(1, 100000)
		tax := net / 5
		money := func(v int) string { return fmt.Sprintf("%d.%02d", v/100, v%100) }
		row := []string{date(day), date(day + n(2, 50)), money(net), money(tax), money(net + tax)}
		switch n(3, 10) {
		case 0:
			row[2] = ""
		case 1:
			row[4] = ""
		case 2, 3:
			row[1] = ""
		}
		row = append(append(row, places[n(4, 4)][:]...), zips[n(5, 3)][:]...)
		t.Append(append(row, fmt.Sprint(2000+i%20), fmt.Sprint(i/20), fmt.Sprintf("%.3f", float64(n(6, 10000))/1000))...)
	}
	return t
}

// date counts days of 28 in a month.
func date(day int) string { return fmt.Sprintf("%d-%02d-%02d", 2020+day/336, 1+day/28%12, 1+day%28) }

// ordering is a model of orders under rules, as it is before any training: what it draws is noise.
func ordering(t *testing.T, rules string, threads int) *TableModel {
	t.Helper()
	src := &Source{Table: orders(200)}
	if err := yaml.Unmarshal([]byte(rules), &src.Rules); err != nil {
		t.Fatal(err)
	}
	c, err := NewConfig(src, "mini")
	if err != nil {
		t.Fatal(err)
	}
	pool := parallel.New(threads)
	t.Cleanup(pool.Close)
	m, err := NewTableModel(c, pool)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// obeyed makes sure that the rows of a table obey the rules of a model, and that their combinations are
// those learned.
func obeyed(t *testing.T, m *TableModel, rows *table.Table) {
	t.Helper()
	schema := *m.Config.Table.Transform.Schema
	if _, err := table.Fit(&schema, rows, table.Options{}); err != nil {
		t.Error(err)
	}
	seen, err := m.Config.Table.Transform.Observe(rows, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range seen.Unknown() {
		t.Errorf("column %s: %q in %d rows", u.Column, u.Text, u.Rows)
	}
}

// punched is orders with cells emptied: every third, but of the keys of unique few.
func punched(rows int) *table.Table {
	full := orders(rows)
	out := table.New(full.Names()...)
	for i := range rows {
		row := full.Row(nil, i)
		for j := range row {
			if every := 3 + 20*(j/9); (i*7+j*5)%every == 0 {
				row[j] = ""
			}
		}
		out.Append(row...)
	}
	return out
}

func TestFilledRowsObeyTheRulesBesideWhatIsGiven(t *testing.T) {
	m, in := ordering(t, orderRules, 2), punched(60)
	for name, o := range map[string]FillOptions{"draws": {Draws: 3}, "point": {Point: true, Draws: 4}} {
		o.Steps = 3
		f, err := m.Fill(t.Context(), in, o)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		for _, out := range f.Tables {
			obeyed(t, m, out)
			for i := range in.Rows() {
				for j, was := range in.Row(nil, i) {
					is := out.Columns[j].At(i)
					// Of Spain no city was learned.
					spain := j == 6 && out.Columns[5].At(i) == "Spain"
					if was != "" && is != was || was == "" && (is == "") != spain {
						t.Errorf("%s: row %d, %s: %q became %q", name, i, in.Names()[j], was, is)
					}
				}
			}
		}
		again, err := ordering(t, orderRules, 1).Fill(t.Context(), in, o)
		if err != nil {
			t.Fatal(err)
		}
		if a, b := fmt.Sprint(allRows(f.Tables[0])), fmt.Sprint(allRows(again.Tables[0])); a != b {
			t.Errorf("%s: one thread fills otherwise than two", name)
		}
	}
}

func allRows(t *table.Table) (rows [][]string) {
	for i := range t.Rows() {
		rows = append(rows, t.Row(nil, i))
	}
	return rows
}

func TestRowsLikeGivenOnesObeyTheRules(t *testing.T) {
	rules := orderRules[:strings.Index(orderRules, "- unique")]
	m := ordering(t, rules, 2)
	given := table.New("gross", "country", "shipped", "zip")
	given.Append("100.00", "France", "", "11")
	given.Append("0.03", "", "2020-01-03", "")
	given.Append("", "Spain", "2020-05-01", "33")
	out, err := m.Draw(t.Context(), DrawOptions{N: 60, First: 7, Like: given, Steps: 3, Seed: 2})
	if err != nil {
		t.Fatal(err)
	}
	obeyed(t, m, out)
	sums, crowded := 0, 0
	for i := range out.Rows() {
		for k, want := range given.Row(nil, i/20) {
			j := out.Names()
			for at, name := range j {
				if got := out.Columns[at].At(i); name == given.Names()[k] && want != "" && got != want {
					t.Errorf("row %d, %s: %q was given, %q is there", i, name, want, got)
				}
			}
		}
		if i < 20 && out.Columns[2].At(i) != "" && out.Columns[4].At(i) == "100.00" {
			sums++
		}
		if i >= 40 && out.Columns[0].At(i) == "2020-05-01" {
			crowded++ // before the day of shipping that was given, not mostly on it
		}
	}
	if crowded > 4 {
		t.Errorf("%d of 20 rows are at the bound that is given", crowded)
	}
	if sums == 0 {
		t.Error("no row has a part of the total that was given")
	}
}

func TestGivenCellsThatBreakARuleAreRefused(t *testing.T) {
	m := ordering(t, orderRules[:strings.Index(orderRules, "- unique")], 1)
	cases := []struct {
		columns, row []string
		like         bool
		want         string
	}{
		{[]string{"ordered", "shipped"}, []string{"2020-03-02", "2020-03-01"}, false, "row 1: rule (less: [ordered, shipped]) does not hold"},
		{[]string{"net", "tax", "gross"}, []string{"1.00", "2.00", "4.00"}, true, `rule "bill"`},
		{[]string{"country", "city"}, []string{"France", "Bonn"}, true, "France | Bonn"},
		{[]string{"country"}, []string{"Frence"}, true, `did you mean "France"?`},
		{[]string{"gross", "tax"}, []string{"word", "1.00"}, true, `"word" is no value of it`},
	}
	for _, c := range cases {
		tab := table.New(append(c.columns, "size")...)
		tab.Append(append(c.row, "")...)
		var err error
		if c.like {
			_, err = m.Draw(t.Context(), DrawOptions{Like: tab, Steps: 2})
		} else {
			_, err = m.Fill(t.Context(), tab, FillOptions{Steps: 2})
		}
		if !errors.Is(err, ErrCondition) || !strings.Contains(fmt.Sprint(err), c.want) {
			t.Errorf("%q: %v, want %q", c.row, err, c.want)
		}
	}
	// Keys that can't be found are told with their rule.
	m = ordering(t, orderRules, 1)
	tab := table.New("year", "number")
	for i := range 10 {
		tab.Append("2000", fmt.Sprint(i))
	}
	tab.Append("2000", "")
	if _, err := m.Fill(t.Context(), tab, FillOptions{Steps: 2}); !errors.Is(err, ErrCondition) || !strings.Contains(err.Error(), "unique: [year, number]") {
		t.Errorf("%v", err)
	}
}

// A combination that was not learned stays, with the cells that it leaves open; opened, it is one that was.
func TestCombinationsThatWereNotLearnedStayOrAreReplaced(t *testing.T) {
	m := ordering(t, orderRules, 1)
	tab := table.New("country", "city", "zip", "state", "size")
	tab.Append("France", "Bonn", "11", "", "")
	tab.Append("Narnia", "", "", "B", "1.000")
	for _, unknown := range []bool{false, true} {
		f, err := m.Fill(t.Context(), tab, FillOptions{Steps: 2, Unknown: unknown})
		if err != nil {
			t.Fatal(err)
		}
		if len(f.Unknown) != 2 {
			t.Errorf("%v", f.Unknown)
		}
		rows := allRows(f.Tables[0])
		if kept := rows[0][1] == "Bonn" && rows[0][0] == "France" && rows[1][0] == "Narnia" && rows[1][1] == ""; kept == unknown {
			t.Errorf("unknown texts opened: %t; %q", unknown, rows)
		}
		if rows[0][3] != "A" || rows[1][2] != "22" || rows[0][4] == "" {
			t.Errorf("%q", rows)
		}
	}
}

func TestClassesAndConditionsOfJoints(t *testing.T) {
	m := ordering(t, orderRules, 2)
	out, err := m.Draw(t.Context(), DrawOptions{N: 60, Balance: "country", Where: []string{"zip in 11,33", "size>=5"}, Steps: 3})
	if err != nil {
		t.Fatal(err)
	}
	obeyed(t, m, out)
	counts := map[string]int{}
	for _, row := range allRows(out) {
		counts[row[5]]++
		if row[8] != "A" || row[11] < "5" {
			t.Errorf("%q", row)
		}
	}
	if len(counts) != 3 || counts["France"] != 20 || counts["Spain"] != 20 {
		t.Errorf("%v", counts)
	}
	for _, column := range []string{"shipped", "gross"} {
		_, err := m.Draw(t.Context(), DrawOptions{N: 1, Balance: column})
		if !errors.Is(err, ErrCondition) || !strings.Contains(err.Error(), "or train without the rule") {
			t.Errorf("%s: %v", column, err)
		}
	}
}

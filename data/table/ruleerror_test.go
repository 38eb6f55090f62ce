package table

import (
	"strings"
	"testing"
)

// Every error of a rule says which rule, and of data which row and values.
func TestRulesThatCantBe(t *testing.T) {
	tab := staff(200, 1)
	inferred := Infer(tab)
	for _, test := range []struct{ name, rules, want string }{
		{"no such column", "- less: [hierd, left]", `rule (less: [hierd, left]): there is no column "hierd"; did you mean "hired"?`},
		{"no such column anywhere", "- together: [colour, city]", `there is no column "colour"; the columns are`},
		{"no such part", "- sum: {of: [net, taxes], is: gross}", `there is no column "taxes"; did you mean "tax"?`},
		{"two kinds at once", "- {less: [net, gross], unique: [net]}", "exactly one of less, sum, together, determines, unique; this one has 2"},
		{"none", "- {name: x}", "this one has 0"},
		{"one term", "- less: [net]", "two or more"},
		{"strict without less", "- {unique: [id], strict: true}", "strict is for less"},
		{"only of another number of values", "- {together: [country, city], only: [[FR]]}", "1 values for 2 columns"},
		{"a column twice", "- unique: [id, id]", `it names "id" twice`},
		{"below itself", "- less: [net, net]", `the column "net" can't stand below itself`},
		{"a circle", "- {name: one, less: [net, gross]}\n- {name: two, less: [gross, limit, net]}",
			`rule "one" (less: [net, gross]) and rule "two" (less: [gross, limit, net]): together they say net <= gross <= limit <= net: drop one of them`},
		{"numbers that exclude each other", "- less: [10, net]\n- {less: [net, 10], strict: true}", "it contradicts rule (less: [10, net]): nothing lies between 10 and 10"},
		{"a date and a number", "- less: [hired, net]", `"hired" (a date in units of a day) and "net" (a number) can't be compared`},
		{"words", "- less: [country, net]", `the column "country" is category, not a number or date`},
		{"a number among dates", "- less: [17, hired]", `nor is it a date in units of a day that "hired" could be compared with`},
		{"a sum of itself", "- sum: {of: [net, gross], is: gross}", `the column "gross" would be a part of itself`},
		{"totals of each other", "- {name: a, sum: {of: [net, limit], is: gross}}\n- {name: b, sum: {of: [gross], is: limit}}", `in a circle`},
		{"two totals", "- {name: a, sum: {of: [net], is: gross}}\n- {name: b, sum: {of: [tax], is: gross}}", `rule "b" (sum: {of: [tax], is: gross}): the column "gross" is determined by rule "a"`},
		{"a total in a joint", "- {name: a, sum: {of: [net, tax], is: gross}}\n- together: [gross, city]", `"gross" is determined by rule (together: [gross, city]) too`},
		{"determined twice", "- determines: {from: [zip], to: [city]}\n- determines: {from: [year], to: [city]}", `"city" is determined by rule (determines: {from: [zip], to: [city]}) too`},
		{"a date as a part", "- sum: {of: [net, hired], is: gross}", `"hired" is a date: only numbers are added`},
		{"an identifier", "- determines: {from: [id], to: [city]}", `"id" is an identifier, whose values are made anew`},
		{"a total that could leave its bound", "- sum: {of: [net, tax], is: gross}\n- less: [gross, 2000]", `could carry it from`},
		{"what is determined and not below", "- sum: {of: [net, tax], is: gross}\n- determines: {from: [city], to: [zip]}\n- together: [limit, city]\n- less: [gross, limit]", `would let "gross" lie above "limit" by up to`},
		{"between two that are determined", "- sum: {of: [net, tax], is: gross}\n- together: [year, city]\n- less: [year, limit]\n- less: [limit, gross]", `stands between "year" and "gross"`},

		{"a row that is not less", "- {name: dates, less: [left, hired]}", `row 1: rule "dates" (less: [left, hired]) does not hold: left = `},
		{"a row below a number", "- less: [50, net]", `is below 50.00`},
		{"a row that does not add up", "- sum: {of: [tax, tax2], is: gross}", "tax2"},
		{"a sum with a wrong total", "- sum: {of: [net, year], is: gross}", "row 2: rule (sum: {of: [net, year], is: gross}) does not hold: net "},
		{"a combination not listed", "- {together: [country, city], only: [[FR, Paris], [FR, Lyon]]}", "is none of the combinations listed"},
		{"a dependency that fails", "- determines: {from: [country], to: [city]}", "with country = "},
		{"a key that repeats", "- unique: [number]", "it has number = 0 as row 1 has (190 of 200 rows break it)"},
	} {
		s := *inferred
		rules, err := ParseRules([]byte(test.rules))
		if err == nil {
			s.Rules = rules
			_, err = Fit(&s, tab, Options{})
		}
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: the error is\n%v\nand should hold\n%s", test.name, err, test.want)
		}
	}
}

func TestFilesThatAreNoRules(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "there are no rules",
		"[]":                        "there are no rules",
		"- less: {a: b}":            "no valid rules",
		"- more: [a, b]":            `unknown field "more"`,
		"rules:\n- more: [a, b]":    `unknown field "more"`,
		"rule:\n- less: [a, b]":     `unknown field "rule"`,
		"- less: [a, b\n":           "no valid rules",
		"- determines: {from: [a]}": "needs columns from",
	} {
		if _, err := ParseRules([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
	}
	rules, err := ParseRules([]byte("rules:\n- less: [0, a, b]\n"))
	if err != nil || len(rules) != 1 || rules[0].Less[0] != "0" {
		t.Errorf("%v %v", rules, err)
	}
}

// A transform that was edited so that it no longer fits its rules is refused, not followed.
func TestEditedFactsAreRefused(t *testing.T) {
	tab := staff(200, 1)
	for name, edit := range map[string]func(tr *Transform){
		"a rule more":      func(tr *Transform) { tr.Schema.Rules = append(tr.Schema.Rules, Rule{Less: []Text{"0", "net"}}) },
		"no rules":         func(tr *Transform) { tr.Schema.Rules = nil },
		"no facts":         func(tr *Transform) { tr.Ruled.Facts = nil },
		"another column":   func(tr *Transform) { tr.Ruled.Facts[0].Column = "net" },
		"decimals":         func(tr *Transform) { tr.Ruled.Facts[0].Decimals = 400 },
		"medians":          func(tr *Transform) { tr.Ruled.Facts[1].Middle, tr.Ruled.Facts[2].Middle = nil, nil },
		"nothing learned":  func(tr *Transform) { tr.Ruled.Learned = nil },
		"rules learned":    func(tr *Transform) { tr.Ruled.Learned.Ruled = &Ruled{} },
		"another learned":  func(tr *Transform) { tr.Ruled.Learned = fit(t, alone(tab, "net")) },
		"rules not fitted": func(tr *Transform) { *tr = *fit(t, tab); tr.Schema.Rules = rulesOf(t, staffRules) },
	} {
		tr := ruled(t, tab, staffRules)
		edit(tr)
		if err := tr.Check(); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
}

// alone is a table of one of the columns.
func alone(t *Table, name string) *Table {
	j, _ := t.Lookup(name)
	return &Table{Source: t.Source, Columns: []*Column{t.Columns[j]}}
}

func TestConditionsUnderRules(t *testing.T) {
	tab := staff(2000, 1)
	tr := ruled(t, tab, staffRules)
	allowed := func(conditions ...string) map[string]bool {
		t.Helper()
		where, err := tr.Where(conditions)
		if err != nil {
			t.Fatal(err)
		}
		out := map[string]bool{}
		for k, may := range where[0].States {
			if may {
				out[tr.StateText(where[0].Column, k)] = true
			}
		}
		return out
	}
	for _, test := range []struct {
		conditions []string
		want       int // combinations of country, city and zip
	}{
		{[]string{"country=FR"}, 2}, {[]string{"country=FR", "city=Lyon"}, 1}, {[]string{"city in Lyon,Berlin"}, 3}, {[]string{"city!=Berlin"}, 4},
		{[]string{"zip>=60000"}, 2}, {[]string{`city=a|b\c`}, 1}, {[]string{"country="}, 1}, {[]string{"zip=1", "country!=FR"}, 1},
	} {
		if got := allowed(test.conditions...); len(got) != test.want {
			t.Errorf("%q allow %v", test.conditions, got)
		}
	}
	if where, err := tr.Where([]string{"net>=500", "hired<2012-01-01"}); err != nil || len(where) != 2 || !where[0].Number || tr.Learned().Columns[where[1].Column].Name != "net" {
		t.Errorf("%+v, %v", where, err)
	}
	for condition, want := range map[string]string{
		"gross>5":     `by rule "pay" (sum: {of: [net, tax], is: gross}) it is learned as the total, and can't be asked for`,
		"left=":       "it is learned as its distance from other columns",
		"city=Berlim": `did you mean "Berlin"?`,
		"city>Berlin": "is for numbers and dates",
		"zip>much":    `"much" is no number of it`,
		"id=5":        "it names its row",
		"citi=Paris":  `did you mean "city"?`,
	} {
		if _, err := tr.Where([]string{condition}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", condition, err)
		}
	}
	if _, err := tr.Where([]string{"city=Paris", "country=DE"}); err == nil || !strings.Contains(err.Error(), "exclude every combination of country, city, zip") {
		t.Errorf("%v", err)
	}
}

// Rows that break a rule can still be scored: what breaks it is unlikely, and named as the user knows it.
func TestRowsThatBreakRulesAreUnlikely(t *testing.T) {
	tab := staff(2000, 1)
	tr := ruled(t, tab, staffRules)
	good, odd := tab.Select([]int{0}), New(tab.Names()...)
	row := good.Row(nil, 0)
	for name, text := range map[string]string{"hired": "2016-01-01", "left": "2011-01-01", "gross": "77777.00", "city": "Rome"} {
		j, _ := tab.Lookup(name)
		row[j] = text
	}
	odd.Append(row...)
	a, err := tr.Marginals(good)
	if err != nil {
		t.Fatal(err)
	}
	b, err := tr.Marginals(odd)
	if err != nil {
		t.Fatal(err)
	}
	if a.Row(0)-b.Row(0) < 10 {
		t.Errorf("log-probabilities %v and %v", a.Row(0), b.Row(0))
	}
	set, err := tr.Encode(odd, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range set.Unknown() {
		if strings.HasPrefix(u.Text, verbatim) || u.Missing {
			t.Errorf("%+v", u)
		}
	}
}

func TestRoomOfKeys(t *testing.T) {
	tab := staff(400, 1)
	for rules, want := range map[string]float64{
		"- unique: [year, number]":                             400,
		"- unique: [id]":                                       1e300,
		"- {less: [1990, year]}\n- unique: [year, number]":     400,
		"- together: [year, number]\n- unique: [year, number]": 400,
		"- less: [hired, left]\n- unique: [hired, left, net]":  1e300,
	} {
		tr := ruled(t, tab, rules)
		k := tr.Keys()[0]
		if got := tr.capacity(&k); got != want && !(want == 1e300 && got > want) {
			t.Errorf("%s: room for %v, want %v", rules, got, want)
		}
		if err := tr.Room(401); (err != nil) != (want == 400) || err != nil && !strings.Contains(err.Error(), "401 rows are asked for, but there are only 400") {
			t.Errorf("%s: %v", rules, err)
		}
	}
}

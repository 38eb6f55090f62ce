package table

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A ruledCase is a random table with random rules that it obeys, built column by column.
type ruledCase struct {
	t      *rapid.T
	rows   int
	values [][]float64 // by column; NaN is missing
	texts  [][]string
	schema *Schema
}

func (c *ruledCase) chance(label string) bool { return rapid.IntRange(0, 3).Draw(c.t, label) == 0 }

// number adds a column of numbers with so many decimals, which value gives in units of the last, some
// missing. The format is any.
func (c *ruledCase) number(decimals int, value func(i int) float64) int {
	f := Field{Name: Text(fmt.Sprintf("c%d", len(c.values))), Kind: Real, Missing: []Text{""},
		Number: &Number{MinDecimals: decimals, MaxDecimals: decimals}}
	if c.chance("plain") {
		f.Number.MinDecimals = 0
	}
	if c.chance("money") {
		f.Number.Prefix, f.Number.Thousands = "$", ","
	} else if c.chance("comma") {
		f.Number.Comma = true
	}
	holes := c.chance("holes")
	return c.add(f, holes, func(i int) float64 { return value(i) / pow10(decimals) })
}

// date adds a column of dates or times; value is in its unit.
func (c *ruledCase) date(m Moment, value func(i int) float64) int {
	f := Field{Name: Text(fmt.Sprintf("c%d", len(c.values))), Kind: Date, Missing: []Text{"NA"}, Moment: &m}
	return c.add(f, c.chance("holes"), value)
}

func (c *ruledCase) add(f Field, holes bool, value func(i int) float64) int {
	values, texts := make([]float64, c.rows), make([]string, c.rows)
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range c.rows {
		values[i] = value(i)
		if holes && c.chance("hole") || math.IsNaN(values[i]) {
			values[i], texts[i] = math.NaN(), string(f.Missing[0])
			continue
		}
		texts[i] = f.spell(values[i])
		values[i], _ = f.Float(texts[i])
		if values[i] < lo {
			lo, f.Min = values[i], Text(texts[i])
		}
		if values[i] > hi {
			hi, f.Max = values[i], Text(texts[i])
		}
	}
	c.values, c.texts = append(c.values, values), append(c.texts, texts)
	c.schema.Columns = append(c.schema.Columns, f)
	return len(c.values) - 1
}

func (c *ruledCase) name(j int) Text { return c.schema.Columns[j].Name }
func (c *ruledCase) rule(r Rule)     { c.schema.Rules = append(c.schema.Rules, r) }

func (c *ruledCase) int(label string, hi int) float64 {
	return float64(rapid.IntRange(0, hi).Draw(c.t, label))
}

// or is the value of a cell, or another where it is missing.
func (c *ruledCase) or(j, i int, other float64) float64 {
	if v := c.values[j][i]; !math.IsNaN(v) {
		return v
	}
	return other
}

// chain makes columns of falling or rising fineness, each not below those before it.
func (c *ruledCase) chain() []int {
	strict := c.chance("strict")
	scale := math.Pow(10, c.int("scale", 4))
	columns := []int{c.number(int(c.int("decimals", 3)), func(int) float64 { return c.int("low", 1000) * scale })}
	for range rapid.IntRange(1, 2).Draw(c.t, "chain") {
		d := int(c.int("decimals", 3))
		columns = append(columns, c.number(d, func(i int) float64 {
			base := 0.0
			for _, j := range columns {
				base = max(base, c.or(j, i, 0))
			}
			gap := c.int("gap", 30)
			if strict {
				gap++
			}
			return math.Ceil(base*pow10(d)-1e-6) + gap
		}))
	}
	r := Rule{Strict: strict}
	if c.chance("floor") {
		r.Less = append(r.Less, "-1")
	}
	for _, j := range columns {
		r.Less = append(r.Less, c.name(j))
	}
	if c.chance("ceiling") {
		r.Less = append(r.Less, "1e9")
	}
	c.rule(r)
	return columns
}

// sum adds the total of some columns, and perhaps columns above and below it.
func (c *ruledCase) sum(parts []int) {
	decimals := 0
	r := Rule{Sum: &Sum{}}
	for _, j := range parts {
		decimals = max(decimals, c.schema.Columns[j].Number.MaxDecimals)
		r.Sum.Of = append(r.Sum.Of, c.name(j))
	}
	total := c.number(decimals, func(i int) float64 {
		sum := 0.0
		for _, j := range parts {
			sum += c.or(j, i, 3) * pow10(decimals)
		}
		return math.Round(sum)
	})
	r.Sum.Is = c.name(total)
	c.rule(r)
	if c.chance("above the total") {
		above := c.number(2, func(i int) float64 { return math.Ceil(c.or(total, i, 0)*100) + c.int("gap", 9) })
		r := Rule{Less: []Text{c.name(total), c.name(above)}}
		if most := c.schema.Columns[above].Max; most != "" && c.chance("closed above") && !slices.ContainsFunc(c.values[total], func(v float64) bool {
			_, hi := c.schema.Columns[above].limits()
			return v > hi
		}) {
			c.rule(Rule{Less: []Text{c.name(above), most}})
		}
		c.rule(r)
	}
	if c.chance("below the total") {
		low := c.number(0, func(i int) float64 { return math.Floor(c.or(total, i, 0)) - c.int("gap", 9) })
		lower := c.number(1, func(i int) float64 { return math.Floor(10*c.or(low, i, -100)) - c.int("gap", 9) })
		c.rule(Rule{Less: []Text{c.name(lower), c.name(low), c.name(total)}})
	}
}

// joint adds a code, what it determines, and a column below a number that it determines.
func (c *ruledCase) joint() {
	code := func(i int) float64 { return float64(i % 7) }
	a := c.number(0, code)
	b := c.number(1, func(i int) float64 { return c.or(a, i, c.int("free", 5)) * 15 })
	low := c.number(2, func(i int) float64 { return math.Floor(c.or(b, i, 4)*100) - c.int("gap", 50) })
	c.rule(Rule{Determines: &Dependency{From: []Text{c.name(a)}, To: []Text{c.name(b)}}})
	c.rule(Rule{Less: []Text{c.name(low), c.name(b)}})
}

// dates adds a day, and a moment in that day or later.
func (c *ruledCase) dates() {
	day := c.date(Moment{Layout: "02.01.2006", Unit: "day"}, func(int) float64 { return c.int("day", 20000) })
	at := c.date(Moment{Layout: "2006-01-02 15:04:05", Unit: "second"}, func(i int) float64 { return c.or(day, i, 0)*86400 + c.int("second", 200000) })
	r := Rule{Less: []Text{c.name(day), c.name(at)}}
	if c.chance("later still") {
		r.Less = append(r.Less, c.name(c.date(Moment{Layout: "2006-01-02", Unit: "day"}, func(i int) float64 {
			return math.Ceil(max(c.or(at, i, 0)/86400, c.or(day, i, 0))) + c.int("days", 3)
		})))
	}
	c.rule(r)
}

func drawRuled(t *rapid.T) (*Schema, *Table) {
	c := &ruledCase{t: t, rows: rapid.IntRange(2, 60).Draw(t, "rows"), schema: &Schema{}}
	columns := c.chain()
	if rapid.Bool().Draw(t, "sum") {
		c.sum(append(columns[len(columns)-1:], c.number(1, func(int) float64 { return c.int("part", 99) })))
	}
	if rapid.Bool().Draw(t, "joint") {
		c.joint()
	}
	if rapid.Bool().Draw(t, "dates") {
		c.dates()
	}
	if c.chance("schema without ranges") {
		for j := range c.schema.Columns {
			c.schema.Columns[j].Min, c.schema.Columns[j].Max = "", ""
		}
	}
	tab := New(c.schema.Names()...)
	row := make([]string, len(c.texts))
	for i := range c.rows {
		for j := range row {
			row[j] = c.texts[j][i]
		}
		tab.Append(row...)
	}
	return c.schema, tab
}

func TestRulesKeepAnyTableAndForceAnyDraw(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, tab := drawRuled(t)
		tr, err := Fit(s, tab, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.Check(); err != nil {
			t.Fatal(err)
		}
		learned, err := tr.Apply(tab)
		if err != nil {
			t.Fatal(err)
		}
		back, err := tr.Restore(learned)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(rows(tab), rows(back)); d != "" {
			t.Fatal(d)
		}
		p, err := newPlan(tr.Schema)
		if err != nil {
			t.Fatal(err)
		}
		drawn := tr.Decode(anyRows(tr, 100, 1))
		at, err := tr.Schema.Match(drawn)
		if err != nil {
			t.Fatal(err)
		}
		if err := p.checkRows(drawn, at); err != nil {
			t.Fatal(err)
		}
	})
}

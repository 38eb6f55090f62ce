package table

import (
	"fmt"
	"math"
	"slices"
)

// Suggestion is a rule that every row of a table obeys, and that it would hardly obey by chance.
type Suggestion struct {
	Rule Rule
	Rows int // that speak for it: those which have all its values
}

// String is the rule as a line of a file of rules.
func (s Suggestion) String() string { return fmt.Sprintf("- %s  # %d rows", s.Rule.says(), s.Rows) }

// The bounds of what Suggest looks at, and what it takes to believe a rule.
const (
	suggestRows    = 20_000 // to find candidates; each is then checked against all rows
	suggestColumns = 60
	suggestParts   = 24   // columns of numbers among which sums are sought
	suggestLeast   = 20   // rows
	suggestChance  = 0.05 // of rows that would break the rule, were the columns of other rows put together
	suggestRepeats = 10   // repeated keys to be expected, were they drawn at random
)

// Suggest finds rules between two columns (less, determines, unique) and sums of two or three that hold in
// all rows of a table. They are guesses for people to choose from: what holds so far may not be meant. It
// looks for candidates among the first columns and at most some thousand rows spread over the table.
func Suggest(s *Schema, t *Table) []Suggestion {
	at, err := s.Match(t)
	if err != nil || t.Rows() < suggestLeast {
		return nil
	}
	g := &suggester{schema: s, table: t, at: at}
	stride := (t.Rows() + suggestRows - 1) / suggestRows
	for i := 0; i < t.Rows(); i += stride {
		g.rows = append(g.rows, i)
	}
	for j := range s.Columns {
		g.read(j)
	}
	return slices.Concat(g.less(), g.sums(), g.dependencies(), g.keys())
}

type suggester struct {
	schema *Schema
	table  *Table
	at     []int
	rows   []int // looked at

	numbers []int       // columns
	values  [][]float64 // of the rows looked at, by column; nil where it has none
	words   []int       // columns of few or whole values
	codes   [][]int32   // -1 for missing
	counts  [][]int     // rows by code
}

// read takes the values of column j.
func (g *suggester) read(j int) {
	f, c := &g.schema.Columns[j], g.table.Columns[g.at[j]]
	g.values, g.codes, g.counts = append(g.values, nil), append(g.codes, nil), append(g.counts, nil)
	if f.Kind == Name || f.Kind == Constant || f.Kind == AllMissing || j >= suggestColumns {
		return
	}
	byText, missing := make([]float64, len(c.texts)), make([]bool, len(c.texts))
	for i, text := range c.texts {
		byText[i], _ = f.Float(text)
		missing[i] = f.IsMissing(text)
	}
	g.codes[j], g.counts[j] = make([]int32, len(g.rows)), make([]int, len(c.texts))
	values := make([]float64, len(g.rows))
	for k, i := range g.rows {
		code := c.codes[i]
		values[k], g.codes[j][k] = byText[code], int32(code)
		if missing[code] {
			g.codes[j][k] = -1
		} else {
			g.counts[j][code]++
		}
	}
	if f.Kind.Numeric() {
		g.values[j] = values
		g.numbers = append(g.numbers, j)
	}
	if f.Kind != Real {
		g.words = append(g.words, j)
	}
}

// distinct counts the values of column j.
func (g *suggester) distinct(j int) int {
	n := 0
	for _, rows := range g.counts[j] {
		if rows > 0 {
			n++
		}
	}
	return n
}

// holds checks a rule against every row.
func (g *suggester) holds(r Rule) (Suggestion, bool) {
	s := *g.schema
	s.Rules = []Rule{r}
	p, err := newPlan(&s)
	if err != nil || p.checkRows(g.table, g.at) != nil {
		return Suggestion{}, false
	}
	return Suggestion{r, g.support(&r)}, true
}

// support counts the rows that have all values of a rule.
func (g *suggester) support(r *Rule) int {
	names := slices.Concat(r.Less, r.Unique)
	if r.Sum != nil {
		names = append(slices.Clone(r.Sum.Of), r.Sum.Is)
	}
	if r.Determines != nil {
		names = slices.Concat(r.Determines.From, r.Determines.To)
	}
	var have [][]bool // by column and code
	var columns []*Column
	for _, name := range names {
		j, _ := g.schema.Lookup(string(name))
		f, c := &g.schema.Columns[j], g.table.Columns[g.at[j]]
		of := make([]bool, len(c.texts))
		for i, text := range c.texts {
			_, number := f.Float(text)
			of[i] = !f.IsMissing(text) && (number || r.Less == nil && r.Sum == nil)
		}
		have, columns = append(have, of), append(columns, c)
	}
	n := 0
	for i := range g.table.Rows() {
		all := true
		for k, c := range columns {
			all = all && have[k][c.codes[i]]
		}
		if all {
			n++
		}
	}
	return n
}

func (g *suggester) name(j int) Text { return g.schema.Columns[j].Name }

// less finds pairs of which the first is never above the second, leaving out what follows from others.
func (g *suggester) less() []Suggestion {
	n := len(g.schema.Columns)
	below := make([][]bool, n)
	for a := range below {
		below[a] = make([]bool, n)
	}
	for _, a := range g.numbers {
		for _, b := range g.numbers {
			below[a][b] = a != b && !below[b][a] && comparable(&g.schema.Columns[a], &g.schema.Columns[b]) && g.below(a, b)
		}
	}
	var out []Suggestion
	for _, a := range g.numbers {
		for _, b := range g.numbers {
			through := slices.ContainsFunc(g.numbers, func(m int) bool { return below[a][m] && below[m][b] })
			if !below[a][b] || through {
				continue
			}
			if s, ok := g.holds(Rule{Less: []Text{g.name(a), g.name(b)}}); ok {
				out = append(out, s)
			}
		}
	}
	return out
}

func (g *suggester) below(a, b int) bool {
	ticks := finest(&g.schema.Columns[a], &g.schema.Columns[b])
	fa, fb := g.schema.Columns[a].factor(ticks), g.schema.Columns[b].factor(ticks)
	both, n := 0, len(g.rows)
	for k, v := range g.values[a] {
		if u := g.values[b][k]; v*fa > u*fb {
			return false
		} else if !math.IsNaN(v) && !math.IsNaN(u) {
			both++
		}
	}
	if both < suggestLeast {
		return false
	}
	broken, pairs := 0, 0
	for _, shift := range [3]int{n / 2, n / 3, n / 7} {
		for k, v := range g.values[a] {
			if u := g.values[b][(k+shift)%n]; !math.IsNaN(v) && !math.IsNaN(u) {
				pairs++
				if v*fa > u*fb {
					broken++
				}
			}
		}
	}
	return float64(broken) >= suggestChance*float64(pairs)
}

// sums finds totals of two or three columns.
func (g *suggester) sums() []Suggestion {
	var parts []int
	decimals := 0
	for _, j := range g.numbers {
		f := &g.schema.Columns[j]
		if d, ok := f.decimals(); ok && f.Kind != Date && f.Kind != Interval && len(parts) < suggestParts {
			parts = append(parts, j)
			decimals = max(decimals, d)
		}
	}
	var out []Suggestion
	for _, is := range parts {
		if s, ok := g.sum(is, parts, decimals); ok {
			out = append(out, s)
		}
	}
	return out
}

// sum finds the first two or three columns that add up to another, none of them always 0.
func (g *suggester) sum(is int, parts []int, decimals int) (Suggestion, bool) {
	try := func(of ...int) (Suggestion, bool) {
		whole := 0
		used := make([]bool, len(of))
		for k, total := range g.values[is] {
			sum := 0.0
			for i, j := range of {
				sum += units(g.values[j][k], decimals)
				used[i] = used[i] || g.values[j][k] != 0
			}
			if math.IsNaN(sum) || math.IsNaN(total) {
				continue
			}
			if whole++; sum != units(total, decimals) {
				return Suggestion{}, false
			}
		}
		if whole < suggestLeast || slices.Contains(used, false) {
			return Suggestion{}, false
		}
		r := Rule{Sum: &Sum{Is: g.name(is)}}
		for _, j := range of {
			r.Sum.Of = append(r.Sum.Of, g.name(j))
		}
		return g.holds(r)
	}
	for x, a := range parts {
		for y, b := range parts[:x] {
			if a == is || b == is {
				continue
			}
			if s, ok := try(b, a); ok {
				return s, true
			}
			for _, c := range parts[:y] {
				if c == is {
					continue
				}
				if s, ok := try(c, b, a); ok {
					return s, true
				}
			}
		}
	}
	return Suggestion{}, false
}

// dependencies finds for each column the one of fewest values that determines it.
func (g *suggester) dependencies() []Suggestion {
	var out []Suggestion
	from := map[int]int{}
	for _, b := range g.words {
		best := -1
		for _, a := range g.words {
			if other, ok := from[a]; a == b || ok && other == b || !g.determines(a, b) {
				continue
			}
			if best < 0 || g.distinct(a) < g.distinct(best) {
				best = a
			}
		}
		if best < 0 {
			continue
		}
		if s, ok := g.holds(Rule{Determines: &Dependency{From: []Text{g.name(best)}, To: []Text{g.name(b)}}}); ok {
			from[b] = best
			out = append(out, s)
		}
	}
	return out
}

// determines tells whether rows of one value of a have one of b, where that is no matter of course.
func (g *suggester) determines(a, b int) bool {
	n, da, db := len(g.rows), g.distinct(a), g.distinct(b)
	if db < 2 || da < db || 2*da > n {
		return false
	}
	seen := make([]int32, len(g.counts[a]))
	again := 0
	for k, x := range g.codes[a] {
		y := g.codes[b][k]
		switch {
		case x < 0 || y < 0:
		case seen[x] == 0:
			seen[x] = y + 1
		case seen[x] != y+1:
			return false
		default:
			again++
		}
	}
	same := 0.0 // chance that two rows agree in b
	for _, rows := range g.counts[b] {
		p := float64(rows) / float64(n)
		same += float64(p * p)
	}
	return float64(again)*(1-same) >= suggestLeast
}

// keys finds columns and pairs of columns that never repeat, though they would by chance.
func (g *suggester) keys() []Suggestion {
	var out []Suggestion
	n := float64(len(g.rows))
	alone := map[int]bool{}
	add := func(columns ...int) {
		r := Rule{}
		for _, j := range columns {
			r.Unique = append(r.Unique, g.name(j))
		}
		if s, ok := g.holds(r); ok && s.Rows >= suggestLeast {
			out = append(out, s)
		}
	}
	for _, j := range g.words {
		f := &g.schema.Columns[j]
		lo, hi := f.limits()
		alone[j] = float64(g.distinct(j)) == n
		if alone[j] && f.Kind.Numeric() && n*n/(2*(hi-lo+1)) >= suggestRepeats {
			add(j)
		}
	}
	for x, a := range g.words {
		for _, b := range g.words[:x] {
			room := float64(g.distinct(a)) * float64(g.distinct(b))
			if !alone[a] && !alone[b] && g.pairs(a, b, room) {
				add(b, a)
			}
		}
	}
	return out
}

// pairs tells whether no two rows have the values of both columns in common, though there is room for
// so few different ones that some would.
func (g *suggester) pairs(a, b int, room float64) bool {
	seen := map[[2]int32]bool{}
	for k := range g.rows {
		key := [2]int32{g.codes[a][k], g.codes[b][k]}
		if key[0] < 0 || key[1] < 0 {
			continue
		}
		if seen[key] {
			return false
		}
		seen[key] = true
	}
	n := float64(len(seen))
	return n*n/(2*room) >= suggestRepeats
}

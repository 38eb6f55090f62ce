package table

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strings"

	"ebb/engine/kernel/elementary"
)

// Where is what conditions ask of one column, in terms of its encoding.
type Where struct {
	Column int
	// States are those of the column's cell that will do; nil without a cell.
	States []bool
	// Number tells that the column's number counts, where its cell is in
	// state 0 or it has none. It is to lie in [Lo, Hi], normal numbers.
	Number bool
	Lo, Hi float64
	// Exact tells that one value is asked for: any number in [Lo, Hi] is it,
	// and all are equally likely ranks.
	Exact bool
}

// Where reads conditions such as
//
//	education=Masters     job in smith,baker     age>=40     height<1.8     job!=smith
//
// of which all must hold; several equalities of one column mean any of their values. Values are
// spelled as the column spells them. It returns what is asked of each column that is named, in the
// order of the schema. An error says which names or values there are.
func (t *Transform) Where(conditions []string) ([]Where, error) {
	byColumn := map[int][]clause{}
	for _, text := range conditions {
		j, c, err := t.clause(text)
		if err != nil {
			return nil, fmt.Errorf("condition %q: %w", text, err)
		}
		byColumn[j] = append(byColumn[j], c)
	}
	if t.Ruled != nil {
		return t.whereRuled(byColumn)
	}
	var out []Where
	for j := range t.Parts {
		clauses := byColumn[j]
		if len(clauses) == 0 {
			continue
		}
		w, err := t.column(j, clauses)
		if err != nil {
			return nil, fmt.Errorf("condition on column %q: %w", t.Schema.Columns[j].Name, err)
		}
		out = append(out, w)
	}
	return out, nil
}

// clause is one condition on a column.
type clause struct {
	op     string
	values []string
}

// operators in the order in which they are tried.
var operators = []string{">=", "<=", "!=", "==", "=", ">", "<", " in "}

// clause splits a condition into column, operator and values. The column's name may hold anything,
// so the known names are tried, the longest first.
func (t *Transform) clause(text string) (int, clause, error) {
	names := t.Schema.Names()
	order := make([]int, len(names))
	for j := range order {
		order[j] = j
	}
	sort.SliceStable(order, func(a, b int) bool { return len(names[order[a]]) > len(names[order[b]]) })
	for _, j := range order {
		rest, ok := strings.CutPrefix(text, names[j])
		if !ok {
			continue
		}
		for _, op := range operators {
			if value, ok := strings.CutPrefix(strings.TrimLeft(rest, " "), strings.TrimLeft(op, " ")); ok && (op != " in " || strings.HasPrefix(rest, " ")) {
				return j, newClause(op, value), nil
			}
		}
	}
	name, found := text, false
	for _, op := range operators {
		if before, _, ok := strings.Cut(text, op); ok && len(before) < len(name) {
			name, found = before, true
		}
	}
	if !found {
		return 0, clause{}, fmt.Errorf("write a column, one of = != < <= > >= in, and a value, such as %s=VALUE", names[0])
	}
	return 0, clause{}, t.Schema.absent(strings.TrimSpace(name))
}

// absent says that there is no column of this name, and which is nearest.
func (s *Schema) absent(name string) error {
	if near := nearest(name, s.Names()); near != "" {
		return fmt.Errorf("there is no column %q; did you mean %q?", name, near)
	}
	_, err := s.Lookup(name)
	return err
}

func newClause(op, value string) clause {
	op = strings.TrimSpace(op)
	switch op {
	case "in":
		var values []string
		for v := range strings.SplitSeq(value, ",") {
			values = append(values, strings.TrimSpace(v))
		}
		return clause{"=", values}
	case "==":
		op = "="
	}
	return clause{op, []string{strings.TrimSpace(value)}}
}

// column joins the conditions of one column.
func (t *Transform) column(j int, clauses []clause) (Where, error) {
	field, part, place := &t.Schema.Columns[j], &t.Parts[j], t.Places()[j]
	w := Where{Column: j, Lo: math.Inf(-1), Hi: math.Inf(1)}
	if field.Kind == Name {
		return w, fmt.Errorf("it names its row (%s) and is not learned: no value can be asked for", field.Reason)
	}
	if place.Cell < 0 && part.Rank == nil { // one value in every row
		for _, c := range clauses {
			for _, v := range c.values {
				if c.op != "=" || len(part.States) != 1 || v != string(part.States[0]) {
					return w, fmt.Errorf("every row holds the same value in it: leave the condition out")
				}
			}
		}
		return w, nil
	}
	s := &selection{t: t, j: j, w: w}
	s.begin(place, slices.ContainsFunc(clauses, func(c clause) bool { return c.op == "=" }))
	for _, c := range clauses {
		if err := s.add(c); err != nil {
			return w, err
		}
	}
	return s.result()
}

// selection gathers what is asked of a column.
type selection struct {
	t    *Transform
	j    int
	w    Where
	open []bool // states not excluded
	// The numbers asked for: an interval of ranks, and whether any is.
	lo, hi  float64
	numbers int // equalities that are numbers of the rest
	rest    bool
	listed  bool // equalities say what will do
}

func (s *selection) field() *Field { return &s.t.Schema.Columns[s.j] }
func (s *selection) part() *Part   { return &s.t.Parts[s.j] }
func (s *selection) place() Place  { return s.t.Places()[s.j] }

func (s *selection) begin(place Place, listed bool) {
	s.listed = listed
	s.lo, s.hi = 0, 1
	if place.Cell >= 0 {
		s.w.States, s.open = make([]bool, place.Card), make([]bool, place.Card)
		for k := range s.open {
			s.open[k], s.w.States[k] = true, !listed
		}
	}
	s.rest = !listed && s.part().Rank != nil
}

func (s *selection) add(c clause) error {
	for _, v := range c.values {
		var err error
		switch c.op {
		case "=":
			err = s.equal(v)
		case "!=":
			err = s.unequal(v)
		default:
			err = s.bound(c.op, v)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// state is the state of a text or number that is one, -1 for a number of the rest.
func (s *selection) state(text string) (int, error) {
	p, f, place := s.part(), s.field(), s.place()
	if k := slices.Index(p.States, Text(text)); k >= 0 {
		return place.First + k, nil
	}
	if k, ok := p.rareState(text); ok {
		lo, hi := p.bucket(k - len(p.States))
		return 0, fmt.Errorf("%q is so rare that it was learned together with %d other values: it can't be asked for alone", text, hi-lo-1)
	}
	v, ok := f.Float(text)
	if !ok {
		return 0, s.unknown(text)
	}
	for k, other := range p.States {
		if u, ok := f.Float(string(other)); ok && u == v {
			return place.First + k, nil
		}
	}
	if p.Rank == nil {
		return 0, s.unknown(text)
	}
	return -1, nil
}

// unknown says which values there are.
func (s *selection) unknown(text string) error {
	f := s.field()
	if f.Kind.Numeric() {
		return fmt.Errorf("%q is no value of it: it holds %s from %s to %s", text, f.Kind, f.Min, f.Max)
	}
	var names []string
	for _, v := range s.part().States {
		names = append(names, string(v))
	}
	if near := nearest(text, names); near != "" {
		return fmt.Errorf("it never is %q; did you mean %q?", text, near)
	}
	shown, more := names, ""
	if len(names) > 20 {
		shown, more = names[:20], fmt.Sprintf(" and %d more", len(names)-20)
	}
	return fmt.Errorf("it never is %q; its values are %q%s", text, shown, more)
}

func (s *selection) equal(text string) error {
	k, err := s.state(text)
	if err != nil {
		return err
	}
	if k >= 0 {
		s.w.States[k] = true
		return nil
	}
	v, _ := s.field().Float(text)
	half := s.half()
	lo, hi := s.rank(v-half), s.rank(v+half)
	if hi <= lo {
		return fmt.Errorf("no row that was learned has a value near %s: it holds %s from %s to %s", text, s.field().Kind, s.field().Min, s.field().Max)
	}
	if s.numbers++; s.numbers > 1 {
		return fmt.Errorf("one of several numbers can't be asked for: give a range, with >= and <=")
	}
	s.rest = true
	s.lo, s.hi = max(s.lo, lo), min(s.hi, hi)
	return nil
}

func (s *selection) unequal(text string) error {
	k, err := s.state(text)
	if err != nil {
		return err
	}
	if k < 0 {
		return fmt.Errorf("!= is for categories and for single values that many rows share; give a range, with < or >")
	}
	s.open[k] = false
	return nil
}

// bound narrows the range. The states that are numbers must lie in it; marks of missing values don't.
func (s *selection) bound(op, text string) error {
	f, p := s.field(), s.part()
	v, ok := f.Float(text)
	switch {
	case !f.Kind.Numeric():
		return fmt.Errorf("%s is for numbers and dates; it is %s: ask with = or in", op, f.Kind)
	case !ok:
		return fmt.Errorf("%q is no number of it: it holds %s from %s to %s", text, f.Kind, f.Min, f.Max)
	}
	for k, other := range p.States {
		u, ok := f.Float(string(other))
		s.open[s.place().First+k] = s.open[s.place().First+k] && ok && holds(u, op, v)
	}
	if p.Rank == nil {
		return nil
	}
	half := s.half()
	switch op {
	case ">=":
		s.lo = max(s.lo, s.rank(v-half))
	case ">":
		s.lo = max(s.lo, s.rank(v+half))
	case "<=":
		s.hi = min(s.hi, s.rank(v+half))
	case "<":
		s.hi = min(s.hi, s.rank(v-half))
	}
	return nil
}

func holds(u float64, op string, v float64) bool {
	switch op {
	case ">=":
		return u >= v
	case ">":
		return u > v
	case "<=":
		return u <= v
	}
	return u < v
}

// half is half of the least step between two values, within which a number is spelled alike.
func (s *selection) half() float64 {
	if h := s.part().Rank.Step; h > 0 {
		return h / 2
	}
	if n := s.field().Number; n != nil && n.Exponent == "" && n.Significant == 0 && n.MaxDecimals <= 22 {
		return 0.5 / pow10(n.MaxDecimals)
	}
	return 0
}

// rank is the share of rows below v.
func (s *selection) rank(v float64) float64 {
	r := s.part().Rank
	return r.left(v) / r.total()
}

// result is what is asked for, or an error if no row can be so.
func (s *selection) result() (Where, error) {
	s.w.Exact = s.numbers == 1
	s.rest = s.rest && s.hi > s.lo
	if s.w.States != nil {
		if s.place().First == 1 && s.part().Rank != nil {
			s.w.States[0] = s.rest
		}
		any := false
		for k := range s.open {
			s.w.States[k] = s.w.States[k] && s.open[k]
			any = any || s.w.States[k]
		}
		s.rest = s.rest && s.w.States[0]
		if !any {
			return s.w, s.empty()
		}
	} else if !s.rest {
		return s.w, s.empty()
	}
	if s.w.Number = s.rest && (s.lo > 0 || s.hi < 1); s.w.Number {
		s.w.Lo, s.w.Hi = ends(s.lo, s.hi)
	}
	return s.w, nil
}

func (s *selection) empty() error {
	f := s.field()
	if f.Kind.Numeric() {
		return fmt.Errorf("no row that was learned is so: it holds %s from %s to %s", f.Kind, f.Min, f.Max)
	}
	return fmt.Errorf("its conditions exclude every value")
}

// ends are the normal numbers of two ranks, a hair within, so that rounding does not carry a
// number at the end to the neighbouring value.
func ends(lo, hi float64) (float64, float64) {
	const hair = 1e-9
	width := hi - lo
	a, b := math.Inf(-1), math.Inf(1)
	if lo > 0 {
		a = elementary.NormQuantile(max(lo+float64(hair*width), minRank))
	}
	if hi < 1 {
		b = elementary.NormQuantile(min(hi-float64(hair*width), 1-minRank))
	}
	return a, b
}

// Draw is a number of the column that is as asked for, by a uniform u: the column's own
// distribution within [Lo, Hi].
func (w Where) Draw(u float64) float64 {
	lo, hi := elementary.NormCDF(w.Lo), elementary.NormCDF(w.Hi)
	return min(max(normalBetween(lo, hi, u), w.Lo), w.Hi)
}

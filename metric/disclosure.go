package metric

import (
	"context"
	"math"
	"slices"

	"ebb/engine/kernel/parallel"
)

// DisclosureReport is how well an attacker who knows all but one value of a real
// person guesses that value from the synthetic rows, beside one who guesses it
// from as many held-out real rows, which can tell nothing about the person: only
// what is better than that was disclosed (the way of Giomi et al., "Anonymeter",
// arXiv 2211.10459, section 4.3, with held-out rows as the control). The guess is
// the value of the nearest row by the known columns ([DCR]'s distance).
type DisclosureReport struct {
	Targets   int `json:"targets"`    // real rows that are attacked
	KnownRows int `json:"known_rows"` // rows each attacker has
	// Synthetic and Holdout are the shares of right guesses of both attackers,
	// means over the columns, Advantage their difference with its standard error.
	Synthetic     Figure             `json:"right_by_synthetic"`
	Holdout       Figure             `json:"right_by_holdout"`
	Advantage     Figure             `json:"advantage"`
	StandardError Figure             `json:"advantage_standard_error"`
	Columns       []DisclosureColumn `json:"columns"`
}

// DisclosureColumn is the attack on one column.
type DisclosureColumn struct {
	Name          string `json:"name"`
	Synthetic     Figure `json:"right_by_synthetic"`
	Holdout       Figure `json:"right_by_holdout"`
	Advantage     Figure `json:"advantage"`
	StandardError Figure `json:"advantage_standard_error"`
}

const (
	disclosureTargets = 1000
	disclosureRows    = 5000 // of each attacker
	disclosureColumns = 16   // of a wider table, evenly spread
	rightWithin       = 0.05 // a number is guessed right within so much of the column's rows
)

// AttributeDisclosure attacks each of the columns (positions) of the target
// rows. A guessed number is right if at most a twentieth of the real column's
// values lie between it and the true one. The two tables of the attackers
// should be equally long; real is the table whose ranks and ranges are used.
func AttributeDisclosure(ctx context.Context, real, targets, synthetic, holdout *Frame, columns []int, p *parallel.Pool) DisclosureReport {
	mustMatch(targets, synthetic)
	mustMatch(targets, holdout)
	mustMatch(targets, real)
	n := targets.Rows()
	r := DisclosureReport{Targets: n, KnownRows: synthetic.Rows()}
	gap := make([]float64, n) // of each target: columns guessed right by synthetic rows alone, less those by real ones alone
	var bySynthetic, byHoldout []float64
	for _, j := range columns {
		space := gowerSpace(real.Without(j))
		a := rightGuesses(ctx, space, &real.Columns[j], targets, synthetic, j, p)
		b := rightGuesses(ctx, space, &real.Columns[j], targets, holdout, j, p)
		each := make([]float64, n)
		for i := range each {
			each[i] = a[i] - b[i]
			gap[i] += each[i] / float64(len(columns))
		}
		r.Columns = append(r.Columns, DisclosureColumn{real.Columns[j].Name, Figure(meanOf(a)), Figure(meanOf(b)),
			Figure(meanOf(each)), Figure(math.Sqrt(varianceOfMean(each)))})
		bySynthetic, byHoldout = append(bySynthetic, meanOf(a)), append(byHoldout, meanOf(b))
	}
	r.Synthetic, r.Holdout = Figure(meanOf(bySynthetic)), Figure(meanOf(byHoldout))
	r.Advantage, r.StandardError = Figure(meanOf(gap)), Figure(math.Sqrt(varianceOfMean(gap)))
	return r
}

// rightGuesses tells of each target, by 1, whether its value of column j is
// guessed right.
func rightGuesses(ctx context.Context, space rowSpace, real *Column, targets, known *Frame, j int, p *parallel.Pool) []float64 {
	_, nearest := closestIn(ctx, space, targets.Without(j), known.Without(j), p)
	truth, guess := &targets.Columns[j], &known.Columns[j]
	ranks := pointAxes{}
	if real.Kind != Categorical {
		ranks.sorted = present(real.Num)
	}
	out := make([]float64, len(nearest))
	for i, k := range nearest {
		right := truth.Missing(i) && guess.Missing(int(k))
		if !truth.Missing(i) && !guess.Missing(int(k)) {
			if real.Kind == Categorical {
				right = truth.Code[i] == guess.Code[k]
			} else {
				right = math.Abs(ranks.rank(truth.Num[i])-ranks.rank(guess.Num[k])) <= rightWithin
			}
		}
		if right {
			out[i] = 1
		}
	}
	return out
}

func (e *tableEvaluation) disclosure(ctx context.Context) error {
	if e.Holdout == nil || e.Holdout.Rows() < fewestOthers || len(e.Real.Columns) < 2 {
		e.note("attribute_disclosure", "it needs at least 20 real rows that the model has not learned from, and two columns")
		return nil
	}
	rows := min(disclosureRows, e.synthetic.Rows(), e.Holdout.Rows())
	targets, _ := e.atMost(e.Real, disclosureTargets, disclosureOf)
	synthetic, _ := e.atMost(e.synthetic, rows, sampleSynthetic)
	holdout, _ := e.atMost(e.Holdout, rows, sampleHoldout)
	r := AttributeDisclosure(ctx, e.Real, targets, synthetic, holdout, e.disclosed(), e.o.Pool)
	e.out.Disclosure = &r
	return nil
}

// disclosed are the columns to attack: those that hold more than one value, the
// label in any case.
func (e *tableEvaluation) disclosed() []int {
	var all []int
	for j := range e.Real.Columns {
		if c := &e.Real.Columns[j]; !constant(c) {
			all = append(all, j)
		}
	}
	if len(all) == 0 {
		return []int{0}
	}
	if len(all) <= disclosureColumns {
		return all
	}
	var some []int
	for k := range disclosureColumns {
		some = append(some, all[k*len(all)/disclosureColumns])
	}
	if at := e.Real.Index(e.o.Label); at >= 0 && !slices.Contains(some, at) {
		some = append(some, at)
	}
	return some
}

// constant tells whether all rows of a column hold the same.
func constant(c *Column) bool {
	for i := range c.Len() {
		if c.Kind == Categorical && c.Code[i] != c.Code[0] ||
			c.Kind != Categorical && c.Num[i] != c.Num[0] && !(c.Missing(i) && c.Missing(0)) {
			return false
		}
	}
	return true
}

package metric

import (
	"context"
	"math"
	"slices"
	"testing"
)

// TestAttacksFindCopiesAndNothingElse: of rows that the synthetic table copies an attacker is sure, of
// rows that it has nothing to do with he is at chance.
func TestAttacksFindCopiesAndNothingElse(t *testing.T) {
	members, others, known, fresh := labelled(80, 400), labelled(81, 400), labelled(82, 400), labelled(83, 400)
	ctx := context.Background()
	for _, c := range []struct {
		name      string
		synthetic *Frame
		auc       float64
	}{{"fresh rows", fresh, 0.5}, {"copies of the members", members, 1}} {
		for kind, a := range map[string]Attack{
			"distance": MembershipByDistance(ctx, members, others, c.synthetic, nil),
			"density":  MembershipByDensity(ctx, members, others, known, c.synthetic, nil),
		} {
			// At chance an AUC of 400 and 400 rows has a standard error of 0.02; some others equal a member.
			near(t, kind+" attack with "+c.name, float64(a.AUC), c.auc, 0.08)
			if c.auc == 0.5 {
				near(t, kind+" attack's standard error", float64(a.StandardError), math.Sqrt(801.0/12/400/400), 0.002)
				near(t, kind+" attack catches", float64(a.Caught), 0.01, 0.02)
			} else if a.Caught < 0.9 {
				t.Errorf("%s attack catches %v of copied members", kind, a.Caught)
			}
		}
	}
}

func TestAnAttackThatIsSureOfFewShowsInWhatItCatches(t *testing.T) {
	members, others := make([]float64, 200), make([]float64, 200)
	for i := range members {
		members[i], others[i] = float64(i), float64(i)+0.5
	}
	for i := range 20 {
		members[i] = 1e6 // a tenth is known for sure
	}
	a := NewAttack(members, others)
	near(t, "caught", float64(a.Caught), 0.105, 0.006)
	if a.AUC > 0.62 {
		t.Errorf("the AUC is %v, although nine tenths are at chance", a.AUC)
	}
}

// TestDisclosureIsTheAdvantageOverRealRows: a column that the others determine is guessed right by
// both attackers, and nothing is disclosed; copies disclose what real rows do not tell.
func TestDisclosureIsTheAdvantageOverRealRows(t *testing.T) {
	real, held, fresh := labelled(84, 500), labelled(85, 500), labelled(86, 500)
	twin := func(f *Frame) *Frame { // a column that the column group determines
		c := f.Columns[3]
		c.Name, c.Code = "twin", slices.Clone(c.Code)
		return &Frame{Columns: append(slices.Clone(f.Columns), c)}
	}
	real, held, fresh = twin(real), twin(held), twin(fresh)
	columns := []int{0, 1, 2, 3, 4, 5}
	targets := real.Pick([]int{1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 400, 410, 420, 430, 440, 450, 460})
	none := AttributeDisclosure(context.Background(), real, targets, fresh, held, columns, nil)
	near(t, "advantage of fresh rows", float64(none.Advantage), 0, 4*float64(none.StandardError)+1e-9)
	if c := none.Columns[5]; c.Synthetic < 0.9 || c.Holdout < 0.9 {
		t.Errorf("a column that another determines is guessed right by %v and %v", c.Synthetic, c.Holdout)
	}
	copies := AttributeDisclosure(context.Background(), real, targets, real, held, columns, nil)
	near(t, "right guesses by copies", float64(copies.Synthetic), 1, 0.05)
	near(t, "advantage of copies", float64(copies.Advantage), float64(copies.Synthetic-copies.Holdout), 1e-12)
	if copies.Advantage < 0.15 {
		t.Errorf("copies disclose %v more than real rows do", copies.Advantage)
	}
}

func TestPointsCountEveryColumnAlike(t *testing.T) {
	n := 2000
	d := newDraws(87)
	x := d.normals(n)
	for i := range x {
		x[i] = math.Exp(5 * x[i]) // heavy tails
	}
	nan := math.NaN()
	f := &Frame{Columns: []Column{numberColumn("x", x...), codeColumn("c", d.codes(n, 2)...)}}
	at := TablePoints(f, nil, f)[0]
	square := func(a, b []float32, axes ...int) float64 {
		sum := 0.0
		for _, k := range axes {
			sum += float64(a[k]-b[k]) * float64(a[k]-b[k])
		}
		return sum
	}
	mean := 0.0
	for i := range n / 2 {
		mean += square(at.Row(2*i), at.Row(2*i+1), 0, 1) / float64(n/2)
	}
	near(t, "mean squared difference of a number", mean, 1, 0.1) // of 1,000 pairs, whose squares have a deviation of 1.2
	for i := range n - 1 {
		want := 0.0
		if f.Columns[1].Code[i] != f.Columns[1].Code[i+1] {
			want = 1
		}
		near(t, "squared difference of categories", square(at.Row(i), at.Row(i+1), 2, 3, 4, 5), want, 1e-6)
	}
	gap := &Frame{Columns: []Column{numberColumn("x", nan, 1e300), codeColumn("c", -1, 7)}} // missing, and never seen
	if p := TablePoints(f, nil, gap)[0]; square(p.Row(0), p.Row(1), 1) != 1 || square(p.Row(0), p.Row(1), 2, 3, 4, 5) < 0.9 {
		t.Errorf("missing values lie at %v, others at %v", p.Row(0), p.Row(1))
	}
}

// TestFiguresBesideRealRowsSeeLostDependence: every figure of whole rows is worse for shuffled columns.
func TestFiguresBesideRealRowsSeeLostDependence(t *testing.T) {
	real, held := labelled(88, 1000), labelled(89, 500)
	good := evaluate(t, Tables{real, held, labelled(90, 1000)}, quick("side"))
	bad := evaluate(t, Tables{real, held, shuffleColumns(newDraws(91), real)}, quick("side"))
	near(t, "precision of fresh rows", good.Neighbours.Synthetic.Precision, good.Neighbours.Real.Precision, 0.1)
	if bad.Neighbours.Synthetic.Precision > good.Neighbours.Synthetic.Precision-0.1 {
		t.Errorf("precision %v of fresh and %v of shuffled rows", good.Neighbours.Synthetic, bad.Neighbours.Synthetic)
	}
	near(t, "noise floor of shape", float64(good.Floor.Shape), float64(good.Shape.Error), 2) // both are chance
	near(t, "category coverage", float64(good.Coverage.Categories), 1, 0)
	near(t, "distance attack on fresh rows", float64(good.Membership.Distance.AUC), 0.5, 0.1)
	near(t, "disclosure by fresh rows", float64(good.Disclosure.Advantage), 0, 4*float64(good.Disclosure.StandardError))
	copies := evaluate(t, Tables{real, held, real}, quick(""))
	if copies.Membership.Density.AUC < 0.9 || copies.Disclosure.Advantage < 0.1 {
		t.Errorf("copies: membership %v, disclosure %v", copies.Membership.Density.AUC, copies.Disclosure.Advantage)
	}
}

// TestBaselineFiguresAreThoseOfTheReport: cheaper ways, the same figures.
func TestBaselineFiguresAreThoseOfTheReport(t *testing.T) {
	tables := Tables{labelled(92, 600), labelled(93, 300), labelled(94, 600)}
	full := evaluate(t, tables, quick("side"))
	brief, err := EvaluateBaseline(context.Background(), "copula", tables, quick("side"))
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name        string
		brief, full Figure
		tolerance   float64
	}{
		{"shape", brief.Shape, full.Shape.Error, 0}, {"trend", brief.Trend, full.Trend.Error, 0},
		{"first fold of the detector", brief.AUC, full.Detection.FoldAUC[0], 0},
		{"logistic", brief.Logistic, full.Detection.Logistic, 0},
		{"alpha precision", brief.Support.AlphaPrecision, full.Support.AlphaPrecision, 0},
		{"recall", Figure(brief.Neighbours.Recall), Figure(full.Neighbours.Synthetic.Recall), 0},
		{"AUC", brief.Prediction.AUC, full.Efficiency.Synthetic.AUC, 0},
		{"last pair", brief.Pairs[len(brief.Pairs)-1], full.Trend.Pairs[len(full.Trend.Pairs)-1].Error, 0},
		{"copies", brief.Copies, full.Copies.SyntheticShare, 0},
	} {
		near(t, c.name, float64(c.brief), float64(c.full), c.tolerance)
	}
}

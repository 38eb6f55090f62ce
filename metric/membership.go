package metric

import (
	"context"
	"math"
	"slices"

	"ebb/engine/kernel/parallel"
)

// MembershipReport is how well an attacker who has the synthetic table, and
// some complete rows, tells which of them the model learned from. Both attacks
// score each row; members are real rows, the others held-out ones.
type MembershipReport struct {
	// Distance scores a row by how near the nearest synthetic row lies, as in
	// Chen et al., "GAN-Leaks", arXiv 1909.03935 (full black-box attack).
	Distance Attack `json:"distance"`
	// Density compares that distance with the one to the nearest of some real
	// rows that the attacker has: the density ratio of DOMIAS (van Breugel et
	// al., arXiv 2302.12580, eq. 2), estimated by nearest neighbours. It is not
	// deceived by rows that are near to everything.
	Density Attack `json:"density"`
}

// Attack is how well scores tell members from others.
type Attack struct {
	AUC           Figure `json:"auc"` // 0.5: not at all
	StandardError Figure `json:"auc_standard_error"`
	// Caught is the share of members among the scores that only one in a hundred
	// others reaches (Carlini et al., arXiv 2112.03570); 0.01 is ideal. Few rows
	// that are known for sure do not show in the AUC.
	Caught  Figure `json:"members_caught_at_1_percent_false"`
	Members int    `json:"members"`
	Others  int    `json:"others"`

	MemberScores, OtherScores []float64 `json:"-"`
}

// NewAttack judges the scores of members and others; larger means member.
func NewAttack(members, others []float64) Attack {
	scores := slices.Concat(members, others)
	positive := make([]bool, len(scores))
	for i := range members {
		positive[i] = true
	}
	auc, se := AUCWithError(scores, positive)
	a := Attack{AUC: Figure(auc), StandardError: Figure(se), Caught: Figure(math.NaN()),
		Members: len(members), Others: len(others), MemberScores: members, OtherScores: others}
	if len(members) == 0 || len(others) == 0 {
		return a
	}
	sorted := slices.Sorted(slices.Values(others))
	limit := sorted[len(sorted)-1-len(sorted)/100]
	caught := 0
	for _, s := range members {
		if s > limit {
			caught++
		}
	}
	a.Caught = Figure(float64(caught) / float64(len(members)))
	return a
}

// MembershipByDistance attacks by the distance of [DCR] to the nearest
// synthetic row; the scores are negative distances.
func MembershipByDistance(ctx context.Context, members, others, synthetic *Frame, p *parallel.Pool) Attack {
	mustMatch(members, synthetic)
	mustMatch(members, others)
	space := gowerSpace(members)
	return NewAttack(negated(closestDistances(ctx, space, members, synthetic, p)),
		negated(closestDistances(ctx, space, others, synthetic, p)))
}

// MembershipByDensity attacks by the ratio of the distances to the nearest
// reference and to the nearest synthetic row: near to a synthetic row where
// real rows are sparse is what gives a member away. The reference rows are real
// ones that are neither members nor others.
func MembershipByDensity(ctx context.Context, members, others, reference, synthetic *Frame, p *parallel.Pool) Attack {
	mustMatch(members, synthetic)
	mustMatch(members, others)
	mustMatch(members, reference)
	space := gowerSpace(members)
	toReference := closestDistances(ctx, space, others, reference, p)
	// A copy is at distance 0; a thousandth of a usual distance keeps the ratio finite.
	floor := max(medianOf(toReference)/1000, 1e-12)
	score := func(rows *Frame, toReference []float64) []float64 {
		toSynthetic := closestDistances(ctx, space, rows, synthetic, p)
		out := make([]float64, len(toSynthetic))
		for i := range out {
			out[i] = (toReference[i] + floor) / (toSynthetic[i] + floor)
		}
		return out
	}
	return NewAttack(score(members, closestDistances(ctx, space, members, reference, p)), score(others, toReference))
}

func negated(v []float64) []float64 {
	for i := range v {
		v[i] = -v[i]
	}
	return v
}

const (
	attackedRows = 5000 // members and others at most
	fewestOthers = 20   // below this an attack says nothing
)

func (e *tableEvaluation) membership(ctx context.Context) error {
	if e.Holdout == nil || e.Holdout.Rows() < fewestOthers {
		e.note("membership", "it needs at least 20 real rows that the model has not learned from")
		return nil
	}
	members, _ := e.atMost(e.Real, min(attackedRows, e.lookedUp(e.synthetic)), attackedMembers)
	held := shuffled(e.Holdout.Rows(), e.noise, attackedOthers)
	held = held[:min(len(held), 2*attackedRows)]
	others, known := e.Holdout.Pick(held[:len(held)/2]), e.Holdout.Pick(held[len(held)/2:])
	all := e.Holdout.Pick(held[:min(len(held), attackedRows)])
	e.out.Membership = &MembershipReport{
		Distance: MembershipByDistance(ctx, members, all, e.synthetic, e.o.Pool),
		Density:  MembershipByDensity(ctx, members, others, known, e.synthetic, e.o.Pool),
	}
	return nil
}

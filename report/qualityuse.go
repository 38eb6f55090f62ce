package report

import (
	"math"

	"ebb/metric"
)

// useFigures are those of a model that learned from synthetic rows and is tested on real ones.
func (q *Quality) useFigures() []QualityFigure {
	undefined := metric.Prediction{AUC: nan(), AUCError: nan(), Accuracy: nan(), MacroF1: nan(), R2: nan(), RMSE: nan()}
	own, real, label := undefined, undefined, "the label"
	if e := q.Report.Efficiency; e != nil {
		own, real, label = e.Synthetic, e.Real, e.Label
	}
	line := func(key, name string, own, real, se metric.Figure, of func(metric.Prediction) metric.Figure) QualityFigure {
		room := max(0.01, 2*orZero(se))
		return QualityFigure{Key: key, Group: groupUse, Name: name + " of " + label, Value: own, Error: se, Real: real, Format: "%.4f", Goal: "as real rows",
			Grade: atLeast(own, real-room, real-3*room),
			Means: "Boosted trees learn to predict " + label + " from synthetic rows and are tested on held-out real ones; beside it, what they reach from the real training rows.",
			Baselines: q.ofBaselines(func(b *metric.BaselineReport) metric.Figure {
				if b.Prediction == nil {
					return nan()
				}
				return of(*b.Prediction)
			})}
	}
	all := []QualityFigure{
		line("auc", "AUC", own.AUC, real.AUC, own.AUCError, func(p metric.Prediction) metric.Figure { return p.AUC }),
		line("accuracy", "accuracy", own.Accuracy, real.Accuracy, q.accuracyError(own.Accuracy), func(p metric.Prediction) metric.Figure { return p.Accuracy }),
		line("macro_f1", "macro F1", own.MacroF1, real.MacroF1, nan(), func(p metric.Prediction) metric.Figure { return p.MacroF1 }),
		line("r2", "R²", own.R2, real.R2, nan(), func(p metric.Prediction) metric.Figure { return p.R2 }),
	}
	all[2].Grade = None // it swings with the rarest class
	return all
}

func orZero(f metric.Figure) metric.Figure {
	if f.Defined() {
		return f
	}
	return 0
}

// accuracyError is the standard error of a share of right answers.
func (q *Quality) accuracyError(share metric.Figure) metric.Figure {
	if q.Report.Efficiency == nil {
		return nan()
	}
	return metric.Figure(math.Sqrt(float64(share*(1-share)) / float64(q.Report.Efficiency.TestRows)))
}

func (q *Quality) privacyFigures() []QualityFigure {
	r := q.Report
	far := metric.Figure(math.Abs(float64(r.Closest.Share) - 0.5))
	copies := QualityFigure{Key: "copies_share", Group: groupPrivacy, Name: "exact copies", Value: r.Copies.SyntheticShare, Error: nan(), Real: r.Copies.HoldoutShare,
		Format: "%.4f", Goal: "as real rows", Means: "Share of synthetic rows that equal a training row in every cell; fresh real rows repeat some by chance.",
		Baselines: q.ofBaselines(func(b *metric.BaselineReport) metric.Figure { return b.Copies })}
	if r.Copies.HoldoutShare.Defined() {
		copies.Grade = atMost(r.Copies.SyntheticShare, 1.5*r.Copies.HoldoutShare+0.001, 3*r.Copies.HoldoutShare+0.01)
	}
	figures := []QualityFigure{copies,
		{Key: "closer_to_real_share", Group: groupPrivacy, Name: "closer to training rows", Value: r.Closest.Share, Error: r.Closest.ShareError, Real: 0.5, Format: "%.3f", Goal: "0.5",
			Means: "Share of synthetic rows whose nearest training row is nearer than the nearest of as many held-out rows. Above 0.5: rows were learned by heart.",
			Grade: atMost(far, max(0.05, 2*orZero(r.Closest.ShareError)), 0.1)},
		{Key: "copies", Name: "copies", Value: metric.Figure(r.Copies.Synthetic), Error: nan(), Real: nan(), Format: "%.0f", Goal: "0",
			Means: "The number of exact copies."},
	}
	return append(figures, q.attackFigures()...)
}

func (q *Quality) attackFigures() []QualityFigure {
	r := q.Report
	none := metric.Attack{AUC: nan(), StandardError: nan(), Caught: nan()}
	distance, density := none, none
	if m := r.Membership; m != nil {
		distance, density = m.Distance, m.Density
	}
	attack := func(key, name, means string, a metric.Attack) QualityFigure {
		return QualityFigure{Key: key, Group: groupPrivacy, Name: name, Value: a.AUC, Error: a.StandardError, Real: 0.5, Format: "%.3f", Goal: "0.5", Means: means,
			Grade: atMost(a.AUC, 0.5+max(0.02, 2*orZero(a.StandardError)), 0.55+2*orZero(a.StandardError))}
	}
	advantage, se := nan(), nan()
	if d := r.Disclosure; d != nil {
		advantage, se = d.Advantage, d.StandardError
	}
	return []QualityFigure{
		attack("membership_auc", "membership attack, distance", "An attacker guesses who was in the training data by how near the nearest synthetic row is. 0.5: no better than chance.", distance),
		attack("membership_density_auc", "membership attack, density", "The same by the density of synthetic rows over that of real ones, which sees local copying better (DOMIAS).", density),
		{Key: "disclosure_advantage", Group: groupPrivacy, Name: "attribute disclosure", Value: advantage, Error: se, Real: 0, Format: "%.3f", Goal: "0",
			Means: "An attacker knows all but one value of a training row and guesses it from synthetic rows: how much more often right than from as many held-out real rows.",
			Grade: atMost(advantage, max(0.01, 2*orZero(se)), max(0.03, 4*orZero(se)))},
	}
}

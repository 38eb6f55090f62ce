package metric

import (
	"slices"
	"testing"
)

func TestNewRowSynthesisMatchesSDMetrics(t *testing.T) {
	eachGolden(t, func(t *testing.T, g goldenPair) {
		for key, tolerance := range map[string]float64{"0.01": 0.01, "0.0": 0, "0.05": 0.05} {
			score, matched := NewRowSynthesis(g.real, g.synthetic, tolerance, nil)
			checkGolden(t, "tolerance "+key, score, g.at(t, "NewRowSynthesis_tol_"+key, "score"))
			checkGolden(t, "matched at "+key, float64(matched), g.at(t, "NewRowSynthesis_tol_"+key, "matched"))
		}
	})
}

func TestDCRMatchesSDMetrics(t *testing.T) {
	eachGolden(t, func(t *testing.T, g goldenPair) {
		check := func(key string, distance []float64) {
			for i, want := range g.values[key].(map[string]any)["first10"].([]any) {
				checkGolden(t, key, distance[i], want.(float64))
			}
			zeros := 0
			for _, d := range distance {
				if d == 0 {
					zeros++
				}
			}
			checkGolden(t, key+" zeros", float64(zeros), g.at(t, key, "zeros"))
			checkGolden(t, key+" mean", meanOf(distance), g.at(t, key, "mean"))
			checkGolden(t, key+" median", medianOf(distance), g.at(t, key, "median"))
			checkGolden(t, key+" p05", quantileSorted(present(distance), 0.05), g.at(t, key, "p05"))
			checkGolden(t, key+" max", slices.Max(distance), g.at(t, key, "max"))
			checkGolden(t, key+" min", slices.Min(distance), g.at(t, key, "min"))
		}
		check("DCR_synthetic_to_real", DCR(g.synthetic, g.real, nil))
		check("DCR_synthetic_to_validation", DCR(g.synthetic, g.validation, nil))
		check("DCR_real_to_validation", DCR(g.real, g.validation, nil))
		score, share := DCROverfittingProtection(g.real, g.synthetic, g.validation, nil)
		checkGolden(t, "overfitting protection", score, g.at(t, "DCROverfittingProtection", "score"))
		checkGolden(t, "closer to training", share.Strict(),
			g.at(t, "DCROverfittingProtection", "synthetic_data_percentages", "closer_to_training"))
	})
}

// withoutColumn drops the category that SDMetrics' values leave out of clean.
func withoutColumn(f *Frame, name string) *Frame { return f.Without(f.Index(name)) }

func TestOneHotFiguresMatchSources(t *testing.T) {
	g := loadGolden(t, "clean")
	real, synthetic, validation := withoutColumn(g.real, "group"), withoutColumn(g.synthetic, "group"), withoutColumn(g.validation, "group")
	s := NaiveSupport(real, synthetic, nil)
	checkGolden(t, "alpha precision", s.AlphaPrecision, g.at(t, "AlphaPrecision_naive", "alpha_precision"))
	checkGolden(t, "beta recall", s.BetaRecall, g.at(t, "AlphaPrecision_naive", "beta_recall"))
	checkGolden(t, "authenticity", s.Authenticity, g.at(t, "AlphaPrecision_naive", "authenticity"))

	share, toReal, toValidation := TabSynShare(real, synthetic, validation, nil)
	checkGolden(t, "share closer to real", share.Strict(), g.at(t, "TabSyn_DCR_share", "share_closer_to_real"))
	checkGolden(t, "median to real", medianOf(toReal), g.at(t, "TabSyn_DCR_share", "median_to_real"))
	checkGolden(t, "median to validation", medianOf(toValidation), g.at(t, "TabSyn_DCR_share", "median_to_validation"))
}

package metric

import (
	"math"
	"testing"

	"ebb/engine/rng"
)

// meanOver repeats a random figure over streams.
func meanOver(repeats int, f func(noise rng.Stream) float64) (mean, single float64) {
	sum := 0.0
	for seed := range repeats {
		single = f(rng.New(uint64(seed), rng.Metric))
		sum += single
	}
	return sum / float64(repeats), single
}

// checkRandom holds one draw to three standard deviations of the recorded
// draws, and the mean of ours to what the two means may differ by at that
// spread (theirs of about 50, ours of n).
func checkRandom(t *testing.T, what string, n int, f func(noise rng.Stream) float64, mean, deviation float64, recorded int) {
	t.Helper()
	ours, single := meanOver(n, f)
	if !(math.Abs(single-mean) <= 3*deviation) {
		t.Errorf("%s = %.4f, SDMetrics has %.4f +- %.4f", what, single, mean, deviation)
	}
	spread := 4 * deviation * math.Sqrt(1/float64(n)+1/float64(recorded))
	if !(math.Abs(ours-mean) <= spread) {
		t.Errorf("%s: mean of %d draws is %.4f, SDMetrics' of %d is %.4f, more than %.4f apart", what, n, ours, recorded, mean, spread)
	}
}

func TestLogisticDetectionMatchesSDMetrics(t *testing.T) {
	eachGolden(t, func(t *testing.T, g goldenPair) {
		synthetic := knownCategories(g.real, g.synthetic)
		dropped := g.synthetic.Rows() - synthetic.Rows()
		checkGolden(t, "rows dropped", float64(dropped), g.at(t, "LogisticDetection_rows_dropped_for_unseen_categories"))
		checkRandom(t, "LogisticDetection", 12, func(noise rng.Stream) float64 {
			return LogisticDetection(g.real, synthetic, noise, nil)
		}, g.at(t, "LogisticDetection", "mean_of_50_shuffles"), g.at(t, "LogisticDetection", "std"), 50)
		checkRandom(t, "LogisticDetection of validation", 12, func(noise rng.Stream) float64 {
			return LogisticDetection(g.real, knownCategories(g.real, g.validation), noise, nil)
		}, g.at(t, "LogisticDetection_real_vs_validation", "mean_of_10_shuffles"), g.at(t, "LogisticDetection_real_vs_validation", "std"), 10)
	})
}

// knownCategories returns the rows whose categories all occur in real.
func knownCategories(real, f *Frame) *Frame {
	var rows []int
	for i := range f.Rows() {
		known := true
		for j := range f.Columns {
			if c := &f.Columns[j]; c.Kind == Categorical {
				known = known && CategoryAdherence(real.Columns[j].Code, c.Code[i:i+1]) == 1
			}
		}
		if known {
			rows = append(rows, i)
		}
	}
	return f.Pick(rows)
}

func TestDCRBaselineProtectionMatchesSDMetrics(t *testing.T) {
	eachGolden(t, func(t *testing.T, g goldenPair) {
		checkRandom(t, "DCRBaselineProtection", 20, func(noise rng.Stream) float64 {
			return DCRBaselineProtection(g.real, g.synthetic, noise, nil)
		}, g.at(t, "DCRBaselineProtection", "mean_score_of_20_random_tables"), g.at(t, "DCRBaselineProtection", "std"), 20)
	})
}

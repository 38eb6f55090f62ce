package denoise

import (
	"math"
	"testing"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

func ddpm(t *testing.T) *schedule.Table {
	t.Helper()
	table, err := schedule.Linear(1000, 1e-4, 0.02)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// The probabilities of all levels sum to one, whatever the normal.
func TestLevelsSumToOne(t *testing.T) {
	for _, c := range []struct{ mean, logVar float64 }{{0, 0}, {0.3, -10}, {-2, 1}, {0.99, -7}, {5, -2}} {
		sum := 0.0
		for k := range 256 {
			p, _ := Levels{256}.LogProb(float64(k)/127.5-1, c.mean, c.logVar)
			sum += math.Exp(p)
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Errorf("mean %v, log variance %v: %v", c.mean, c.logVar, sum)
		}
	}
}

// A level far from a narrow normal is as improbable as the normal's tail says;
// compared with the density at the bin's nearer end, by Mills' ratio, where the
// mass is 1e-280 and less, on both sides of the change of formula.
func TestLevelsReachIntoTheFarTail(t *testing.T) {
	for _, sd := range []float64{0.0270, 0.0275, 0.02790, 0.0280, 0.0285, 0.01, 0.001} {
		const x, mean = 1.0, 0.0 // the last level: from 1-1/255 on
		z := (1 - 1.0/255) / sd
		want := -z*z/2 - math.Log(math.Sqrt(2*math.Pi)) - math.Log(z) - 1/(z*z) // + 2.5/z^4
		got, _ := Levels{256}.LogProb(x, mean, 2*math.Log(sd))
		if math.Abs(got-want) > 3/(z*z*z*z)+1e-11*z*z {
			t.Errorf("%.1f standard deviations off: log-probability %v, want %v", z, got, want)
		}
		mirrored, _ := Levels{256}.LogProb(-x, mean, 2*math.Log(sd))
		if mirrored != got {
			t.Errorf("%.1f standard deviations off: %v on the right, %v on the left", z, got, mirrored)
		}
	}
}

// Both decoders' slopes are the derivatives with respect to the log variance.
func TestDecoderSlopesAreDerivatives(t *testing.T) {
	for _, d := range []Decoder{Density{}, Levels{256}} {
		for _, x := range []float64{-1, -0.2, 127/127.5 - 1, 1} {
			for _, mean := range []float64{-1.1, 0.02, 0.7} {
				for _, logVar := range []float64{-9, -4, 0.5} {
					const h = 1e-5
					up, _ := d.LogProb(x, mean, logVar+h)
					down, _ := d.LogProb(x, mean, logVar-h)
					_, slope := d.LogProb(x, mean, logVar)
					if want := (up - down) / (2 * h); !near(slope, want, 1e-6) {
						t.Errorf("%T at %v, mean %v, log variance %v: slope %v, difference %v", d, x, mean, logVar, slope, want)
					}
				}
			}
		}
	}
}

// The inner term is the divergence of two normals, compared with an integral,
// and its slope is its derivative.
func TestInnerTermIsTheDivergence(t *testing.T) {
	table := ddpm(t)
	for _, pair := range [][2]int{{1000, 999}, {500, 400}, {2, 1}, {700, 10}} {
		at, to := table.Time(pair[0]), table.Time(pair[1])
		bridge := process.Posterior(table, at, to)
		const x0, pred = 0.4, 0.1
		logV := math.Log(bridge.Var) + 0.3
		q := func(z float64) float64 { return -z*z/(2*bridge.Var) - math.Log(2*math.Pi*bridge.Var)/2 }
		p := func(z float64) float64 {
			gap := z + bridge.X0*(x0-pred)
			return -gap*gap/(2*math.Exp(logV)) - math.Log(2*math.Pi)/2 - logV/2
		}
		sd := math.Sqrt(bridge.Var)
		integral := 0.0
		for i := -12000; i <= 12000; i++ {
			z := float64(i) * sd * 1e-3
			integral += sd * 1e-3 * math.Exp(q(z)) * (q(z) - p(z))
		}
		l := newTerm(table, at, to, nil)
		got, slope := l.at(x0, pred, logV)
		if !near(got, integral, 1e-9) {
			t.Errorf("%v: %v nats, the integral is %v", pair, got, integral)
		}
		const h = 1e-5
		up, _ := l.at(x0, pred, logV+h)
		down, _ := l.at(x0, pred, logV-h)
		if want := (up - down) / (2 * h); !near(slope, want, 1e-6) {
			t.Errorf("%v: slope %v, difference %v", pair, slope, want)
		}
	}
}

// The range runs from beta-tilde at v = -1 to beta at v = 1, evenly in the
// logarithm, for steps and for jumps; the first step takes step 2's beta-tilde,
// as Improved DDPM does.
func TestRangeRunsFromSmallToLarge(t *testing.T) {
	table := ddpm(t)
	for _, pair := range [][2]int{{1000, 999}, {600, 500}, {2, 1}, {1, 0}} {
		at, to := table.Time(pair[0]), table.Time(pair[1])
		r := RangeOf(table, at, to)
		_, beta := schedule.Between(table, to, at)
		small := process.Posterior(table, at, to).Var
		if to == 0 {
			small = process.Posterior(table, table.Time(2), table.Time(1)).Var
		}
		for v, want := range map[float64]float64{-1: small, 0: math.Sqrt(small * beta), 1: beta} {
			if got := elementary.Exp(r.LogVariance(v)); !near(got/want, 1, 1e-12) {
				t.Errorf("%v: variance at v = %v is %v, want %v", pair, v, got, want)
			}
		}
		if slope := r.LogVariance(1) - r.LogVariance(0); !near(r.Slope(), slope, 1e-12) {
			t.Errorf("%v: slope %v, want %v", pair, r.Slope(), slope)
		}
	}
	// A single jump from noise to data has no posterior variance to speak
	// of; the range is then a point, not a NaN.
	if r := RangeOf(table, 1, 0); r.LogSmall != r.LogLarge || math.IsInf(r.LogSmall, 0) {
		t.Errorf("from 1 to 0: %+v", r)
	}
}

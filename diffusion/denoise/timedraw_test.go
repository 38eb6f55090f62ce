package denoise

import (
	"math"
	"testing"

	"ebb/diffusion/schedule"
)

// The noise levels of LogNormal have the mean and spread it says; the logits of
// LogitNormal too.
func TestTimeDrawsHaveTheirDistribution(t *testing.T) {
	const n = 2000
	for _, c := range []struct {
		name     string
		draw     TimeDraw
		measure  func(t float64) float64
		mean, sd float64
	}{
		{"log-normal", LogNormal{}, func(t float64) float64 { return -schedule.Lambda(schedule.EDM{}, t) }, -1.2, 1.2},
		{"log-normal, chosen", LogNormal{Mean: 0.5, SD: 0.8}, func(t float64) float64 { return -schedule.Lambda(schedule.EDM{}, t) }, 0.5, 0.8},
		{"logit-normal", LogitNormal{Mean: 0.3}, func(t float64) float64 { return math.Log(t / (1 - t)) }, 0.3, 1},
	} {
		sum, square := 0.0, 0.0
		for _, u := range (Draws{Seed: 1}).Times(n) {
			v := c.measure(c.draw.Time(schedule.EDM{}, u))
			sum, square = sum+v, square+v*v
		}
		mean := sum / n
		sd := math.Sqrt(square/n - mean*mean)
		// Even draws miss the moments by far less than the 1/sqrt(n) = 0.02
		// of independent ones.
		if math.Abs(mean-c.mean) > 0.01 || math.Abs(sd-c.sd) > 0.01 {
			t.Errorf("%s: mean %.3f and spread %.3f, want %v and %v", c.name, mean, sd, c.mean, c.sd)
		}
	}
}

// A loss that lives in one part of time is drawn there more often, and the mean
// of loss over frequency stays what a uniform draw would give.
func TestImportanceKeepsTheMeanAndLowersTheVariance(t *testing.T) {
	loss := func(t float64) float64 { return 0.1 + 4*math.Exp(-50*(t-0.2)*(t-0.2)) }
	m := NewImportance()
	const batch, steps = 64, 400
	var uniform, important [2]float64 // sums of the value and of its square, of the last half
	for step := range steps {
		m.Begin(step)
		even, drawn := 0.0, 0.0
		type seen struct{ t, loss float64 }
		var rows []seen
		for i := range batch {
			u := math.Mod(0.754877666*float64(step*batch+i), 1) // plain, not stratified within a step
			u = math.Mod(u+math.Abs(math.Sin(float64(step*131+i*17)))*7, 1)
			even += loss(u) / batch
			at := m.Time(nil, u)
			drawn += loss(at) / m.Frequency(at, at) / batch
			rows = append(rows, seen{at, loss(at)})
		}
		for _, r := range rows {
			m.Observe(r.t, r.loss)
		}
		if step >= steps/2 {
			uniform[0], uniform[1] = uniform[0]+even, uniform[1]+even*even
			important[0], important[1] = important[0]+drawn, important[1]+drawn*drawn
		}
	}
	n := float64(steps / 2)
	variance := func(s [2]float64) float64 { return s[1]/n - s[0]/n*s[0]/n }
	want := 0.0
	for i := range 10000 {
		want += loss((float64(i)+0.5)/10000) / 10000
	}
	if se := math.Sqrt(variance(important) / n); math.Abs(important[0]/n-want) > 4*se+0.002 {
		t.Errorf("the mean is %v, want %v within %v", important[0]/n, want, 4*se)
	}
	if r := variance(important) / variance(uniform); r > 0.3 {
		t.Errorf("the variance falls to %v of a uniform draw's, want less than 0.3", r)
	}
}

// How often a stretch of time is drawn is the integral of how often its times
// are, also when the stretch crosses parts.
func TestFrequenciesOfStretchesAreIntegrals(t *testing.T) {
	m := NewImportance()
	m.Begin(0)
	for i := range 500 {
		m.Observe(float64(i)/500, 1+float64(i%37))
	}
	m.Begin(1)
	for _, c := range [][2]float64{{0, 1}, {0.1, 0.11}, {0.3, 0.7}, {0.99, 1}} {
		const n = 20000
		want := 0.0
		for i := range n {
			at := c[0] + (c[1]-c[0])*(float64(i)+0.5)/n
			want += m.Frequency(at, at) / n
		}
		if got := m.Frequency(c[0], c[1]); math.Abs(got-want) > 1e-3*want {
			t.Errorf("from %v to %v: %v, integral %v", c[0], c[1], got, want)
		}
	}
	if got := m.Frequency(0, 1); math.Abs(got-1) > 1e-12 {
		t.Errorf("all of time is drawn %v times as often, want once", got)
	}
}

package schedule

import (
	"math"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// formulas are the schedules that need not preserve variance, each with its
// definition written with the standard library.
func formulas() map[string]struct {
	sch  Schedule
	want func(t float64) (alpha, sigma float64)
} {
	type row = struct {
		sch  Schedule
		want func(t float64) (alpha, sigma float64)
	}
	ve := func(lo, hi float64) func(float64) (float64, float64) {
		return func(t float64) (float64, float64) { return 1, lo * math.Sqrt(math.Expm1(2*t*math.Log(hi/lo))) }
	}
	edm := func(hi, rho float64) func(float64) (float64, float64) {
		return func(t float64) (float64, float64) { return 1, hi * math.Pow(t, rho) }
	}
	flow := func(shift float64) func(float64) (float64, float64) {
		return func(t float64) (float64, float64) {
			u := shift * t / (1 + (shift-1)*t)
			return (1 - t) / (1 + (shift-1)*t), u
		}
	}
	dynamic := func(tokens int) Schedule {
		f, err := DynamicFlow(tokens)
		if err != nil {
			panic(err)
		}
		return f
	}
	return map[string]row{
		"ve":                {VE{}, ve(0.01, 50)},
		"ve 0.002 to 1348":  {VE{Min: 0.002, Max: 1348}, ve(0.002, 1348)},
		"edm":               {EDM{}, edm(80, 7)},
		"edm 10, 1":         {EDM{Max: 10, Rho: 1}, edm(10, 1)},
		"flow":              {Flow{}, flow(1)},
		"flow, shift 3":     {Flow{Shift: 3}, flow(3)},
		"flow, shift 0.2":   {Flow{Shift: 0.2}, flow(0.2)},
		"flow, 256 tokens":  {dynamic(256), flow(math.Exp(0.5))},
		"flow, 4096 tokens": {dynamic(4096), flow(math.Exp(1.15))},
		"flow, 1024 tokens": {dynamic(1024), flow(math.Exp(0.5 + 0.65*768/3840))},
	}
}

// grown are all schedules: those that preserve variance and those that do not.
func grown() map[string]Schedule {
	out := all()
	for name, r := range formulas() {
		out[name] = r.sch
	}
	for name, p := range pointTables() {
		out[name] = p
	}
	return out
}

func pointTables() map[string]*Points {
	make := func(t, alpha, sigma []float64) *Points {
		p, err := NewPoints(t, alpha, sigma)
		if err != nil {
			panic(err)
		}
		return p
	}
	return map[string]*Points{
		"points":               make([]float64{0.1, 0.4, 1}, []float64{0.99, 0.7, 0.1}, []float64{0.1, 0.8, 0.9}),
		"points to no signal":  make([]float64{0, 0.5, 1}, []float64{1, 0.6, 0}, []float64{0, 0.7, 1}),
		"points of sigma only": make([]float64{0.25, 0.5, 0.75}, []float64{1, 1, 1}, []float64{0.1, 1, 30}),
		"one point":            make([]float64{1}, []float64{0.5}, []float64{2}),
	}
}

// Each schedule is its formula. 1e-14 of the value: a few roundings, 7 times
// those of the logarithm within a power.
func TestSchedulesAreTheirFormulas(t *testing.T) {
	for name, r := range formulas() {
		for i := 0; i <= 1000; i++ {
			u := float64(i) / 1000
			alpha, sigma := r.sch.At(u)
			a, s := r.want(u)
			if math.Abs(alpha-a) > 1e-14*a || math.Abs(sigma-s) > 1e-14*s {
				t.Fatalf("%s at %v: %v, %v, by the formula %v, %v", name, u, alpha, sigma, a, s)
			}
		}
	}
}

// Every schedule starts at the data and loses signal against noise: sigma/alpha
// grows, SNR and lambda fall, and no jump removes noise.
func TestEveryScheduleOnlyLosesSignal(t *testing.T) {
	for name, sch := range grown() {
		if alpha, sigma := sch.At(0); alpha != 1 || sigma != 0 {
			t.Errorf("%s: at t = 0 alpha %v, sigma %v; it must be the data", name, alpha, sigma)
		}
		rapid.Check(t, func(t *rapid.T) {
			u := rapid.Float64Range(0, 1).Draw(t, "u")
			v := rapid.Float64Range(0, 1).Draw(t, "v")
			s, e := min(u, v), max(u, v)
			// A table answers for the step within 1e-9 of it.
			if a, b := SNR(sch, s), SNR(sch, e); a < b*(1-1e-9) {
				t.Fatalf("%s: SNR rises from %v at %v to %v at %v", name, a, s, b, e)
			}
			if a, b := Ratio(sch, s), Ratio(sch, e); a > b*(1+1e-9) {
				t.Fatalf("%s: sigma/alpha falls from %v at %v to %v at %v", name, a, s, b, e)
			}
			a, beta := Between(sch, s, e)
			if !(a >= 0 && beta >= 0) {
				t.Fatalf("%s: from %v to %v a = %v, beta = %v", name, s, e, a, beta)
			}
			// The jump ends at the schedule's own sigma.
			_, sigmaS := sch.At(s)
			_, sigmaE := sch.At(e)
			if got, want := a*sigmaS*sigmaS+beta, sigmaE*sigmaE; math.Abs(got-want) > 1e-12*want {
				t.Fatalf("%s: the jump from %v to %v ends at sigma^2 %v, want %v", name, s, e, got, want)
			}
		})
	}
}

// Ratio is exp(-lambda).
func TestRatioIsTheExponentialOfLambda(t *testing.T) {
	for name, sch := range grown() {
		for _, u := range []float64{0.01, 0.3, 0.77, 1} {
			got, want := Ratio(sch, u), math.Exp(-Lambda(sch, u))
			// exp turns the rounding of lambda, at most 15 here, into 15 ulp.
			if got != want && math.Abs(got-want) > 1e-14*want {
				t.Errorf("%s at %v: ratio %v, exp(-lambda) %v", name, u, got, want)
			}
		}
	}
}

// Time undoes Lambda: the schedule at the found time has the lambda asked for,
// to the slope of lambda times an ulp of t.
func TestTimeUndoesLambda(t *testing.T) {
	for name, sch := range grown() {
		top, end := Lambda(sch, 0.001), Lambda(sch, 1)
		if math.IsInf(end, -1) {
			end = Lambda(sch, 0.999)
		}
		if top == end {
			continue
		}
		for i := 0; i <= 50; i++ {
			lambda := top + (end-top)*float64(i)/50
			at := Time(sch, lambda)
			// Within a billionth of a step of a table the step itself
			// answers, so lambda has jumps of 1e-9 there.
			if got := Lambda(sch, at); math.Abs(got-lambda) > 1e-8 {
				t.Errorf("%s: lambda %v is at t = %v, where it is %v", name, lambda, at, got)
			}
		}
		if got := Time(sch, math.Inf(-1)); got != 1 {
			t.Errorf("%s: lambda = -Inf is at %v, want 1", name, got)
		}
		if got := Time(sch, math.Inf(1)); got != 0 {
			t.Errorf("%s: lambda = +Inf is at %v, want 0", name, got)
		}
	}
	for name, r := range formulas() { // smooth: t itself comes back
		for i := 1; i < 100; i++ {
			u := float64(i) / 100
			// lambda's slope is at least 1/t here, so t is as good as lambda.
			if got := Time(r.sch, Lambda(r.sch, u)); math.Abs(got-u) > 1e-14*max(1, math.Abs(Lambda(r.sch, u))) {
				t.Errorf("%s: t = %v comes back as %v", name, u, got)
			}
		}
	}
}

// A schedule of points goes through every point exactly, alpha is linear and so
// is lambda, or sigma where lambda is infinite.
func TestPointsGoThroughThemselves(t *testing.T) {
	for name, p := range pointTables() {
		for i, u := range p.t {
			if alpha, sigma := p.At(u); alpha != p.alpha[i] || sigma != p.sigma[i] {
				t.Errorf("%s at %v: %v, %v, want %v, %v", name, u, alpha, sigma, p.alpha[i], p.sigma[i])
			}
			if i == 0 {
				continue
			}
			before := p.t[i-1]
			alpha, sigma := p.At((before + u) / 2)
			if want := (p.alpha[i-1] + p.alpha[i]) / 2; math.Abs(alpha-want) > 1e-15 {
				t.Errorf("%s: between %v and %v alpha is %v, want %v", name, before, u, alpha, want)
			}
			want := math.Sqrt(p.sigma[i-1] / p.alpha[i-1] * p.sigma[i] / p.alpha[i]) // the mean of the logarithms
			if p.sigma[i-1] == 0 || p.alpha[i] == 0 {
				want = (p.sigma[i-1] + p.sigma[i]) / 2 / alpha
			}
			if math.Abs(sigma/alpha-want) > 1e-14*want {
				t.Errorf("%s: between %v and %v sigma/alpha is %v, want %v", name, before, u, sigma/alpha, want)
			}
		}
		end := len(p.t) - 1
		if alpha, sigma := p.At(2); alpha != p.alpha[end] || sigma != p.sigma[end] {
			t.Errorf("%s: beyond its end it is %v, %v", name, alpha, sigma)
		}
	}
}

// A table, given as points, is the table at its steps.
func TestPointsOfATableAreTheTable(t *testing.T) {
	table := must(CosineTable(50)).ZeroTerminal()
	var at, alpha, sigma []float64
	for i := 1; i <= 50; i++ {
		a, s := table.At(table.Time(i))
		at, alpha, sigma = append(at, table.Time(i)), append(alpha, a), append(sigma, s)
	}
	p, err := NewPoints(at, alpha, sigma)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i <= 50; i++ {
		a, s := table.At(table.Time(i))
		if pa, ps := p.At(table.Time(i)); pa != a || ps != s {
			t.Errorf("step %d: %v, %v, want %v, %v", i, pa, ps, a, s)
		}
	}
}

// Parameters that make no schedule are errors that say what would.
func TestBadParametersAreRefused(t *testing.T) {
	nan, inf := math.NaN(), math.Inf(1)
	points := func(t, alpha, sigma []float64) error { return second(NewPoints(t, alpha, sigma)) }
	for _, c := range []struct {
		err  error
		want string
	}{
		{second(NewVE(0, 50)), "0 < min < max"},
		{second(NewVE(1, 1)), "0 < min < max"},
		{second(NewVE(0.01, inf)), "0 < min < max"},
		{second(NewVE(nan, 1)), "0 < min < max"},
		{second(NewEDM(0, 7)), "max > 0 and rho >= 1"},
		{second(NewEDM(80, 0.5)), "max > 0 and rho >= 1"},
		{second(NewEDM(nan, 7)), "max > 0 and rho >= 1"},
		{second(NewEDM(80, inf)), "max > 0 and rho >= 1"},
		{second(NewFlow(0)), "must be positive"},
		{second(NewFlow(-1)), "must be positive"},
		{second(NewFlow(nan)), "must be positive"},
		{second(NewFlow(inf)), "must be positive"},
		{second(DynamicFlow(0)), "1..65536"},
		{second(DynamicFlow(1 << 20)), "shift of your own"},
		{points(nil, nil, nil), "at least 1"},
		{points([]float64{1}, []float64{1, 2}, []float64{1}), "as many of each"},
		{points([]float64{0.5, 0.5}, []float64{0.5, 0.4}, []float64{1, 1}), "must rise"},
		{points([]float64{0.5, 1.5}, []float64{0.5, 0.4}, []float64{1, 1}), "within [0, 1]"},
		{points([]float64{nan}, []float64{0.5}, []float64{1}), "within [0, 1]"},
		{points([]float64{-1, 1}, []float64{0.5, 0.4}, []float64{1, 1}), "within [0, 1]"},
		{points([]float64{0.5, nan}, []float64{0.5, 0.4}, []float64{1, 1}), "must rise"},
		{points([]float64{0.5, 1}, []float64{0.5, 0.6}, []float64{1, 1}), "must not fall with time"},
		{points([]float64{0.5, 1}, []float64{0.5, -0.1}, []float64{1, 1}), "at least 0"},
		{points([]float64{0.5, 1}, []float64{0.5, 0.1}, []float64{1, inf}), "finite"},
		{points([]float64{1}, []float64{0}, []float64{0}), "not both 0"},
		{points([]float64{0, 1}, []float64{0.9, 0.1}, []float64{0, 1}), "time 0 is the data"},
		{points([]float64{0.5, 1}, []float64{0, 0}, []float64{1, 1}), "end there"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("got %v, want an error with %q", c.err, c.want)
		}
	}
}

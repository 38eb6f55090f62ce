package schedule

import (
	"encoding/json"
	"math"
	"os"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// must unwraps a table that the test knows to be valid.
func must(table *Table, err error) *Table {
	if err != nil {
		panic(err)
	}
	return table
}

// tables are the schedules every statement below is made about.
func tables() map[string]*Table {
	linear := must(Linear(1000, 1e-4, 0.02))
	return map[string]*Table{
		"linear":        linear,
		"linear, 50":    must(Linear(50, 1e-3, 0.2)),
		"scaled linear": must(ScaledLinear(1000, 0.00085, 0.012)),
		"cosine":        must(CosineTable(1000)),
		"cosine, 4000":  must(CosineTable(4000)),
		"sigmoid":       must(Sigmoid(1000, 1e-4, 0.02)),
		"zero terminal": linear.ZeroTerminal(),
		"one step":      must(NewTable([]float64{0.9})),
	}
}

// continuous are the schedules given by a formula.
func continuous() map[string]Schedule {
	return map[string]Schedule{
		"linear rate": LinearRate{},
		"slow rate":   LinearRate{Min: 0.1, Max: 6},
		"cosine":      Cosine{},
		"cosine, 0.1": Cosine{End: 0.1},
	}
}

func all() map[string]Schedule {
	out := continuous()
	for name, table := range tables() {
		out["table "+name] = table
	}
	return out
}

// The betas and their cumulative products are those of the reference library
// in float64. alphaBar is a product of 1000 rounded factors: 1e-13 of it.
func TestTablesAreTheRecordedOnes(t *testing.T) {
	var recorded map[string]struct {
		Config struct {
			Schedule string  `json:"beta_schedule"`
			Start    float64 `json:"beta_start"`
			End      float64 `json:"beta_end"`
			ZeroSNR  bool    `json:"rescale_betas_zero_snr"`
		} `json:"config"`
		N         int       `json:"n"`
		Betas     []float64 `json:"betas_float64"`
		AlphaBars []float64 `json:"alphas_cumprod_float64"`
	}
	b, err := os.ReadFile("testdata/betas.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &recorded); err != nil {
		t.Fatal(err)
	}
	for name, r := range recorded {
		var table *Table
		switch r.Config.Schedule {
		case "linear":
			table, err = Linear(r.N, r.Config.Start, r.Config.End)
		case "scaled_linear":
			table, err = ScaledLinear(r.N, r.Config.Start, r.Config.End)
		case "squaredcos_cap_v2":
			table, err = CosineTable(r.N)
		case "sigmoid":
			table, err = Sigmoid(r.N, r.Config.Start, r.Config.End)
		default:
			t.Errorf("%s: schedule %q is not known", name, r.Config.Schedule)
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if r.Config.ZeroSNR {
			table = table.ZeroTerminal()
		}
		if table.Steps() != len(r.Betas) || len(r.Betas) != len(r.AlphaBars) {
			t.Fatalf("%s: %d steps, recorded %d", name, table.Steps(), len(r.Betas))
		}
		worst := 0.0
		for i, want := range r.Betas {
			// Beta is a difference from 1 in the cosine and rescaled tables.
			worst = max(worst, math.Abs(table.Beta(i+1)-want)/1e-12, math.Abs(table.AlphaBar(i+1)-r.AlphaBars[i])/1e-13)
		}
		if worst > 1 {
			t.Errorf("%s: %.3g times the tolerance away", name, worst)
		}
	}
}

// At t = i/T a table is its own discrete self, in every bit, and sigma^2 is
// 1 - alphaBar without the cancellation.
func TestTableStandsOnItsSteps(t *testing.T) {
	for name, table := range tables() {
		for i := 0; i <= table.Steps(); i++ {
			alpha, sigma := table.At(table.Time(i))
			if alpha != math.Sqrt(table.AlphaBar(i)) {
				t.Fatalf("%s: alpha at step %d is %v", name, i, alpha)
			}
			if want := 1 - table.AlphaBar(i); math.Abs(sigma*sigma-want) > 1e-14 {
				t.Fatalf("%s: sigma^2 at step %d is %v, 1-alphaBar %v", name, i, sigma*sigma, want)
			}
		}
	}
}

// The jump over one step of a table is that step: a = 1-beta_i, and the noise
// added has variance beta_i.
func TestJumpOverOneStepIsTheStep(t *testing.T) {
	for name, table := range tables() {
		for i := 1; i <= table.Steps(); i++ {
			a, beta := Between(table, table.Time(i-1), table.Time(i))
			// sigma^2 carries 1e-16 of 1, and beta is as small as 2e-6.
			if math.Abs(a-(1-table.Beta(i))) > 1e-14 || math.Abs(beta-table.Beta(i)) > 1e-14 {
				t.Fatalf("%s: step %d: a %v, beta %v, want %v, %v", name, i, a, beta, 1-table.Beta(i), table.Beta(i))
			}
		}
	}
}

// Every schedule here preserves variance, begins at the data, and loses signal
// as time goes on: SNR falls and lambda = log(SNR)/2.
func TestSignalFallsAndVarianceStays(t *testing.T) {
	for name, sch := range all() {
		alpha, sigma := sch.At(0)
		if alpha != 1 || sigma != 0 {
			t.Errorf("%s: at t = 0 alpha %v, sigma %v; it must be the data", name, alpha, sigma)
		}
		rapid.Check(t, func(t *rapid.T) {
			u := rapid.Float64Range(0, 1).Draw(t, "u")
			v := rapid.Float64Range(0, 1).Draw(t, "v")
			s, e := min(u, v), max(u, v)
			alpha, sigma := sch.At(e)
			if math.Abs(alpha*alpha+sigma*sigma-1) > 1e-14 {
				t.Fatalf("%s: alpha^2 + sigma^2 = %v at %v", name, alpha*alpha+sigma*sigma, e)
			}
			// A table answers for the step within 1e-9 steps of it, and
			// rounding may take back an ulp or two.
			if SNR(sch, s) < SNR(sch, e)*(1-1e-9) {
				t.Fatalf("%s: SNR rises from %v at %v to %v at %v", name, SNR(sch, s), s, SNR(sch, e), e)
			}
			if lambda, want := Lambda(sch, e), math.Log(SNR(sch, e))/2; math.Abs(lambda-want) > 1e-12*max(1, math.Abs(want)) {
				t.Fatalf("%s: lambda %v, half the log of SNR %v", name, lambda, want)
			}
			a, beta := Between(sch, s, e)
			if math.Abs(a+beta-1) > 1e-12 {
				t.Fatalf("%s: from %v to %v a + beta = %v", name, s, e, a+beta)
			}
		})
	}
}

// Between the steps a table is smooth: -log alphaBar has one derivative from
// the left and from the right of every step.
func TestTableIsSmoothBetweenSteps(t *testing.T) {
	for name, table := range tables() {
		steps := table.Steps()
		rate := func(u float64) float64 { return -2 * math.Log(first(table.At(u/float64(steps)))) }
		// The cosine table's cap and the zero of the rescaled one are
		// kinks of the table itself; stop before them.
		for i := 1; i < steps-2; i++ {
			const h = 1e-4
			u := float64(i)
			left, right := (rate(u)-rate(u-h))/h, (rate(u+h)-rate(u))/h
			// Straight lines would turn by the second difference of the
			// steps; a cubic only by h times its curvature, which is a
			// few times that.
			turn := math.Abs(rate(u+1) - 2*rate(u) + rate(u-1))
			if math.Abs(left-right) > 8*h*turn+1e-10 {
				t.Errorf("%s: at step %d the slope is %v on the left, %v on the right", name, i, left, right)
				break
			}
		}
	}
}

func first(a, _ float64) float64 { return a }

// The rescaled table ends without signal, keeps its first step, and stays a
// schedule.
func TestZeroTerminalLeavesNoSignal(t *testing.T) {
	table := must(Linear(1000, 1e-4, 0.02))
	zero := table.ZeroTerminal()
	if alpha, sigma := zero.At(1); alpha != 0 || sigma != 1 {
		t.Errorf("at t = 1 alpha %v, sigma %v", alpha, sigma)
	}
	if got, want := zero.AlphaBar(1), table.AlphaBar(1); math.Abs(got-want) > 1e-15 {
		t.Errorf("alphaBar_1 moved from %v to %v", want, got)
	}
	if !math.IsInf(Lambda(zero, 1), -1) {
		t.Errorf("lambda at the end is %v", Lambda(zero, 1))
	}
}

// The continuous formulas are the limits of the tables. LinearRate: a table of
// T steps from Min/T to Max/T comes near as 1/T.
func TestTablesApproachTheirContinuousLimit(t *testing.T) {
	gap := func(steps int) float64 {
		n := float64(steps)
		table := must(Linear(steps, 0.1/n, 20/n))
		worst := 0.0
		for i := 0; i <= 100; i++ {
			u := float64(i) / 100
			worst = max(worst, math.Abs(first(table.At(u))-first(LinearRate{}.At(u))))
		}
		return worst
	}
	order := math.Log2(gap(1000) / gap(2000))
	t.Logf("linear table against its limit: %.3g at T = 1000, order %.2f", gap(1000), order)
	if order < 0.9 {
		t.Errorf("the order is %v, want 1", order)
	}
	// Cosine: the table telescopes to the formula, but for the shortened end.
	table := must(CosineTable(1000))
	for i := 0; i <= 900; i++ {
		u := table.Time(i)
		if a, b := first(table.At(u)), first(Cosine{End: 1e-12}.At(u)); math.Abs(a-b) > 1e-11 {
			t.Fatalf("cosine at %v: table %v, formula %v", u, a, b)
		}
	}
}

func TestBadTablesAreRefused(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{second(NewTable(nil)), "at least one step"},
		{second(NewTable([]float64{0.1, 0, 0.2})), "beta_2 = 0"},
		{second(NewTable([]float64{0.1, 1, 0.2})), "beta_2 = 1"},
		{second(NewTable([]float64{0.1, math.NaN()})), "beta_2 = NaN"},
		{second(Linear(0, 1e-4, 0.02)), "0 steps"},
		{second(Linear(10, 0.02, 1e-4)), "start <= end"},
		{second(ScaledLinear(10, 0, 0.1)), "0 < start"},
		{second(Sigmoid(10, 0.1, 1)), "end < 1"},
		{second(CosineTable(-1)), "-1 steps"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("got %v, want an error with %q", c.err, c.want)
		}
	}
}

func second[T any](_ T, err error) error { return err }

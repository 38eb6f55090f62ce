package schedule

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// The chosen steps are the reference library's for every count and spacing it
// was asked for. (DDPM's own class ignores steps_offset but for leading.)
func TestGridsAreTheRecordedOnes(t *testing.T) {
	var recorded []struct {
		Scheduler string `json:"scheduler"`
		Config    struct {
			Spacing string `json:"timestep_spacing"`
			Offset  int    `json:"steps_offset"`
		} `json:"config"`
		Steps map[string][]int `json:"timesteps"`
	}
	b, err := os.ReadFile("testdata/timesteps.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &recorded); err != nil {
		t.Fatal(err)
	}
	table := must(Linear(1000, 1e-4, 0.02))
	lists := 0
	for _, r := range recorded {
		for count, want := range r.Steps {
			n, err := strconv.Atoi(count)
			if err != nil {
				t.Fatal(err)
			}
			var grid []float64
			switch r.Config.Spacing {
			case "leading":
				grid, err = Leading(table, n, r.Config.Offset)
			case "trailing":
				grid, err = Trailing(table, n)
			case "linspace":
				grid, err = Linspace(table, n)
			}
			if want == nil || want[0] >= table.Steps() {
				// Refused there too, or a step beyond the schedule.
				if err == nil {
					t.Errorf("%s %v, %d steps: accepted", r.Scheduler, r.Config, n)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s %v, %d steps: %v", r.Scheduler, r.Config, n, err)
				continue
			}
			lists++
			if len(grid) != len(want)+1 || grid[n] != 0 {
				t.Errorf("%s %v: %d times for %d steps", r.Scheduler, r.Config, len(grid), n)
				continue
			}
			for i, step := range want {
				if grid[i] != table.Time(step+1) {
					t.Errorf("%s %v, %d steps: step %d is %v, recorded %d", r.Scheduler, r.Config, n, i, grid[i]*1000-1, step)
					break
				}
			}
		}
	}
	t.Logf("%d lists of steps compared", lists)
}

// Halves: 1000 (1 - i/16) has some and rounds them to even; 1000 (1 - i/48) has
// some in exact arithmetic, of which numpy 1.24's arange, whose steps these are,
// keeps 937.4999999999999.
func TestTrailingRoundsHalvesAsNumpyDoes(t *testing.T) {
	table := must(Linear(1000, 1e-4, 0.02))
	for n, want := range map[int][]int{
		16: {1000, 938, 875, 812, 750, 688, 625, 562, 500, 438, 375, 312, 250, 188, 125, 62},
		48: {1000, 979, 958, 937, 917, 896, 875, 854, 833, 812, 792, 771, 750},
	} {
		grid, err := Trailing(table, n)
		if err != nil {
			t.Fatal(err)
		}
		for i, step := range want {
			if grid[i] != table.Time(step) {
				t.Errorf("%d steps: step %d is %v, want %d", n, i, grid[i]*1000, step)
			}
		}
	}
}

func TestUniformGridFallsToData(t *testing.T) {
	grid, err := Uniform(4)
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []float64{1, 0.75, 0.5, 0.25, 0} {
		if grid[i] != want {
			t.Errorf("time %d is %v, want %v", i, grid[i], want)
		}
	}
}

func TestBadGridsAreRefused(t *testing.T) {
	table := must(Linear(10, 1e-4, 0.02))
	for _, c := range []struct {
		err  error
		want string
	}{
		{second(Uniform(0)), "0 steps"},
		{second(Leading(table, 11, 0)), "11 sampling steps"},
		{second(Leading(table, 10, 1)), "outside the table's 1..10"},
		{second(Trailing(table, -1)), "-1 sampling steps"},
		{second(Linspace(table, 0)), "choose 1..10"},
		{second(table.Grid([]int{5, 5})), "does not fall"},
		{second(table.Grid([]int{5, 0})), "step 1 of the grid is 0"},
		{second(table.Grid(nil)), "at least one"},
	} {
		if c.err == nil || !strings.Contains(c.err.Error(), c.want) {
			t.Errorf("got %v, want an error with %q", c.err, c.want)
		}
	}
}

// The distance of the last noised value from N(0, I) is what the definition
// says: compared with an integral of q log(q/p) for one dimension.
func TestTerminalBitsIsTheDivergence(t *testing.T) {
	table := must(Linear(100, 1e-3, 0.05)) // ends with signal left to see
	const mean, variance = 0.7, 2.5
	alpha, sigma := table.At(1)
	m, v := alpha*mean, alpha*alpha*variance+sigma*sigma
	logNormal := func(x, m, v float64) float64 { return -(x-m)*(x-m)/(2*v) - math.Log(2*math.Pi*v)/2 }
	const h = 1e-3
	integral := 0.0
	for x := -12.0; x <= 12; x += h {
		q := logNormal(x, m, v)
		integral += h * math.Exp(q) * (q - logNormal(x, 0, 1)) / math.Ln2
	}
	got := TerminalBits(table, 1, []float64{mean}, []float64{variance})
	if math.Abs(got-integral) > 1e-9 {
		t.Errorf("%v bits, the integral is %v", got, integral)
	}
	// Dimensions add up, and the figure is their mean.
	twice := TerminalBits(table, 1, []float64{mean, mean}, []float64{variance, variance})
	if math.Abs(twice-got) > 1e-15 {
		t.Errorf("two equal dimensions: %v bits each, one: %v", twice, got)
	}
	// The prior term of the bound, which does not know of the average over
	// data, is larger, and is the same for data of a single point.
	if upper := PriorBits(table, 1, mean*mean+variance); upper <= got {
		t.Errorf("the prior term %v is not above the divergence %v", upper, got)
	}
	point := TerminalBits(table, 1, []float64{mean}, []float64{0})
	if prior := PriorBits(table, 1, mean*mean); math.Abs(point-prior) > 1e-15 {
		t.Errorf("a single point: divergence %v, prior term %v", point, prior)
	}
}

// How near to N(0, I) the known schedules end, for data of mean square 1.
func TestTerminalDistanceOfKnownSchedules(t *testing.T) {
	for name, sch := range all() {
		bits := PriorBits(sch, 1, 1)
		t.Logf("%-20s alphaBar(1) %.3g, prior term %.3g bits per dimension", name, AlphaBar(sch, 1), bits)
		if !(bits >= 0) {
			t.Errorf("%s: %v bits", name, bits)
		}
	}
	if bits := PriorBits(must(Linear(1000, 1e-4, 0.02)), 1, 1); bits > 1e-4 {
		t.Errorf("DDPM's schedule ends %v bits per dimension from N(0, I)", bits)
	}
	if bits := PriorBits(must(Linear(1000, 1e-4, 0.02)).ZeroTerminal(), 1, 1); bits != 0 {
		t.Errorf("without signal the distance is %v bits, want 0", bits)
	}
}

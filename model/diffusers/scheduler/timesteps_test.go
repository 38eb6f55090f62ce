package scheduler

import (
	"encoding/json"
	"os"
	"slices"
	"strconv"
	"testing"
)

// The lists of time steps of the classes here are those recorded (see
// testdata/README.md), for many step counts; what the library refuses is refused.
func TestTimeStepsAreThoseRecorded(t *testing.T) {
	b, err := os.ReadFile("testdata/timesteps.json")
	if err != nil {
		t.Fatal(err)
	}
	var tables []struct {
		Class     string               `json:"scheduler"`
		Config    json.RawMessage      `json:"config"`
		Timesteps map[string][]float64 `json:"timesteps"`
	}
	if err := json.Unmarshal(b, &tables); err != nil {
		t.Fatal(err)
	}
	seen := 0
	for _, table := range tables {
		if !slices.Contains([]string{"EulerDiscreteScheduler", "PNDMScheduler", "LCMScheduler"}, table.Class) {
			continue
		}
		c, err := Parse(table.Class, table.Config)
		if err != nil {
			t.Fatal(err)
		}
		for count, want := range table.Timesteps {
			n, err := strconv.Atoi(count)
			if err != nil {
				t.Fatal(err)
			}
			p, err := c.Plan(Options{Steps: n})
			if want == nil {
				if err == nil {
					t.Errorf("%s %s: %d steps, refused by the library, are planned as %v", table.Class, table.Config, n, p.Timesteps)
				}
				continue
			}
			if err != nil {
				t.Errorf("%s %s: %d steps: %v", table.Class, table.Config, n, err)
				continue
			}
			seen++
			// The library keeps fractions in float32.
			if !slices.EqualFunc(p.Timesteps, want, func(a, b float64) bool { return a-b < 1e-4 && b-a < 1e-4 }) {
				t.Errorf("%s %s: %d steps are at %v, want %v", table.Class, table.Config, n, p.Timesteps, want)
			}
		}
	}
	if seen < 99 {
		t.Errorf("only %d lists were compared", seen)
	}
}

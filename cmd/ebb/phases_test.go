package main

import (
	"strings"
	"testing"
	"time"

	"ebb/data/table"
)

// Phases that take long are shown with their name, quick ones are not.
func TestPhasesThatTakeLongAreShown(t *testing.T) {
	for _, c := range []struct {
		patience time.Duration
		shown    bool
	}{{0, true}, {time.Hour, false}} {
		var out strings.Builder
		p := newPhases(&out)
		p.patience = c.patience
		for _, phase := range []table.Phase{table.Inferring, table.Fitting} {
			for done := range 3 {
				p.tell(phase, done, 2)
			}
		}
		p.done()
		for _, phase := range []table.Phase{table.Inferring, table.Fitting} {
			if shown := strings.Contains(out.String(), string(phase)+" 100 %"); shown != c.shown {
				t.Errorf("patience %v: %s is shown: %v\n%s", c.patience, phase, shown, &out)
			}
		}
	}
}

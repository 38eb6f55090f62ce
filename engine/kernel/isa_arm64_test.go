//go:build arm64 && !purego

package kernel

import "testing"

func TestNEONIsChosen(t *testing.T) {
	if Best() != NEON || active() != NEON {
		t.Errorf("best is %v, active %v: want neon", Best(), active())
	}
	defer ForceISA(Generic)()
	if active() != Generic {
		t.Errorf("active is %v, generic was forced", active())
	}
}

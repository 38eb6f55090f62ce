package kernel

import "testing"

// FLOPs are counted per round, on each instruction set the same for each round.
func TestPeakCountsItsWork(t *testing.T) {
	onEveryISA(func(isa ISA) {
		one, many := PeakFMA(1), PeakFMA(50)
		if one <= 0 || many != 50*one {
			t.Errorf("%v: %v operations in one round, %v in 50", isa, one, many)
		}
	})
}

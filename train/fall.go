package train

import (
	"math"

	"ebb/engine/optim"
)

// fall is the last part of a training whose held-out loss stands still before its budget is used up:
// instead of going on to learn the rows by heart the learning rate falls to its floor over a share of
// the steps taken so far (Settings.Fall), and the training ends. Without that the weights kept would be
// those of a high rate, whose samples are less exact. Measured on Adult (seed 0): the weights of the least
// loss, step 2508, had a shape error of 0.68 %, those after a fall from step 4158 to 5614 0.39 %.
type fall struct {
	from, total int     // steps; from is 0 until it begins
	base        float64 // the rate that it falls from
}

// The counters of a fall in a checkpoint.
const (
	keyFall      = "fall"
	keyFallTotal = "fall_total"
	keyFallBase  = "fall_base" // the bits of a float64
)

// rate is the learning rate of a step.
func (l *loop) rate(step int) float64 {
	s := l.Settings
	if l.fall.from > 0 {
		return optim.Cosine{Base: l.fall.base, Floor: s.Rate * s.Floor, Total: l.fall.total - l.fall.from}.At(step - l.fall.from)
	}
	return optim.Cosine{Base: s.Rate, Floor: s.Rate * s.Floor, Warmup: s.Warmup,
		Hold: calibrateShare * overrun, Total: l.clock.total}.At(step)
}

// settle lets the rate begin to fall where the held-out loss stands still.
func (l *loop) settle() {
	if l.fall.from > 0 || !l.judge.still() || l.Settings.Fall <= 0 {
		return
	}
	total := l.step + int(math.Ceil(l.Settings.Fall*float64(l.step)))
	if l.clock.total > 0 {
		total = min(total, l.clock.total)
	}
	l.fall = fall{from: l.step, total: total, base: l.rate(l.step)}
	l.clock.total = total
}

func (f fall) save(ints map[string]int64) {
	ints[keyFall], ints[keyFallTotal], ints[keyFallBase] = int64(f.from), int64(f.total), int64(math.Float64bits(f.base))
}

func savedFall(ints map[string]int64) fall {
	return fall{from: int(ints[keyFall]), total: int(ints[keyFallTotal]), base: math.Float64frombits(uint64(ints[keyFallBase]))}
}

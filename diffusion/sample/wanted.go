package sample

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/engine/kernel/elementary"
)

// Wanted is what is asked of one column of every row: that its cell is in one
// of some states, or its number in a range, or both, where a state of the cell
// says that the number counts.
type Wanted struct {
	Cell   int    // -1: the column is a number alone
	States []bool // (Card of the cell): the states that will do
	// Number is the column's number, -1 for none. It is looked at where the
	// cell is in state 0, or there is no cell, and must be in [Lo, Hi].
	Number int
	Lo, Hi float64
}

// Check finds a wish that no row can fulfil, or that names no column.
func (w Wanted) check(numbers int, card []int) error {
	switch {
	case w.Cell >= len(card) || w.Number >= numbers || w.Cell < 0 && w.Number < 0:
		return fmt.Errorf("sample: a wish for cell %d and number %d of rows with %d cells and %d numbers", w.Cell, w.Number, len(card), numbers)
	case w.Cell >= 0 && len(w.States) != card[w.Cell]:
		return fmt.Errorf("sample: a wish for cell %d marks %d states of %d", w.Cell, len(w.States), card[w.Cell])
	case w.Number >= 0 && !(w.Lo <= w.Hi):
		return fmt.Errorf("sample: a wish for number %d in [%v, %v]", w.Number, w.Lo, w.Hi)
	}
	for _, will := range w.States {
		if will {
			return nil
		}
	}
	if w.Cell >= 0 {
		return fmt.Errorf("sample: a wish for cell %d allows no state", w.Cell)
	}
	return nil
}

// outlook is the logarithm of the chance that each state of the cell will do in
// the end: 0 for those that will, -Inf for those that won't, and for state 0,
// if the number counts there, that of the number. dst has one for each state,
// or one for a column without a cell. x0 is the number's expectation, and sd
// its standard deviation.
func (w Wanted) outlook(dst []float64, x0, sd float64) {
	for k, will := range w.States {
		dst[k] = 0
		if !will {
			dst[k] = math.Inf(-1)
		}
	}
	if w.Number >= 0 && (w.Cell < 0 || w.States[0]) {
		dst[0] = logInRange((w.Lo-x0)/sd, (w.Hi-x0)/sd)
	}
}

// leastChance stands for none, so that weights can still be compared.
const leastChance = -1e5

// chance is the logarithm of the chance that the column will do: that of the
// cell's state, or, while that is hidden, the mean over its states.
func (w Wanted) chance(outlook []float64, cell int32, logits, scratch []float64) float64 {
	if w.Cell < 0 {
		return outlook[0]
	}
	if cell != process.Mask {
		return outlook[cell]
	}
	for k, l := range logits {
		scratch[k] = l + outlook[k]
	}
	return max(elementary.LogSumExp(scratch[:len(logits)])-elementary.LogSumExp(logits), leastChance)
}

// miss is how far a finished row is from what is wanted, 0 if it is there.
func (w Wanted) miss(row []float64, cells []int32) float64 {
	if w.Cell >= 0 {
		if k := cells[w.Cell]; !w.States[k] {
			return math.Inf(1)
		} else if k > 0 || w.Number < 0 {
			return 0
		}
	}
	v := row[w.Number]
	return max(w.Lo-v, v-w.Hi, 0)
}

// logInRange is log P(a <= Z <= b) of a unit normal. Where the probability is
// too small for float64 it is that of the nearer end, roughly: it still grows
// towards the range.
func logInRange(a, b float64) float64 {
	if a > 0 { // the upper tail is the exacter one as a lower
		a, b = -b, -a
	}
	if p := elementary.NormCDF(b) - elementary.NormCDF(a); p > 1e-280 {
		return elementary.Log(p)
	}
	if b >= 0 {
		b = 0 // a range of almost no width around 0
	}
	return -660 - float64(b*b)/2
}

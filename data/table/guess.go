package table

import "math"

// Guess writes the best single value for each column that is not given, as in RowGiven, from several draws
// of one row: of numbers and dates the mean, which has the least squared error, put on the column's grid; of
// other columns the text drawn most often. num are the draws' numbers, each (D), cells their cells,
// each (C). Under rules these are the means of what is learned: of distances and parts.
func (d *Decoder) Guess(dst []string, given []bool, num [][]float64, cells [][]int32, row uint64) (broken string) {
	best := make([]string, len(d.columns))
	d.guess(best, num, cells, row)
	return d.around(dst, given, best, false)
}

// guess is Guess of a row of the learned table.
func (d *Decoder) guess(dst []string, num [][]float64, cells [][]int32, row uint64) {
	for j := range d.columns {
		c := &d.columns[j]
		if c.field.Kind.Numeric() && d.mean(dst, j, num, cells) {
			continue
		}
		state := 0
		if c.place.Cell >= 0 {
			state = commonest(cells, c.place)
		}
		var own []float64
		if len(num) > 0 {
			own = num[0]
		}
		dst[j] = d.text(c, j, state-c.place.First, own, row)
	}
}

// mean writes the mean of a column of numbers, if most draws are numbers.
func (d *Decoder) mean(dst []string, j int, num [][]float64, cells [][]int32) bool {
	c := &d.columns[j]
	sum, n := 0.0, 0
	for k := range cells {
		state := -1
		if c.place.Cell >= 0 {
			state = int(cells[k][c.place.Cell]) - c.place.First
		} else if c.part.Rank == nil {
			state = 0
		}
		v, ok := 0.0, true
		switch {
		case state < 0:
			v = c.part.Rank.value(num[k][c.place.Num])
		case state < len(c.part.States):
			v, ok = c.field.Float(string(c.part.States[state]))
		default:
			ok = false
		}
		if ok {
			n++
			sum += (v - sum) / float64(n) // a running mean, so that the largest numbers do not overflow
		}
	}
	if 2*n <= len(cells) {
		return false
	}
	if c.part.Rank != nil {
		lo, hi := c.ends()
		dst[j] = c.field.spell(c.part.Rank.snap(sum, c.origin, lo, hi))
		return true
	}
	dst[j] = c.nearest(sum)
	return true
}

// ends are the least and greatest number of a column, its states counted.
func (c *decoded) ends() (lo, hi float64) {
	lo, hi = c.lo, c.hi
	for _, text := range c.part.States {
		if v, ok := c.field.Float(string(text)); ok {
			lo, hi = min(lo, v), max(hi, v)
		}
	}
	return lo, hi
}

// nearest is the state whose number is nearest to v.
func (c *decoded) nearest(v float64) string {
	best, least := "", math.Inf(1)
	for _, text := range c.part.States {
		if u, ok := c.field.Float(string(text)); ok && math.Abs(u-v) < least {
			best, least = string(text), math.Abs(u-v)
		}
	}
	return best
}

// commonest is the state of a cell that most draws have, the first of equals.
func commonest(cells [][]int32, place Place) int {
	counts := make([]int, place.Card)
	best := 0
	for _, row := range cells {
		counts[row[place.Cell]]++
	}
	for k, n := range counts {
		if n > counts[best] {
			best = k
		}
	}
	return best
}

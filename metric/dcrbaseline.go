package metric

import (
	"math"
	"slices"

	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// DCRBaselineProtection returns min(1, m/b): m the median distance of the
// synthetic rows to the real ones, b that of a random table. Closer to 1 is
// safer, but a good model scores low: it is as close to the data as fresh
// data are. NaN if b is 0 and m too.
func DCRBaselineProtection(real, synthetic *Frame, noise rng.Stream, p *parallel.Pool) float64 {
	random := RandomFrame(real, synthetic.Rows(), noise)
	return min(1, medianOf(DCR(synthetic, real, p))/medianOf(DCR(random, real, p)))
}

// RandomFrame returns a table of n rows whose columns are independent and
// uniform: over [min, max] of the real column (whole numbers if it is
// Integer), over its categories, with its share of missing values.
func RandomFrame(real *Frame, n int, noise rng.Stream) *Frame {
	out := &Frame{Columns: make([]Column, len(real.Columns))}
	for j := range real.Columns {
		c := &real.Columns[j]
		r := Column{Name: c.Name, Kind: c.Kind, Integer: c.Integer, Labels: c.Labels}
		draw := func(i int) (value, missing float64) {
			return noise.Uniform(uint64(2*j), uint64(i)), noise.Uniform(uint64(2*j+1), uint64(i))
		}
		if c.Kind == Categorical {
			r.Code = randomCodes(c, n, draw)
		} else {
			r.Num = randomNumbers(c, n, draw)
		}
		out.Columns[j] = r
	}
	return out
}

func randomCodes(c *Column, n int, draw func(i int) (value, missing float64)) []int32 {
	present := slices.DeleteFunc(slices.Clone(c.Code), func(k int32) bool { return k < 0 })
	slices.Sort(present)
	present = slices.Compact(present)
	share, out := c.MissingShare(), make([]int32, n)
	for i := range out {
		u, missing := draw(i)
		if missing < share || len(present) == 0 {
			out[i] = -1
			continue
		}
		out[i] = present[min(int(u*float64(len(present))), len(present)-1)]
	}
	return out
}

func randomNumbers(c *Column, n int, draw func(i int) (value, missing float64)) []float64 {
	values := present(c.Num)
	share, out := c.MissingShare(), make([]float64, n)
	for i := range out {
		u, missing := draw(i)
		if missing < share || len(values) == 0 {
			out[i] = math.NaN()
			continue
		}
		lo, hi := values[0], values[len(values)-1]
		if c.Integer {
			out[i] = min(math.Floor(lo+float64(u*(hi-lo+1))), hi)
		} else {
			out[i] = lo + float64(u*(hi-lo))
		}
	}
	return out
}

package baseline

import (
	"cmp"
	"math"
	"slices"
	"sort"

	"ebb/data/table"
	"ebb/engine/kernel/elementary"
	"ebb/engine/rng"
)

// space holds, for each column that varies, the way between its values and one latent number that
// is N(0,1) over the table's rows.
type space struct {
	transform *table.Transform
	columns   []latent
}

// latent is a column's way. [0,1] is cut into pieces, one for each state of its cell, as wide as the
// state is frequent, and, among those of a column of numbers, pieces of smooth values; a value lies
// at random within its state's piece, or at its rank. The latent number is the normal quantile of that
// place.
//
// Numbers stand in their order, with point masses where they belong and missing marks below all.
// Categories have none: the commonest comes first, as in SDV's uniform encoder (Patki, Wedge and
// Veeramachaneni, "The Synthetic Data Vault", DSAA 2016, section III).
type latent struct {
	place   table.Place
	numeric bool
	pieces  []piece
	ofState []int // the piece of each state of the cell, -1 for the rest
}

// piece is the part of [0,1] that ends at hi and begins where the one before ends.
type piece struct {
	hi     float64
	state  int32 // of the cell; of smooth values the rest's
	smooth bool
	y0, y1 float64 // of smooth values: their ranks among all of them
}

func newSpace(tr *table.Transform, t *table.Table, rows *table.Encoded) (*space, error) {
	schema := tr.Learned()
	t, err := tr.Apply(t)
	if err != nil {
		return nil, err
	}
	at, err := schema.Match(t)
	if err != nil {
		return nil, err
	}
	s := &space{transform: tr}
	for j, p := range tr.Places() {
		if p.Num < 0 && p.Cell < 0 {
			continue
		}
		c := latent{place: p, numeric: schema.Columns[j].Kind.Numeric()}
		counts := stateCounts(p, rows)
		if c.numeric {
			c.byValue(tr, j, counts, smoothValues(schema, t, j, at[j], p, rows))
		} else {
			c.byFrequency(counts)
		}
		s.columns = append(s.columns, c)
	}
	return s, nil
}

// stateCounts are the rows of each state of a column's cell; of a column without one, that of the rest.
func stateCounts(p table.Place, rows *table.Encoded) []float64 {
	if p.Cell < 0 {
		return []float64{float64(rows.Rows)}
	}
	counts := make([]float64, p.Card)
	for i := range rows.Rows {
		counts[max(0, rows.Cells[i*len(rows.Card)+p.Cell])]++
	}
	return counts
}

// smoothValues are the values of the column's rest, ascending.
func smoothValues(s *table.Schema, t *table.Table, field, column int, p table.Place, rows *table.Encoded) []float64 {
	if p.Num < 0 {
		return nil
	}
	f, c := &s.Columns[field], t.Columns[column]
	byText := make([]float64, len(c.Texts()))
	for k, text := range c.Texts() {
		byText[k], _ = f.Float(text)
	}
	var values []float64
	for i := range rows.Rows {
		v := byText[c.Code(i)]
		if (p.Cell < 0 || rows.Cells[i*len(rows.Card)+p.Cell] == 0) && !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	slices.Sort(values)
	return values
}

// byValue puts the states of a column of numbers in order, smooth values between them.
func (c *latent) byValue(tr *table.Transform, j int, counts, smooth []float64) {
	type mass struct {
		state int
		value float64
	}
	var order []mass
	for k := c.place.First; k < len(counts); k++ {
		v, ok := tr.Learned().Columns[j].Float(tr.StateText(j, k))
		if !ok {
			v = math.Inf(-1)
		}
		order = append(order, mass{k, v})
	}
	slices.SortStableFunc(order, func(a, b mass) int { return cmp.Compare(a.value, b.value) })
	total := sum(counts)
	c.ofState = make([]int, len(counts))
	if c.place.Num >= 0 {
		c.ofState[0] = -1
	}
	below, done := 0.0, 0 // rows of the pieces so far, smooth ones among them
	rest := func(upTo int) {
		if upTo > done {
			below += float64(upTo-done) / float64(len(smooth)) * counts[0]
			c.pieces = append(c.pieces, piece{hi: below / total, smooth: true,
				y0: float64(done) / float64(len(smooth)), y1: float64(upTo) / float64(len(smooth))})
			done = upTo
		}
	}
	for _, m := range order {
		rest(sort.SearchFloat64s(smooth, m.value))
		below += counts[m.state]
		c.ofState[m.state] = len(c.pieces)
		c.pieces = append(c.pieces, piece{hi: below / total, state: int32(m.state)})
	}
	rest(len(smooth))
}

func (c *latent) byFrequency(counts []float64) {
	order := make([]int, len(counts))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(counts[b], counts[a]) })
	total, below := sum(counts), 0.0
	c.ofState = make([]int, len(counts))
	for _, k := range order {
		below += counts[k]
		c.ofState[k] = len(c.pieces)
		c.pieces = append(c.pieces, piece{hi: below / total, state: int32(k)})
	}
}

func sum(v []float64) float64 {
	s := 0.0
	for _, x := range v {
		s += x
	}
	return s
}

func (c *latent) lo(k int) float64 {
	if k == 0 {
		return 0
	}
	return c.pieces[k-1].hi
}

// number is the latent number of an encoded value; u in (0,1) places it within its state's piece.
func (c *latent) number(num float64, state int32, u float64) float64 {
	k, share := c.ofState[max(0, state)], u
	if k < 0 {
		k = 0
		y := elementary.NormCDF(num)
		for i, p := range c.pieces { // the last smooth piece that begins below y
			if p.smooth && p.y0 <= y {
				k, share = i, min((y-p.y0)/(p.y1-p.y0), 1)
			}
		}
	}
	lo := c.lo(k)
	return quantile(lo + float64((c.pieces[k].hi-lo)*share))
}

// value is the encoded value of a latent number.
func (c *latent) value(z float64) (num float64, state int32) {
	u := elementary.NormCDF(z)
	k := min(sort.Search(len(c.pieces), func(i int) bool { return u < c.pieces[i].hi }), len(c.pieces)-1)
	p := &c.pieces[k]
	if !p.smooth {
		return 0, p.state
	}
	lo := c.lo(k)
	share := min(max((u-lo)/(p.hi-lo), 0), 1)
	return quantile(p.y0 + float64((p.y1-p.y0)*share)), 0
}

// quantile is that of N(0,1), kept finite.
func quantile(u float64) float64 {
	const least = 1.0 / (1 << 53)
	return elementary.NormQuantile(min(max(u, least), 1-least))
}

// latents are the latent numbers (N,D) of some of the columns.
func (s *space) latents(columns []int, rows *table.Encoded, o Options) []float64 {
	noise := rng.New(o.Seed, rng.Bootstrap)
	numbers, cells, d := s.transform.Numbers(), len(rows.Card), len(columns)
	z := make([]float64, rows.Rows*d)
	inBlocks(o.Pool, rows.Rows, func(lo, hi int) {
		u := make([]float64, d)
		for i := lo; i < hi; i++ {
			noise.Uniforms(u, stepSpread, uint64(i))
			for k, j := range columns {
				c := &s.columns[j]
				num, state := 0.0, int32(0)
				if c.place.Num >= 0 {
					num = float64(rows.Num[i*numbers+c.place.Num])
				}
				if c.place.Cell >= 0 {
					state = rows.Cells[i*cells+c.place.Cell]
				}
				z[i*d+k] = c.number(num, state, u[k])
			}
		}
	})
	return z
}

// put writes the value of a latent number into row i of a sample.
func (c *latent) put(s table.Sample, i, numbers, cells int, z float64) {
	num, state := c.value(z)
	if c.place.Num >= 0 {
		s.Num[i*numbers+c.place.Num] = num
	}
	if c.place.Cell >= 0 {
		s.Cells[i*cells+c.place.Cell] = state
	}
}

package model

import (
	"context"
	"fmt"
	"slices"

	"ebb/diffusion/denoise"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/engine/kernel/elementary"
	"ebb/model/checkpoint"
)

// margins straighten those of sampled numbers. By the transform each number is N(0,1) over the
// rows of its column, but sampled ones are so only nearly: the network is not perfect, steps are finite,
// and tails suffer most. After training rows are drawn, and for each number the quantiles of the sample
// are noted beside those of N(0,1): between them lies a monotone map, close to the identity, that
// makes the margin what it should be and leaves all ranks, and so what columns say of each other.
type margins struct {
	from, to [][]float64 // (D, marginKnots), ascending
}

const (
	marginKnots   = 128
	marginRows    = 60_000           // drawn at most
	marginsEach   = 4                // drawn for each row that was learned from
	leastMargin   = 1_000            // rows of a column that are enough
	tailRows      = 16               // lie beyond the last quantile that is noted: fewer would be chance
	tailKnots     = 32               // at the end say how the tail goes on
	marginSeed    = 0x6d617267696e73 // "margins": of no draw that a user asks for
	marginsOfRun  = "margins.from"
	marginsOfData = "margins.to"
)

// MeasureMargins draws rows as Draw does by default and keeps what straightens their margins, for this
// model and as tensors for its file; watch may be nil. A model of few rows keeps none, nor one without numbers.
func (m *TableModel) MeasureMargins(ctx context.Context, watch func(sample.Progress)) ([]checkpoint.Entry, error) {
	m.margins = nil
	t := m.Config.Table.Transform
	rows := min(marginsEach*t.Rows, marginRows)
	if t.Rows < leastMargin || t.Numbers() == 0 {
		return nil, nil
	}
	d, err := m.newTableDraw(ctx, DrawOptions{N: rows, Seed: marginSeed, Memory: m.Config.Training.Memory, Watch: watch})
	if err != nil {
		return nil, err
	}
	x, cells, err := d.run(rows, func(c *chunk) error {
		return c.keep(c.sample(m.nothing(identities(uint64(c.lo), c.rows, 0)), c.watch()...))
	})
	if err != nil {
		return nil, fmt.Errorf("measuring margins: %w", err)
	}
	g := &margins{}
	for _, p := range t.Places() {
		if p.Num < 0 {
			continue
		}
		var values []float64
		for i := range x.Rows {
			if p.Cell < 0 || cells.Row(i)[p.Cell] == 0 {
				values = append(values, x.Row(i)[p.Num])
			}
		}
		g.add(values)
	}
	m.margins = g
	return g.entries(), nil
}

// add notes the quantiles of one number, at even distances of N(0,1).
func (g *margins) add(values []float64) {
	from, to := make([]float64, marginKnots), make([]float64, marginKnots)
	slices.Sort(values)
	n := max(len(values), leastMargin)
	end := elementary.NormQuantile(1 - tailRows/float64(n))
	for k := range to {
		to[k] = end * (2*float64(k)/(marginKnots-1) - 1)
		from[k] = to[k]
		if len(values) < leastMargin {
			continue // too few to know better
		}
		at := float64(elementary.NormCDF(to[k])*float64(n)) - 0.5
		i := min(max(int(at), 0), n-2)
		share := min(max(at-float64(i), 0), 1)
		from[k] = float64(values[i]*(1-share)) + float64(values[i+1]*share)
	}
	g.from, g.to = append(g.from, from), append(g.to, to)
}

// straighten maps a number of the sample.
func (g *margins) straighten(number int, z float64) float64 {
	from, to := g.from[number], g.to[number]
	k, _ := slices.BinarySearch(from, z)
	last := len(from) - 1
	switch {
	case k == 0:
		return to[0] + float64((z-from[0])*slope(from, to, 0, tailKnots))
	case k > last:
		return to[last] + float64((z-from[last])*slope(from, to, last-tailKnots, last))
	case from[k] == from[k-1]:
		return to[k]
	}
	share := (z - from[k-1]) / (from[k] - from[k-1])
	return float64(to[k-1]*(1-share)) + float64(to[k]*share)
}

// slope is that of the map from one knot to another.
func slope(from, to []float64, a, b int) float64 {
	if from[b] == from[a] {
		return 1
	}
	return (to[b] - to[a]) / (from[b] - from[a])
}

// apply straightens the numbers of sampled rows that were not given.
func (g *margins) apply(x *process.State, given *denoise.Given) {
	if g == nil {
		return
	}
	for i := range x.Rows {
		for j, z := range x.Row(i) {
			if given == nil || !given.Is[i*x.Dim+j] {
				x.Row(i)[j] = g.straighten(j, z)
			}
		}
	}
}

// entries are the tensors of a model file, (D, marginKnots) each.
func (g *margins) entries() []checkpoint.Entry {
	flat := func(rows [][]float64) []float32 {
		var out []float32
		for _, r := range rows {
			for k, v := range r {
				r[k] = float64(float32(v)) // so that this model draws what one that is opened does
				out = append(out, float32(v))
			}
		}
		return out
	}
	return []checkpoint.Entry{checkpoint.Values(marginsOfRun, flat(g.from), len(g.from), marginKnots),
		checkpoint.Values(marginsOfData, flat(g.to), len(g.to), marginKnots)}
}

// loadMargins reads the margins of a model file; nil if it has none.
func loadMargins(f *checkpoint.File, numbers int) (*margins, error) {
	if _, ok := f.Info(marginsOfRun); !ok {
		return nil, nil
	}
	read := func(name string) ([][]float64, error) {
		data, err := f.Float32(name)
		if err != nil {
			return nil, err
		}
		if len(data) != numbers*marginKnots {
			return nil, fmt.Errorf("%s: tensor %q has %d numbers, the configuration asks for %d", f.Path(), name, len(data), numbers*marginKnots)
		}
		out := make([][]float64, numbers)
		for k, v := range data {
			row := &out[k/marginKnots]
			if n := len(*row); v-v != 0 || n > 0 && float64(v) < (*row)[n-1] {
				return nil, fmt.Errorf("%s: tensor %q does not ascend at %d: the file is damaged", f.Path(), name, k)
			}
			*row = append(*row, float64(v))
		}
		return out, nil
	}
	from, err := read(marginsOfRun)
	if err != nil {
		return nil, err
	}
	to, err := read(marginsOfData)
	return &margins{from, to}, err
}

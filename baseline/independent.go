package baseline

import (
	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// independent draws each column by itself: the value of a random row, each column from another one.
type independent struct {
	rows   *table.Encoded
	places []table.Place
}

func newIndependent(tr *table.Transform, rows *table.Encoded) *independent {
	return &independent{rows, tr.Places()}
}

func (m *independent) draw(s table.Sample, pool *parallel.Pool) {
	noise := rng.New(s.Seed, rng.Bootstrap)
	e := m.rows
	numbers, cells := len(e.Num)/e.Rows, len(e.Card)
	inBlocks(pool, s.Rows, func(lo, hi int) {
		u := make([]float64, len(m.places))
		for i := lo; i < hi; i++ {
			noise.Uniforms(u, 0, s.First+uint64(i))
			for j, p := range m.places {
				r := min(int(u[j]*float64(e.Rows)), e.Rows-1)
				if p.Num >= 0 {
					s.Num[i*numbers+p.Num] = float64(e.Num[r*numbers+p.Num])
				}
				if p.Cell >= 0 {
					s.Cells[i*cells+p.Cell] = max(0, e.Cells[r*cells+p.Cell])
				}
			}
		}
	})
}

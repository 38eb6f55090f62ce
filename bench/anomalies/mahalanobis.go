package main

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"ebb/data/table"
	"ebb/engine/rng"
	"ebb/metric"
)

// mahalanobis scores rows by their squared distance from the mean in units of the covariance, both
// of the training rows: the negative log-density of a Gaussian of full covariance, but for a
// constant. A category is a vector of zeros and a one. A ridge of 1e-6 of each variance keeps
// columns that hang together exactly.
func mahalanobis(train, rows [][]float64) ([]float64, error) {
	d := len(train[0])
	mean, sd := make([]float64, d), make([]float64, d)
	for _, r := range train {
		for j, v := range r {
			mean[j] += v / float64(len(train))
		}
	}
	for _, r := range train {
		for j, v := range r {
			sd[j] += (v - mean[j]) * (v - mean[j]) / float64(len(train))
		}
	}
	for j := range sd {
		sd[j] = math.Sqrt(sd[j])
		if sd[j] == 0 {
			sd[j] = 1
		}
	}
	unit := func(r []float64) *mat.VecDense {
		u := mat.NewVecDense(d, nil)
		for j, v := range r {
			u.SetVec(j, (v-mean[j])/sd[j])
		}
		return u
	}
	cov := mat.NewSymDense(d, nil)
	for _, r := range train {
		cov.SymRankOne(cov, 1/float64(len(train)), unit(r))
	}
	for j := range d {
		cov.SetSym(j, j, cov.At(j, j)+1e-6)
	}
	var chol mat.Cholesky
	if !chol.Factorize(cov) {
		return nil, fmt.Errorf("the covariance of the training rows is singular")
	}
	out := make([]float64, len(rows))
	var solved mat.VecDense
	for i, r := range rows {
		u := unit(r)
		if err := chol.SolveVecTo(&solved, u); err != nil {
			return nil, err
		}
		out[i] = mat.Dot(u, &solved)
	}
	return out, nil
}

// plain is tables as vectors: numbers as they are, a missing one the mean of the first table, and
// each category 0 or 1.
func plain(s *table.Schema, tables ...*table.Table) ([][][]float64, error) {
	frames, err := metric.FromTables(s, tables...)
	if err != nil {
		return nil, err
	}
	out := make([][][]float64, len(tables))
	for k, f := range frames {
		out[k] = make([][]float64, tables[k].Rows())
		for c := range f.Columns {
			first, col := &frames[0].Columns[c], &f.Columns[c]
			levels := 0
			for _, v := range append(slices.Clone(first.Code), -1) {
				levels = max(levels, int(v)+1)
			}
			mean, n := 0.0, 0.0
			for _, v := range first.Num {
				if !math.IsNaN(v) {
					mean, n = mean+v, n+1
				}
			}
			for i := range out[k] {
				if col.Kind != metric.Categorical {
					v := col.Num[i]
					if math.IsNaN(v) {
						v = mean / n
					}
					out[k][i] = append(out[k][i], v)
					continue
				}
				hot := make([]float64, levels)
				if v := int(col.Code[i]); v >= 0 && v < levels {
					hot[v] = 1
				}
				out[k][i] = append(out[k][i], hot...)
			}
		}
	}
	return out, nil
}

// ranked is tables as vectors of the model's own transform: normal numbers and cells of 0 or 1.
func ranked(t *table.Transform, tables ...*table.Table) ([][][]float64, error) {
	var out [][][]float64
	for _, tab := range tables {
		set, err := t.Encode(tab, 0)
		if err != nil {
			return nil, err
		}
		spread := set.NewSpread(rng.New(0, rng.Jitter), 0, 0)
		rows := make([][]float64, tab.Rows())
		num, known, cells := make([]float64, set.Numbers()), make([]float64, set.Numbers()), make([]int32, len(set.Cards()))
		for i := range rows {
			spread.Row(i, num, known, cells)
			for j := range num {
				rows[i] = append(rows[i], num[j]*known[j])
			}
			for c, card := range set.Cards() {
				hot := make([]float64, card)
				if cells[c] >= 0 {
					hot[cells[c]] = 1
				}
				rows[i] = append(rows[i], hot...)
			}
		}
		out = append(out, rows)
	}
	return out, nil
}

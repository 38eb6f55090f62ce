package model

import (
	"cmp"
	"math"
	"slices"

	"ebb/data/table"
)

const (
	dependenceRows  = 20_000 // are enough to see which columns depend on each other
	dependenceCells = 128    // of a row; of more, two that depend hardly ever come in one step by chance
)

// dependence is how much the cells of each two columns depend on each other, from 0 to 1: Cramér's V
// without its bias for many categories and few rows (Bergsma 2013, "A bias-correction for Cramér's V
// and Tschuprow's T"), rounded to hundredths. Evenly spaced rows stand for all. It is nil for rows of
// many cells.
func dependence(set *table.Dataset) [][]float64 {
	if len(set.Cards()) > dependenceCells {
		return nil
	}
	rows := make([]int, min(set.Len(), dependenceRows))
	for i := range rows {
		rows[i] = i * set.Len() / len(rows)
	}
	e := set.Rows(rows, 0)
	v := make([][]float64, len(e.Card))
	for a := range v {
		v[a] = make([]float64, len(e.Card))
		for b := range a {
			v[a][b] = math.Round(100*cramer(e, a, b)) / 100
			v[b][a] = v[a][b]
		}
	}
	return v
}

// cramer is the corrected Cramér's V of two columns of cells.
func cramer(e *table.Encoded, a, b int) float64 {
	ka, kb, cols := e.Card[a], e.Card[b], len(e.Card)
	pairs := make([][2]int32, 0, e.Rows)
	na, nb := make([]int, ka), make([]int, kb)
	for i := range e.Rows {
		x, y := e.Cells[i*cols+a], e.Cells[i*cols+b]
		if x < 0 || y < 0 {
			continue
		}
		pairs = append(pairs, [2]int32{x, y})
		na[x]++
		nb[y]++
	}
	n := len(pairs)
	if n < 2 {
		return 0
	}
	phi := max(0, contingency(pairs, na, nb)-float64((ka-1)*(kb-1))/float64(n-1))
	size := func(k int) float64 { return float64(k) - float64((k-1)*(k-1))/float64(n-1) }
	least := min(size(ka), size(kb)) - 1
	if least <= 0 {
		return 1 // too few rows to say
	}
	return min(1, math.Sqrt(phi/least))
}

// contingency is phi^2 = sum of joint^2/(na nb) - 1 over the pairs that occur, in their order.
func contingency(pairs [][2]int32, na, nb []int) float64 {
	slices.SortFunc(pairs, func(p, q [2]int32) int { return cmp.Or(cmp.Compare(p[0], q[0]), cmp.Compare(p[1], q[1])) })
	phi := -1.0
	for lo := 0; lo < len(pairs); {
		hi, p := lo, pairs[lo]
		for hi < len(pairs) && pairs[hi] == p {
			hi++
		}
		c := float64(hi - lo)
		phi += float64(c / float64(na[p[0]]) * (c / float64(nb[p[1]])))
		lo = hi
	}
	return phi
}

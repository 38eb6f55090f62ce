package model

import (
	"math"

	"ebb/data/table"
)

// dependenceRows are enough to see which columns depend on each other.
const dependenceRows = 20_000

// dependence is how much the cells of each two columns depend on each other, from 0 to 1: Cramér's V
// without its bias for many categories and few rows (Bergsma 2013, "A bias-correction for Cramér's V
// and Tschuprow's T"), rounded to hundredths. The first rows stand for all.
func dependence(set *table.Dataset) [][]float64 {
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
	joint := map[[2]int32]int{}
	na, nb := make([]int, ka), make([]int, kb)
	n := 0
	for i := range e.Rows {
		x, y := e.Cells[i*cols+a], e.Cells[i*cols+b]
		if x < 0 || y < 0 {
			continue
		}
		joint[[2]int32{x, y}]++
		na[x]++
		nb[y]++
		n++
	}
	if n < 2 {
		return 0
	}
	// phi^2 = sum of joint^2/(na nb) - 1: integers over integers, in the order of the states.
	phi := -1.0
	for x := range int32(ka) {
		for y := range int32(kb) {
			if c := joint[[2]int32{x, y}]; c > 0 {
				phi += float64(c) / float64(na[x]) * (float64(c) / float64(nb[y]))
			}
		}
	}
	size := func(k int) float64 { return float64(k) - float64((k-1)*(k-1))/float64(n-1) }
	phi = max(0, phi-float64((ka-1)*(kb-1))/float64(n-1))
	least := min(size(ka), size(kb)) - 1
	if least <= 0 {
		return 1 // too few rows to say
	}
	return min(1, math.Sqrt(phi/least))
}

package main

import (
	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
	"ebb/metric"
)

// planted is a table of which some rows were made odd.
type planted struct {
	name  string
	table *table.Table
	odd   []bool
}

// planter makes rows odd, each by the same seed in the same way.
type planter struct {
	schema *table.Schema
	train  *table.Table
	test   *table.Table
	share  float64 // of the test rows
	draws  rng.Stream
	pool   *parallel.Pool
}

// texts is the test table, and which of its rows are to be odd.
func (p planter) texts() (rows [][]string, odd []bool) {
	n := p.test.Rows()
	odd = make([]bool, n)
	for k := range int(p.share * float64(n)) {
		odd[p.draws.Perm(k, n, 0)] = true
	}
	for i := range n {
		rows = append(rows, p.test.Row(nil, i))
	}
	return rows, odd
}

func (p planter) make(name string, rows [][]string, odd []bool) planted {
	t := table.New(p.test.Names()...)
	t.Source, t.Dialect = p.test.Source, p.test.Dialect
	for _, r := range rows {
		t.Append(r...)
	}
	return planted{name, t, odd}
}

// swaps gives every odd row the values of another row in so many columns, so that each value is as
// usual as before and only what they say together is wrong. A value that would stay the same is
// drawn again.
func (p planter) swaps(name string, columns int) planted {
	rows, odd := p.texts()
	for i := range rows {
		if !odd[i] {
			continue
		}
		for k := range columns {
			j := p.draws.Perm(k, len(rows[i]), uint64(1000+i))
			rows[i][j] = p.other(rows[i][j], j, uint64(i))
		}
	}
	return p.make(name, rows, odd)
}

// other is a value of column j in a random row of the test table that differs from text.
func (p planter) other(text string, j int, row uint64) string {
	for k := range 1000 {
		at := p.draws.Intn(p.test.Rows(), uint64(j)<<20|uint64(k)|1<<40, row)
		if v := p.test.Columns[j].At(at); v != text {
			return v
		}
	}
	return text
}

// farthest is how many ways to make a row odd are tried by outside.
const farthest = 8

// outside gives every odd row values of other rows in two columns: of some ways to do so the one
// that takes it farthest from all training rows, by the distance of metric.DCR. Each value is one
// that its column holds; together they lie where no row is.
func (p planter) outside(name string) (planted, error) {
	rows, odd := p.texts()
	tries := table.New(p.test.Names()...)
	for i := range rows {
		if !odd[i] {
			continue
		}
		for k := range farthest {
			row := append([]string(nil), rows[i]...)
			for c := range 2 {
				j := p.draws.Perm(c, len(row), uint64(1_000_000+i*farthest+k))
				row[j] = p.other(row[j], j, uint64(1_000_000+i*farthest+k))
			}
			tries.Append(row...)
		}
	}
	frames, err := metric.FromTables(p.schema, p.train, tries)
	if err != nil {
		return planted{}, err
	}
	distance := metric.DCR(frames[1], frames[0], p.pool)
	at := 0
	for i := range rows {
		if !odd[i] {
			continue
		}
		best := at
		for k := at; k < at+farthest; k++ {
			if distance[k] > distance[best] {
				best = k
			}
		}
		rows[i] = tries.Row(nil, best)
		at += farthest
	}
	return p.make(name, rows, odd), nil
}

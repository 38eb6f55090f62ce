package main

import (
	"fmt"
	"math"
	"text/tabwriter"
	"time"

	"ebb/data/table"
	"ebb/engine/rng"
)

// coding says how columns become numbers and codes: those of the training table.
type coding struct {
	schema *table.Schema
	levels []map[string]int32 // by column; nil for numbers
	mean   []float64          // of numbers
	sd     []float64
	mode   []int32
	train  *rows
}

// rows are a table as numbers and codes, by column. What is missing is NaN or -1.
type rows struct {
	n    int
	num  [][]float64 // nil for categories
	code [][]int32   // nil for numbers
}

func newCoding(s *table.Schema, train *table.Table) (*coding, error) {
	at, err := s.Match(train)
	if err != nil {
		return nil, err
	}
	c := &coding{schema: s, levels: make([]map[string]int32, len(at)), mean: make([]float64, len(at)),
		sd: make([]float64, len(at)), mode: make([]int32, len(at))}
	for j := range at {
		f := &s.Columns[j]
		if f.Kind.Numeric() {
			continue
		}
		c.levels[j] = map[string]int32{}
		for _, text := range train.Columns[at[j]].Texts() {
			if !f.IsMissing(text) {
				c.levels[j][text] = int32(len(c.levels[j]))
			}
		}
	}
	if c.train, err = c.read(train); err != nil {
		return nil, err
	}
	for j := range at {
		if c.levels[j] == nil {
			c.mean[j], c.sd[j] = moments(c.train.num[j])
			continue
		}
		counts := make([]int, len(c.levels[j])+1)
		for _, k := range c.train.code[j] {
			if k >= 0 {
				counts[k]++
			}
			if k >= 0 && counts[k] > counts[c.mode[j]] {
				c.mode[j] = k
			}
		}
	}
	return c, nil
}

func moments(x []float64) (mean, sd float64) {
	n, sum, square := 0.0, 0.0, 0.0
	for _, v := range x {
		if v == v {
			n++
			sum += v
		}
	}
	mean = sum / n
	for _, v := range x {
		if v == v {
			square += (v - mean) * (v - mean)
		}
	}
	return mean, math.Sqrt(max(square/n, 1e-300))
}

// read codes a table.
func (c *coding) read(t *table.Table) (*rows, error) {
	at, err := c.schema.Match(t)
	if err != nil {
		return nil, err
	}
	r := &rows{n: t.Rows(), num: make([][]float64, len(at)), code: make([][]int32, len(at))}
	for j, k := range at {
		if c.levels[j] == nil {
			r.num[j] = make([]float64, r.n)
			for i := range r.num[j] {
				r.num[j][i], _ = c.schema.Columns[j].Float(t.Columns[k].At(i))
			}
			continue
		}
		r.code[j] = make([]int32, r.n)
		for i := range r.code[j] {
			level, ok := c.levels[j][t.Columns[k].At(i)]
			if !ok {
				level = -1
			}
			r.code[j][i] = level
		}
	}
	return r, nil
}

// missing tells whether a row has no value in a column.
func (r *rows) missing(i, j int) bool {
	if r.code[j] != nil {
		return r.code[j][i] < 0
	}
	return r.num[j][i] != r.num[j][i]
}

func (r *rows) clone() *rows {
	out := &rows{n: r.n, num: make([][]float64, len(r.num)), code: make([][]int32, len(r.code))}
	for j := range r.num {
		out.num[j], out.code[j] = append([]float64(nil), r.num[j]...), append([]int32(nil), r.code[j]...)
		if r.num[j] == nil {
			out.num[j] = nil
		} else {
			out.code[j] = nil
		}
	}
	return out
}

// holes is a test table of which cells were removed.
type holes struct {
	code    *coding
	share   float64
	truth   *rows
	rows    *rows
	table   *table.Table
	removed [][]bool // by column
}

// remove empties a share of the cells that hold a value known from training, each by its own
// uniform: completely at random.
func (c *coding) remove(t *table.Table, share float64) (*holes, error) {
	truth, err := c.read(t)
	if err != nil {
		return nil, err
	}
	h := &holes{code: c, share: share, truth: truth, table: table.New(t.Names()...), removed: make([][]bool, len(truth.num))}
	at, err := c.schema.Match(t)
	if err != nil {
		return nil, err
	}
	for j := range h.removed {
		h.removed[j] = make([]bool, truth.n)
	}
	draws := rng.New(1, rng.Test)
	for i := range truth.n {
		row := t.Row(nil, i)
		for j := range at {
			if c.schema.Columns[j].Kind != table.Name && !truth.missing(i, j) && draws.Uniform(uint64(j), uint64(i)) < share {
				row[at[j]], h.removed[j][i] = "", true
			}
		}
		h.table.Append(row...)
	}
	h.rows, err = c.read(h.table)
	return h, err
}

// print writes how near a point and a draw are to what was removed.
func (h *holes) print(w *tabwriter.Writer, name string, point, draw *rows, took time.Duration) {
	pr, pa := h.errors(point)
	dr, da := h.errors(draw)
	fmt.Fprintf(w, "%.0f %%\t%s\t%.4f\t%.4f\t%.4f\t%.4f\t%.1f\t\n", 100*h.share, name, pr, pa, dr, da, took.Seconds())
}

// errors are the root mean square error of the numbers that were removed, in standard deviations,
// and the share of the categories that are right.
func (h *holes) errors(got *rows) (rmse, accuracy float64) {
	numbers, square, categories, right := 0.0, 0.0, 0.0, 0.0
	for j := range h.removed {
		for i, gone := range h.removed[j] {
			switch {
			case !gone:
			case h.truth.code[j] != nil:
				categories++
				if got.code[j][i] == h.truth.code[j][i] {
					right++
				}
			default:
				numbers++
				gap := (got.num[j][i] - h.truth.num[j][i]) / h.code.sd[j]
				square += gap * gap
			}
		}
	}
	return math.Sqrt(square / numbers), right / categories
}

// alone fills each column by itself: by its mean or mode, or by the values of random training rows.
func (c *coding) alone(h *holes, draw bool) *rows {
	out := h.rows.clone()
	stream := rng.New(2, rng.Test)
	for j := range h.removed {
		for i := range out.n {
			if !out.missing(i, j) {
				continue
			}
			from := stream.Intn(c.train.n, uint64(j), uint64(i))
			for c.train.missing(from, j) {
				from = (from + 1) % c.train.n
			}
			switch {
			case out.code[j] != nil && draw:
				out.code[j][i] = c.train.code[j][from]
			case out.code[j] != nil:
				out.code[j][i] = c.mode[j]
			case draw:
				out.num[j][i] = c.train.num[j][from]
			default:
				out.num[j][i] = c.mean[j]
			}
		}
	}
	return out
}

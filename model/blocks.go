package model

import (
	"context"

	"ebb/data/table"
	"ebb/diffusion/sample"
)

// blockRows are drawn before they are handed on: some tens of megabytes.
const blockRows = 100_000

// Blocks are the rows of Draw in parts, so that the memory they take does not grow with their number:
// a part takes about 100,000 x (8 D + 4 C + 4 columns) bytes and the distinct texts of its rows. Rows
// like given ones, and those under a unique rule, which must be compared, come as one part. The first
// error ends them.
func (m *TableModel) Blocks(ctx context.Context, o DrawOptions) table.Blocks {
	return m.blocks(ctx, o, blockRows)
}

func (m *TableModel) blocks(ctx context.Context, o DrawOptions, most int) table.Blocks {
	if o.N <= most || o.Like != nil || m.mustDiffer(o) {
		return func(yield func(*table.Table, error) bool) { yield(m.Draw(ctx, o)) }
	}
	return func(yield func(*table.Table, error) bool) {
		for lo := 0; lo < o.N; lo += most {
			part := o
			part.N, part.First = min(most, o.N-lo), o.First+uint64(lo)
			part.Watch = watchBlock(o, lo, part.N)
			rows, err := m.Draw(ctx, part)
			if !yield(rows, err) || err != nil {
				return
			}
		}
	}
}

// watchBlock tells the progress of n rows from lo on as that of the whole draw.
func watchBlock(o DrawOptions, lo, n int) func(sample.Progress) {
	if o.Watch == nil {
		return nil
	}
	return func(p sample.Progress) {
		each := p.Steps / n
		if lo > 0 {
			p.X = nil
		}
		p.Step, p.Steps = lo*each+p.Step, o.N*each
		o.Watch(p)
	}
}

package model

import (
	"context"
	"fmt"
	"math"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/diffusion/process"
	"ebb/engine/kernel/elementary"
	"ebb/engine/rng"
)

// DenoisingError says how well a network finds the data behind the noise of one time.
type DenoisingError struct {
	T float64 `json:"t"`
	// X0 is the mean of (x0 - E[x0|x_t])^2 over rows and numbers, in the units of the process;
	// SE is its standard error over the rows.
	X0 float64 `json:"x0"`
	SE float64 `json:"standard_error"`
	// Cells are the bits that a hidden cell still costs, 0 without cells.
	Cells   float64 `json:"bits_per_hidden_cell,omitempty"`
	CellsSE float64 `json:"bits_standard_error,omitempty"` // over the hidden cells
}

// denoisingBatch bounds the pictures that go through the network at once.
const denoisingBatch = 64

// DenoisingErrors noises pictures at each of the times, with noise of the seed, and measures
// what the network makes of them. A model of classes needs labelled pictures.
func (m *ImageModel) DenoisingErrors(ctx context.Context, pictures *image.Images, times []float64, seed uint64) ([]DenoisingError, error) {
	var labels []int32
	if len(m.Config.Image.Classes) > 0 {
		if pictures.Labels == nil {
			return nil, fmt.Errorf("the pictures have no labels, the model is made for %d classes", len(m.Config.Image.Classes))
		}
		labels = pictures.Labels
	}
	ids := make([]uint64, pictures.N)
	for i := range ids {
		ids[i] = uint64(i)
	}
	x0 := m.encode(pictures, ids)
	out := make([]DenoisingError, len(times))
	for k, t := range times {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		xt := m.noised(x0, t, seed, k)
		pred := process.NewState(x0.Rows, x0.Dim)
		d := m.network(labels)
		d.Batch = denoisingBatch
		d.Denoise(pred, xt, repeated(t, x0.Rows))
		out[k] = gaps(t, x0, pred)
	}
	return out, nil
}

// DenoisingErrors noises the complete rows of a table at each of the times and hides their cells,
// with noise of the seed, and measures what the network makes of them.
func (m *TableModel) DenoisingErrors(ctx context.Context, t *table.Table, times []float64, seed uint64) ([]DenoisingError, error) {
	x0, cells, err := m.Numbers(t)
	if err != nil {
		return nil, err
	}
	d := m.Denoiser()
	out := make([]DenoisingError, len(times))
	for k, at := range times {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		hidden := process.NewCells(cells.Rows, cells.Card)
		u := make([]float64, cells.Cols())
		stream := rng.New(seed, rng.Masking)
		for i := range cells.Rows {
			stream.Uniforms(u, uint64(k), uint64(i))
			process.MaskRow(hidden.Row(i), cells.Row(i), process.LinearKeep{}.Keep(at), u)
		}
		xt, pred := m.noised(x0, at, seed, k), process.NewState(x0.Rows, x0.Dim)
		offsets := cells.Offsets()
		logits := make([]float64, cells.Rows*offsets[len(offsets)-1])
		d.DenoiseCells(pred, logits, xt, hidden, repeated(at, x0.Rows))
		out[k] = gaps(at, x0, pred)
		out[k].Cells, out[k].CellsSE = hiddenBits(cells, hidden, logits, offsets)
	}
	return out, nil
}

// Numbers are the numbers and the cells of the complete rows of a table as the network sees
// them, ties spread as in the first epoch of a training of seed 0.
func (m *TableModel) Numbers(t *table.Table) (*process.State, *process.Cells, error) {
	transform := m.Config.Table.Transform
	set, err := transform.Encode(t, 0)
	if err != nil {
		return nil, nil, err
	}
	rows := set.Rows(nil, 0)
	dim, cols := set.Numbers(), len(rows.Card)
	x := &process.State{Dim: dim}
	cells := &process.Cells{Card: rows.Card}
	for i := range rows.Rows {
		if !complete(rows, i) {
			continue
		}
		for _, v := range rows.Num[i*dim : (i+1)*dim] {
			x.Data = append(x.Data, float64(v))
		}
		cells.Data = append(cells.Data, rows.Cells[i*cols:(i+1)*cols]...)
		x.Rows++
	}
	cells.Rows = x.Rows
	return x, cells, nil
}

// complete tells whether every number and every cell of row i is known.
func complete(e *table.Encoded, i int) bool {
	dim, cols := len(e.Num)/e.Rows, len(e.Card)
	for _, w := range e.Weight[i*dim : (i+1)*dim] {
		if w == 0 {
			return false
		}
	}
	for _, c := range e.Cells[i*cols : (i+1)*cols] {
		if c == process.Mask {
			return false
		}
	}
	return true
}

// noised is x0 at time t, with noise of a key.
func (n noising) noised(x0 *process.State, t float64, seed uint64, key int) *process.State {
	xt := process.NewState(x0.Rows, x0.Dim)
	process.Fill(xt, rng.Rows{Stream: rng.New(seed, rng.Metric)}, key)
	process.Perturb(n.sch, t).Apply(xt, x0, xt)
	return xt
}

// repeated is one time for each row.
func repeated(t float64, rows int) []float64 {
	out := make([]float64, rows)
	for i := range out {
		out[i] = t
	}
	return out
}

// gaps is the mean square of x0 - pred, and its standard error over the rows.
func gaps(t float64, x0, pred *process.State) DenoisingError {
	sum, square := 0.0, 0.0
	for i := range x0.Rows {
		row := 0.0
		guess := pred.Row(i)
		for j, v := range x0.Row(i) {
			gap := v - guess[j]
			row += float64(gap*gap) / float64(x0.Dim)
		}
		sum += row
		square += float64(row * row)
	}
	n := float64(x0.Rows)
	mean := sum / n
	return DenoisingError{T: t, X0: mean, SE: math.Sqrt(max(0, square/n-float64(mean*mean)) / n)}
}

// hiddenBits is the mean cross entropy of the hidden cells, and its standard error.
func hiddenBits(cells, hidden *process.Cells, logits []float64, offsets []int) (bits, se float64) {
	width := offsets[len(offsets)-1]
	nats, square, count := 0.0, 0.0, 0
	for i := range cells.Rows {
		for j, k := range cells.Row(i) {
			if hidden.Row(i)[j] != process.Mask {
				continue
			}
			row := logits[i*width+offsets[j] : i*width+offsets[j+1]]
			cost := elementary.LogSumExp(row) - row[k]
			nats += cost
			square += float64(cost * cost)
			count++
		}
	}
	n := float64(max(1, count))
	mean := nats / n
	return mean / math.Ln2, math.Sqrt(max(0, square/n-float64(mean*mean))/n) / math.Ln2
}

package denoise

import (
	"fmt"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/autograd"
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
)

// TableModel is a network of numbers and categories as a denoiser. The
// network's x (N,D) are the noisy numbers; its labels (N,columns) are the partly
// masked cells, ids within their column or process.Mask; its output (N,D+K)
// holds the prediction for the numbers, then the logits of every column's
// categories side by side. TableModel implements sample.MixedDenoiser. Like Model
// it keeps prepared weights: a new one is needed when they have changed. It serves
// one goroutine.
type TableModel struct {
	Net     Network
	Sch     schedule.Schedule
	Predict Prediction
	Clock   Clock
	Input   Input
	Numbers int   // D
	Card    []int // categories of each column
	Batch   int   // rows per call of the network; 0: all at once
	Pool    *parallel.Pool
	// Precision is that of the tape: what products round their inputs to.
	Precision kernel.Precision
	// Given are the numbers of the rows of a run that are given, for a network that was taught so
	// (Give); a sampler then takes these numbers to what is given. nil: none.
	Given *Given

	tape *autograd.Tape
}

// Schedule is the noise schedule of the numbers.
func (m *TableModel) Schedule() schedule.Schedule { return m.Sch }

// Denoise is DenoiseCells with every cell masked.
func (m *TableModel) Denoise(x0, xt *process.State, t []float64) {
	offsets := process.Offsets(m.Card)
	logits := make([]float64, xt.Rows*offsets[len(offsets)-1])
	m.DenoiseCells(x0, logits, xt, process.NewCells(xt.Rows, m.Card), t)
}

// DenoiseCells sets x0 (Rows, D) to E[x0 | x_t, cells], and logits (Rows, K)
// to the log-probabilities of each column's categories, up to a constant.
func (m *TableModel) DenoiseCells(x0 *process.State, logits []float64, xt *process.State, cells *process.Cells, t []float64) {
	x0.MustMatch(xt)
	offsets := process.Offsets(m.Card)
	width := offsets[len(offsets)-1]
	if xt.Dim != m.Numbers || cells.Rows != xt.Rows || cells.Cols() != len(m.Card) || len(t) != xt.Rows || len(logits) != xt.Rows*width {
		panic(fmt.Sprintf("denoise: numbers %v, cells (%d, %d), %d times and %d logits for a table of %d numbers and %d columns of %d categories",
			xt, cells.Rows, cells.Cols(), len(t), len(logits), m.Numbers, len(m.Card), width))
	}
	if m.Given != nil {
		m.Given.must(xt)
	}
	if m.tape == nil {
		m.tape = autograd.NewFrozen(m.Pool)
		m.tape.Precision = m.Precision
	}
	for lo, hi := range chunks(xt.Rows, m.Batch) {
		n := hi - lo
		x := m.tape.New(n, m.Numbers)
		m.Input.read(x.Data, m.Sch, xt.Slice(lo, hi), t[lo:hi])
		clock := make([]float64, n)
		m.Clock.Read(clock, t[lo:hi])
		labels := cells.Slice(lo, hi).Data
		if m.Given != nil {
			labels = m.Given.see(x.Data, cells, lo, hi)
		}
		out := m.Net.Forward(m.tape, m.tape.Const(x), clock, labels).Value
		full := m.Numbers + width
		if out.Len() != n*full {
			panic(fmt.Sprintf("denoise: the network gave %v for %d rows, %d numbers a row are needed", out, n, full))
		}
		m.tape.Pool().Run(n, func(_, i int) {
			r, row := lo+i, out.Data[i*full:(i+1)*full]
			alpha, sigma := m.Sch.At(t[r])
			to := Convert(m.Predict, Sample, alpha, sigma)
			for j, v := range xt.Row(r) {
				x0.Row(r)[j] = to.Of(v, float64(row[j]))
				if m.Given != nil && m.Given.Is[r*m.Numbers+j] {
					x0.Row(r)[j] = m.Given.X.Row(r)[j]
				}
			}
			for k, v := range row[m.Numbers:] {
				logits[r*width+k] = float64(v)
			}
		})
		m.tape.Reset()
	}
}

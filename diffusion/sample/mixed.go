package sample

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"ebb/diffusion/process"
)

// Mixed samples rows of numbers and categories together. The numbers follow
// any Sampler; each of its steps from t to s is followed by a step of the
// masked process, which reveals some of the cells that are masked and draws
// their values by the network's logits. Both see one network call: the numbers'
// first evaluation at the step, made with the cells as they stood at t. A sampler
// that evaluates more than once in a step sees the same cells each time. At
// s = 0 every cell is revealed.
//
// In the masked process each cell is revealed at a moment of its own, whatever
// the values are, and the network knows the conditional of a cell for every set
// of cells revealed before it. So the order may be chosen: Mixed reveals a row's
// cells in random order, evenly over time, n keep(s) of n by time s, rounded at
// random. Where there are as many steps as cells, only one is revealed in a step,
// and none is drawn without having seen the others: no dependence is lost, in
// however few steps (first-hitting sampling, Zheng et al. 2024, arXiv
// 2409.02908, with the times of the reveals stratified). Where there are fewer
// steps, those revealed together are chosen to depend little on each other.
//
// Cells starts all masked, or with some cells given, which stay as they are.
type Mixed struct {
	Numeric Sampler
	Cells   *process.Cells // changed by the run
	Keep    process.Keep   // nil: LinearKeep
	Noise   process.Noise  // of the cells' order: a stream of its own
	// Depend (columns, columns), if not nil, says how much the values of two
	// columns depend on each other, from 0 to 1.
	Depend [][]float64
	// Early (columns), if not nil, marks cells that say whether a number of their row counts. They come
	// before all others, one a step from the first: a network that learns numbers only from rows
	// that have them moves the others' there too, and would then take them for present.
	Early []bool
	// Values draws the values of a row's cells, one uniform each, of step 0; nil: Noise does. Its
	// points may be spread evenly over the rows.
	Values process.Noise
}

var (
	_ Sampler = Mixed{}
	_ Checker = Mixed{}
)

// Check implements [Checker].
func (m Mixed) Check(p Plan) error {
	if _, ok := p.Denoiser.(MixedDenoiser); !ok {
		return fmt.Errorf("sample: mixed needs a model of numbers and categories; this one knows only numbers")
	}
	if m.Noise == nil {
		return fmt.Errorf("sample: mixed needs a noise stream for the cells")
	}
	if err := m.Cells.Check(); err != nil {
		return err
	}
	if c, ok := m.Numeric.(Checker); ok {
		return c.Check(p)
	}
	return nil
}

// Begin implements [Sampler].
func (m Mixed) Begin(p Plan) Step {
	rows := p.Rows
	if m.Cells.Rows != rows {
		panic(fmt.Sprintf("sample: mixed: %d rows of cells beside a state of %d rows", m.Cells.Rows, rows))
	}
	keep := m.Keep
	if keep == nil {
		keep = process.LinearKeep{}
	}
	offsets := m.Cells.Offsets()
	width := offsets[len(offsets)-1]
	seen := &withCells{
		MixedDenoiser: p.Denoiser.(MixedDenoiser),
		cells:         m.Cells,
		first:         make([]float64, rows*width),
		later:         make([]float64, rows*width),
	}
	p.Denoiser = seen
	numeric := m.Numeric.Begin(p)
	order := newRevealing(m)
	return func(x *process.State, t, s float64) {
		seen.fresh = true
		numeric(x, t, s)
		if seen.fresh && t == s {
			return // nothing changes in no time, and nothing need be looked at
		}
		if seen.fresh {
			// A sampler may take a step from its history alone.
			panic(fmt.Sprintf("sample: mixed: %T made a step without looking at the model", m.Numeric))
		}
		order.step++
		for i := range rows {
			order.row(i, keep.Keep(s), seen.first[i*width:(i+1)*width], offsets)
		}
	}
}

// revealing is the order in which the cells of each row are revealed, and how
// far that has come.
type revealing struct {
	cells *process.Cells
	order []int32   // (Rows, columns) the columns of the masked cells in their order
	count []int32   // (Rows) how many those are
	done  []int32   // (Rows) how many are revealed
	shift []float64 // (Rows) how a share of a cell is rounded
	value []float64 // (Rows, columns) the uniforms that draw values
	early []int32   // (Rows) how many of the cells come one a step
	step  int32     // of the run, from 1

	depend [][]float64
}

// Steps of the noise: the order, and where there is no other noise the values.
const (
	orderStep = iota
	valueStep
)

func newRevealing(m Mixed) *revealing {
	rows, cols := m.Cells.Rows, m.Cells.Cols()
	r := &revealing{cells: m.Cells, depend: m.Depend, order: make([]int32, rows*cols), count: make([]int32, rows),
		done: make([]int32, rows), shift: make([]float64, rows), value: make([]float64, rows*cols), early: make([]int32, rows)}
	values, step := m.Values, 0
	if values == nil {
		values, step = m.Noise, valueStep
	}
	u := make([]float64, cols+1)
	for i := range rows {
		m.Noise.Uniforms(u, orderStep, i)
		order := r.order[i*cols : i*cols : (i+1)*cols]
		for j, v := range m.Cells.Row(i) {
			if v == process.Mask {
				order = append(order, int32(j))
			}
		}
		if m.Early != nil {
			for _, j := range order {
				if m.Early[j] {
					u[j]-- // before those of (0, 1)
					r.early[i]++
				}
			}
		}
		slices.SortFunc(order, func(a, b int32) int { return cmp.Compare(u[a], u[b]) })
		r.count[i], r.shift[i] = int32(len(order)), u[cols]
		values.Uniforms(r.value[i*cols:(i+1)*cols], step, i)
	}
	return r
}

// little is a dependence that may be lost between two cells.
const little = 0.1

// row reveals the cells of row i that are due when a share keep of them has its
// value.
func (r *revealing) row(i int, keep float64, logits []float64, offsets []int) {
	cols, n := r.cells.Cols(), r.count[i]
	due := n
	if keep < 1 {
		due = min(n, int32(float64(float64(n)*keep)+r.shift[i]))
	}
	due = max(due, min(r.step, r.early[i]))
	order := r.order[i*cols+int(r.done[i]) : i*cols+int(n)]
	due -= r.done[i]
	for k := range order[:max(due, 0)] {
		r.next(order, k)
		j := int(order[k])
		r.cells.Row(i)[j] = process.Draw(logits[offsets[j]:offsets[j+1]], r.value[i*cols+j])
		r.done[i]++
	}
}

// next puts at place k of an order the cell that may be revealed with those
// before it: the first that depends little on each of them, or if there is none
// the one that depends least.
func (r *revealing) next(order []int32, k int) {
	if k == 0 || r.depend == nil {
		return
	}
	best, least := k, math.Inf(1)
	for at := k; at < len(order) && least > little; at++ {
		most := 0.0
		for _, j := range order[:k] {
			most = max(most, r.depend[order[at]][j])
		}
		if most < least {
			best, least = at, most
		}
	}
	chosen := order[best]
	copy(order[k+1:best+1], order[k:best])
	order[k] = chosen
}

// withCells is the denoiser of the numbers alone, given the cells. It keeps
// the logits of the step's first evaluation.
type withCells struct {
	MixedDenoiser
	cells        *process.Cells
	fresh        bool
	first, later []float64
}

func (w *withCells) Denoise(x0, xt *process.State, t []float64) {
	logits := w.later
	if w.fresh {
		logits, w.fresh = w.first, false
	}
	w.DenoiseCells(x0, logits, xt, w.cells, t)
}

package sample

import (
	"fmt"

	"ebb/diffusion/process"
)

// Mixed samples rows of numbers and categories together. The numbers follow
// any Sampler; each of its steps from t to s is followed by a step of the
// masked process, which reveals a cell masked at t with probability
// Reveal(t, s) and draws its value by the network's logits. Both see
// one network call: the numbers' first evaluation at the step, made with the
// cells as they stood at t. A sampler that evaluates more than once in a step
// sees the same cells each time. At s = 0 every cell is revealed.
//
// Cells starts all masked, or with some cells given, which stay as they are.
type Mixed struct {
	Numeric Sampler
	Cells   *process.Cells // changed by the run
	Keep    process.Keep   // nil: LinearKeep
	Noise   process.Noise  // of the cells: a stream of its own
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
	u := make([]float64, 2*m.Cells.Cols())
	k := -1
	return func(x *process.State, t, s float64) {
		k++
		seen.fresh = true
		numeric(x, t, s)
		if seen.fresh && t == s {
			return // nothing changes in no time, and nothing need be looked at
		}
		if seen.fresh {
			// A sampler may take a step from its history alone.
			panic(fmt.Sprintf("sample: mixed: %T made a step without looking at the model", m.Numeric))
		}
		reveal := process.Reveal(keep, t, s)
		for i := range rows {
			m.Noise.Uniforms(u, k, i)
			process.UnmaskRow(m.Cells.Row(i), seen.first[i*width:(i+1)*width], offsets, reveal, u)
		}
	}
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

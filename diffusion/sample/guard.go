package sample

import "ebb/diffusion/process"

// guard counts the evaluations of a run's denoiser and looks at what it
// predicts before a limit can hide an infinity.
type guard struct {
	calls int
	bad   bool
	row   int // first bad row, once bad
}

// wrap returns d under guard, with its optional interface: a denoiser of numbers
// and categories stays one, and of the others one that knows its variance.
func (g *guard) wrap(d Denoiser) Denoiser {
	base := guarded{d, g}
	switch d := d.(type) {
	case MixedDenoiser:
		return guardedMixed{base, d}
	case Variance:
		return guardedVariance{base, d}
	}
	return base
}

func (g *guard) see(x0 *process.State) {
	g.calls++
	if g.bad {
		return
	}
	if row := firstBad(x0); row >= 0 {
		g.bad, g.row = true, row
	}
}

type guarded struct {
	Denoiser
	g *guard
}

func (d guarded) Denoise(x0, xt *process.State, t []float64) {
	d.Denoiser.Denoise(x0, xt, t)
	d.g.see(x0)
}

type guardedVariance struct {
	guarded
	v Variance
}

func (d guardedVariance) DenoiseVariance(x0, v, xt *process.State, t, s []float64) {
	d.v.DenoiseVariance(x0, v, xt, t, s)
	d.g.see(x0)
}

type guardedMixed struct {
	guarded
	m MixedDenoiser
}

func (d guardedMixed) DenoiseCells(x0 *process.State, logits []float64, xt *process.State, cells *process.Cells, t []float64) {
	d.m.DenoiseCells(x0, logits, xt, cells, t)
	d.g.see(x0)
}

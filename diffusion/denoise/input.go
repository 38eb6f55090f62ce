package denoise

import (
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/autograd"
)

// Input is how a network sees x_t: as it is, or, with the data's standard
// deviation given as SD, divided by that of x_t,
//
//	x_t / sqrt(alpha^2 SD^2 + sigma^2),
//
// the cIn of EDM (Karras et al. 2022, arXiv 2206.00364, table 1) for any
// schedule. A schedule that does not preserve variance needs it: under
// schedule.VE and schedule.EDM x_t is as large as the noise.
type Input struct {
	SD float64 // 0: x_t as it is
}

// scale is what multiplies x_t.
func (in Input) scale(alpha, sigma float64) float64 {
	if in.SD == 0 {
		return 1
	}
	return 1 / math.Sqrt(float64(alpha*alpha)*float64(in.SD*in.SD)+float64(sigma*sigma))
}

// see is what a network sees of a noised batch, as a constant of the tape.
func (in Input) see(tape *autograd.Tape, sch schedule.Schedule, b Noised) *autograd.Var {
	if in.SD == 0 {
		return tape.Const(b.XT)
	}
	seen := tape.New(b.XT.Shape...)
	dim := seen.Len() / len(b.T)
	for i, t := range b.T {
		scale := in.scale(sch.At(t))
		for j, v := range b.XT.Data[i*dim : (i+1)*dim] {
			seen.Data[i*dim+j] = float32(scale * float64(v))
		}
	}
	return tape.Const(seen)
}

// read sets dst to what the network sees of the rows of xt at times t.
func (in Input) read(dst []float32, sch schedule.Schedule, xt *process.State, t []float64) {
	for i := range xt.Rows {
		scale := in.scale(sch.At(t[i]))
		row := dst[i*xt.Dim : (i+1)*xt.Dim]
		for j, v := range xt.Row(i) {
			row[j] = float32(scale * v)
		}
	}
}

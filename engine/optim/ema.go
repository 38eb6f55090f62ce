package optim

import (
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/engine/nn"
)

// EMA keeps an exponential moving average of the weights, from which a diffusion
// model samples (DDPM, arXiv 2006.11239, appendix B):
//
//	avg ← avg + (1 - decay_t)(w - avg),  decay_t = min(Decay, (1+t)/(10+t))
//
// The decay warms up so that the first, useless weights are soon forgotten.
type EMA struct {
	Decay float64

	params  nn.Params
	average [][]float32
}

// NewEMA starts the average at the present weights.
func NewEMA(params nn.Params, decay float64) *EMA {
	e := &EMA{Decay: decay, params: params}
	for _, p := range params {
		e.average = append(e.average, p.Value().Clone().Data)
	}
	return e
}

// DecayAt is the decay in step t, counted from 0.
func (e *EMA) DecayAt(t int) float64 { return min(e.Decay, float64(1+t)/float64(10+t)) }

// Update moves the average towards the weights after step t, counted from 0.
func (e *EMA) Update(p *parallel.Pool, t int) {
	rate := float32(1 - e.DecayAt(t))
	for i, param := range e.params {
		kernel.Lerp(p, e.average[i], param.Value().Data, rate)
	}
}

// Swap exchanges weights and average, for sampling in the middle of training. A
// second Swap exchanges them back; between the two do not Update.
func (e *EMA) Swap() {
	for i, p := range e.params {
		v := p.Value()
		v.Data, e.average[i] = e.average[i], v.Data
	}
}

// Slots are the averages, named ema.NAME.
func (e *EMA) Slots() []Slot {
	var slots []Slot
	for i, p := range e.params {
		slots = append(slots, Slot{"ema." + p.Name, e.average[i]})
	}
	return slots
}

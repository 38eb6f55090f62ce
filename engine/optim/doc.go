// Package optim turns gradients into better weights: AdamW, clipping by the
// global norm, a moving average of the weights, and the learning rate over time.
//
// A training step reads
//
//	norm := optim.GradNorm(pool, params)
//	if !optim.Finite(norm) { ... optim.NonFinite(params) names the culprit ... }
//	adam.Update(pool, optim.Update{Step: step, LR: rate.At(step), Scale: optim.ClipScale(norm, 1)})
//	ema.Update(pool, step)
//	params.ZeroGrad()
//
// Steps are counted from 0 by the caller, who has the count anyway. So all state
// is slices of float32, with names, and a checkpoint that saves and restores
// Slots restores the run bit for bit.
package optim

// Slot is a piece of state: as many numbers as the parameter it belongs to, in
// the parameter's memory order. Data is the state itself, not a copy.
type Slot struct {
	Name string
	Data []float32
}

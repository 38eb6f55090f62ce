package train

import (
	"context"
	"fmt"

	"ebb/engine/optim"
	"ebb/model"
	"ebb/model/checkpoint"
)

// The counters of a checkpoint.
const (
	keyTotal = "total" // number of steps, 0 while a time budget is being measured
	keySpent = "spent" // nanoseconds of training
	keyTime  = "time"  // nanoseconds of the time budget that total was worked out for
	keyBest  = "best"  // step of the best weights by held-out loss, 0 before the first loss
	keyLeast = "least" // step of the least held-out loss
	keyStop  = "stop"  // 1: the judge has stopped the run
)

// rawPrefix goes before the names of the weights as the optimiser sees them.
const rawPrefix = "raw."

// slots are all numbers that a resume needs beside the weights that stand in model.safetensors: the averaged
// ones, or with a judge the best of them.
func (l *loop) slots() []optim.Slot {
	var slots []optim.Slot
	for _, p := range l.params {
		slots = append(slots, optim.Slot{Name: rawPrefix + p.Name, Data: p.Value().Data})
	}
	if r, ok := l.Objective.(Remembering); ok {
		slots = append(slots, r.Memory()...)
	}
	if l.judge != nil {
		slots = append(append(slots, l.ema.Slots()...), l.judge.slots()...)
	}
	return append(slots, l.adam.Slots()...)
}

// place puts the weights for sampling into the parameters, and what it returns takes them out again.
func (l *loop) place() func() {
	swap := l.ema.Swap
	if l.judge.found() {
		swap = func() { l.judge.swap(l.params) }
	}
	swap()
	return swap
}

// ints are the counters of a checkpoint.
func (l *loop) ints() map[string]int64 {
	ints := map[string]int64{keyTotal: int64(l.clock.total), keySpent: int64(l.clock.elapsed()), keyTime: int64(l.Settings.Budget.Time)}
	l.judge.save(ints)
	l.fall.save(ints)
	return ints
}

// checkpoint saves the state after the last step and then draws the preview, with the weights for
// sampling in place.
func (l *loop) checkpoint(ctx context.Context) error {
	defer func() { l.savedAt = l.now() }()
	var entries []checkpoint.Entry
	for _, slot := range l.slots() {
		entries = append(entries, checkpoint.Values(slot.Name, slot.Data, len(slot.Data)))
	}
	defer l.place()()
	weights := model.WeightEntries(l.params)
	if l.Beside != nil && l.over() {
		beside, err := l.Beside(ctx)
		if err != nil {
			return err
		}
		weights = append(weights, beside...)
	}
	state := &checkpoint.State{
		Step:     l.step,
		Seed:     l.Settings.Seed,
		Ints:     l.ints(),
		Metadata: l.Metadata,
		Model:    weights,
		Train:    entries,
	}
	if err := l.Run.Save(state); err != nil {
		return err
	}
	if l.Preview == nil || ctx.Err() != nil {
		return nil
	}
	if l.Settings.Trim {
		l.tape.Trim()
	}
	return l.Preview(ctx, l.step)
}

// restore continues from a checkpoint: the averages, or with a judge the best, from its model, the rest from
// its slots.
func (l *loop) restore(saved *checkpoint.Saved) error {
	if saved.Seed != l.Settings.Seed {
		return fmt.Errorf("train: the checkpoint was trained with seed %d, not %d: resume with the run's own seed", saved.Seed, l.Settings.Seed)
	}
	if err := saved.Verify(); err != nil {
		return err
	}
	if err := model.LoadWeights(saved.Model, l.params); err != nil {
		return err
	}
	l.ema = optim.NewEMA(l.params, l.Settings.EMA)
	l.judge.restore(saved.Ints, l.params)
	for _, slot := range l.slots() {
		data, err := saved.Train.Float32(slot.Name)
		if err != nil {
			return err
		}
		if len(data) != len(slot.Data) {
			return fmt.Errorf("%s: %q has %d numbers, the configuration asks for %d", saved.Train.Path(), slot.Name, len(data), len(slot.Data))
		}
		copy(slot.Data, data)
	}
	l.step = saved.Step
	return nil
}

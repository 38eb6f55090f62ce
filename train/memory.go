package train

import (
	"fmt"

	"ebb/engine/autograd"
	"ebb/model"
)

// Plan is how training fits into a budget of memory: how many rows go through the network at a
// time, and what is computed twice.
type Plan struct {
	MicroBatch int
	Thrift     autograd.Thrift
	Peak       model.Bytes // what the process will take, about
}

// usefulParts is into how many parts a batch is cut before more is computed twice: smaller parts
// keep the kernels less busy.
const usefulParts = 8

// copies of the weights that training holds beside the weights: the gradient, two moments, the
// average, and, while a checkpoint is written, two more.
const weightCopies = 6

// planMemory chooses, for the configuration's budget, the cheapest way that fits. What the
// configuration already says of micro-batch and recomputation stays. The need is worked out from
// dry runs of few rows: the memory of a tape grows with the rows in a straight line.
func planMemory(c *model.Config, src *model.Source) (Plan, error) {
	m, err := model.New(c, nil)
	if err != nil {
		return Plan{}, err
	}
	objective, err := model.ObjectiveFor(m, src)
	if err != nil {
		return Plan{}, err
	}
	d, ok := objective.(Divisible)
	if !ok {
		return Plan{}, fmt.Errorf("train: no memory budget for models of kind %q", c.Kind)
	}
	copies := weightCopies
	if _, rows := judged(objective); rows > 0 {
		copies++ // the best average
	}
	base := model.HeapNow() + model.Overhead + model.Bytes(copies*4*m.Params().Count())
	levels := []autograd.Thrift{autograd.CopiesTwice, autograd.NormsTwice, autograd.BlocksTwice}
	if c.Training.Recompute != "" {
		level, err := model.NewThrift(c.Training.Recompute)
		if err != nil {
			return Plan{}, err
		}
		levels = []autograd.Thrift{level}
	}
	return choose(c.Training, d, base, levels)
}

// choose takes the first plan that fits, of those that cut the batch into few parts first.
func choose(t model.Training, d Divisible, base model.Bytes, levels []autograd.Thrift) (Plan, error) {
	var least Plan
	batch := d.Batch()
	useful := (batch + usefulParts - 1) / usefulParts
	for _, smallest := range []int{useful, 1} {
		for _, level := range levels {
			need := dryRun(d, level)
			for micro := batch; ; micro = (micro + 1) / 2 {
				if t.MicroBatch > 0 {
					micro = min(t.MicroBatch, batch)
				}
				p := Plan{MicroBatch: micro, Thrift: level, Peak: base + need(micro)}
				if p.Peak <= t.Memory {
					return p, nil
				}
				if least.Peak == 0 || p.Peak < least.Peak {
					least = p
				}
				if micro <= smallest || t.MicroBatch > 0 {
					break
				}
			}
		}
	}
	return least, fmt.Errorf("train: a memory budget of %v is too small: the least that works is %v (%v); give that, or take a smaller preset",
		t.Memory, least.Peak.Round(), least)
}

// dryRun tells what a tape takes for so many rows.
func dryRun(d Divisible, level autograd.Thrift) func(rows int) model.Bytes {
	at := func(rows int) float64 {
		tape := autograd.New(nil)
		tape.Thrift = level
		tape.Backward(d.Part(tape, 0, 0, rows))
		return float64(tape.Memory().Peak)
	}
	few := max(1, d.Batch()/64)
	more := min(2*few, d.Batch())
	small, slope := at(few), 0.0
	if more > few {
		slope = (at(more) - small) / float64(more-few)
	}
	return func(rows int) model.Bytes {
		return model.Bytes(model.Slack * (small + slope*float64(rows-few)))
	}
}

// String says the plan in words: 16 rows at a time, norms computed twice.
func (p Plan) String() string {
	s := fmt.Sprintf("%d rows at a time", p.MicroBatch)
	if p.MicroBatch == 1 {
		s = "1 row at a time"
	}
	if name := model.ThriftName(p.Thrift); name != "" {
		s += ", " + name + " computed twice"
	}
	return s
}

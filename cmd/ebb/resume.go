package main

import (
	"context"

	"ebb/model"
	"ebb/train"
)

// reopen opens the existing run of a configuration.
func (o *trainOptions) reopen(ctx context.Context, s streams, config *model.Config) (*trainJob, error) {
	for _, name := range []string{"config", "schema", "preset", "label", "rules", "schedule", "prediction", "weighting", "times", "seed", "batch", "micro-batch", "memory", "rate", "holdout", "patience", "flip", "label-drop", "exact-conv", "precision"} {
		if o.given(name) && !o.agrees(name, config) {
			return nil, usagef("--%s differs from the run's own setting: a resumed run keeps its settings; leave the flag out, or start another run", name)
		}
	}
	o.override(config)
	watch := watchReading(ctx, s)
	run, err := train.ResumeWatched(o.run, config, o.data, watch.update)
	watch.done()
	if err != nil {
		return nil, interrupted(notData(err))
	}
	s.watch(run.Source.Table)
	return &trainJob{run}, nil
}

// agrees tells whether a flag says what the run's configuration says anyway.
func (o *trainOptions) agrees(name string, c *model.Config) bool {
	switch name {
	case "preset":
		return o.preset == c.Preset
	case "schedule":
		return o.schedule == c.Process.Schedule
	case "prediction":
		return o.prediction == c.Process.Prediction
	case "weighting":
		return o.weighting == c.Process.Weighting
	case "times":
		return o.times == c.Process.Times
	case "seed":
		return o.seed == c.Seed
	case "batch":
		return o.batch == c.Training.Batch
	case "micro-batch":
		return o.micro == c.Training.MicroBatch
	case "memory":
		return o.memory == c.Training.Memory
	case "rate":
		return o.rate == c.Training.Rate
	case "holdout":
		return o.holdout == c.Training.Holdout
	case "patience":
		return o.patience == c.Training.Patience
	case "label":
		return c.Table != nil && o.label == c.Label()
	case "rules":
		return sameRules(o.rules, c)
	case "flip":
		return c.Image != nil && o.flip == c.Image.Flip
	case "precision":
		return sameNumerics(o.precision, c)
	case "label-drop":
		return c.Image != nil && o.labelDrop == c.Image.LabelDrop
	case "exact-conv":
		return c.Image != nil && o.exactConv == c.Image.ExactConv
	}
	return false
}

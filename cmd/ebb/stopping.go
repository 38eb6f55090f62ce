package main

import (
	"fmt"

	"ebb/model"
	"ebb/train"
)

// checkStopping finds values of --holdout and --patience that make no sense.
func (o *trainOptions) checkStopping() error {
	if !(o.holdout >= 0 && o.holdout < 1) {
		return usagef("--holdout is a share of the rows: at least 0 and below 1")
	}
	if !(o.patience >= 0) {
		return usagef("--patience can't be negative; 0 never stops early")
	}
	return nil
}

// overrideStopping puts those that were given over the configuration.
func (o *trainOptions) overrideStopping(c *model.Config) {
	if o.given("holdout") {
		c.Training.Holdout = o.holdout
	}
	if o.given("patience") {
		c.Training.Patience = o.patience
	}
}

// keptLine says which weights were kept and why training ended, where rows were held out.
func keptLine(last train.Progress) string {
	fell := ""
	if last.Fell > 0 {
		fell = fmt.Sprintf("the held-out loss stood still: from step %d on the learning rate fell, to the end at step %d\n", last.Fell, last.Step)
	}
	switch {
	case last.Stopped:
		return fmt.Sprintf("stopped at step %d: the held-out loss has risen; the weights of step %d are kept, later ones were not better beyond chance\n", last.Step, last.Best)
	case last.Best > 0 && last.Best < last.Step:
		return fell + fmt.Sprintf("the weights of step %d are kept: by the held-out loss later ones were no better\n", last.Best)
	}
	return fell
}

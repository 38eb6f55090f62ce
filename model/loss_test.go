package model_test

import (
	"strings"
	"testing"

	"ebb/engine/autograd"
	"ebb/model"
)

// Every weighting and every way to draw times gives a finite loss with finite gradients, also of
// a variance that the network says directly; those that can't go together say so.
func TestEveryLossTrains(t *testing.T) {
	type choice struct{ weighting, times, variance, want string }
	var all []choice
	for _, w := range model.Weightings() {
		all = append(all, choice{weighting: w.Name, variance: "learned"}, choice{weighting: w.Name, variance: "fixed-small"})
	}
	for _, d := range model.TimeDraws() {
		c := choice{times: d.Name, variance: "learned-direct"}
		if strings.HasSuffix(d.Name, "normal") {
			c.want = "learned variance"
		}
		all = append(all, c, choice{times: d.Name, variance: "fixed-large"})
	}
	for _, c := range all {
		t.Run(c.weighting+c.times+"/"+c.variance, func(t *testing.T) {
			config := configs(t)["image"]
			config.Process.Weighting, config.Process.Times, config.Process.Variance = c.weighting, c.times, c.variance
			config.Process.Focus = 0
			if strings.HasPrefix(c.variance, "fixed") {
				config.Image.UNet.OutChannels /= 2
			}
			o, err := model.ObjectiveFor(open(t, config, 1), &model.Source{Images: patches(20)})
			if c.want != "" {
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Fatalf("got %v, want an error with %q", err, c.want)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			for step := range 3 {
				tape := autograd.New(nil)
				loss := o.Loss(tape, step)
				if v := loss.Value.Data[0]; v-v != 0 || v <= 0 {
					t.Errorf("step %d: the loss is %v", step, v)
				}
				tape.Backward(loss)
				for _, p := range o.Params() {
					for _, g := range p.Var.Grad.Data {
						if g-g != 0 {
							t.Fatalf("step %d: a gradient of %s is %v", step, p.Name, g)
						}
					}
				}
				o.Params().ZeroGrad()
			}
		})
	}
}

// What a loss can't be is an error that lists what it can be.
func TestUnknownLossesAreRefused(t *testing.T) {
	c := configs(t)["image"]
	c.Process.Weighting = "heavy"
	if _, err := model.ObjectiveFor(open(t, c, 1), &model.Source{Images: patches(20)}); err == nil || !strings.Contains(err.Error(), "min-snr") {
		t.Errorf("got %v", err)
	}
	c = configs(t)["table"]
	c.Process.Times = "log-normal"
	if _, err := model.ObjectiveFor(open(t, c, 1), &model.Source{Table: people(200)}); err == nil || !strings.Contains(err.Error(), "drawn even") {
		t.Errorf("got %v", err)
	}
}

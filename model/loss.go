package model

import (
	"fmt"

	"ebb/diffusion/denoise"
)

// weightings is the table of how a loss weighs the times; each is made for the number of steps
// of a table, 0 of continuous time.
func weightings() []named[func(steps int) denoise.Weighting] {
	return []named[func(steps int) denoise.Weighting]{
		{"plain", "the squared error of what the network predicts weighs 1", func(int) denoise.Weighting { return nil }},
		{"snr", "that of the noise weighs 1 (DDPM's L_simple), whatever the network predicts", func(int) denoise.Weighting { return denoise.SNR }},
		{"min-snr", "snr, but times near the data weigh no more than 5 of the data's error", func(int) denoise.Weighting { return denoise.MinSNR(5) }},
		{"edm", "EDM's own target weighs 1, for data of unit variance", func(int) denoise.Weighting { return denoise.EDMWeight(1) }},
		{"elbo", "the variational bound's weights: best likelihood, not best looks", denoise.ELBO},
	}
}

// timeDraws is the table of how training times are drawn.
func timeDraws() []named[func() denoise.TimeDraw] {
	return []named[func() denoise.TimeDraw]{
		{"even", "all times alike, spread evenly over the rows of a step", func() denoise.TimeDraw { return nil }},
		{"log-normal", "most where noise and data are alike (EDM)", func() denoise.TimeDraw { return denoise.LogNormal{} }},
		{"logit-normal", "most in the middle of time, for flows", func() denoise.TimeDraw { return denoise.LogitNormal{} }},
		{"importance", "where the loss was large; weighed so that its mean stays (Improved DDPM)", func() denoise.TimeDraw { return denoise.NewImportance() }},
	}
}

// Weightings lists the weightings for people.
func Weightings() []Name { return namesOf(weightings()) }

// TimeDraws lists how times may be drawn, for people.
func TimeDraws() []Name { return namesOf(timeDraws()) }

// weighting is the named weighting, plain without a name.
func (p Process) weighting(steps int) (denoise.Weighting, error) {
	if p.Weighting == "" {
		return nil, nil
	}
	f, err := find("weighting", p.Weighting, weightings())
	if err != nil {
		return nil, err
	}
	return f(steps), nil
}

// timeDraw is the named draw, even without a name.
func (p Process) timeDraw() (denoise.TimeDraw, error) {
	if p.Times == "" {
		return nil, nil
	}
	f, err := find("draw of times", p.Times, timeDraws())
	if err != nil {
		return nil, err
	}
	draw := f()
	if draw != nil && p.Focus > 1 {
		return nil, fmt.Errorf("process.times %s and process.focus %v both choose the times: leave out one of them", p.Times, p.Focus)
	}
	_, importance := draw.(*denoise.Importance)
	if draw != nil && !importance && p.learnsVariance() {
		return nil, fmt.Errorf("process.times %s and a learned variance: its bound needs times drawn even or by importance, or process.variance %s", p.Times, varianceSmall)
	}
	return draw, nil
}

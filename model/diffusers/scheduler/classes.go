package scheduler

import (
	"errors"
	"fmt"
	"strings"
)

// class is a scheduler of the library.
type class struct {
	name     string
	defaults func(*Config) // where they are not those of most classes
	plan     func(Config, Options) (Plan, error)
}

// classes is the table of what is understood.
func classes() []class {
	return []class{
		{"DDPMScheduler", func(c *Config) { c.ClipSample, c.Spacing = true, "leading" }, planDDPM},
		{"DDIMScheduler", func(c *Config) { c.ClipSample, c.Spacing = true, "leading" }, planDDIM},
		{"EulerDiscreteScheduler", nil, planEuler},
		{"EulerAncestralDiscreteScheduler", nil, planEulerAncestral},
		{"HeunDiscreteScheduler", latent, planHeun},
		{"KDPM2DiscreteScheduler", latent, planKDPM2},
		{"KDPM2AncestralDiscreteScheduler", latent, planKDPM2},
		{"LMSDiscreteScheduler", nil, planLMS},
		{"PNDMScheduler", func(c *Config) { c.Spacing, c.SetAlphaOne = "leading", false }, planPNDM},
		{"IPNDMScheduler", nil, planIPNDM},
		{"EDMEulerScheduler", edmEnds, planEDMEuler},
		{"LCMScheduler", latentConsistency, planLCM},
		{"TCDScheduler", latentConsistency, planTCD},
		{"FlowMatchEulerDiscreteScheduler", nil, planFlowEuler},
		{"FlowMatchHeunDiscreteScheduler", nil, planFlowHeun},
		{"DPMSolverMultistepScheduler", dpmDefaults, planDPM},
		{"DPMSolverSinglestepScheduler", func(c *Config) { dpmDefaults(c); c.LowerOrderFinal = false }, planSinglestep},
		{"UniPCMultistepScheduler", func(c *Config) { c.SolverType = "bh2" }, planUniPC},
		{"DEISMultistepScheduler", nil, planDEIS},
		{"SASolverScheduler", func(c *Config) { c.Algorithm = "data_prediction" }, planSASolver},
		{"EDMDPMSolverMultistepScheduler", func(c *Config) { dpmDefaults(c); edmEnds(c) }, planEDMDPM},
	}
}

// latent is the range of beta of latent diffusion.
func latent(c *Config) { c.BetaStart, c.BetaEnd = 0.00085, 0.012 }

func latentConsistency(c *Config) {
	latent(c)
	c.BetaSchedule, c.Spacing = "scaled_linear", "leading"
}

// ErrClass says that a scheduler is of a class that is not understood.
var ErrClass = errors.New("unknown class")

func find(name string) (class, error) {
	var known []string
	for _, k := range classes() {
		if k.name == name {
			return k, nil
		}
		known = append(known, k.name)
	}
	return class{}, fmt.Errorf("%w: the scheduler is a %q; understood are %s", ErrClass, name, strings.Join(known, ", "))
}

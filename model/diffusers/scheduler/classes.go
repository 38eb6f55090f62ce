package scheduler

import (
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
		{"DPMSolverMultistepScheduler", dpmDefaults, planDPM},
		{"DPMSolverSinglestepScheduler", func(c *Config) { dpmDefaults(c); c.LowerOrderFinal = false }, planSinglestep},
		{"UniPCMultistepScheduler", func(c *Config) { c.SolverType = "bh2" }, planUniPC},
		{"DEISMultistepScheduler", nil, planDEIS},
		{"SASolverScheduler", func(c *Config) { c.Algorithm = "data_prediction" }, planSASolver},
		{"EDMDPMSolverMultistepScheduler", edmDPMDefaults, planEDMDPM},
	}
}

func find(name string) (class, error) {
	var known []string
	for _, k := range classes() {
		if k.name == name {
			return k, nil
		}
		known = append(known, k.name)
	}
	return class{}, fmt.Errorf("the scheduler is a %q; understood are %s", name, strings.Join(known, ", "))
}

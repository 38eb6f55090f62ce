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
	}
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

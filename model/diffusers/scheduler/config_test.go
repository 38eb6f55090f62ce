package scheduler

import (
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func wantError(t *testing.T, err error, want string) {
	t.Helper()
	if err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("got %v, want an error with %q", err, want)
	}
}

func second[T any](_ T, err error) error { return err }

// Every configuration that the library wrote is read, with its bare -Infinity,
// or is of a class that is not understood.
func TestWrittenConfigurationsAreRead(t *testing.T) {
	files, err := filepath.Glob("testdata/scheduler_configs/*/scheduler_config.json")
	if err != nil || len(files) != 4 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	unknown := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		c, err := Parse("", text)
		if errors.Is(err, ErrClass) {
			unknown++
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", file, err)
			continue
		}
		if c.TrainTimesteps != 1000 || !math.IsInf(float64(c.LambdaMin), -1) {
			t.Errorf("%s: %d training steps, lambda_min_clipped %v", file, c.TrainTimesteps, c.LambdaMin)
		}
		if _, err := c.Plan(Options{Steps: 10}); err != nil {
			t.Errorf("%s: %v", file, err)
		}
	}
	t.Logf("%d of %d are of classes that are not understood", unknown, len(files))
}

// The bare word is read as what it says, in any class.
func TestBareInfinityIsRead(t *testing.T) {
	text, err := os.ReadFile("testdata/scheduler_configs/dpmsolver_multistep/scheduler_config.json")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(string(text), ": -Infinity") {
		t.Fatal("the file has no bare -Infinity")
	}
	c, err := Parse("", []byte(strings.Replace(string(text), "DPMSolverMultistepScheduler", "DDIMScheduler", 1)))
	if err != nil || !math.IsInf(float64(c.LambdaMin), -1) || c.BetaEnd != 0.012 {
		t.Errorf("read %v, %v, %v", c.LambdaMin, c.BetaEnd, err)
	}
}

// A configuration that makes no plan is an error that names the field.
func TestBadConfigurationsAreRefused(t *testing.T) {
	for text, want := range map[string]string{
		`{`:                              "scheduler configuration",
		`{"_class_name": "NoScheduler"}`: "understood are",
		`{"_class_name": "DDPMScheduler", "beta_end": "x"}`:                                                    "DDPMScheduler",
		`{"_class_name": "DDPMScheduler", "num_train_timesteps": 0}`:                                           "num_train_timesteps is 0",
		`{"_class_name": "DDPMScheduler", "beta_schedule": "square"}`:                                          `beta_schedule "square" is unknown`,
		`{"_class_name": "DDPMScheduler", "beta_start": 0}`:                                                    "0 < start",
		`{"_class_name": "DDPMScheduler", "trained_betas": [0.1, 2]}`:                                          "beta_2 = 2",
		`{"_class_name": "DDPMScheduler", "timestep_spacing": "odd"}`:                                          `timestep_spacing "odd" is unknown`,
		`{"_class_name": "DDPMScheduler", "variance_type": "odd"}`:                                             `variance_type "odd" is unknown`,
		`{"_class_name": "DDPMScheduler", "num_train_timesteps": 5}`:                                           "10 sampling steps; the schedule has 5",
		`{"_class_name": "EulerDiscreteScheduler", "final_sigmas_type": "x"}`:                                  `final_sigmas_type "x" is unknown`,
		`{"_class_name": "EulerDiscreteScheduler", "interpolation_type": "x"}`:                                 `interpolation_type "x" is unknown`,
		`{"_class_name": "EulerDiscreteScheduler", "use_karras_sigmas": true, "sigma_min": 5, "sigma_max": 1}`: "least <= most",
	} {
		c, err := Parse("", []byte(text))
		if err == nil {
			_, err = c.Plan(Options{Steps: 10})
		}
		wantError(t, err, want)
	}
}

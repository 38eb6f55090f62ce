package model

import (
	"bytes"
	"fmt"
	"time"

	"github.com/goccy/go-yaml"

	"ebb/model/checkpoint"
)

// Kind is what a model generates.
type Kind string

// The kinds of model.
const (
	KindTable Kind = "table"
	KindImage Kind = "image"
)

// Config is everything needed to build a model again: RUN/config.yaml holds it with all
// defaults written out. Weights lie beside it, never in it.
type Config struct {
	Format  int    `yaml:"format"`
	Version string `yaml:"ebb"` // the build that wrote the run
	Kind    Kind   `yaml:"kind"`
	Preset  string `yaml:"preset"`
	Seed    uint64 `yaml:"seed"`
	// Precision of matrix products and convolutions, in training and after it: a name of
	// precisions; empty is f32.
	Precision string       `yaml:"precision,omitempty"`
	Data      Data         `yaml:"data"`
	Process   Process      `yaml:"process"`
	Training  Training     `yaml:"training"`
	Sampling  Sampling     `yaml:"sampling"`
	Image     *ImageConfig `yaml:"image,omitempty"`
	Table     *TableConfig `yaml:"table,omitempty"`
}

// Data tells where the training data came from.
type Data struct {
	Path string `yaml:"path" json:"path"`
	Rows int    `yaml:"rows" json:"rows"`
	// Of is how many rows there were, where only so many were kept as the budget of memory allowed;
	// Below chooses the same ones again (see table.ReadOptions).
	Of    int    `yaml:"of,omitempty" json:"of,omitempty"`
	Below uint64 `yaml:"below,omitempty" json:"-"`
}

// Process is the forward process and how the network's output is read.
type Process struct {
	Schedule   string `yaml:"schedule"`   // a name of Schedules
	Steps      int    `yaml:"steps"`      // T; of a continuous schedule how finely a UNet counts time
	Prediction string `yaml:"prediction"` // a name of Predictions
	Variance   string `yaml:"variance"`   // learned, learned-direct, fixed-small or fixed-large
	// Weighting is a name of Weightings and Times one of TimeDraws; empty: plain and even.
	Weighting string `yaml:"weighting,omitempty"`
	Times     string `yaml:"times,omitempty"`
	// Focus above 1 trains more on times near 0; see denoise.Objective.
	Focus float64 `yaml:"focus,omitempty"`

	// Settings of single schedules; left out, each has the value that its line in Schedules
	// or its paper says.
	BetaStart float64 `yaml:"beta_start,omitempty"` // linear, scaled-linear, sigmoid: beta of step 1
	BetaEnd   float64 `yaml:"beta_end,omitempty"`   // and of step T
	SigmaMin  float64 `yaml:"sigma_min,omitempty"`  // ve: least noise, in units of the data
	SigmaMax  float64 `yaml:"sigma_max,omitempty"`  // ve, edm: largest noise
	Rho       float64 `yaml:"rho,omitempty"`        // edm: the root of the noise that grows evenly
	Shift     float64 `yaml:"shift,omitempty"`      // flow: above 1, more time at high noise
	Tokens    int     `yaml:"tokens,omitempty"`     // flow-dynamic: places in an example
	// File holds the schedule betas or points; it is read once, when the run is made, and
	// its numbers stand here from then on.
	File   string      `yaml:"file,omitempty"`
	Betas  []float64   `yaml:"betas,omitempty,flow"`  // betas: beta of steps 1 to T
	Points [][]float64 `yaml:"points,omitempty,flow"` // points: rows of time, alpha, sigma
}

// Training holds the settings of the optimiser and of the loop around it.
type Training struct {
	Batch       int           `yaml:"batch"`
	Rate        float64       `yaml:"rate"`         // peak learning rate
	Floor       float64       `yaml:"floor"`        // last learning rate, as a share of the peak
	Warmup      int           `yaml:"warmup"`       // steps of linear warm-up
	WeightDecay float64       `yaml:"weight_decay"` // decoupled, per step times the rate
	Clip        float64       `yaml:"clip"`         // largest norm of the gradient
	EMA         float64       `yaml:"ema"`          // decay of the averaged weights
	Steps       int           `yaml:"steps"`        // length of the run; 0: by time
	Time        time.Duration `yaml:"time"`
	Checkpoint  time.Duration `yaml:"checkpoint"` // between two checkpoints

	// Holdout is the share of a table's rows that are not trained on, but watched: the weights kept are those
	// with the least loss on them, and training ends when no better ones have come for Patience times the
	// steps to the best. 0 each: none are held out, and training never ends early.
	Holdout  float64 `yaml:"holdout,omitempty"`
	Patience float64 `yaml:"patience,omitempty"`
	// Fall is the share of the steps taken so far over which the learning rate falls, and training ends, once the
	// held-out loss stands still; 0: training stops when that loss has risen, and its least weights are kept.
	Fall float64 `yaml:"fall,omitempty"`

	// How a step fits into memory. MicroBatch rows go through the network at a time, and
	// gradients are summed over the parts of a batch in order; 0 is the whole batch. It decides
	// the last bits of the result; Recompute does not.
	MicroBatch int    `yaml:"micro_batch,omitempty"`
	Recompute  string `yaml:"recompute,omitempty"` // computed twice to save memory: norms, or blocks; see Thrifts
	Memory     Bytes  `yaml:"memory,omitempty"`    // the budget from which the two were chosen
}

// Sampling holds the defaults of `ebb sample`.
type Sampling struct {
	Sampler string `yaml:"sampler"` // a name of Samplers
	Steps   int    `yaml:"steps"`
	// Grid is a name of Grids or a list of times; empty: every T/steps-th step from the last
	// down for pictures on a table, equal times otherwise.
	Grid string `yaml:"grid,omitempty"`
}

// Encode writes the configuration as YAML.
func (c *Config) Encode() ([]byte, error) {
	text, err := yaml.Marshal(c)
	if err != nil {
		return nil, fmt.Errorf("model: encode configuration: %w", err)
	}
	return text, nil
}

// Overlay reads YAML over c: keys that stand in the text replace what c holds, an unknown key
// is an error that names its line.
func (c *Config) Overlay(text []byte, path string) error {
	d := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict())
	if err := d.Decode(c); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// DecodeConfig reads RUN/config.yaml. path is for messages.
func DecodeConfig(text []byte, path string) (*Config, error) {
	var head struct {
		Format  int    `yaml:"format"`
		Version string `yaml:"ebb"`
	}
	if err := yaml.Unmarshal(text, &head); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if head.Format > checkpoint.Format {
		return nil, fmt.Errorf("%s: %w (its format is %d by ebb %s, this build reads up to %d)",
			path, checkpoint.ErrNewerFormat, head.Format, head.Version, checkpoint.Format)
	}
	c := new(Config)
	if err := c.Overlay(text, path); err != nil {
		return nil, err
	}
	return c, c.check(path)
}

// check finds values that no model can be built from.
func (c *Config) check(path string) error {
	bad := func(key string, got any, want string) error {
		return fmt.Errorf("%s: %s is %v, want %s", path, key, got, want)
	}
	switch {
	case c.Format < 1:
		return bad("format", c.Format, fmt.Sprintf("1 to %d: is this a config.yaml of ebb?", checkpoint.Format))
	case c.Kind == KindTable && c.Table == nil, c.Kind == KindImage && c.Image == nil:
		return bad("kind", c.Kind, "a section of that name beside it")
	case c.Kind != KindTable && c.Kind != KindImage:
		return bad("kind", c.Kind, "table or image")
	case c.Training.MicroBatch < 0:
		return bad("training.micro_batch", c.Training.MicroBatch, "at least 1, or none for the whole batch")
	case c.Training.Batch < 1:
		return bad("training.batch", c.Training.Batch, "at least 1")
	case !(c.Training.Holdout >= 0 && c.Training.Holdout < 1):
		return bad("training.holdout", c.Training.Holdout, "a share of the rows, at least 0 and below 1")
	case !(c.Training.Fall >= 0):
		return bad("training.fall", c.Training.Fall, "at least 0, which is to stop when the held-out loss has risen")
	case !(c.Training.Patience >= 0):
		return bad("training.patience", c.Training.Patience, "at least 0, which is never to stop early")
	case c.Process.Steps < 1:
		return bad("process.steps", c.Process.Steps, "at least 1")
	case c.Sampling.Steps < 1:
		return bad("sampling.steps", c.Sampling.Steps, "at least 1")
	}
	if _, err := NewPrecision(c.Precision); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return nil
}

// The values of Process.Variance.
const (
	varianceLearned = "learned"        // between its two bounds
	varianceDirect  = "learned-direct" // its logarithm itself
	varianceSmall   = "fixed-small"
	varianceLarge   = "fixed-large"
)

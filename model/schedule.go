package model

import (
	"fmt"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"ebb/diffusion/denoise"
	"ebb/diffusion/schedule"
)

// scheduleMaker makes a noise schedule of a configuration.
type scheduleMaker struct {
	keys []string // of process, beside schedule and steps, that it reads
	make func(p Process) (schedule.Schedule, error)
}

// schedules is the table of noise schedules. Those of T steps are tables; the others are
// formulas in continuous time, of which T is only how finely the network counts time.
func schedules() []named[scheduleMaker] {
	rows := tableSchedules()
	for _, r := range tableSchedules() {
		r.Name, r.Summary = r.Name+"-zero-snr", r.Name+", rescaled so that no signal is left at the end (zero terminal SNR)"
		inner := r.make.make
		r.make.make = func(p Process) (schedule.Schedule, error) { return zeroTerminal(inner(p)) }
		rows = append(rows, r)
	}
	return append(rows, []named[scheduleMaker]{
		{"betas", "a table of the user's own betas, from process.file or process.betas", scheduleMaker{[]string{"betas"}, givenBetas}},
		{"vp", "continuous: the noise rate grows from 0.1 to 20, the limit of linear", scheduleMaker{nil, func(Process) (schedule.Schedule, error) {
			return schedule.LinearRate{}, nil
		}}},
		{"cosine-continuous", "continuous: the formula of cosine", scheduleMaker{nil, func(Process) (schedule.Schedule, error) {
			return schedule.Cosine{}, nil
		}}},
		{"ve", "continuous: the signal stays, the noise grows from 0.01 to 50 (variance exploding)", scheduleMaker{[]string{"sigma_min", "sigma_max"}, func(p Process) (schedule.Schedule, error) {
			return schedule.NewVE(or(p.SigmaMin, 0.01), or(p.SigmaMax, 50))
		}}},
		{"edm", "continuous: the signal stays, the 7th root of the noise grows to that of 80 (Karras)", scheduleMaker{[]string{"sigma_max", "rho"}, func(p Process) (schedule.Schedule, error) {
			return schedule.NewEDM(or(p.SigmaMax, 80), or(p.Rho, 7))
		}}},
		{"flow", "continuous: a straight line from data to noise (rectified flow); process.shift above 1 is for large pictures", scheduleMaker{[]string{"shift"}, func(p Process) (schedule.Schedule, error) {
			return schedule.NewFlow(or(p.Shift, 1))
		}}},
		{"flow-dynamic", "continuous: flow with the shift that fits the number of values in an example", scheduleMaker{[]string{"tokens"}, func(p Process) (schedule.Schedule, error) {
			return schedule.DynamicFlow(p.Tokens)
		}}},
		{"points", "the user's own alpha and sigma at chosen times, from process.file or process.points", scheduleMaker{[]string{"points"}, givenPoints}},
	}...)
}

// tableSchedules are those of which there is a variant without signal at the end.
func tableSchedules() []named[scheduleMaker] {
	ends := []string{"beta_start", "beta_end"}
	ramp := func(start, end float64, make func(steps int, start, end float64) (*schedule.Table, error)) scheduleMaker {
		return scheduleMaker{ends, func(p Process) (schedule.Schedule, error) {
			steps := float64(p.Steps)
			return asSchedule(make(p.Steps, or(p.BetaStart, start/steps), or(p.BetaEnd, end/steps)))
		}}
	}
	return []named[scheduleMaker]{
		{"linear", "beta grows in equal steps from 0.1/T to 20/T (DDPM)", ramp(0.1, 20, schedule.Linear)},
		{"scaled-linear", "the root of beta grows in equal steps from √(0.85/T) to √(12/T) (latent diffusion)", ramp(0.85, 12, schedule.ScaledLinear)},
		{"cosine", "alpha-bar falls as a squared cosine (Improved DDPM)", scheduleMaker{nil, func(p Process) (schedule.Schedule, error) {
			return asSchedule(schedule.CosineTable(p.Steps))
		}}},
		{"sigmoid", "beta grows from 0.1/T to 20/T along a logistic curve (GeoDiff)", ramp(0.1, 20, schedule.Sigmoid)},
	}
}

// asSchedule makes an interface of a table, none of a nil one.
func asSchedule(t *schedule.Table, err error) (schedule.Schedule, error) {
	if err != nil {
		return nil, err
	}
	return t, nil
}

func zeroTerminal(sch schedule.Schedule, err error) (schedule.Schedule, error) {
	if err != nil {
		return nil, err
	}
	t := sch.(*schedule.Table)
	if t.Steps() < 2 {
		return nil, fmt.Errorf("a schedule of %d step can't be rescaled to zero terminal SNR: process.steps must be at least 2", t.Steps())
	}
	return t.ZeroTerminal(), nil
}

func givenBetas(p Process) (schedule.Schedule, error) {
	if len(p.Betas) == 0 {
		return nil, fmt.Errorf("the schedule betas needs process.betas, or process.file with one beta a line")
	}
	if p.Steps != len(p.Betas) {
		return nil, fmt.Errorf("process.steps is %d, process.betas has %d", p.Steps, len(p.Betas))
	}
	return asSchedule(schedule.NewTable(p.Betas))
}

func givenPoints(p Process) (schedule.Schedule, error) {
	if len(p.Points) == 0 {
		return nil, fmt.Errorf("the schedule points needs process.points, or process.file with a time, alpha and sigma a line")
	}
	var t, alpha, sigma []float64
	for i, row := range p.Points {
		if len(row) != 3 {
			return nil, fmt.Errorf("process.points has %d numbers in row %d; it must be time, alpha and sigma", len(row), i+1)
		}
		t, alpha, sigma = append(t, row[0]), append(alpha, row[1]), append(sigma, row[2])
	}
	sch, err := schedule.NewPoints(t, alpha, sigma)
	if err != nil {
		return nil, err
	}
	return sch, nil
}

// or is v, or the default where v is not given.
func or(v, standard float64) float64 {
	if v == 0 {
		return standard
	}
	return v
}

// settings are the keys of p that only some schedules read, and whether they are given.
func (p Process) settings() []named[bool] {
	return []named[bool]{
		{Name: "beta_start", make: p.BetaStart != 0}, {Name: "beta_end", make: p.BetaEnd != 0},
		{Name: "betas", make: len(p.Betas) > 0}, {Name: "points", make: len(p.Points) > 0},
		{Name: "sigma_min", make: p.SigmaMin != 0}, {Name: "sigma_max", make: p.SigmaMax != 0}, {Name: "rho", make: p.Rho != 0},
		{Name: "shift", make: p.Shift != 0}, {Name: "tokens", make: p.Tokens != 0},
	}
}

// NewSchedule makes the noise schedule of p.
func (p Process) NewSchedule() (schedule.Schedule, error) {
	maker, err := find("schedule", p.Schedule, schedules())
	if err != nil {
		return nil, err
	}
	if p.Steps < 1 {
		return nil, fmt.Errorf("model: process.steps is %d; at least 1 is needed", p.Steps)
	}
	if p.File != "" {
		return nil, fmt.Errorf("model: process.file %s has not been read", p.File)
	}
	for _, s := range p.settings() {
		if s.make && !slices.Contains(maker.keys, s.Name) {
			return nil, fmt.Errorf("model: process.%s says nothing to the schedule %s; %s", s.Name, p.Schedule, reads(maker.keys))
		}
	}
	sch, err := maker.make(p)
	if err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	return sch, nil
}

func reads(keys []string) string {
	if len(keys) == 0 {
		return "it has no settings but process.steps"
	}
	return "its settings are process." + strings.Join(keys, ", process.")
}

// NewSchedule makes the named noise schedule with its own settings; T is steps.
func NewSchedule(name string, steps int) (schedule.Schedule, error) {
	return Process{Schedule: name, Steps: steps}.NewSchedule()
}

// SetSchedule chooses a noise schedule by name, or by a file of the user's own (see
// ReadSchedule), and with it what goes well with it: a schedule in continuous time trains no
// variance, under one whose noise has no bound the network is EDM's, under a flow it predicts
// the flow.
func (c *Config) SetSchedule(name string) error {
	p := &c.Process
	if looksLikeFile(name) {
		p.File = name
		if err := c.ReadSchedule(); err != nil {
			return err
		}
	} else {
		p.Schedule = name
	}
	switch name {
	case "ve":
		p.Prediction = "edm"
	case "edm":
		p.Prediction, c.Sampling.Grid = "edm", "karras"
	case "flow", "flow-dynamic":
		p.Prediction = "flow_prediction"
	}
	if name == "flow-dynamic" {
		p.Tokens = c.tokens()
	}
	sch, err := p.NewSchedule()
	if err != nil {
		return err
	}
	if _, discrete := sch.(*schedule.Table); !discrete && p.learnsVariance() {
		p.Variance = varianceSmall
		if c.Image != nil {
			c.Image.UNet.OutChannels = c.Image.Frame.C
		}
	}
	return nil
}

// tokens is the number of places in an example: pixels, or columns.
func (c *Config) tokens() int {
	if c.Image != nil {
		return c.Image.Frame.PaddedH() * c.Image.Frame.PaddedW()
	}
	return c.Table.Transform.Numbers() + len(c.Table.Transform.Cards())
}

// NamedSchedule is the schedule that a text of settings names; empty if it names none, or one
// whose numbers stand in the text itself. path is for messages.
func NamedSchedule(text []byte, path string) (string, error) {
	var head struct {
		Process struct {
			Schedule string `yaml:"schedule"`
		} `yaml:"process"`
	}
	if err := yaml.Unmarshal(text, &head); err != nil {
		return "", fmt.Errorf("%s: %w", path, err)
	}
	switch name := head.Process.Schedule; name {
	case "betas", "points": // their numbers come with the settings
		return "", nil
	default:
		return name, nil
	}
}

// CheckNoising finds what can't go together in the process and the sampling of a configuration,
// before anything is trained with it.
func (c *Config) CheckNoising() error {
	n, err := newNoising(c.Process)
	if err != nil {
		return err
	}
	if _, err := find("sampler", c.Sampling.Sampler, samplers()); err != nil {
		return err
	}
	if _, _, err := n.plan(c, DrawOptions{}); err != nil {
		return fmt.Errorf("the sampling of the configuration: %w", err)
	}
	return nil
}

// noising is how a model's examples are noised and its network's output is read.
type noising struct {
	sch     schedule.Schedule
	predict denoise.Prediction
	input   denoise.Input
}

// newNoising builds the noising of p and finds what can't go together.
func newNoising(p Process) (n noising, err error) {
	if n.sch, err = p.NewSchedule(); err != nil {
		return n, err
	}
	if n.predict, err = NewPrediction(p.Prediction); err != nil {
		return n, err
	}
	if n.steps() == 0 && p.learnsVariance() {
		return n, fmt.Errorf("model: a learned variance needs a schedule of steps, and %s is continuous: set process.variance to %s (and image.unet.out_channels to half), or choose a table such as cosine", p.Schedule, varianceSmall)
	}
	if err := denoise.Answers(n.predict, n.sch, 1); err != nil {
		return n, fmt.Errorf("model: the schedule %s ends without signal: %w", p.Schedule, err)
	}
	if _, edm := n.predict.(denoise.EDM); edm || unbounded(n.sch) {
		n.input = denoise.Input{SD: 1}
	}
	return n, nil
}

// steps is T of a table, 0 of a schedule in continuous time.
func (n noising) steps() int {
	if t, ok := n.sch.(*schedule.Table); ok {
		return t.Steps()
	}
	return 0
}

// unbounded tells whether x_t ever is wider than data of mean square 1.
func unbounded(sch schedule.Schedule) bool {
	const places = 64
	for i := range places {
		if schedule.Start(sch, float64(i+1)/places) > 1 {
			return true
		}
	}
	return false
}

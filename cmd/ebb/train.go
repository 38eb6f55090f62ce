package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"ebb/diffusion/sample"
	"ebb/engine/kernel/parallel"
	"ebb/model"
	"ebb/train"
)

// trainOptions are the flags of ebb train.
type trainOptions struct {
	data, run      string
	config, preset string
	schema         string
	schedule       string
	prediction     string
	weighting      string
	times          string
	list           bool
	label          string
	rules          string
	steps          int
	time           time.Duration
	seed           uint64
	batch          int
	rate           float64
	flip           bool
	pad            int
	labelDrop      float64
	exactConv      bool
	precision      string
	resume, json   bool
	threads        int
	micro          int
	memory         model.Bytes
	recompute      string
	checkpoint     time.Duration
	holdout        float64
	patience       float64

	given func(flag string) bool // was set by the command line or the environment
}

const trainHelp = `Learn the distribution of DATA and write a run directory.

DATA is a table (CSV, TSV, JSON lines, Parquet, NPY, NPZ, any of them gzipped) or pictures (IDX, NPY,
NPZ, or a folder or zip of PNG and JPEG files, whose subfolders are labels). It is found out by
content. Of a table that takes more than a quarter of --memory, as many rows are kept as fit, chosen at
random; the run says how many. A table of a database goes by its address,
'postgres://user@host/database?table=NAME' or, of SQLite, 'x.db?table=NAME'; ?query=SELECT … too.

A run can be stopped at any moment, by Ctrl-C or by kill -9: --resume goes on from its last
checkpoint and ends with the same bytes as a run that was never stopped. The seed and the
number of steps decide the result; threads and batches of other programs do not.

A table's training holds some rows out, keeps the weights that serve these best, and ends by itself
before it learns the others by heart: a small table's when their loss has risen, a larger one's when it
stands still, by a falling learning rate (--holdout, --patience). --time and --steps are upper bounds.

The run directory holds

  config.yaml         everything needed to build the model again
  model.safetensors   the weights, averaged over the last steps; of a table the best such
  metrics.jsonl       step, loss, rate, held-out loss, one JSON object a line
  samples/            drawn while training
  state/              what --resume needs`

const trainExample = `  ebb train people.csv -o runs/people --time 3m --label income
  ebb train train-images-idx3-ubyte.gz -o runs/fashion --time 15m
  ebb train pictures/ -o runs/pictures --steps 20000 --flip
  ebb train -o runs/people --resume`

func newTrain(s streams) *cobra.Command {
	o := &trainOptions{}
	cmd := &cobra.Command{
		Use:     "train DATA -o RUN",
		Short:   "Learn the distribution of a table or of images",
		Long:    trainHelp,
		Example: trainExample,
		Args:    cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.list {
				return listTraining(s.out)
			}
			if len(args) == 1 {
				o.data = args[0]
			}
			o.given = cmd.Flags().Changed
			return o.execute(cmd.Context(), s)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.run, "out", "o", "", "run directory to write (required)")
	f.StringVar(&o.config, "config", "", "YAML file with settings, in the form of a run's config.yaml")
	f.StringVar(&o.preset, "preset", "", "size of the network: mini (tables), tiny, small or base (default: by the data)")
	f.StringVar(&o.schedule, "schedule", "", "noise schedule by name (--list shows all), or a file with a beta, or a time, alpha and sigma, a line")
	f.StringVar(&o.prediction, "prediction", "", "what the network predicts (--list shows all; default: what suits the schedule)")
	f.StringVar(&o.weighting, "weighting", "", "how the loss weighs the times (--list shows all; default: plain)")
	f.StringVar(&o.times, "times", "", "how training times of pictures are drawn (--list shows all)")
	f.BoolVar(&o.list, "list", false, "list the noise schedules, predictions, weightings and draws of times")
	f.StringVar(&o.schema, "schema", "", "YAML file that says what some or all columns of a table are ('ebb info DATA -o F' writes one)")
	f.StringVar(&o.label, "label", "", "column that evaluations predict")
	f.StringVar(&o.rules, "rules", "", "YAML file of rules between columns of a table, which every drawn row obeys (docs/rules.md)")
	f.IntVar(&o.steps, "steps", 0, "train this many steps")
	f.DurationVar(&o.time, "time", 0, "train this long, such as 90s or 15m (default 5m)")
	f.Uint64Var(&o.seed, "seed", 0, "seed of all that is random")
	f.IntVar(&o.batch, "batch", 0, "examples a step (default: by the preset)")
	f.IntVar(&o.micro, "micro-batch", 0, "rows that go through the network at a time; gradients are summed (default: the batch)")
	f.StringVar(&o.recompute, "recompute", "", "save memory by computing twice: norms or blocks; the result stays the same")
	addMemory(f, &o.memory, "memory that training may take, such as 2GiB: chooses --micro-batch and --recompute, and rows of a table too large for it (default: no bound)")
	f.Float64Var(&o.holdout, "holdout", 0, "share of a table's rows to hold out of training, to see when to stop; 0: none (default: a tenth, 12 to 1000 rows)")
	f.Float64Var(&o.patience, "patience", 0, "go on for so many times the steps to the least held-out loss before stopping early; 0: never stop early (default 0.5)")
	f.Float64Var(&o.rate, "rate", 0, "peak learning rate (default: by the preset)")
	f.BoolVar(&o.flip, "flip", false, "mirror half of the training pictures left to right")
	f.IntVar(&o.pad, "pad", 0, "give pictures a border, so that their sides are multiples of this (default: what the network needs)")
	f.Float64Var(&o.labelDrop, "label-drop", 0, "share of pictures whose label is hidden in training, for 'ebb sample --guidance'; 0.1 is usual")
	f.BoolVar(&o.exactConv, "exact-conv", false, "convolutions by their definition: slower, half the rounding error of Winograd's algorithm")
	addPrecision(f, &o.precision, "")
	f.BoolVar(&o.resume, "resume", false, "go on from the run's last checkpoint, or start if there is none")
	f.DurationVar(&o.checkpoint, "checkpoint", 0, "time between two checkpoints (default 30s)")
	f.IntVar(&o.threads, "threads", 0, "threads to compute with (default: all processors)")
	f.BoolVar(&o.json, "json", false, "print progress and result as JSON, one object a line")
	return cmd
}

// listTraining lists what --schedule, --prediction, --weighting and --times may name.
func listTraining(out io.Writer) error {
	for _, part := range []struct {
		title string
		names []model.Name
	}{{"noise schedules, for --schedule:", model.Schedules()}, {"\npredictions, for --prediction:", model.Predictions()},
		{"\nweightings, for --weighting:", model.Weightings()}, {"\ndraws of times, for --times:", model.TimeDraws()}} {
		fmt.Fprintln(out, part.title)
		for _, r := range part.names {
			fmt.Fprintf(out, "%-24s %s\n", r.Name, r.Summary)
		}
	}
	return nil
}

func (o *trainOptions) execute(ctx context.Context, s streams) error {
	if err := o.check(); err != nil {
		return err
	}
	if o.memory > 0 {
		debug.SetMemoryLimit(int64(o.memory) / 10 * 9) // garbage counts too
	}
	pool, err := newPool(o.threads)
	if err != nil {
		return err
	}
	defer pool.Close()
	job, err := o.prepare(ctx, s)
	if err != nil {
		return err
	}
	defer job.run.Close()
	return job.fit(ctx, s, pool, o.json)
}

func (o *trainOptions) check() error {
	switch {
	case o.run == "":
		return usagef("say where the run goes: -o runs/NAME")
	case o.data == "" && !o.resume:
		return usagef("say what to learn: ebb train DATA -o %s", o.run)
	case o.steps > 0 && o.time > 0:
		return usagef("give --steps or --time, not both")
	}
	if !(o.labelDrop >= 0 && o.labelDrop < 1) {
		return usagef("--label-drop is a share of the pictures: at least 0 and below 1; 0.1 is usual")
	}
	if err := o.checkStopping(); err != nil {
		return err
	}
	for _, f := range []struct {
		name  string
		above bool
	}{{"steps", o.steps > 0}, {"time", o.time > 0}, {"batch", o.batch > 0}, {"micro-batch", o.micro > 0}, {"rate", o.rate > 0}, {"checkpoint", o.checkpoint > 0}, {"pad", o.pad > 0}} {
		if o.given(f.name) && !f.above {
			return usagef("--%s must be above 0", f.name)
		}
	}
	return checkPrecision(o.precision)
}

// trainJob is a run that is ready to be trained.
type trainJob struct{ run *train.Job }

// prepare opens the run that --resume names, or makes a new one.
func (o *trainOptions) prepare(ctx context.Context, s streams) (*trainJob, error) {
	if o.resume {
		config, err := model.ReadConfig(o.run)
		if err == nil {
			return o.reopen(ctx, s, config)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			return nil, err
		}
		if o.data == "" {
			return nil, fmt.Errorf("%s is not a run yet: name the data to start it, ebb train DATA -o %s", o.run, o.run)
		}
		fmt.Fprintf(s.err, "%s has nothing to resume yet: starting it\n", o.run)
	} else if _, err := os.Stat(filepath.Join(o.run, "config.yaml")); err == nil {
		return nil, usagef("%s is a run already: go on with --resume, or choose another folder", o.run)
	}
	return o.create(ctx, s)
}

// create makes a new run for the data.
func (o *trainOptions) create(ctx context.Context, s streams) (*trainJob, error) {
	src, err := o.read(ctx, s)
	if err != nil {
		return nil, notData(err)
	}
	s.watch(src.Table)
	config, err := o.configure(src)
	if err != nil {
		return nil, err
	}
	run, err := train.Start(o.run, config, src)
	return &trainJob{run}, err
}

// configure works the configuration out: defaults for the data, then --config, then flags.
func (o *trainOptions) configure(src *model.Source) (*model.Config, error) {
	c, err := o.defaults(src)
	if err != nil {
		return nil, err
	}
	var text []byte
	if o.config != "" {
		if text, err = os.ReadFile(o.config); err != nil {
			return nil, &exitError{exitUsage, err}
		}
	}
	if err := o.noising(c, text); err != nil {
		return nil, &exitError{exitUsage, err}
	}
	c.Version = version()
	o.override(c)
	if err := c.CheckNoising(); err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return c, nil
}

// noising chooses the schedule, by the flag or else the settings in text, with what suits it,
// and puts the settings over it.
func (o *trainOptions) noising(c *model.Config, text []byte) error {
	name := o.schedule
	if name == "" {
		named, err := model.NamedSchedule(text, o.config)
		if err != nil {
			return err
		}
		name = named
	}
	if name != "" {
		if err := c.SetSchedule(name); err != nil {
			return err
		}
	}
	chosen := c.Process
	if o.config != "" {
		if err := c.Overlay(text, o.config); err != nil {
			return err
		}
	}
	if o.schedule != "" {
		c.Process.Schedule, c.Process.File = chosen.Schedule, ""
	}
	return c.ReadSchedule()
}

func (o *trainOptions) defaults(src *model.Source) (*model.Config, error) {
	if o.label != "" && src.Images != nil {
		return nil, usagef("--label names a column of a table; pictures have their labels beside them or in subfolders")
	}
	if (o.pad != 0 || o.flip || o.exactConv) && src.Images == nil {
		return nil, usagef("--pad, --flip and --exact-conv are for pictures; %s is a table", src.Path)
	}
	if (o.given("holdout") || o.given("patience")) && src.Table == nil {
		return nil, usagef("--holdout and --patience are for tables; %s holds pictures", src.Path)
	}
	if o.given("label-drop") && (src.Images == nil || src.Images.Labels == nil) {
		return nil, usagef("--label-drop is for pictures with labels; %s has none", src.Path)
	}
	if err := readRules(o.rules, src); err != nil {
		return nil, err
	}
	c, err := o.newConfig(src)
	if err == nil && o.pad != 0 {
		if err := c.Image.Pad(src.Images, o.pad); err != nil {
			return nil, &exitError{exitUsage, err}
		}
	}
	if err != nil || o.label == "" {
		return c, err
	}
	if err := c.SetLabel(o.label); err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("%s: %w", src.Path, err)}
	}
	return c, nil
}

// newConfig is the configuration for the data, under the schema that --schema gives.
func (o *trainOptions) newConfig(src *model.Source) (*model.Config, error) {
	if o.schema == "" {
		return model.NewConfig(src, o.preset)
	}
	if src.Table == nil {
		return nil, usagef("--schema says what the columns of a table are; %s holds pictures", src.Path)
	}
	schema, err := schemaOf(src.Table, o.schema)
	if err != nil {
		return nil, err
	}
	if len(src.Rules) > 0 {
		schema.Rules = src.Rules
	}
	return model.NewTableConfig(src.Table, schema, o.preset)
}

// override puts the flags that were given over the configuration.
func (o *trainOptions) override(c *model.Config) {
	if o.given("seed") {
		c.Seed = o.seed
	}
	if o.given("steps") {
		c.Training.Steps, c.Training.Time = o.steps, 0
	}
	if o.given("time") {
		c.Training.Steps, c.Training.Time = 0, o.time
	}
	if o.given("batch") {
		c.Training.Batch = o.batch
	}
	if o.given("micro-batch") {
		c.Training.MicroBatch = o.micro
	}
	if o.given("recompute") {
		c.Training.Recompute = o.recompute
	}
	if o.given("memory") {
		c.Training.Memory = o.memory
	}
	if o.given("rate") {
		c.Training.Rate = o.rate
	}
	o.overrideStopping(c)
	if o.given("checkpoint") {
		c.Training.Checkpoint = o.checkpoint
	}
	if o.given("prediction") {
		c.Process.Prediction = o.prediction
	}
	if o.given("weighting") {
		c.Process.Weighting = o.weighting
	}
	if o.given("times") {
		c.Process.Times = o.times
		c.Process.Focus = 0 // a preset's own way to choose the times
	}
	if o.given("flip") && c.Image != nil {
		c.Image.Flip = o.flip
	}
	if o.given("precision") {
		c.Precision = o.precision
	}
	if o.given("label-drop") && c.Image != nil {
		c.Image.LabelDrop = o.labelDrop
	}
	if o.given("exact-conv") && c.Image != nil {
		c.Image.ExactConv = o.exactConv
	}
}

// memoryLine says how the run fits into memory, where that was asked for.
func memoryLine(job *train.Job) string {
	if p := job.Plan; p != nil {
		return fmt.Sprintf("memory: %v of %v, %v", p.Peak.Round(), job.Config.Training.Memory, *p)
	}
	t := job.Config.Training
	if t.MicroBatch == 0 && t.Recompute == "" {
		return ""
	}
	thrift, _ := model.NewThrift(t.Recompute)
	micro := t.MicroBatch
	if micro == 0 {
		micro = t.Batch
	}
	return fmt.Sprintf("memory: %v", train.Plan{MicroBatch: micro, Thrift: thrift})
}

// fit trains.
func (j *trainJob) fit(ctx context.Context, s streams, pool *parallel.Pool, asJSON bool) error {
	config, dir := j.run.Config, j.run.Run.Dir()
	if config.Training.Memory > 0 {
		debug.SetGCPercent(10) // garbage counts too
	}
	m, err := model.New(config, pool)
	if err != nil {
		return err
	}
	if !asJSON {
		fmt.Fprintf(s.err, "%s: %s, %s of %d parameters, batch %d\n",
			dir, j.run.Source, config.Preset+" "+string(config.Kind)+" model", m.Params().Count(), config.Training.Batch)
		if line := memoryLine(j.run); line != "" {
			fmt.Fprintln(s.err, line)
		}
		if config.Table != nil {
			if err := warnings(s.err, config.Table.Transform.Schema); err != nil {
				return err
			}
		}
	}
	show, held := newProgress(s.err, "training"), ""
	if !asJSON {
		j.run.Measuring = func(p sample.Progress) { show.update(float64(p.Step)/float64(p.Steps), "measuring margins") }
	}
	last, err := j.run.Fit(ctx, m, pool, func(p train.Progress) {
		if asJSON {
			json.NewEncoder(s.out).Encode(p)
			return
		}
		if p.HeldOut != 0 {
			held = fmt.Sprintf("  held out %.4f", p.HeldOut)
		}
		show.update(p.Part, fmt.Sprintf("step %d  loss %.4f%s  %.1f steps/s", p.Step, p.Loss, held, p.PerSec))
	})
	show.done()
	if errors.Is(err, context.Canceled) {
		return &exitError{exitInterrupted, fmt.Errorf("interrupted after step %d, which is saved: go on with 'ebb train -o %s --resume'", last.Step, dir)}
	}
	if err != nil {
		return err
	}
	if last.Step == 0 && last.Stopped {
		fmt.Fprintf(s.err, "%s is complete: it stopped by itself when its held-out loss had risen, and kept the weights of step %d; more steps would only learn the rows by heart\n", dir, last.Best)
		return nil
	}
	if last.Step == 0 {
		fmt.Fprintf(s.err, "%s is complete: nothing is left to train; go on with 'ebb train -o %s --resume' and more --steps or a longer --time\n", dir, dir)
		return nil
	}
	if !asJSON {
		fmt.Fprint(s.err, keptLine(last))
		fmt.Fprintf(s.err, "trained %d steps in %s; draw from it with 'ebb sample %s -n 100 -o FILE'\n", last.Step, round(time.Duration(last.Elapsed*float64(time.Second))), dir)
		if config.Table != nil {
			fmt.Fprintf(s.err, "and see how good it is with 'ebb eval %s --html FILE.html'\n", dir)
		}
	}
	return nil
}

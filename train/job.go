package train

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"ebb/data/table"
	"ebb/diffusion/sample"
	"ebb/engine/kernel/parallel"
	"ebb/model"
	"ebb/model/checkpoint"
)

// DefaultTime is how long a run trains that was given neither steps nor a time.
const DefaultTime = 5 * time.Minute

// Job is the training of one run: what is learned, how, and where it goes. [Start] makes a new
// one, [Resume] goes on with one that is there.
type Job struct {
	Config *model.Config
	Source *model.Source
	Run    *checkpoint.Run

	// Plan is how the run fits into its budget of memory, worked out by Start; nil where there is none.
	Plan *Plan

	// Measuring is told how far the measurement of a table's margins has come that follows training; may be nil.
	Measuring func(sample.Progress)

	saved *checkpoint.Saved // nil: from the start
}

// Start makes a new run at dir for the model of c on src. It fills in what c says of the data,
// and its budget if there is none, and writes it as dir/config.yaml. A folder that holds a run
// already is an error.
func Start(dir string, c *model.Config, src *model.Source) (*Job, error) {
	c.Data = src.Data()
	if c.Training.Steps == 0 && c.Training.Time == 0 {
		c.Training.Time = DefaultTime
	}
	plan, err := fitMemory(c, src)
	if err != nil {
		return nil, err
	}
	text, err := c.Encode()
	if err != nil {
		return nil, err
	}
	run, err := checkpoint.Create(dir, text)
	if err != nil {
		return nil, err
	}
	return &Job{Config: c, Source: src, Run: run, Plan: plan}, nil
}

// fitMemory plans for the budget of a new run and records the plan in its configuration: a resume,
// on whatever machine, goes on in the same parts and so to the same bits.
func fitMemory(c *model.Config, src *model.Source) (*Plan, error) {
	if c.Training.Memory == 0 {
		return nil, nil
	}
	plan, err := planMemory(c, src)
	if err != nil {
		return nil, err
	}
	c.Training.MicroBatch, c.Training.Recompute = plan.MicroBatch, model.ThriftName(plan.Thrift)
	return &plan, nil
}

// Resume opens the run at dir to go on from its last checkpoint, or from the start where there
// is none yet. c is the run's own configuration (model.ReadConfig), in which the caller may have
// changed the budget. path is where the data lies now; empty is where the run found it.
func Resume(dir string, c *model.Config, path string) (*Job, error) {
	return ResumeWatched(dir, c, path, nil)
}

// ResumeWatched is Resume; watch may be nil; see table.ReadOptions. Of data
// that had not fitted into the run's budget of memory the same rows are kept as at the start.
func ResumeWatched(dir string, c *model.Config, path string, watch func(table.Progress) error) (*Job, error) {
	if path == "" {
		path = c.Data.Path
	}
	if path == "" {
		return nil, fmt.Errorf("%s learned from data in memory: give it again", dir)
	}
	src, err := model.OpenSourceWith(path, table.ReadOptions{Below: c.Data.Below, Watch: watch})
	if err != nil {
		return nil, err
	}
	return ResumeOn(dir, c, src)
}

// ResumeOn is [Resume] on data that is open already.
func ResumeOn(dir string, c *model.Config, src *model.Source) (*Job, error) {
	if src.Table != nil && c.Data.Below > 0 && src.Table.Seen != c.Data.Of {
		return nil, fmt.Errorf("%s has %d rows, the run %s was started with %d: resume it with the same data", src.Path, src.Table.Seen, dir, c.Data.Of)
	}
	if src.Rows() != c.Data.Rows {
		return nil, fmt.Errorf("%s has %d rows, the run %s was started with %d: resume it with the same data", src.Path, src.Rows(), dir, c.Data.Rows)
	}
	run, err := checkpoint.Resume(dir)
	if err != nil {
		return nil, err
	}
	if err := rewrite(dir, c); err != nil {
		run.Close()
		return nil, err
	}
	j := &Job{Config: c, Source: src, Run: run}
	j.saved, err = checkpoint.ReadState(dir)
	if err != nil && !errors.Is(err, checkpoint.ErrNoCheckpoint) {
		run.Close()
		return nil, err
	}
	return j, nil
}

// rewrite keeps a changed budget in the run's config.yaml.
func rewrite(dir string, c *model.Config) error {
	text, err := c.Encode()
	if err != nil {
		return err
	}
	old, err := checkpoint.Config(dir)
	if err != nil || bytes.Equal(text, old) {
		return err
	}
	return checkpoint.WriteFile(filepath.Join(dir, "config.yaml"), func(w io.Writer) error {
		_, err := w.Write(text)
		return err
	})
}

// Fit trains m, which model.New built from the job's configuration with the same pool, as
// [Trainer.Fit] describes. watch may be nil. Afterwards m holds the weights of the last step;
// model.Open reads the averaged ones.
func (j *Job) Fit(ctx context.Context, m model.Model, pool *parallel.Pool, watch func(Progress)) (Progress, error) {
	objective, err := model.ObjectiveFor(m, j.Source)
	if err != nil {
		return Progress{}, err
	}
	settings, err := settings(j.Config)
	if err != nil {
		return Progress{}, err
	}
	t := Trainer{
		Objective: objective,
		Settings:  settings,
		Pool:      pool,
		Run:       j.Run,
		Metadata:  map[string]string{"kind": string(j.Config.Kind)},
		Watch:     watch,
		Preview:   func(ctx context.Context, step int) error { return preview(ctx, m, j.Run, j.Config, step) },
	}
	if rows, ok := m.(*model.TableModel); ok {
		t.Beside = func(ctx context.Context) ([]checkpoint.Entry, error) { return rows.MeasureMargins(ctx, j.Measuring) }
	}
	return t.Fit(ctx, j.saved)
}

// settings are the trainer's, from the configuration.
func settings(c *model.Config) (Settings, error) {
	t := c.Training
	thrift, err := model.NewThrift(t.Recompute)
	return Settings{
		Rate: t.Rate, Floor: t.Floor, Warmup: t.Warmup, WeightDecay: t.WeightDecay, Clip: t.Clip, EMA: t.EMA, Patience: t.Patience, Fall: t.Fall,
		Budget: Budget{Steps: t.Steps, Time: t.Time}, Checkpoint: t.Checkpoint, Seed: c.Seed,
		ExactConv: c.Image != nil && c.Image.ExactConv, Precision: c.Numerics(),
		MicroBatch: t.MicroBatch, Thrift: thrift, Trim: t.Memory > 0,
	}, err
}

// Close ends this process's use of the run. What was saved stays.
func (j *Job) Close() error {
	if j.saved != nil {
		j.saved.Close()
	}
	return j.Run.Close()
}

// Package ebb learns the distribution of real data by diffusion and draws from it: the short
// face of the toolkit, for programs that want new rows or new pictures and nothing else.
//
//	m, err := ebb.Train(ctx, ebb.File("people.csv"), "runs/people", ebb.Options{})
//	rows, err := m.Sample(ctx, 1000)                                    // new rows
//	some, err := m.Where("age>=40", "job=smith").Sample(ctx, 1000)      // under conditions
//	full, err := m.Fill(ctx, ebb.File("holes.csv"))                     // missing cells completed
//	odd, err := m.Score(ctx, ebb.File("new.csv"), model.ScoreOptions{}) // how probable each row is
//	err = table.Write(os.Stdout, rows)                                  // as CSV
//
// [Train] takes a [File] or a table of a database, or what lies in memory: a [Table], Go [Structs] or
// [Pictures]. A training of a table stops by itself when held-out rows say so. The run directory is the
// same that the command ebb writes: what one has trained the other opens with [Open]. The seed and the
// number of steps decide every bit of the result; threads do not.
//
// The whole toolkit stands behind it, as ordinary packages: model (configurations, classes,
// samplers), train (the loop, checkpoints), data/table and data/image (reading and writing),
// metric (how good samples are), and diffusion/... (the mathematics).
package ebb

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/model"
	"ebb/train"
)

// Options say how to train. The zero value trains for at most five minutes on all processors.
type Options struct {
	Steps   int                  // train this many steps
	Time    time.Duration        // or this long
	Seed    uint64               // of all that is random
	Preset  string               // size of the network: mini (tables), tiny, small or base; empty: by the data
	Rules   []table.Rule         // between columns of a table, which every drawn row obeys
	Label   string               // column of a table that evaluations predict; may be empty
	Resume  bool                 // go on with the run if it is there already
	Threads int                  // to compute with; 0: all processors
	Watch   func(train.Progress) // called every few steps; may be nil
}

// Train learns data into the run directory run, and returns the model. With an empty run it learns into
// a temporary folder, which [Model.Close] removes.
//
// When ctx is cancelled it writes a checkpoint and returns an error that wraps ctx's. After
// that, or after a kill at any moment, Train with Options.Resume goes on from the last
// checkpoint, and ends with the same bytes as if it had never been stopped. A resumed run keeps
// its own seed, preset and label; d may then be nil for the data it began with, if that was a file.
func Train(ctx context.Context, d Data, run string, o Options) (*Model, error) {
	if o.Steps < 0 || o.Time < 0 || o.Steps > 0 && o.Time > 0 {
		return nil, fmt.Errorf("ebb: %d steps and a time of %v: give one of them, not negative", o.Steps, o.Time)
	}
	if run != "" {
		return o.learn(ctx, d, run)
	}
	folder, err := os.MkdirTemp("", "ebb")
	if err != nil {
		return nil, err
	}
	m, err := o.learn(ctx, d, filepath.Join(folder, "run"))
	if err != nil {
		os.RemoveAll(folder)
		return nil, err
	}
	m.brief = folder
	return m, nil
}

func (o Options) learn(ctx context.Context, d Data, run string) (*Model, error) {
	job, err := o.open(d, run)
	if err != nil {
		return nil, err
	}
	defer job.Close()
	pool := parallel.New(o.Threads)
	if err := o.fit(ctx, job, pool); err != nil {
		pool.Close()
		return nil, err
	}
	return open(run, pool)
}

// open finds the run that is to be resumed, or makes a new one.
func (o Options) open(d Data, run string) (*train.Job, error) {
	if !o.Resume {
		return o.start(d, run)
	}
	c, err := model.ReadConfig(run)
	if errors.Is(err, fs.ErrNotExist) {
		return o.start(d, run)
	}
	if err == nil {
		err = o.agree(c)
	}
	if err != nil {
		return nil, err
	}
	o.budget(c)
	if d == nil {
		return train.Resume(run, c, "")
	}
	src, err := d.source()
	if err != nil {
		return nil, err
	}
	return train.ResumeOn(run, c, src)
}

func (o Options) start(d Data, run string) (*train.Job, error) {
	if d == nil {
		return nil, fmt.Errorf("ebb: there is no data to learn from, and no run at %s to resume", run)
	}
	src, err := d.source()
	if err != nil {
		return nil, err
	}
	src.Rules = o.Rules
	c, err := model.NewConfig(src, o.Preset)
	if err != nil {
		return nil, err
	}
	if o.Label != "" {
		if err := c.SetLabel(o.Label); err != nil {
			return nil, fmt.Errorf("%v: %w", src, err)
		}
	}
	c.Version, c.Seed = version(), o.Seed
	o.budget(c)
	return train.Start(run, c, src)
}

// budget puts the length of the training into c.
func (o Options) budget(c *model.Config) {
	if o.Steps > 0 || o.Time > 0 {
		c.Training.Steps, c.Training.Time = o.Steps, o.Time
	}
}

// agree finds an option that a run which is there already was not started with.
func (o Options) agree(c *model.Config) error {
	for _, s := range []struct {
		name     string
		differs  bool
		got, own any
	}{
		{"Seed", o.Seed != 0 && o.Seed != c.Seed, o.Seed, c.Seed},
		{"Preset", o.Preset != "" && o.Preset != c.Preset, o.Preset, c.Preset},
		{"Label", o.Label != "" && o.Label != c.Label(), o.Label, c.Label()},
	} {
		if s.differs {
			return fmt.Errorf("ebb: Options.%s is %v, the run was started with %v: a resumed run keeps its settings", s.name, s.got, s.own)
		}
	}
	return nil
}

// fit trains the job's model.
func (o Options) fit(ctx context.Context, job *train.Job, pool *parallel.Pool) error {
	m, err := model.New(job.Config, pool)
	if err != nil {
		return err
	}
	last, err := job.Fit(ctx, m, pool, o.Watch)
	if err != nil && ctx.Err() != nil && errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%s: stopped after step %d, which is saved (Options.Resume goes on): %w", job.Run.Dir(), last.Step, err)
	}
	return err
}

// version is this module's version in the program that it is built into.
func version() string {
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, m := range append(info.Deps, &info.Main) {
			if m.Path == "ebb" && m.Version != "" {
				return m.Version
			}
		}
	}
	return "(devel)"
}

package main

import (
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ebb/engine/kernel/parallel"
)

//go:embed demodata
var demoData embed.FS

// The training times of the demo, which with sampling, evaluation and report stay below 90 s on
// two cores.
const (
	penguinTime = 8 * time.Second
	digitTime   = 40 * time.Second
)

const demoHelp = `The whole story on data inside the binary: learn a table (344 penguins) and pictures (1,797
handwritten digits of 8x8 pixels), draw new ones, compare them with held-out real ones, and
write one folder with the samples, both runs and report.html, a page without scripts that needs
nothing else. It takes less than 90 seconds on two cores and no network.

The runs are ordinary ones: try 'ebb sample ebb-demo/digits -n 100 -o more.png' afterwards.`

func newDemo(s streams) *cobra.Command {
	o := &demoOptions{}
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Train, sample and evaluate on data inside the binary, with a report",
		Long:  demoHelp,
		Args:  cobra.NoArgs,
		RunE:  func(cmd *cobra.Command, _ []string) error { return o.execute(cmd.Context(), s) },
	}
	f := cmd.Flags()
	f.StringVarP(&o.dir, "out", "o", "ebb-demo", "folder to write; it must be empty or not there, or an earlier demo's")
	f.Uint64Var(&o.seed, "seed", 0, "seed of all that is random")
	f.DurationVar(&o.penguins, "table-time", penguinTime, "training time of the table")
	f.DurationVar(&o.digits, "image-time", digitTime, "training time of the pictures")
	f.IntVar(&o.threads, "threads", 0, "threads to compute with (default: all processors)")
	f.BoolVar(&o.json, "json", false, "print both evaluations as one JSON object")
	return cmd
}

type demoOptions struct {
	dir              string
	seed             uint64
	penguins, digits time.Duration
	threads          int
	json             bool
}

// demo is one demonstration under way.
type demo struct {
	demoOptions
	streams
	pool *parallel.Pool
}

func (o *demoOptions) execute(ctx context.Context, s streams) error {
	start := time.Now()
	pool, err := newPool(o.threads)
	if err != nil {
		return err
	}
	defer pool.Close()
	d := &demo{demoOptions: *o, streams: s, pool: pool}
	if err := d.prepare(); err != nil {
		return err
	}
	table, err := d.table(ctx)
	if err != nil {
		return d.stopped(err)
	}
	pictures, err := d.pictures(ctx)
	if err != nil {
		return d.stopped(err)
	}
	path := filepath.Join(d.dir, "report.html")
	if err := d.writeReport(ctx, path, table, pictures); err != nil {
		return err
	}
	if o.json {
		err = json.NewEncoder(s.out).Encode(map[string]any{"report": path, "penguins": table.report, "digits": pictures.scores})
	} else {
		_, err = fmt.Fprintf(s.out, "%s\n", path)
	}
	if err != nil {
		return err
	}
	fmt.Fprintf(s.err, "done in %s: open %s in a browser\n", round(time.Since(start)), path)
	return nil
}

// show prints an evaluation for people, unless JSON is wanted.
func (d *demo) show(e evaluation) error {
	if d.json {
		return nil
	}
	return e.print(d.out)
}

// stopped says what a demo that was interrupted leaves.
func (d *demo) stopped(err error) error {
	if errors.Is(err, context.Canceled) {
		return &exitError{exitInterrupted, fmt.Errorf("interrupted: what is finished lies in %s", d.dir)}
	}
	return err
}

// demoMark is the file by which an earlier demo's folder is known.
const demoMark = "data/README.md"

// prepare makes the folder and lays the data into it, so that the runs can be resumed and
// evaluated like any other.
func (d *demo) prepare() error {
	entries, err := os.ReadDir(d.dir)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if len(entries) > 0 {
		if _, err := os.Stat(filepath.Join(d.dir, demoMark)); err != nil {
			return usagef("%s is not empty and not an earlier demo: choose another folder with -o", d.dir)
		}
		for _, old := range []string{"penguins", "digits"} {
			if err := os.RemoveAll(filepath.Join(d.dir, old)); err != nil {
				return err
			}
		}
	}
	if err := os.MkdirAll(filepath.Join(d.dir, "data"), 0o777); err != nil {
		return err
	}
	return fs.WalkDir(demoData, "demodata", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		content, err := demoData.ReadFile(path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(d.dir, "data", entry.Name()), content, 0o666)
	})
}

// every tells whether row i is held out: one in five.
func heldOut(i int) bool { return i%5 == 0 }

// split is the numbers of the rows to learn from and of those held out.
func split(n int) (train, held []int) {
	for i := range n {
		if heldOut(i) {
			held = append(held, i)
		} else {
			train = append(train, i)
		}
	}
	return train, held
}

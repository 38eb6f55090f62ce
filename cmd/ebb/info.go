package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"ebb/data"
	"ebb/diffusion/schedule"
	"ebb/model"
	"ebb/model/checkpoint"
)

const infoHelp = `Say what a path holds and what Ebb makes of it.

Of a table: each column's kind with the reason, its missing values, range or examples, and how it
will be modelled. --out writes that schema to a file; edited, or reduced to the few columns that
are to be taken otherwise, it goes to --schema, here and in 'ebb train'. Rules between columns that
hold in every row are listed for --rules.

Of pictures: how many, their size, their classes. Of a run: its model, its noise schedule and how far
the end of the forward process is from a standard normal, and how far it was trained. Of a safetensors
file: its tensors.

With --selftest and no path: whether this machine computes the bits that every other computes. It
prints one hash for each part (functions, random numbers, kernels, trainings and draws) and ends
with exit code 3 if one differs from the recorded one.`

func newInfo(s streams) *cobra.Command {
	var asJSON, self bool
	var rules string
	var threads int
	var files schemaFiles
	cmd := &cobra.Command{
		Use:   "info (RUN | DATA | FILE)",
		Short: "Say what a path holds and what Ebb makes of it",
		Long:  infoHelp,
		Example: `  ebb info people.csv
  ebb info people.csv -o people.yaml        # what the columns are, to be edited
  ebb info people.csv --schema people.yaml  # and seen
  ebb info runs/people
  ebb info --selftest`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if self {
				return selfTest(cmd.Context(), s, threads, asJSON)
			}
			if len(args) == 0 {
				return usagef("say what to look at: ebb info PATH")
			}
			about, err := describe(args[0], files, rules)
			if err != nil {
				return err
			}
			if files.write != "" {
				fmt.Fprintln(s.err, "schema:", files.write)
			}
			if asJSON {
				return json.NewEncoder(s.out).Encode(about)
			}
			return about.print(s.out)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print as one JSON object")
	cmd.Flags().BoolVar(&self, "selftest", false, "compare this machine's bits with the recorded ones")
	cmd.Flags().StringVar(&rules, "rules", "", "YAML file of rules between columns of a table, to be checked (docs/rules.md)")
	cmd.Flags().IntVar(&threads, "threads", 0, "threads of the self-test (default: all processors)")
	cmd.Flags().StringVar(&files.read, "schema", "", "file that says what some or all columns of a table are; the others are inferred")
	cmd.Flags().StringVarP(&files.write, "out", "o", "", "write the schema of a table to this file, to be edited and given to --schema")
	return cmd
}

// about is what info says of a path.
type about interface{ print(w io.Writer) error }

func describe(path string, files schemaFiles, rules string) (about, error) {
	found, err := data.Sniff(path)
	if err != nil {
		return nil, err
	}
	switch found.Form {
	case data.Run:
		if files.write != "" || files.read != "" {
			return aboutRunSchema(path, files)
		}
		return aboutRun(path)
	case data.Safetensors:
		return aboutWeights(path)
	}
	src, err := openSource(path)
	if err != nil {
		return nil, err
	}
	if src.Images != nil && rules == "" {
		m := src.Images
		if files != (schemaFiles{}) {
			return nil, usagef("--schema and --out are for tables; %s holds pictures", path)
		}
		return imagesInfo{Path: path, Form: found.Form.String(), N: m.N, Height: m.H, Width: m.W, Channels: m.C, Classes: m.LabelNames, text: m.String()}, nil
	}
	if err := readRules(rules, src); err != nil {
		return nil, err
	}
	return aboutTable(src, files)
}

// imagesInfo is what info says of pictures.
type imagesInfo struct {
	Path     string   `json:"path"`
	Form     string   `json:"form"`
	N        int      `json:"n"`
	Height   int      `json:"height"`
	Width    int      `json:"width"`
	Channels int      `json:"channels"`
	Classes  []string `json:"classes,omitempty"`
	text     string
}

func (i imagesInfo) print(w io.Writer) error {
	_, err := fmt.Fprintf(w, "%s (%s): %s\n", i.Path, i.Form, i.text)
	for k, name := range i.Classes {
		fmt.Fprintf(w, "  class %d: %s\n", k, name)
	}
	return err
}

// runInfo is what info says of a run.
type runInfo struct {
	Path       string     `json:"path"`
	Kind       model.Kind `json:"kind"`
	Preset     string     `json:"preset"`
	Parameters int        `json:"parameters"`
	Step       int        `json:"step"` // 0: no checkpoint yet
	Seed       uint64     `json:"seed"`
	Data       model.Data `json:"data"`
	Schedule   string     `json:"schedule"`
	Steps      int        `json:"schedule_steps"`
	Continuous bool       `json:"continuous"` // the schedule has no steps of its own
	Prediction string     `json:"prediction"`
	Variance   string     `json:"variance"`
	// TerminalBits is KL(q(x_T) || N(0, I)) in bits per dimension, for data of unit variance
	// and mean square.
	TerminalBits float64 `json:"terminal_bits"`
	Sampler      string  `json:"sampler"`
	SampleSteps  int     `json:"sampler_steps"`
	Version      string  `json:"ebb"`
}

func aboutRun(dir string) (about, error) {
	c, err := model.ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	m, err := model.New(c, nil)
	if err != nil {
		return nil, err
	}
	sch, err := c.Process.NewSchedule()
	if err != nil {
		return nil, err
	}
	i := runInfo{Path: dir, Kind: c.Kind, Preset: c.Preset, Parameters: m.Params().Count(), Seed: c.Seed, Data: c.Data,
		Schedule: c.Process.Schedule, Steps: c.Process.Steps, Prediction: c.Process.Prediction, Variance: c.Process.Variance,
		TerminalBits: schedule.PriorBits(sch, 1, 1), Sampler: c.Sampling.Sampler, SampleSteps: c.Sampling.Steps, Version: c.Version}
	_, table := sch.(*schedule.Table)
	i.Continuous = !table
	saved, err := checkpoint.ReadState(dir)
	if errors.Is(err, checkpoint.ErrNoCheckpoint) {
		return i, nil
	}
	if err != nil {
		return nil, err
	}
	defer saved.Close()
	i.Step = saved.Step
	return i, nil
}

func (i runInfo) print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "run\t%s (written by ebb %s)\n", i.Path, i.Version)
	fmt.Fprintf(tw, "model\t%s %s, %d parameters\n", i.Preset, i.Kind, i.Parameters)
	fmt.Fprintf(tw, "data\t%s, %d examples\n", i.Data.Path, i.Data.Rows)
	fmt.Fprintf(tw, "trained\t%d steps, seed %d\n", i.Step, i.Seed)
	fmt.Fprintf(tw, "process\t%s schedule%s, predicts %s, variance %s\n", i.Schedule, i.counted(), i.Prediction, i.Variance)
	fmt.Fprintf(tw, "end of process\t%.2g bits per dimension from N(0, I), for data of mean square 1\n", i.TerminalBits)
	fmt.Fprintf(tw, "sampling\t%s, %d steps\n", i.Sampler, i.SampleSteps)
	return tw.Flush()
}

// counted says how many steps the schedule has, if it is not continuous.
func (i runInfo) counted() string {
	if i.Continuous {
		return " in continuous time"
	}
	return fmt.Sprintf(" of %d steps", i.Steps)
}

// weightsInfo is what info says of a safetensors file.
type weightsInfo struct {
	Path     string            `json:"path"`
	Numbers  int               `json:"numbers"`
	Metadata map[string]string `json:"metadata,omitempty"`
	Tensors  []tensorInfo      `json:"tensors"`
}

type tensorInfo struct {
	Name  string           `json:"name"`
	DType checkpoint.DType `json:"dtype"`
	Shape []int            `json:"shape"`
}

func aboutWeights(path string) (about, error) {
	f, err := checkpoint.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	i := weightsInfo{Path: path, Metadata: f.Metadata()}
	for _, t := range f.Infos() {
		i.Tensors = append(i.Tensors, tensorInfo{t.Name, t.DType, t.Shape})
		i.Numbers += t.Len()
	}
	return i, nil
}

func (i weightsInfo) print(w io.Writer) error {
	fmt.Fprintf(w, "%s: %d tensors, %d numbers\n", i.Path, len(i.Tensors), i.Numbers)
	tw := tabwriter.NewWriter(w, 2, 0, 2, ' ', 0)
	for _, t := range i.Tensors {
		fmt.Fprintf(tw, "  %s\t%s\t%v\n", t.Name, t.DType, t.Shape)
	}
	return tw.Flush()
}

package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"ebb/bench"
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/model"
)

// benchOptions are the flags of ebb bench.
type benchOptions struct {
	only     []string
	time     time.Duration
	rounds   int
	threads  int
	exact    bool
	precise  string
	profile  bool
	peers    bool
	programs bench.Programs
	json     bool
}

const benchHelp = `Measure how fast Ebb is on this machine: its kernels, whole training steps and inference.

Every figure stands beside a bound measured in the same run: the peak of multiply-adds that
never leave the registers (fma), and the bandwidth of the memory. OF BOUND is the share of it
that was reached; kernels whose numbers stay in the cache can pass 100 % of the memory's.
Times are medians. Two floating-point operations count for each multiply-add of convolutions,
linear layers and attention, nothing for the rest; a training step counts three forward passes.

--peers also runs PyTorch, and ONNX Runtime for inference, on the same models with the same
weights, in turns with Ebb, under the settings that are best for them. RATIO is their time over
Ebb's, the median over the rounds: above 1 Ebb is faster. Their programs lie in bench/peers of
Ebb's sources. What is missing is said, with the remedy, and left out.

Only figures of one run compare: the same machine differs by 10 to 20 % between minutes. Let
nothing else run on it: what other programs used of the processors is said where it was more
than a tenth of one. Such a line is worth little, and slows PyTorch more than Ebb.`

func newBench(s streams) *cobra.Command {
	o := &benchOptions{}
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure kernels and models against this machine's peak, and against PyTorch",
		Long:  benchHelp,
		Example: `  ebb bench --only train/ --only infer/
  ebb bench --only kernel/conv --threads 1
  ebb bench --only train/bench_small --profile
  ebb bench --peers --only train/bench_small`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return o.execute(cmd.Context(), s) },
	}
	f := cmd.Flags()
	f.StringArrayVar(&o.only, "only", nil, "measure what has a name that begins so (repeat for more; a wrong one lists all)")
	f.DurationVar(&o.time, "time", time.Second, "time for each measurement, in each round; at least three calls are made")
	f.IntVar(&o.rounds, "rounds", 3, "turns that the peers and Ebb take on a model")
	f.IntVar(&o.threads, "threads", 0, "threads to compute with (default: all processors)")
	f.BoolVar(&o.profile, "profile", false, "say where the time of each model goes, by kind of operation")
	f.BoolVar(&o.peers, "peers", false, "run PyTorch and ONNX Runtime on the models too")
	f.StringVar(&o.programs.Dir, "peers-dir", filepath.Join("bench", "peers"), "folder of the peers' programs")
	f.StringVar(&o.programs.Python, "python", "", "Python that has PyTorch (default: /usr/bin/python3, then python3)")
	f.BoolVar(&o.exact, "exact-conv", false, "convolutions of models by their definition")
	addPrecision(f, &o.precise, "")
	f.BoolVar(&o.json, "json", false, "print one JSON object a line")
	return cmd
}

func (o *benchOptions) execute(ctx context.Context, s streams) error {
	cases, err := bench.Select(o.only)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	switch {
	case o.time <= 0:
		return usagef("--time must be above zero")
	case o.rounds < 1:
		return usagef("--rounds must be at least 1")
	case o.threads < 0:
		return usagef("--threads can't be negative")
	}
	precision, err := model.NewPrecision(o.precise)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	warn := func(err error) { fmt.Fprintln(s.err, "ebb:", err) }
	peers, done, err := o.findPeers(ctx, warn)
	if err != nil {
		return err
	}
	defer done()
	pool := parallel.New(o.threads)
	defer pool.Close()
	b := &bench.Bench{Pool: pool, Time: o.time, Profile: o.profile, Precision: precision, ExactConv: o.exact}
	out := o.printer(s.out, cases, len(peers) > 0)
	out.begin(pool.Threads())
	for _, c := range cases {
		results, err := b.Compare(ctx, c, peers, o.rounds, warn)
		if err != nil {
			return err
		}
		for _, r := range results {
			if err := out.result(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// findPeers looks for the other programs, if they are wanted; done removes what
// was written for them.
func (o *benchOptions) findPeers(ctx context.Context, warn func(error)) (peers []bench.Peer, done func(), err error) {
	if !o.peers {
		return nil, func() {}, nil
	}
	temp, err := os.MkdirTemp("", "ebb-bench")
	if err != nil {
		return nil, nil, err
	}
	done = func() { os.RemoveAll(temp) }
	o.programs.Temp = temp
	peers, missing, err := o.programs.Find(ctx)
	if err != nil {
		done()
		return nil, nil, fmt.Errorf("--peers-dir: %w", err)
	}
	for _, m := range missing {
		warn(m)
	}
	return peers, done, nil
}

// benchPrinter writes results as they come.
type benchPrinter interface {
	begin(threads int)
	result(r bench.Result) error
}

func (o *benchOptions) printer(w io.Writer, cases []bench.Case, peers bool) benchPrinter {
	if o.json {
		return benchLines{json.NewEncoder(w)}
	}
	t := &benchTable{w: w, peers: peers, width: len("  GroupNorm backward")} // a part of a profile
	for _, c := range cases {
		t.width = max(t.width, len(c.Name))
	}
	return t
}

// benchLines is one JSON object a line.
type benchLines struct{ *json.Encoder }

func (benchLines) begin(int) {}

func (l benchLines) result(r bench.Result) error { return l.Encode(r) }

// benchTable is for people: a line for each result, its columns as wide as the
// longest name needs.
type benchTable struct {
	w     io.Writer
	width int
	peers bool
}

func (t *benchTable) begin(threads int) {
	fmt.Fprintf(t.w, "%s, %v, %d threads\n\n", bench.Processor(), kernel.Best(), threads)
	fmt.Fprintf(t.w, "%-*s  %5s  %10s  %7s  %6s  %s", t.width, "NAME", "BATCH", "TIME", "GFLOPS", "GB/s", "OF BOUND    ")
	if t.peers {
		fmt.Fprintf(t.w, "  %-11s  %10s  %5s", "PEER", "TIME", "RATIO")
	}
	fmt.Fprintln(t.w)
}

func (t *benchTable) result(r bench.Result) error {
	fmt.Fprintf(t.w, "%-*s  %5s  %10s  %7s  %6s  %4.0f %% %-6s", t.width, r.Name, unlessZero("%.0f", float64(r.Batch)), milliseconds(r.Seconds),
		unlessZero("%.1f", r.GFLOPS), unlessZero("%.1f", r.GBs), 100*r.Share, r.Bound)
	if r.Peer != "" {
		fmt.Fprintf(t.w, "  %-11s  %10s  %5.2f", r.Peer, milliseconds(r.PeerSeconds), r.Ratio)
	}
	if r.How != "" {
		fmt.Fprintf(t.w, "  %s", r.How)
	}
	if r.Others > 0.1 {
		fmt.Fprintf(t.w, "  others used %.1f processors", r.Others)
	}
	_, err := fmt.Fprintln(t.w)
	if len(r.Profile) > 0 {
		t.profile(r.Profile)
	}
	return err
}

// profile prints the parts of a call below it, and what they add up to.
func (t *benchTable) profile(parts []bench.Part) {
	sum := 0.0
	for _, p := range parts {
		sum += p.Seconds
	}
	for _, p := range append(parts, bench.Part{Op: "sum", Seconds: sum}) {
		fmt.Fprintf(t.w, "  %-*s  %5s  %10s  %4.1f %%\n", t.width-2, p.Op, "", milliseconds(p.Seconds), 100*p.Seconds/sum)
	}
}

// milliseconds writes a time with four figures or all before the point.
func milliseconds(seconds float64) string {
	ms := 1000 * seconds
	switch {
	case ms < 1:
		return fmt.Sprintf("%.4f ms", ms)
	case ms < 100:
		return fmt.Sprintf("%.2f ms", ms)
	}
	return fmt.Sprintf("%.0f ms", ms)
}

func unlessZero(format string, x float64) string {
	if x == 0 {
		return ""
	}
	return fmt.Sprintf(format, x)
}

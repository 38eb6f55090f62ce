package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"ebb/engine/kernel/parallel"
	"ebb/model"
)

// The exit codes of the command line.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitShort       = 3 // a check fell short of its bound
	exitInterrupted = 130
)

// exitError carries the exit code an error asks for.
type exitError struct {
	code int
	err  error
}

func (e *exitError) Error() string { return e.err.Error() }
func (e *exitError) Unwrap() error { return e.err }

// usagef is an error of how the command was called.
func usagef(format string, args ...any) error {
	return &exitError{exitUsage, fmt.Errorf(format, args...)}
}

// streams are the three ends of the process: results go to out, progress and logs to err.
type streams struct {
	in       io.Reader
	out, err io.Writer
}

// run executes one command line and returns its exit code.
func run(args []string, in io.Reader, out, errw io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	root := newRoot(streams{in, out, errw})
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	if err == nil {
		return exitDone
	}
	fmt.Fprintln(errw, "ebb:", withoutPasswords(err.Error()))
	var coded *exitError
	switch {
	case errors.As(err, &coded):
		return coded.code
	case errors.Is(err, context.Canceled):
		return exitInterrupted
	case errors.Is(err, model.ErrName), errors.Is(err, model.ErrGrid), errors.Is(err, model.ErrCondition):
		return exitUsage
	}
	return exitFailed
}

const rootHelp = `Ebb is a diffusion toolkit: it learns the distribution of real data (tables and images),
generates from it and shows how good the result is. One binary, CPU only, and the same seed
gives the same bytes on every machine.

  ebb demo                                    the whole story on data inside the binary
  ebb train people.csv -o runs/people         learn a table (or IDX, NPY, a folder of pictures)
  ebb sample runs/people -n 1000 -o new.csv   draw new rows
  ebb eval new.csv --real people.csv          how good they are
  ebb score runs/people new.csv               how probable each row is, to find odd ones
  ebb fill runs/people holes.csv -o full.csv  complete missing cells
  ebb explain people.csv                      how diffusion works, shown on your data
  ebb info people.csv                         what Ebb makes of a file
  ebb bench                                   how fast Ebb is on this machine

Every flag can also be set by the environment (--seed by EBB_SEED) and, where a command takes
--config, by a YAML file. A flag wins over the environment, the environment over the file.

Exit codes: 0 done, 1 failed, 2 wrong usage, 3 a check fell short, 130 interrupted (training
writes a checkpoint first; --resume goes on).`

func newRoot(s streams) *cobra.Command {
	root := &cobra.Command{
		Use:               "ebb",
		Version:           version(),
		Short:             "The diffusion toolkit for Go: learn data, sample it, show how good it is",
		Long:              rootHelp,
		SilenceErrors:     true,
		SilenceUsage:      true,
		Args:              knownCommand,
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return fromEnvironment(cmd.Flags()) },
		RunE: func(cmd *cobra.Command, _ []string) error {
			return cmd.Help()
		},
	}
	root.SetVersionTemplate("ebb {{.Version}}\n")
	root.SuggestionsMinimumDistance = 2
	root.SetIn(s.in)
	root.SetOut(s.out)
	root.SetErr(s.err)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		hint := ""
		if strings.Contains(err.Error(), "in duration") {
			hint = ": write a time with its unit, such as 90s or 15m"
		}
		return usagef("%w%s\nrun '%s --help' for the flags", err, hint, cmd.CommandPath())
	})
	root.AddCommand(newTrain(s), newSample(s), newEval(s), newScore(s), newFill(s), newExplain(s), newInfo(s), newBench(s), newDemo(s), newVersion(s))
	for _, cmd := range append(root.Commands(), root) {
		asUsage(cmd)
	}
	return root
}

// knownCommand refuses a command that is not there and names the nearest ones.
func knownCommand(root *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	hint := "'ebb --help' lists the commands"
	if near := root.SuggestionsFor(args[0]); len(near) > 0 {
		hint = "did you mean " + strings.Join(near, " or ") + "? " + hint
	}
	return fmt.Errorf("unknown command %q: %s", args[0], hint)
}

// newPool is the pool of the --threads flag.
func newPool(threads int) (*parallel.Pool, error) {
	if threads < 0 {
		return nil, usagef("--threads can't be negative")
	}
	return parallel.New(threads), nil
}

// asUsage makes a wrong number of arguments an error of usage.
func asUsage(cmd *cobra.Command) {
	check := cmd.Args
	if check == nil {
		return
	}
	cmd.Args = func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return usagef("%w\nusage: %s", err, cmd.UseLine())
		}
		return nil
	}
}

// fromEnvironment fills each flag that the command line left alone from EBB_NAME.
func fromEnvironment(flags *pflag.FlagSet) error {
	var failed error
	flags.VisitAll(func(f *pflag.Flag) {
		key := "EBB_" + strings.ToUpper(strings.ReplaceAll(f.Name, "-", "_"))
		value, set := os.LookupEnv(key)
		if f.Changed || !set || value == "" || failed != nil || f.Name == "help" {
			return
		}
		if err := flags.Set(f.Name, value); err != nil {
			failed = usagef("environment %s=%q: %w", key, value, err)
		}
	})
	return failed
}

package main

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// command is ebb in a process of its own.
func command(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	c := exec.Command(os.Args[0], args...)
	c.Env = append(os.Environ(), asEbb+"=1")
	return c
}

// smallTable writes a table that trains quickly.
func smallTable(t *testing.T) string {
	t.Helper()
	var b strings.Builder
	b.WriteString("age,height,job\n")
	for i := range 64 {
		b.WriteString([]string{"31,1.7,smith\n", "45,1.85,miller\n", "28,1.62,baker\n", "52,1.77,smith\n"}[i*i%4])
	}
	path := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(path, []byte(b.String()), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func mustRead(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A training that is killed without warning again and again, and resumed each time, ends with
// the bytes of one that never was, whatever the number of threads. The moments of the kills
// are spread so that they fall before the first checkpoint, between two and within one.
func TestKilledTrainingsEndWithTheSameBytes(t *testing.T) {
	data := smallTable(t)
	args := func(run, threads string) []string {
		return []string{"train", data, "-o", run, "--steps", "300", "--batch", "16", "--checkpoint", "10ms", "--threads", threads, "--resume"}
	}
	whole := filepath.Join(t.TempDir(), "whole")
	if out, err := command(t, args(whole, "1")...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	want := mustRead(t, filepath.Join(whole, "model.safetensors"))
	counts, tries := []string{"1", "2", "3"}, 40
	if testing.Short() {
		counts, tries = counts[1:2], 12
	}
	for _, threads := range counts {
		run := filepath.Join(t.TempDir(), "killed")
		kills := 0
		for i := 0; i < tries; i++ {
			c := command(t, args(run, threads)...)
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			kill := time.AfterFunc(time.Duration(20+13*i)*time.Millisecond, func() { c.Process.Kill() })
			err := c.Wait()
			kill.Stop()
			if err == nil {
				break
			}
			kills++
		}
		if out, err := command(t, args(run, threads)...).CombinedOutput(); err != nil {
			t.Fatalf("after %d kills: %v\n%s", kills, err, out)
		}
		if !bytes.Equal(want, mustRead(t, filepath.Join(run, "model.safetensors"))) {
			t.Errorf("%s threads, %d kills: the weights differ from those of an uninterrupted run", threads, kills)
		}
		t.Logf("%s threads: %d kills", threads, kills)
	}
}

// SIGINT and SIGTERM end a training with a checkpoint and exit code 130, and it can be resumed.
func TestASignalEndsWithACheckpoint(t *testing.T) {
	data := smallTable(t)
	for _, signal := range []os.Signal{os.Interrupt, syscall.SIGTERM} {
		run := filepath.Join(t.TempDir(), "run")
		c := command(t, "train", data, "-o", run, "--steps", "1000000", "--batch", "16", "--checkpoint", "1h")
		var stderr bytes.Buffer
		c.Stderr = &stderr
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		for { // until training has begun
			if b, err := os.ReadFile(filepath.Join(run, "metrics.jsonl")); err == nil && len(b) > 0 {
				break
			}
			time.Sleep(5 * time.Millisecond)
		}
		if err := c.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		err := c.Wait()
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.ExitCode() != exitInterrupted {
			t.Fatalf("%v: ended with %v, want exit code 130\n%s", signal, err, &stderr)
		}
		if !strings.Contains(stderr.String(), "--resume") {
			t.Errorf("%v: the message does not say how to go on: %s", signal, &stderr)
		}
		if _, err := os.Stat(filepath.Join(run, "model.safetensors")); err != nil {
			t.Errorf("%v: %v", signal, err)
		}
	}
}

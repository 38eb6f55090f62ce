package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const config = "kind: test\n"

// stateAt is what a run of these tests saves at a step: every value is a
// function of the step, so that a mixture of two steps shows.
func stateAt(step int) *State {
	v := []float32{float32(step), float32(step) + 0.5}
	return &State{
		Step: step, Seed: 1<<64 - 1, Ints: map[string]int64{"examples": int64(step) * 64},
		Model: []Entry{Values("w", v, 2)},
		Train: []Entry{Values("raw.w", v, 2), Values("m.w", v, 2), Values("v.w", v, 2)},
	}
}

// train goes from the run's step to the last one as a trainer does: a line of
// metrics every 5 steps, a checkpoint every 10.
func train(r *Run, from, last int) error {
	for step := from + 1; step <= last; step++ {
		if step%5 == 0 {
			if err := r.Metric(map[string]any{"step": step, "loss": 1 / float64(step)}); err != nil {
				return err
			}
		}
		if step%10 == 0 {
			if err := r.Sample("grid.txt", text(fmt.Sprint(step))); err != nil {
				return err
			}
			if err := r.Save(stateAt(step)); err != nil {
				return err
			}
		}
	}
	return nil
}

// begin creates the run or goes on with it, and returns its step.
func begin(d disk, dir string) (*Run, int, error) {
	r, err := d.resume(dir)
	if errors.Is(err, fs.ErrNotExist) {
		r, err = d.createRun(dir, []byte(config))
	}
	if err != nil {
		return nil, 0, err
	}
	s, err := ReadState(dir)
	if errors.Is(err, ErrNoCheckpoint) {
		return r, 0, nil
	}
	if err != nil {
		r.Close()
		return nil, 0, err
	}
	defer s.Close()
	return r, s.Step, s.Verify()
}

// scratch is a folder in memory where there is one: these tests sync thousands
// of times, which a busy disk makes slow.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "ebb-test-")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// tree returns the contents of all files under dir by path.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() {
			rel, _ := filepath.Rel(dir, path)
			out[rel] = mustRead(t, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// checkRun opens a run as its readers do: one checkpoint, all of it of one step,
// the step it was at or the one before.
func checkRun(t *testing.T, when, dir string, steps ...int) {
	t.Helper()
	if s, err := ReadState(dir); err == nil {
		if err := s.Verify(); err != nil {
			t.Fatalf("%s: %v", when, err)
		}
		for _, f := range []*File{s.Model, s.Train} {
			for _, i := range f.Infos() {
				if v, err := f.Float32(i.Name); err != nil || v[0] != float32(s.Step) {
					t.Fatalf("%s: %s of step %d is %v, %v", when, i.Name, s.Step, v, err)
				}
			}
		}
		if s.Seed != 1<<64-1 || s.Ints["examples"] != int64(s.Step)*64 {
			t.Fatalf("%s: counters of step %d: %d %v", when, s.Step, s.Seed, s.Ints)
		}
		s.Close()
	} else if !errors.Is(err, ErrNoCheckpoint) {
		t.Fatalf("%s: %v", when, err)
	}
	if f, err := OpenModel(dir); err == nil {
		f.Close()
	} else if !errors.Is(err, ErrNoCheckpoint) {
		t.Fatalf("%s: model: %v", when, err)
	}
}

func TestCreateRefusesARun(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "deep", "run")
	r, err := Create(dir, []byte(config))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(dir); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second trainer got in: %v", err)
	}
	r.Close()
	if _, err := Create(dir, []byte(config)); err == nil || !strings.Contains(err.Error(), "holds a run already") {
		t.Errorf("a run was overwritten: %v", err)
	}
	if got, _ := Config(dir); string(got) != config {
		t.Errorf("config %q", got)
	}
	if _, err := OpenModel(dir); !errors.Is(err, ErrNoCheckpoint) {
		t.Errorf("a model before the first checkpoint: %v", err)
	}
	if _, err := Resume(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("resume of nothing: %v", err)
	}
}

// saveTwo makes a run whose step 10 was kept beside step 20, as after a kill
// before the removal.
func saveTwo(t *testing.T) string {
	t.Helper()
	dir := filepath.Join(scratch(t), "run")
	r, _, err := begin(disk{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	old, kept := filepath.Join(dir, stateDir, stepDir(10)), filepath.Join(t.TempDir(), "kept")
	if err := train(r, 0, 10); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(kept, os.DirFS(old)); err != nil {
		t.Fatal(err)
	}
	if err := train(r, 10, 20); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(old, os.DirFS(kept)); err != nil {
		t.Fatal(err)
	}
	return dir
}

func TestDamagedCheckpoints(t *testing.T) {
	newest := filepath.Join(stateDir, stepDir(20))
	for name, c := range map[string]struct {
		damage func(dir string) error
		step   int
		want   string
	}{
		"whole":         {func(string) error { return nil }, 20, ""},
		"cut file":      {func(d string) error { return os.Truncate(filepath.Join(d, newest, trainName), 9) }, 10, ""},
		"missing file":  {func(d string) error { return os.Remove(filepath.Join(d, newest, modelName)) }, 10, ""},
		"state no JSON": {func(d string) error { return os.WriteFile(filepath.Join(d, newest, stateName), []byte("{"), 0o666) }, 10, ""},
		"newer format": {func(d string) error {
			return os.WriteFile(filepath.Join(d, newest, stateName), []byte(`{"format":99,"step":20}`), 0o666)
		}, 0, "newer version of Ebb"},
		"all damaged": {func(d string) error {
			_ = os.Remove(filepath.Join(d, stateDir, stepDir(10), stateName))
			return os.Remove(filepath.Join(d, newest, stateName))
		}, 0, "restore it from a copy"},
	} {
		dir := saveTwo(t)
		if err := c.damage(dir); err != nil {
			t.Fatal(err)
		}
		s, err := ReadState(dir)
		if c.want == "" && (err != nil || s.Step != c.step) || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A reader that opens the run while it is trained always finds a checkpoint, of
// a step that only grows.
func TestReadWhileTraining(t *testing.T) {
	dir := filepath.Join(scratch(t), "run")
	r, _, err := begin(disk{}, dir)
	if err == nil {
		err = train(r, 0, 10)
	}
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan error, 1)
	go func() {
		done <- train(r, 10, 200)
		r.Close()
	}()
	for last := 10; last < 200; {
		s, err := ReadState(dir)
		if err != nil {
			t.Fatal(err)
		}
		if s.Step < last {
			t.Fatalf("step %d after step %d", s.Step, last)
		}
		last = s.Step
		s.Close()
		f, err := OpenModel(dir)
		if err != nil {
			t.Fatal(err)
		}
		if w, err := f.Float32("w"); err != nil || w[0] < float32(last-10) {
			t.Fatalf("model %v at step %d: %v", w, last, err)
		}
		f.Close()
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
}

// Weights changed in place pass the cheap checks of ReadState, not Verify.
func TestVerifyFindsChangedBytes(t *testing.T) {
	dir := saveTwo(t)
	path := filepath.Join(dir, stateDir, stepDir(20), trainName)
	raw := []byte(mustRead(t, path))
	raw[len(raw)-1] ^= 1
	_ = os.WriteFile(path, raw, 0o666)
	s, err := ReadState(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Verify(); err == nil || !strings.Contains(err.Error(), path) {
		t.Errorf("got %v", err)
	}
}

func TestModelOfANewerVersion(t *testing.T) {
	dir := t.TempDir()
	_ = WriteFile(filepath.Join(dir, modelName), func(w io.Writer) error {
		return Write(w, []Entry{Values("w", []float32{1}, 1)}, map[string]string{formatKey: "2"})
	})
	if _, err := OpenModel(dir); !errors.Is(err, ErrNewerFormat) {
		t.Errorf("got %v", err)
	}
}

func TestMetricsAreCutToTheStep(t *testing.T) {
	for _, c := range []struct {
		lines string
		step  int
		keep  string
		err   string
	}{
		{"", 5, "", ""},
		{"{\"step\":1}\n{\"step\":2}\n{\"step\":3}\n", 2, "{\"step\":1}\n{\"step\":2}\n", ""},
		{"{\"step\":1}\n{\"step\":2", 2, "{\"step\":1}\n", ""},
		{"{\"step\":1}\n{\"step\":2}", 2, "{\"step\":1}\n", ""}, // no end of line: may be cut from 20
		{"{\"step\":1}\n\x00\x00\x00", 2, "{\"step\":1}\n", ""},
		{"{\"step\":1}\nrubbish\n{\"step\":2}\n", 2, "", "line 2"},
		{"{\"step\":1}\nrubbish\n{\"step\":3}\n", 2, "{\"step\":1}\n", ""},
	} {
		path := filepath.Join(t.TempDir(), metricsName)
		_ = os.WriteFile(path, []byte(c.lines), 0o666)
		keep, size, err := metricsUpTo(path, c.step)
		if c.err != "" {
			if err == nil || !strings.Contains(err.Error(), c.err) {
				t.Errorf("%q: %v", c.lines, err)
			}
			continue
		}
		if err != nil || c.lines[:keep] != c.keep || size != int64(len(c.lines)) {
			t.Errorf("%q up to %d: kept %q of %d, %v", c.lines, c.step, c.lines[:keep], size, err)
		}
	}
}

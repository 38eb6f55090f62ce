package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// State is what a checkpoint holds.
type State struct {
	Step     int               // optimiser steps taken
	Seed     uint64            // of the run
	Ints     map[string]int64  // further exact counters by name
	Metadata map[string]string // stored with the model's weights

	Model []Entry // weights for sampling (EMA) -> model.safetensors
	Train []Entry // raw weights and the optimiser's moments -> train.safetensors
}

// Saved is a checkpoint on disk.
type Saved struct {
	Step  int
	Seed  uint64
	Ints  map[string]int64
	Model *File
	Train *File

	dir  string
	meta stateFile
}

// stateFile is state.json.
type stateFile struct {
	Format int                  `json:"format"`
	Step   int                  `json:"step"`
	Seed   uint64               `json:"seed"`
	Ints   map[string]int64     `json:"ints,omitempty"`
	Files  map[string]fileStamp `json:"files"`
}

// fileStamp is what a whole copy of a file looks like.
type fileStamp struct {
	Bytes  int64  `json:"bytes"`
	CRC32C string `json:"crc32c"`
}

func stepDir(step int) string { return fmt.Sprintf("step-%08d", step) }

// Save writes a checkpoint and then removes older ones. After an error, or a
// kill at any moment, the run still holds the previous checkpoint or holds this
// one. A step that is saved already is not written again: the same run has the
// same state there.
func (r *Run) Save(s *State) error {
	if err := r.metrics.Sync(); err != nil {
		return explain(r.metrics.Name(), err)
	}
	final := filepath.Join(r.dir, stateDir, stepDir(s.Step))
	if old, err := openState(final); err == nil {
		old.Close()
	} else if err := r.writeState(final, s); err != nil {
		return err
	}
	if err := r.publish(s.Step); err != nil {
		return err
	}
	return r.removeOlder(s.Step)
}

// writeState makes the folder final in one rename.
func (r *Run) writeState(final string, s *State) error {
	temp := final + tempSuffix
	err := r.disk.removeAll(temp)
	if err == nil {
		err = r.disk.mkdir(temp)
	}
	if err == nil {
		err = r.fillState(temp, s)
	}
	if err == nil {
		err = r.discard(final) // a damaged folder of the same step, if any
	}
	if err == nil {
		err = r.disk.rename(temp, final)
	}
	if err == nil {
		err = r.disk.syncDir(filepath.Dir(final))
	}
	if err != nil {
		os.RemoveAll(temp)
		var w *WriteError
		if errors.As(err, &w) {
			return fmt.Errorf("checkpoint of step %d: %w", s.Step, err)
		}
		return fmt.Errorf("checkpoint of step %d: %w", s.Step, explain(final, err))
	}
	return nil
}

func (r *Run) fillState(dir string, s *State) error {
	meta := stateFile{Format: Format, Step: s.Step, Seed: s.Seed, Ints: s.Ints, Files: map[string]fileStamp{}}
	model := map[string]string{formatKey: strconv.Itoa(Format), stepKey: strconv.Itoa(s.Step)}
	for k, v := range s.Metadata {
		model[k] = v
	}
	for _, f := range []struct {
		name     string
		entries  []Entry
		metadata map[string]string
	}{{modelName, s.Model, model}, {trainName, s.Train, nil}} {
		sum := stamper{}
		err := r.disk.writeFile(filepath.Join(dir, f.name), func(w io.Writer) error {
			return Write(io.MultiWriter(w, &sum), f.entries, f.metadata)
		})
		if err != nil {
			return err
		}
		meta.Files[f.name] = sum.stamp()
	}
	text, err := json.MarshalIndent(meta, "", "  ")
	if err != nil {
		return err
	}
	return r.disk.writeFile(filepath.Join(dir, stateName), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

// stamper counts and sums what is written to it.
type stamper struct {
	bytes int64
	crc   uint32
}

func (s *stamper) Write(p []byte) (int, error) {
	s.bytes += int64(len(p))
	s.crc = crc32.Update(s.crc, crc32.MakeTable(crc32.Castagnoli), p)
	return len(p), nil
}

func (s *stamper) stamp() fileStamp {
	return fileStamp{s.bytes, fmt.Sprintf("%08x", s.crc)}
}

// publish makes RUN/model.safetensors the model of the checkpoint at step.
func (r *Run) publish(step int) error {
	from := filepath.Join(r.dir, stateDir, stepDir(step), modelName)
	to := filepath.Join(r.dir, modelName)
	a, err := os.Stat(from)
	if err != nil {
		return err
	}
	if b, err := os.Stat(to); err == nil && os.SameFile(a, b) {
		return nil
	}
	temp := filepath.Join(r.dir, tempPrefix+modelName+tempSuffix)
	if err := r.disk.removeAll(temp); err != nil {
		return explain(to, err)
	}
	if err := r.disk.link(from, temp); err != nil {
		return r.disk.writeFile(to, func(w io.Writer) error { return copyFile(w, from) })
	}
	if err := r.disk.rename(temp, to); err != nil {
		return explain(to, err)
	}
	return explain(to, r.disk.syncDir(r.dir))
}

func copyFile(w io.Writer, from string) error {
	f, err := os.Open(from)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

// removeOlder removes the checkpoints of steps before step.
func (r *Run) removeOlder(step int) error {
	steps, err := listSteps(r.dir)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if s < step {
			if err := r.discard(filepath.Join(r.dir, stateDir, stepDir(s))); err != nil {
				return err
			}
		}
	}
	return nil
}

// discard removes a checkpoint's folder, first taking its name away so that a
// kill in between does not leave half of it under that name.
func (r *Run) discard(dir string) error {
	temp := dir + ".old" + tempSuffix
	if err := r.disk.removeAll(temp); err != nil {
		return explain(dir, err)
	}
	err := r.disk.rename(dir, temp)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err == nil {
		err = r.disk.removeAll(temp)
	}
	return explain(dir, err)
}

// listSteps returns the steps that have a folder in RUN/state, newest first.
func listSteps(dir string) ([]int, error) {
	list, err := os.ReadDir(filepath.Join(dir, stateDir))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var steps []int
	for _, e := range list {
		digits, ok := strings.CutPrefix(e.Name(), "step-")
		if n, err := strconv.Atoi(digits); ok && err == nil && stepDir(n) == e.Name() {
			steps = append(steps, n)
		}
	}
	slices.Sort(steps)
	slices.Reverse(steps)
	return steps, nil
}

// ReadState opens the newest whole checkpoint of the run at dir. If it has none
// the error wraps [ErrNoCheckpoint]; if it has only damaged ones, the error
// names the damage of the newest. The caller closes it. The run may be in
// training meanwhile.
func ReadState(dir string) (*Saved, error) {
	steps, err := listSteps(dir)
	for err == nil {
		var s *Saved
		if s, err = newestState(dir, steps); err == nil {
			return s, nil
		}
		// A trainer may have replaced the checkpoint between the look and the grasp.
		now, lerr := listSteps(dir)
		if lerr != nil || slices.Equal(now, steps) {
			break
		}
		steps, err = now, nil
	}
	return nil, err
}

// newestState opens the first of steps that is whole.
func newestState(dir string, steps []int) (*Saved, error) {
	var first error
	for _, n := range steps {
		s, err := openState(filepath.Join(dir, stateDir, stepDir(n)))
		if err == nil || errors.Is(err, ErrNewerFormat) {
			return s, err
		}
		if first == nil {
			first = err
		}
	}
	if first != nil {
		return nil, fmt.Errorf("the checkpoint cannot be read; restore it from a copy or train again in another folder: %w", first)
	}
	return nil, fmt.Errorf("%s: %w", dir, ErrNoCheckpoint)
}

// openState opens one checkpoint and compares its files with their stamps'
// sizes; [Saved.Verify] compares the checksums.
func openState(dir string) (*Saved, error) {
	path := filepath.Join(dir, stateName)
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &Saved{dir: dir}
	if err := json.Unmarshal(text, &s.meta); err != nil {
		return nil, fmt.Errorf("%s is not valid JSON: %w", path, err)
	}
	if err := checkFormat(strconv.Itoa(s.meta.Format)); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if filepath.Base(dir) != stepDir(s.meta.Step) {
		return nil, fmt.Errorf("%s is of step %d, which is not its folder's", path, s.meta.Step)
	}
	s.Step, s.Seed, s.Ints = s.meta.Step, s.meta.Seed, s.meta.Ints
	if s.Model, err = s.file(modelName); err != nil {
		return nil, err
	}
	if s.Train, err = s.file(trainName); err != nil {
		s.Model.Close()
		return nil, err
	}
	return s, nil
}

func (s *Saved) file(name string) (*File, error) {
	path := filepath.Join(s.dir, name)
	st, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if want := s.meta.Files[name].Bytes; st.Size() != want {
		return nil, fmt.Errorf("%s has %d bytes, but %s says %d", path, st.Size(), stateName, want)
	}
	return Open(path)
}

// Verify reads the files and compares their checksums, so that a resume never
// goes on from weights that the disk or an editor changed.
func (s *Saved) Verify() error {
	for _, name := range []string{modelName, trainName} {
		sum, path := stamper{}, filepath.Join(s.dir, name)
		if err := copyFile(&sum, path); err != nil {
			return err
		}
		if got, want := sum.stamp(), s.meta.Files[name]; got != want {
			return fmt.Errorf("%s was changed after it was saved (CRC-32C %s, saved %s): restore it from a copy or train again in another folder",
				path, got.CRC32C, want.CRC32C)
		}
	}
	return nil
}

// Close closes the files.
func (s *Saved) Close() error {
	err := s.Model.Close()
	if e := s.Train.Close(); err == nil {
		err = e
	}
	return err
}

package checkpoint

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Format is the version of the run's layout that this package writes. It reads
// all versions up to this one.
const Format = 1

// ErrNewerFormat says that a newer Ebb wrote a run.
var ErrNewerFormat = errors.New("written by a newer version of Ebb: update ebb to read it")

// ErrNoCheckpoint says that a run has not reached its first checkpoint.
var ErrNoCheckpoint = errors.New("the run has no checkpoint yet: train it until its first one")

const (
	configName  = "config.yaml"
	modelName   = "model.safetensors"
	trainName   = "train.safetensors"
	stateName   = "state.json"
	metricsName = "metrics.jsonl"
	stateDir    = "state"
	samplesDir  = "samples"
	formatKey   = "ebb_format" // in the metadata of model.safetensors
	stepKey     = "ebb_step"
)

// Run is a run directory that this process trains into. It is not safe for
// concurrent use.
type Run struct {
	dir     string
	disk    disk
	lock    *os.File
	metrics *os.File
}

// Create makes the run directory dir with its config.yaml. The folder may
// exist, but not hold a run already.
func Create(dir string, config []byte) (*Run, error) {
	return disk{}.createRun(dir, config)
}

func (d disk) createRun(dir string, config []byte) (*Run, error) {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return nil, explain(dir, err)
	}
	r, err := d.open(dir)
	if err != nil {
		return nil, err
	}
	err = vacant(dir)
	if err == nil {
		err = d.writeFile(filepath.Join(dir, configName), func(w io.Writer) error {
			_, err := w.Write(config)
			return err
		})
	}
	if err == nil {
		err = r.recover()
	}
	if err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// vacant refuses a folder that holds a run. Empty sub-folders do not count:
// they are what a kill while starting leaves.
func vacant(dir string) error {
	found := ""
	for _, name := range []string{configName, modelName} {
		if _, err := os.Lstat(filepath.Join(dir, name)); err == nil {
			found = name
		}
	}
	if steps, err := listSteps(dir); err != nil || len(steps) > 0 {
		found = stateDir
	}
	if found != "" {
		return fmt.Errorf("%s holds a run already (%s is there): resume it or choose another folder", dir, found)
	}
	return nil
}

// Resume opens an existing run for further training, as the package comment
// describes. If config.yaml is not there, as when the process was killed while
// starting, the error wraps fs.ErrNotExist and [Create] is the way on.
func Resume(dir string) (*Run, error) {
	return disk{}.resume(dir)
}

func (d disk) resume(dir string) (*Run, error) {
	if _, err := Config(dir); err != nil {
		return nil, err
	}
	r, err := d.open(dir)
	if err != nil {
		return nil, err
	}
	if err := r.recover(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// recover finishes or undoes what a killed process left.
func (r *Run) recover() error {
	for _, sub := range []string{".", stateDir, samplesDir} {
		if err := r.sweep(sub); err != nil {
			return err
		}
	}
	step := 0
	s, err := ReadState(r.dir)
	switch {
	case err == nil:
		step = s.Step
		s.Close()
		if err := r.publish(step); err != nil {
			return err
		}
		if err := r.removeOlder(step); err != nil {
			return err
		}
	case !errors.Is(err, ErrNoCheckpoint):
		return err
	}
	return r.openMetrics(step)
}

// sweep removes temporary files and folders.
func (r *Run) sweep(sub string) error {
	dir := filepath.Join(r.dir, sub)
	list, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range list {
		if isTemp(e.Name()) || (sub == stateDir && strings.HasSuffix(e.Name(), tempSuffix)) {
			path := filepath.Join(dir, e.Name())
			if err := r.disk.removeAll(path); err != nil {
				return explain(path, err)
			}
		}
	}
	return nil
}

// open locks dir and makes its sub-folders.
func (d disk) open(dir string) (*Run, error) {
	held, err := lock(dir)
	if err != nil {
		return nil, err
	}
	r := &Run{dir: dir, disk: d, lock: held}
	for _, sub := range []string{stateDir, samplesDir} {
		path := filepath.Join(dir, sub)
		if err := d.mkdir(path); err != nil && !errors.Is(err, fs.ErrExist) {
			r.Close()
			return nil, explain(path, err)
		}
	}
	return r, nil
}

// Close ends this process's use of the run. What was saved stays.
func (r *Run) Close() error {
	var err error
	if r.metrics != nil {
		err = r.metrics.Close()
	}
	if r.lock != nil {
		r.lock.Close()
	}
	return err
}

// Dir returns the run directory's path.
func (r *Run) Dir() string { return r.dir }

// Sample writes the file samples/name, whole or not at all.
func (r *Run) Sample(name string, write func(w io.Writer) error) error {
	return r.disk.writeFile(filepath.Join(r.dir, samplesDir, name), write)
}

// Config returns the bytes of dir/config.yaml.
func Config(dir string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(dir, configName))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a run: %w", dir, err)
	}
	return text, err
}

// OpenModel opens the weights for sampling of the run at dir: model.safetensors,
// or those of its newest checkpoint if the process was killed before it put
// them there. If there are none the error wraps [ErrNoCheckpoint].
func OpenModel(dir string) (*File, error) {
	path := filepath.Join(dir, modelName)
	f, err := Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		s, serr := ReadState(dir)
		if serr != nil {
			return nil, serr
		}
		s.Train.Close()
		f, err = s.Model, nil
	}
	if err != nil {
		return nil, err
	}
	if err := checkFormat(f.metadata[formatKey]); err != nil {
		f.Close()
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return f, nil
}

// checkFormat judges the version in a file's metadata; files of other programs
// have none.
func checkFormat(version string) error {
	if version == "" {
		return nil
	}
	var n int
	if _, err := fmt.Sscanf(version, "%d", &n); err != nil || n < 1 {
		return fmt.Errorf("its format version %q is not a number", version)
	}
	if n > Format {
		return fmt.Errorf("format %d, this Ebb reads up to %d: %w", n, Format, ErrNewerFormat)
	}
	return nil
}

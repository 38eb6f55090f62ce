package checkpoint

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
)

// Metric appends one line to metrics.jsonl. The value is marshalled to a JSON
// object, which must have a whole-number field "step".
func (r *Run) Metric(line any) error {
	text, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("%s: %w", r.metrics.Name(), err)
	}
	if _, ok := metricStep(text); !ok {
		panic(fmt.Sprintf("checkpoint: a line of metrics has no step: %s", text))
	}
	// One write, so that another process that follows the file sees whole lines.
	n, err := r.metrics.Write(append(text, '\n'))
	if err != nil && n > 0 { // a full disk: leave no half line for the next one to follow
		if st, serr := r.metrics.Stat(); serr == nil {
			_ = r.metrics.Truncate(st.Size() - int64(n))
		}
	}
	return explain(r.metrics.Name(), err)
}

// openMetrics cuts metrics.jsonl after the lines of steps up to step and opens
// it for appending.
func (r *Run) openMetrics(step int) error {
	path := filepath.Join(r.dir, metricsName)
	keep, size, err := metricsUpTo(path, step)
	if err == nil && keep < size {
		err = r.disk.truncate(path, keep)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return explain(path, err)
	}
	r.metrics, err = os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
	return explain(path, err)
}

// metricsUpTo returns how many bytes at the file's start are whole lines of
// steps up to step, and its size. A kill can leave half a line at the end; a
// damaged line before sound ones is an error, as cutting there would lose them.
func metricsUpTo(path string, step int) (keep, size int64, err error) {
	f, err := os.Open(path)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	in, damaged := bufio.NewReader(f), 0
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err != nil && err != io.EOF {
			return 0, 0, err
		}
		size += int64(len(line))
		got, ok := metricStep(line)
		ok = ok && err == nil
		switch {
		case ok && got <= step && damaged > 0:
			return 0, 0, fmt.Errorf("line %d is not a JSON object with a step, but lines after it are: mend or remove that line", damaged)
		case ok && got <= step:
			keep = size
		case !ok && damaged == 0 && len(line) > 0:
			damaged = n
		}
		if err == io.EOF {
			return keep, size, nil
		}
	}
}

func metricStep(line []byte) (int, bool) {
	var v struct {
		Step *int `json:"step"`
	}
	if json.Unmarshal(line, &v) != nil || v.Step == nil {
		return 0, false
	}
	return *v.Step, true
}

package model

import (
	"fmt"
	"runtime"

	"ebb/engine/autograd"
)

// thrifts is the table of what a training step may compute twice; the empty name is the default.
func thrifts() []named[autograd.Thrift] {
	return []named[autograd.Thrift]{
		{"", "only copies of other values", autograd.CopiesTwice},
		{"norms", "norms and activations too", autograd.NormsTwice},
		{"blocks", "whole blocks of the network", autograd.BlocksTwice},
	}
}

// NewThrift is the level of recomputation that Training.Recompute names.
func NewThrift(name string) (autograd.Thrift, error) { return find("recompute", name, thrifts()) }

// ThriftName is the name of a level of recomputation.
func ThriftName(level autograd.Thrift) string {
	for _, r := range thrifts() {
		if r.make == level {
			return r.Name
		}
	}
	return ""
}

// Overhead is what a process takes beside Go's heap, the program itself included, and beside the
// tape: stacks and the buffers of the kernels.
const Overhead Bytes = 64 << 20

// Slack is how much more than what is live at a time a tape takes: its buffers leave gaps.
const Slack = 1.2

// HeapNow is what lives on Go's heap: data and weights.
func HeapNow() Bytes {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return Bytes(m.HeapAlloc)
}

// rowsWithin works out from two dry runs, peak being the bytes live at a time in a run of so many rows,
// how many rows fit into room. It is at least 1 and at most most.
func rowsWithin(room Bytes, most int, peak func(rows int) int) (int, error) {
	one, two := peak(1), peak(2)
	if need := Bytes(Slack * float64(one)); need > room {
		return 0, fmt.Errorf("one row takes about %d MiB more than the memory that is left: give at least %d MiB more", (need-room)>>20+1, (need-room)>>20+1)
	}
	rows := 1 + int((float64(room)/Slack-float64(one))/float64(max(1, two-one)))
	return min(rows, most), nil
}

// batchWithin is how many rows go through the network at a time where a draw has a budget of
// memory: most without one. run makes a pass of so many rows.
func (o DrawOptions) batchWithin(most int, run func(t *autograd.Tape, rows int)) (int, error) {
	if o.Memory == 0 {
		return most, nil
	}
	rows, err := rowsWithin(o.Memory-HeapNow()-Overhead, most, func(rows int) int {
		tape := autograd.NewInference(nil)
		run(tape, rows)
		return tape.Memory().Peak
	})
	if err != nil {
		return 0, fmt.Errorf("a memory budget of %v is too small to draw: %w", o.Memory, err)
	}
	return rows, nil
}

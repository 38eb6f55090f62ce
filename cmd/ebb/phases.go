package main

import (
	"io"
	"time"

	"ebb/data/table"
)

// phases shows the progress of pieces of work that come one after the other, each with its name; of those
// only that take longer than patience.
type phases struct {
	out      io.Writer
	patience time.Duration
	name     table.Phase
	bar      *progress
}

func newPhases(out io.Writer) *phases { return &phases{out: out, patience: time.Second} }

// tell is a table.Watch.
func (p *phases) tell(phase table.Phase, done, total int) {
	if p.bar == nil || phase != p.name {
		p.done()
		p.name, p.bar = phase, newProgress(p.out, string(phase))
		p.bar.begun = true // from nothing
	}
	if time.Since(p.bar.start) >= p.patience {
		p.bar.update(float64(done)/float64(max(1, total)), "")
	}
	if done >= total {
		p.done()
	}
}

// done ends the line of the last phase.
func (p *phases) done() {
	if p.bar != nil {
		p.bar.done()
		p.bar = nil
	}
}

// watch shows the progress of work on a table.
func (s streams) watch(t *table.Table) {
	if t != nil {
		t.Watch = newPhases(s.err).tell
	}
}

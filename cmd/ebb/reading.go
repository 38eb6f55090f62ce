package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"ebb/data/table"
	"ebb/model"
)

// tableShare is the part of a budget of memory that the rows of a table may take: the others are
// for what is worked out from them (ranks, states), the network, and garbage.
const tableShare = 4

// read opens the data to learn from, with a line of progress where that takes a while, and says
// what a user should know of how it was read.
func (o *trainOptions) read(ctx context.Context, s streams) (*model.Source, error) {
	watch := watchReading(ctx, s)
	src, err := model.OpenSourceWith(o.data, table.ReadOptions{Memory: int64(o.memory) / tableShare, Watch: watch.update})
	watch.done()
	if err == nil {
		remarks(s.err, src)
	}
	return src, interrupted(err)
}

// interrupted makes a cancelled reading the end of an interrupted command.
func interrupted(err error) error {
	if errors.Is(err, context.Canceled) {
		return &exitError{exitInterrupted, errors.New("interrupted while the data was read: nothing is lost, since nothing was learned")}
	}
	return err
}

// remarks tells what was found that a user may not expect.
func remarks(w io.Writer, src *model.Source) {
	t := src.Table
	if t == nil {
		return
	}
	if t.Dialect.Encoding != "" {
		fmt.Fprintf(w, "%s is not UTF-8: read as %s, and rows are written so again\n", src.Path, t.Dialect.Encoding)
	}
	if t.Seen > 0 {
		fmt.Fprintf(w, "learning from %s of %s rows, chosen at random: more do not fit into --memory\n", thousands(t.Rows()), thousands(t.Seen))
	}
}

// thousands writes a number with commas.
func thousands(n int) string {
	text := fmt.Sprint(n)
	for i := len(text) - 3; i > 0; i -= 3 {
		text = text[:i] + "," + text[i:]
	}
	return text
}

// reading is the line of progress of a file that is read.
type reading struct {
	ctx   context.Context
	show  *progress
	start time.Time
}

func watchReading(ctx context.Context, s streams) *reading {
	return &reading{ctx: ctx, show: newProgress(s.err, "reading"), start: time.Now()}
}

// patience is how long a reading lasts before it is worth a line.
const patience = time.Second

// update implements table.ReadOptions.Watch.
func (r *reading) update(p table.Progress) error {
	if err := r.ctx.Err(); err != nil {
		return err
	}
	spent := time.Since(r.start)
	if spent < patience || r.show.last.IsZero() && p.Part > 0.9 {
		return nil
	}
	detail := ""
	if p.Bytes > 0 {
		detail = fmt.Sprintf("%.1f GB  %.0f MB/s", float64(p.Bytes)/1e9, float64(p.Bytes)/1e6/spent.Seconds())
	}
	if !r.show.begun {
		r.show.begun = true // the parts before count too: from stays 0
	}
	r.show.update(p.Part, detail)
	return nil
}

func (r *reading) done() { r.show.done() }

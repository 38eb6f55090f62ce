package main

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// progress tells a person how far a long piece of work is: a bar that redraws itself on a
// terminal, a line now and then elsewhere.
type progress struct {
	out      io.Writer
	label    string
	terminal bool
	every    time.Duration // between two lines where there is no terminal
	start    time.Time
	from     float64 // the part that was done when this process began, as of a resumed training
	begun    bool
	last     time.Time
	drawn    bool
}

func newProgress(out io.Writer, label string) *progress {
	p := &progress{out: out, label: label, every: 10 * time.Second, start: time.Now()}
	if f, ok := out.(*os.File); ok {
		p.terminal = term.IsTerminal(int(f.Fd()))
	}
	return p
}

// update shows the done part of the work (0 to 1) and a detail such as the loss.
func (p *progress) update(part float64, detail string) {
	now := time.Now()
	if !p.begun {
		p.from, p.begun = part, true
	}
	wait := p.every
	if p.terminal {
		wait = 100 * time.Millisecond
	}
	if now.Sub(p.last) < wait && part < 1 {
		return
	}
	p.last = now
	line := fmt.Sprintf("%s %s %3.0f %%  %s  %s", p.label, bar(part), 100*part, detail, p.left(part))
	if p.terminal {
		fmt.Fprintf(p.out, "\r\x1b[K%s", line)
		p.drawn = true
		return
	}
	fmt.Fprintf(p.out, "%s %3.0f %%  %s  %s\n", p.label, 100*part, detail, p.left(part))
}

// left estimates the time still needed from the time taken so far.
func (p *progress) left(part float64) string {
	spent := time.Since(p.start)
	if part >= 1 {
		return "in " + round(spent)
	}
	if part <= p.from {
		return ""
	}
	return round(time.Duration(float64(spent)*(1-part)/(part-p.from))) + " left"
}

// done ends the bar's line.
func (p *progress) done() {
	if p.drawn {
		fmt.Fprintln(p.out)
		p.drawn = false
	}
}

func round(d time.Duration) string {
	if d < 10*time.Second {
		return d.Round(100 * time.Millisecond).String()
	}
	return d.Round(time.Second).String()
}

func bar(part float64) string {
	const width = 24
	full := int(part*width + 0.5)
	full = min(max(full, 0), width)
	return "[" + strings.Repeat("=", full) + strings.Repeat(" ", width-full) + "]"
}

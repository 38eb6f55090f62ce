package bench

import (
	"fmt"
	"slices"
	"strings"

	"ebb/engine/kernel/parallel"
)

// Case is one thing to measure.
type Case struct {
	Name  string // such as train/bench_small
	Batch int    // examples in one call
	model *Model // nil for a kernel
	one   bool   // on one thread, however many there are
	work  func(p *parallel.Pool) (*work, error)
}

// work is a case made ready, with its buffers filled.
type work struct {
	run   func()
	flops float64 // floating-point operations of a call
	bytes float64 // bytes that a call has to move, every buffer once; 0: flops alone count
	// profile runs one call and notes where its time goes; nil for a kernel.
	profile func(*Profile)
}

// Cases are all cases, in the order in which they are measured.
func Cases() []Case {
	return slices.Concat(machineCases(), gemmCases(), convCases(), attentionCases(), vectorCases(), modelCases())
}

// Select keeps the cases whose names begin with one of the prefixes; all of
// them without any. A prefix that fits none is an error which lists the names.
func Select(prefixes []string) ([]Case, error) {
	all := Cases()
	if len(prefixes) == 0 {
		return all, nil
	}
	var chosen []Case
	for _, p := range prefixes {
		if !slices.ContainsFunc(all, func(c Case) bool { return strings.HasPrefix(c.Name, p) }) {
			return nil, fmt.Errorf("nothing to measure is called %q; the names are\n%s", p, index(all))
		}
	}
	for _, c := range all {
		if slices.ContainsFunc(prefixes, func(p string) bool { return strings.HasPrefix(c.Name, p) }) {
			chosen = append(chosen, c)
		}
	}
	return chosen, nil
}

// index lists all names, those of a kind on one line.
func index(cases []Case) string {
	var lines []string
	last := ""
	for _, name := range names(cases) {
		cut := strings.LastIndexByte(name, '/') + 1
		if kind := name[:cut]; kind != last {
			lines = append(lines, "  "+kind+":")
			last = kind
		}
		lines[len(lines)-1] += " " + name[cut:]
	}
	return strings.Join(lines, "\n")
}

func names(cases []Case) []string {
	out := make([]string, len(cases))
	for i, c := range cases {
		out[i] = c.Name
	}
	return out
}

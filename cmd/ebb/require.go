package main

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"ebb/metric"
	"ebb/report"
)

// figure is a number of a report by its name.
type figure struct {
	name  string
	value float64
}

// check is a bound that a figure must keep.
type check struct {
	name  string
	least bool // the figure must be at least bound, else at most
	bound float64
}

type checks []check

// parseChecks reads bounds of the form name<=1 or name>=0.9.
func parseChecks(texts []string) (checks, error) {
	var out checks
	for _, text := range texts {
		c := check{least: strings.Contains(text, ">=")}
		sign := "<="
		if c.least {
			sign = ">="
		}
		name, bound, ok := strings.Cut(text, sign)
		value, err := strconv.ParseFloat(strings.TrimSpace(bound), 64)
		if !ok || err != nil {
			return nil, usagef("--require %q: write a name, <= or >=, and a number, such as 'shape_error<=1'", text)
		}
		c.name, c.bound = strings.TrimSpace(name), value
		out = append(out, c)
	}
	return out, nil
}

// known refuses names that no figure has, before any work is done. A name that ends with _ stands for
// all that begin with it.
func (cs checks) known(names []string) error {
	for _, c := range cs {
		if !slices.ContainsFunc(names, func(n string) bool {
			return n == c.name || strings.HasSuffix(n, "_") && strings.HasPrefix(c.name, n) && c.name != n
		}) {
			return usagef("--require: there is no figure %q here: choose one of %s", c.name, strings.Join(names, ", "))
		}
	}
	return nil
}

// tableFigureNames are those of an evaluation's report.
func tableFigureNames() []string {
	var names []string
	for _, f := range (&report.Quality{Report: &metric.TableReport{}}).Figures() {
		names = append(names, f.Key)
	}
	return names
}

// imageFigureNames are those of pictures; the features are known when they were measured.
func imageFigureNames() []string {
	return []string{"copies", "nearest_ratio", "bits", "frechet_", "precision_", "recall_"}
}

// apply holds figures against the bounds; the error names the first that falls short and has
// exit code 3.
func (cs checks) apply(figures []figure) error {
	for _, c := range cs {
		value, err := lookupFigure(c.name, figures)
		if err != nil {
			return err
		}
		kept := value <= c.bound
		sign := "at most"
		if c.least {
			kept, sign = value >= c.bound, "at least"
		}
		if math.IsNaN(value) {
			return &exitError{exitShort, fmt.Errorf("%s was not measured, required %s %g: it may need held-out rows (--real) or a --label", c.name, sign, c.bound)}
		}
		if !kept {
			return &exitError{exitShort, fmt.Errorf("%s is %.4g, required %s %g", c.name, value, sign, c.bound)}
		}
	}
	return nil
}

func lookupFigure(name string, figures []figure) (float64, error) {
	names := make([]string, len(figures))
	for i, f := range figures {
		if f.name == name {
			return f.value, nil
		}
		names[i] = f.name
	}
	return math.NaN(), usagef("--require: there is no figure %q here: choose one of %s", name, strings.Join(names, ", "))
}

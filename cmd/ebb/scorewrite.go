package main

import (
	"bufio"
	"io"
	"strconv"
	"strings"

	"ebb/data/array"
	"ebb/model"
)

// scores are what ebb score writes: a header, and a line for each row.
type scores interface {
	len() int
	at(i int) (logLikelihood, standardError float64)
	fields(dst []string, i int) []string // i = -1: the header
}

type tableScores struct{ *model.TableScores }

func (s tableScores) len() int { return len(s.Rows) }

func (s tableScores) at(i int) (logLikelihood, standardError float64) {
	return s.Rows[i].LogLikelihood, s.Rows[i].StandardError
}

func (s tableScores) fields(dst []string, i int) []string {
	if i < 0 {
		return append(dst, "row", "log_likelihood", "standard_error", "alone", "together", "least", "least_column")
	}
	r := s.Rows[i]
	dst = append(dst, strconv.Itoa(i+1), nats(r.LogLikelihood), nats(r.StandardError), nats(r.Alone), nats(r.Together))
	if j := r.Least(); j >= 0 {
		return append(dst, nats(r.Columns[j]), s.Columns[j])
	}
	return append(dst, "", "")
}

type imageScores struct {
	pictures []model.ImageScore
	dim      int
}

func (s imageScores) len() int { return len(s.pictures) }

func (s imageScores) at(i int) (logLikelihood, standardError float64) {
	return s.pictures[i].LogLikelihood, s.pictures[i].StandardError
}

func (s imageScores) fields(dst []string, i int) []string {
	if i < 0 {
		return append(dst, "picture", "log_likelihood", "standard_error", "bits_per_dimension", "prior", "inner", "decoder", "label")
	}
	p := s.pictures[i]
	return append(dst, strconv.Itoa(i+1), nats(p.LogLikelihood), nats(p.StandardError),
		strconv.FormatFloat(p.Bits(s.dim), 'f', 6, 64), nats(p.Prior), nats(p.Inner), nats(p.Decoder), nats(p.Label))
}

// nats spells a likelihood.
func nats(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }

func writeScores(w io.Writer, s scores, delimiter string) error {
	b := bufio.NewWriter(w)
	var line []string
	for i := -1; i < s.len(); i++ {
		line = s.fields(line[:0], i)
		for j, f := range line {
			if strings.ContainsAny(f, delimiter+"\"\n\r") {
				line[j] = `"` + strings.ReplaceAll(f, `"`, `""`) + `"`
			}
		}
		b.WriteString(strings.Join(line, delimiter))
		b.WriteByte('\n')
	}
	return b.Flush()
}

func writeScoreArray(w io.Writer, s scores) error {
	values := make([]float64, 0, 2*s.len())
	for i := range s.len() {
		l, se := s.at(i)
		values = append(values, l, se)
	}
	return array.WriteNPY(w, array.FromFloat64(values, s.len(), 2))
}

// summaryOf is the means over all rows.
func summaryOf(s scores) map[string]any {
	var sum, errs float64
	n := float64(s.len())
	for i := range s.len() {
		l, se := s.at(i)
		sum, errs = sum+l, errs+se
	}
	out := map[string]any{"n": s.len(), "log_likelihood": sum / n, "standard_error": errs / n}
	t, isTable := s.(tableScores)
	if isTable {
		alone, unknown, missing := 0.0, 0, 0
		for _, r := range t.Rows {
			alone += r.Alone
		}
		for _, u := range t.Unknown {
			if u.Missing {
				missing += u.Rows
			} else {
				unknown += u.Rows
			}
		}
		out["alone"], out["unknown_cells"], out["missing_cells"] = alone/n, unknown, missing
		return out
	}
	p := s.(imageScores)
	var m model.ImageScore
	for _, x := range p.pictures {
		m.LogLikelihood += x.LogLikelihood / n
		m.Prior += x.Prior / n
		m.Inner += x.Inner / n
		m.Decoder += x.Decoder / n
		m.Label += x.Label / n
	}
	bits := func(nats float64) float64 { return model.ImageScore{LogLikelihood: nats}.Bits(p.dim) }
	out["bits"], out["prior"], out["inner"], out["decoder"], out["label"] = bits(m.LogLikelihood), bits(m.Prior), bits(m.Inner), bits(m.Decoder), bits(m.Label)
	return out
}

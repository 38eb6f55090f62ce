package model

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// mostScheduleRows bounds a file of betas or points, which becomes a part of config.yaml.
const mostScheduleRows = 10000

// looksLikeFile tells a file of a user's own schedule from a name of Schedules.
func looksLikeFile(name string) bool {
	switch strings.ToLower(filepath.Ext(name)) {
	case ".csv", ".tsv", ".txt":
		return true
	}
	return strings.ContainsRune(name, filepath.Separator)
}

// ReadSchedule reads the schedule of process.file, where one is named, into the configuration,
// and makes no more steps when sampling than it has.
func (c *Config) ReadSchedule() error {
	if c.Process.File == "" {
		return nil
	}
	if err := c.Process.read(); err != nil {
		return err
	}
	if c.Process.Schedule == "betas" {
		c.Sampling.Steps = min(c.Sampling.Steps, c.Process.Steps)
	}
	return nil
}

// read reads the schedule of File into Betas or Points and chooses the schedule of that name: one number a line is a beta, of step 1 and on; three are a time in
// [0, 1], alpha and sigma. They are parted by commas, semicolons, tabs or spaces; a first line
// of words, empty lines and lines that begin with # are passed over.
func (p *Process) read() error {
	rows, err := readNumbers(p.File)
	if err != nil {
		return err
	}
	switch len(rows[0]) {
	case 1:
		p.Schedule, p.Betas, p.Points = "betas", nil, nil
		for _, r := range rows {
			p.Betas = append(p.Betas, r[0])
		}
		p.Steps = len(rows)
	case 3:
		p.Schedule, p.Points, p.Betas = "points", rows, nil
	default:
		return fmt.Errorf("%s: %d numbers a line; a schedule has one (beta) or three (time, alpha, sigma)", p.File, len(rows[0]))
	}
	file := p.File
	p.File = ""
	if _, err := p.NewSchedule(); err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

// readNumbers reads lines of equally many numbers, at least one line.
func readNumbers(path string) ([][]float64, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("schedule: %w", err)
	}
	defer f.Close()
	var rows [][]float64
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		text := strings.TrimSpace(lines.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		fields := strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(",;\t ", r) })
		row := make([]float64, len(fields))
		for i, field := range fields {
			if row[i], err = strconv.ParseFloat(field, 64); err != nil {
				break
			}
		}
		switch {
		case err != nil && n == 1: // the columns' names
			err = nil
			continue
		case err != nil:
			return nil, fmt.Errorf("%s: line %d: %q is not a row of numbers: %w", path, n, text, err)
		case len(rows) > 0 && len(row) != len(rows[0]), len(row) == 0:
			return nil, fmt.Errorf("%s: line %d has %d numbers, the lines before it %d", path, n, len(row), len(rows[0]))
		case len(rows) == mostScheduleRows:
			return nil, fmt.Errorf("%s: more than %d lines; thin the schedule out, it is interpolated between its points", path, mostScheduleRows)
		}
		rows = append(rows, row)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if len(rows) == 0 {
		return nil, fmt.Errorf("%s: there are no numbers in it; a schedule has one (beta) or three (time, alpha, sigma) a line", path)
	}
	return rows, nil
}

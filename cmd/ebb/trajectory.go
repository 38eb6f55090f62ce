package main

import (
	"io"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"ebb/data/array"
	"ebb/data/image"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/model"
	"ebb/model/checkpoint"
)

// trajectory keeps the states of the first rows of a draw after each step.
type trajectory struct {
	path   string
	states []*process.State
}

// The frames of an animation, and how long each is shown.
const (
	animationFrames = 40
	animationDelay  = 80 * time.Millisecond
)

// newTrajectory checks the file's form; no path is no trajectory.
func newTrajectory(path string, kind model.Kind) (*trajectory, error) {
	if path == "" {
		return nil, nil
	}
	forms := []string{".npy"}
	if kind == model.KindImage {
		forms = append(forms, ".png")
	}
	if end := strings.ToLower(filepath.Ext(path)); !slices.Contains(forms, end) {
		return nil, usagef("--trajectory %s: of a model of kind %s it is written as %s, not %q", path, kind, strings.Join(forms, " or "), end)
	}
	return &trajectory{path: path}, nil
}

// see keeps the state of a step, as long as it is one of the rows that are drawn first.
func (tr *trajectory) see(p sample.Progress) {
	if tr == nil || p.X == nil || p.X.Dim == 0 {
		return
	}
	tr.states = append(tr.states, p.X.Clone())
}

// write writes the states: as an array (steps, rows, numbers), or as an animated PNG.
func (tr *trajectory) write(m model.Model) error {
	if tr == nil {
		return nil
	}
	return checkpoint.WriteFile(tr.path, func(w io.Writer) error {
		if m, ok := m.(*model.ImageModel); ok && strings.EqualFold(filepath.Ext(tr.path), ".png") {
			return tr.animate(w, m.Config.Image.Frame)
		}
		var data []float64
		rows, dim := 0, 0
		for _, x := range tr.states {
			rows, dim = x.Rows, x.Dim
			data = append(data, x.Data...)
		}
		return array.WriteNPY(w, array.FromFloat64(data, len(tr.states), rows, dim))
	})
}

// animate writes evenly spaced frames, the last state among them.
func (tr *trajectory) animate(w io.Writer, f image.Frame) error {
	n := min(len(tr.states), animationFrames)
	frames := make([]*image.Images, n)
	for k := range frames {
		frames[k] = image.DecodeAll(f, tr.states[(k+1)*len(tr.states)/n-1].Data)
	}
	return image.Grid{Scale: max(1, 64/f.W)}.WriteAnimation(w, frames, animationDelay)
}

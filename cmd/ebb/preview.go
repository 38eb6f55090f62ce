package main

import (
	"context"
	"fmt"
	"io"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/model"
)

// The size of what is drawn while training: quick beside the steps between two checkpoints.
const (
	previewPictures = 36
	previewRows     = 20
	previewSteps    = 20
)

// objective is the training of m on the job's data, and a preview that draws a few samples into
// the run.
func (j *trainJob) objective(m model.Model) (model.Objective, func(context.Context, int) error, error) {
	o := model.DrawOptions{Seed: j.config.Seed, Steps: previewSteps, Sampler: "ddim", Class: -1}
	switch m := m.(type) {
	case *model.TableModel:
		if j.source.table == nil {
			return nil, nil, fmt.Errorf("%s holds pictures, the run was made for a table", j.source.path)
		}
		objective, err := m.Objective(j.source.table)
		o.N = previewRows
		return objective, func(ctx context.Context, step int) error {
			rows, err := m.Draw(ctx, o)
			if err != nil {
				return err
			}
			return j.run.Sample(fmt.Sprintf("%08d.csv", step), func(w io.Writer) error { return table.Write(w, rows) })
		}, err
	case *model.ImageModel:
		if j.source.images == nil {
			return nil, nil, fmt.Errorf("%s is a table, the run was made for pictures", j.source.path)
		}
		objective, err := m.Objective(j.source.images)
		o.N = previewPictures
		return objective, func(ctx context.Context, step int) error {
			pictures, err := m.Draw(ctx, o)
			if err != nil {
				return err
			}
			return j.run.Sample(fmt.Sprintf("%08d.png", step), func(w io.Writer) error {
				return image.Grid{Scale: 2}.WritePNG(w, pictures)
			})
		}, err
	}
	return nil, nil, fmt.Errorf("cannot train a %T", m)
}

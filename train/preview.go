package train

import (
	"context"
	"fmt"
	"io"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/model"
	"ebb/model/checkpoint"
)

// The size of what is drawn while training: quick beside the steps between two checkpoints.
const (
	previewPictures = 36
	previewRows     = 20
	previewSteps    = 20
)

// preview draws a few samples of m into the run.
func preview(ctx context.Context, m model.Model, run *checkpoint.Run, c *model.Config, step int) error {
	o := model.DrawOptions{Seed: c.Seed, Sampler: "ddim", Class: -1, Memory: c.Training.Memory, Repeat: true}
	switch m := m.(type) {
	case *model.TableModel:
		o.N, o.Steps = previewRows, m.Config.FewSteps(previewSteps)
		rows, err := m.Draw(ctx, o)
		if err != nil {
			return err
		}
		return run.Sample(fmt.Sprintf("%08d.csv", step), func(w io.Writer) error { return table.Write(w, rows) })
	case *model.ImageModel:
		o.N, o.Steps = previewPictures, m.Config.FewSteps(previewSteps)
		pictures, err := m.Draw(ctx, o)
		if err != nil {
			return err
		}
		return run.Sample(fmt.Sprintf("%08d.png", step), func(w io.Writer) error {
			return image.Grid{Scale: 2}.WritePNG(w, pictures)
		})
	}
	return nil
}

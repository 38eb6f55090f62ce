package model

import (
	"fmt"
	"slices"

	"ebb/engine/nn"
	"ebb/model/checkpoint"
)

// WeightEntries are the parameters as model.safetensors holds them: PyTorch's names and order
// of axes, so that any safetensors reader can use them.
func WeightEntries(params nn.Params) []checkpoint.Entry {
	entries := make([]checkpoint.Entry, len(params))
	for i, p := range params {
		data := make([]float32, p.Value().Len())
		p.ToFile(data, p.Value().Data)
		entries[i] = checkpoint.Values(p.Name, data, p.FileShape()...)
	}
	return entries
}

// LoadWeights fills every parameter from the tensor of its name. A tensor that is missing or
// has another shape is an error; tensors that no parameter asks for are left alone.
func LoadWeights(f *checkpoint.File, params nn.Params) error {
	for _, p := range params {
		info, ok := f.Info(p.Name)
		if !ok {
			return fmt.Errorf("%s: no tensor %q: the weights do not belong to this configuration", f.Path(), p.Name)
		}
		if want := p.FileShape(); !slices.Equal(info.Shape, want) {
			return fmt.Errorf("%s: tensor %q has shape %v, the configuration asks for %v", f.Path(), p.Name, info.Shape, want)
		}
		if err := f.Use(p.Name, func(data []float32) { p.FromFile(p.Value().Data, data) }); err != nil {
			return err
		}
	}
	return nil
}

package model

import (
	"fmt"
	"path/filepath"

	"ebb/diffusion/network"
	"ebb/engine/kernel/parallel"
	"ebb/engine/nn"
	"ebb/model/checkpoint"
)

// Model is what every kind of model has: a *TableModel or an *ImageModel.
type Model interface {
	Params() nn.Params
}

// New builds the model of a configuration with initial weights from its seed. pool computes;
// nil is one thread.
func New(c *Config, pool *parallel.Pool) (Model, error) {
	if c.Kind == KindTable {
		return NewTableModel(c, pool)
	}
	return NewImageModel(c, pool)
}

// blank builds the model of a configuration with weights of zero, to be loaded.
func blank(c *Config, pool *parallel.Pool) (Model, error) {
	if c.Kind == KindTable {
		return tableModel(c, pool, func() (*network.MLP, error) { return network.BlankMLP(c.Table.MLP) })
	}
	return imageModel(c, pool, func() (*network.UNet, error) { return network.BlankUNet(c.Image.UNet) })
}

// ReadConfig reads the configuration of the run at dir.
func ReadConfig(dir string) (*Config, error) {
	text, err := checkpoint.Config(dir)
	if err != nil {
		return nil, err
	}
	return DecodeConfig(text, filepath.Join(dir, "config.yaml"))
}

// Open loads the model of the run at dir with its weights for sampling.
func Open(dir string, pool *parallel.Pool) (Model, *Config, error) {
	c, err := ReadConfig(dir)
	if err != nil {
		return nil, nil, err
	}
	m, err := blank(c, pool)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", dir, err)
	}
	f, err := checkpoint.OpenModel(dir)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	if t, ok := m.(*TableModel); ok {
		if t.margins, err = loadMargins(f, c.Table.Transform.Numbers()); err != nil {
			return nil, nil, err
		}
	}
	return m, c, LoadWeights(f, m.Params())
}

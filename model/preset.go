package model

import (
	"fmt"
	"time"

	"ebb/data/image"
	"ebb/diffusion/network"
	"ebb/model/checkpoint"
)

// defaultTraining are the settings that both kinds start from.
func defaultTraining() Training {
	return Training{Floor: 0.01, Warmup: 100, WeightDecay: 0.01, Clip: 1, EMA: 0.999, Checkpoint: 30 * time.Second}
}

// unetPreset is a size of UNet.
type unetPreset struct {
	channels  []int
	layers    int
	attention int // the level at which pixels attend to each other, beside the middle
	batch     int
}

// unetPresets are the sizes by name.
func unetPresets() []named[unetPreset] {
	return []named[unetPreset]{
		{"tiny", "0.7 M parameters: pictures up to 16x16", unetPreset{[]int{32, 64}, 1, 1, 64}},
		{"small", "1.6 M parameters: pictures up to 32x32, minutes on two cores", unetPreset{[]int{32, 64, 64}, 2, 1, 32}},
		{"base", "6.5 M parameters: pictures from 32x32 on, hours on two cores", unetPreset{[]int{64, 128, 128}, 2, 1, 32}},
	}
}

// NewImageConfig is the configuration for pictures like those of m: preset is a name of
// unetPresets, or empty to choose by the pictures' size.
func NewImageConfig(m *image.Images, preset string) (*Config, error) {
	if preset == "" {
		preset = "small"
		if max(m.H, m.W) <= 16 {
			preset = "tiny"
		}
	}
	size, err := find("preset", preset, unetPresets())
	if err != nil {
		return nil, err
	}
	c := &Config{
		Format: checkpoint.Format, Kind: KindImage, Preset: preset,
		Process:  Process{Schedule: "cosine", Steps: 1000, Prediction: "v_prediction", Variance: varianceLearned, Focus: 3},
		Training: defaultTraining(),
		Sampling: Sampling{Sampler: "ddpm", Steps: 100},
		Image:    newImageSection(m, size),
	}
	c.Training.Batch = min(size.batch, m.N)
	c.Training.Rate = 1e-3
	return c, nil
}

func newImageSection(m *image.Images, size unetPreset) *ImageConfig {
	frame := image.NewFrame(m, 1<<(len(size.channels)-1))
	s := &ImageConfig{Frame: frame, UNet: unetConfig(frame, size)}
	if m.Labels != nil {
		s.Classes = classesOf(m)
		n := len(s.Classes)
		s.UNet.Classes = &n
	}
	return s
}

// unetConfig is a UNet that also says its variance.
func unetConfig(f image.Frame, size unetPreset) network.UNetConfig {
	u := network.DefaultUNet()
	levels := len(size.channels)
	u.SampleSize = network.Size{H: f.PaddedH(), W: f.PaddedW()}
	u.InChannels, u.OutChannels = f.C, 2*f.C
	u.DownBlocks, u.UpBlocks = make([]string, levels), make([]string, levels)
	for i := range levels {
		u.DownBlocks[i], u.UpBlocks[levels-1-i] = "DownBlock2D", "UpBlock2D"
		if i == size.attention {
			u.DownBlocks[i], u.UpBlocks[levels-1-i] = "AttnDownBlock2D", "AttnUpBlock2D"
		}
	}
	u.BlockOutChannels, u.LayersPerBlock = size.channels, size.layers
	u.HeadDim, u.NormGroups = nil, 8
	return u
}

// classesOf counts the classes of a labelled set.
func classesOf(m *image.Images) []Class {
	classes := make([]Class, 0, len(m.LabelNames))
	for k, name := range m.LabelNames {
		c := Class{Name: name}
		for _, l := range m.Labels {
			if int(l) == k {
				c.Count++
			}
		}
		classes = append(classes, c)
	}
	return classes
}

// Pad makes the network see pictures like those of m with a border, so that each side is a
// multiple of so many pixels. The border is cut off again when pictures are drawn.
func (c *ImageConfig) Pad(m *image.Images, multiple int) error {
	frame := image.NewFrame(m, multiple)
	if err := c.UNet.CheckSize(frame.PaddedH(), frame.PaddedW()); err != nil {
		return fmt.Errorf("padding to a multiple of %d: %w", multiple, err)
	}
	c.Frame = frame
	c.UNet.SampleSize = network.Size{H: frame.PaddedH(), W: frame.PaddedW()}
	return nil
}

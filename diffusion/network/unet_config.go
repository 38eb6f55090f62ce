package network

import (
	"encoding/json"
	"fmt"
	"slices"
)

// UNetConfig describes a UNet in the field names of diffusers' config.json.
// Start from [DefaultUNet], as a missing field means diffusers' default.
type UNetConfig struct {
	SampleSize   Size `json:"sample_size" yaml:"sample_size"` // pixels; a hint, other sizes work
	InChannels   int  `json:"in_channels" yaml:"in_channels"`
	OutChannels  int  `json:"out_channels" yaml:"out_channels"`
	CenterSample bool `json:"center_input_sample" yaml:"center_input_sample"` // the network sees 2x-1

	TimeEmbedding    string `json:"time_embedding_type" yaml:"time_embedding_type"` // positional
	TimeEmbeddingDim *int   `json:"time_embedding_dim" yaml:"time_embedding_dim"`   // nil: 4 times the first level's channels
	FreqShift        int    `json:"freq_shift" yaml:"freq_shift"`
	FlipSinToCos     bool   `json:"flip_sin_to_cos" yaml:"flip_sin_to_cos"`
	TimeScaleShift   string `json:"resnet_time_scale_shift" yaml:"resnet_time_scale_shift"` // default: time adds; scale_shift: it also scales

	DownBlocks       []string `json:"down_block_types" yaml:"down_block_types"` // DownBlock2D, AttnDownBlock2D
	MidBlock         *string  `json:"mid_block_type" yaml:"mid_block_type"`     // UNetMidBlock2D, or nil for none
	UpBlocks         []string `json:"up_block_types" yaml:"up_block_types"`     // UpBlock2D, AttnUpBlock2D
	BlockOutChannels []int    `json:"block_out_channels" yaml:"block_out_channels"`
	LayersPerBlock   int      `json:"layers_per_block" yaml:"layers_per_block"`
	MidScale         float64  `json:"mid_block_scale_factor" yaml:"mid_block_scale_factor"` // residual sums of the middle are divided by it
	AddAttention     bool     `json:"add_attention" yaml:"add_attention"`                   // in the middle

	DownsamplePadding int    `json:"downsample_padding" yaml:"downsample_padding"` // 1; 0 pads bottom and right by 1
	DownsampleType    string `json:"downsample_type" yaml:"downsample_type"`       // conv
	UpsampleType      string `json:"upsample_type" yaml:"upsample_type"`           // conv

	ActFn          string  `json:"act_fn" yaml:"act_fn"`                         // silu, also called swish
	HeadDim        *int    `json:"attention_head_dim" yaml:"attention_head_dim"` // channels of a head; nil: one head
	NormGroups     int     `json:"norm_num_groups" yaml:"norm_num_groups"`
	AttnNormGroups *int    `json:"attn_norm_num_groups" yaml:"attn_norm_num_groups"` // of the middle's attention
	NormEps        float64 `json:"norm_eps" yaml:"norm_eps"`
	Dropout        float64 `json:"dropout" yaml:"dropout"` // kept, not applied: it is off when sampling

	ClassEmbedType *string `json:"class_embed_type" yaml:"class_embed_type"` // nil: a table
	Classes        *int    `json:"num_class_embeds" yaml:"num_class_embeds"` // nil: no labels
}

const (
	downBlock2D     = "DownBlock2D"
	attnDownBlock2D = "AttnDownBlock2D"
	upBlock2D       = "UpBlock2D"
	attnUpBlock2D   = "AttnUpBlock2D"
	midBlock2D      = "UNetMidBlock2D"
	scaleShift      = "scale_shift"
)

// DefaultUNet is what diffusers 0.35 builds when config.json says nothing.
func DefaultUNet() UNetConfig {
	mid, head := midBlock2D, 8
	return UNetConfig{
		InChannels: 3, OutChannels: 3,
		TimeEmbedding: "positional", FlipSinToCos: true, TimeScaleShift: "default",
		DownBlocks:       []string{downBlock2D, attnDownBlock2D, attnDownBlock2D, attnDownBlock2D},
		MidBlock:         &mid,
		UpBlocks:         []string{attnUpBlock2D, attnUpBlock2D, attnUpBlock2D, upBlock2D},
		BlockOutChannels: []int{224, 448, 672, 896}, LayersPerBlock: 2,
		MidScale: 1, AddAttention: true,
		DownsamplePadding: 1, DownsampleType: "conv", UpsampleType: "conv",
		ActFn: "silu", HeadDim: &head, NormGroups: 32, NormEps: 1e-5,
	}
}

// Size is an image's size: null, a number, or [height, width] in JSON.
type Size struct{ H, W int }

// UnmarshalJSON implements json.Unmarshaler.
func (s *Size) UnmarshalJSON(text []byte) error {
	var n *int
	if json.Unmarshal(text, &n) == nil {
		if *s = (Size{}); n != nil {
			*s = Size{*n, *n}
		}
		return nil
	}
	var hw []int
	if err := json.Unmarshal(text, &hw); err != nil || len(hw) != 2 {
		return fmt.Errorf("sample_size is %s, where a number, [height, width] or null can stand", text)
	}
	*s = Size{hw[0], hw[1]}
	return nil
}

// MarshalJSON implements json.Marshaler.
func (s Size) MarshalJSON() ([]byte, error) {
	switch {
	case s == Size{}:
		return []byte("null"), nil
	case s.H == s.W:
		return json.Marshal(s.H)
	}
	return json.Marshal([]int{s.H, s.W})
}

// MarshalYAML gives a YAML encoder what MarshalJSON writes.
func (s Size) MarshalYAML() (any, error) {
	switch {
	case s == Size{}:
		return nil, nil
	case s.H == s.W:
		return s.H, nil
	}
	return []int{s.H, s.W}, nil
}

// UnmarshalYAML reads from a YAML decoder what UnmarshalJSON reads.
func (s *Size) UnmarshalYAML(decode func(any) error) error {
	var n int // null is 0
	if decode(&n) == nil {
		*s = Size{n, n}
		return nil
	}
	var hw []int
	if err := decode(&hw); err != nil || len(hw) != 2 {
		return fmt.Errorf("sample_size is neither a number, nor [height, width], nor null")
	}
	*s = Size{hw[0], hw[1]}
	return nil
}

// Validate reports what in the configuration cannot be built, by its JSON name.
func (c *UNetConfig) Validate() error {
	for _, f := range []struct {
		name, got string
		known     []string
	}{
		{"time_embedding_type", c.TimeEmbedding, []string{"positional"}},
		{"resnet_time_scale_shift", c.TimeScaleShift, []string{"default", scaleShift}},
		{"downsample_type", c.DownsampleType, []string{"conv"}},
		{"upsample_type", c.UpsampleType, []string{"conv"}},
		{"act_fn", c.ActFn, []string{"silu", "swish"}},
		{"mid_block_type", deref(c.MidBlock, midBlock2D), []string{midBlock2D}},
		{"class_embed_type", deref(c.ClassEmbedType, "null"), []string{"null"}},
	} {
		if !slices.Contains(f.known, f.got) {
			return fmt.Errorf("unet: %s is %q; this version builds %q", f.name, f.got, f.known)
		}
	}
	for _, f := range []struct {
		name string
		got  int
	}{
		{"in_channels", c.InChannels}, {"out_channels", c.OutChannels},
		{"layers_per_block", c.LayersPerBlock}, {"norm_num_groups", c.NormGroups},
		{"time_embedding_dim", deref(c.TimeEmbeddingDim, 1)}, {"attention_head_dim", deref(c.HeadDim, 1)},
		{"attn_norm_num_groups", deref(c.AttnNormGroups, 1)}, {"num_class_embeds", deref(c.Classes, 1)},
	} {
		if f.got < 1 {
			return fmt.Errorf("unet: %s is %d, it must be at least 1", f.name, f.got)
		}
	}
	if c.MidScale <= 0 || c.NormEps <= 0 || c.Dropout < 0 || c.Dropout >= 1 {
		return fmt.Errorf("unet: mid_block_scale_factor %g and norm_eps %g must be above 0, dropout %g in [0, 1)", c.MidScale, c.NormEps, c.Dropout)
	}
	if c.DownsamplePadding != 0 && c.DownsamplePadding != 1 {
		return fmt.Errorf("unet: downsample_padding is %d, it can be 0 or 1", c.DownsamplePadding)
	}
	if err := c.validateLevels(); err != nil {
		return err
	}
	if s := c.SampleSize; s != (Size{}) {
		return c.CheckSize(s.H, s.W)
	}
	return nil
}

// deref is *p, or the given value for nil.
func deref[T any](p *T, missing T) T {
	if p == nil {
		return missing
	}
	return *p
}

func (c *UNetConfig) validateLevels() error {
	n := len(c.BlockOutChannels)
	if n == 0 || n > 16 || len(c.DownBlocks) != n || len(c.UpBlocks) != n {
		return fmt.Errorf("unet: %d block_out_channels, %d down_block_types and %d up_block_types; all must be one number from 1 to 16",
			n, len(c.DownBlocks), len(c.UpBlocks))
	}
	for i, ch := range c.BlockOutChannels {
		up := c.UpBlocks[n-1-i]
		if c.DownBlocks[i] != downBlock2D && c.DownBlocks[i] != attnDownBlock2D {
			return fmt.Errorf("unet: down_block_types[%d] is %q; this version builds %s and %s", i, c.DownBlocks[i], downBlock2D, attnDownBlock2D)
		}
		if up != upBlock2D && up != attnUpBlock2D {
			return fmt.Errorf("unet: up_block_types[%d] is %q; this version builds %s and %s", n-1-i, up, upBlock2D, attnUpBlock2D)
		}
		mid := i == n-1 && c.MidBlock != nil && c.AddAttention
		attends := c.DownBlocks[i] == attnDownBlock2D || up == attnUpBlock2D || mid
		if ch < 1 || ch%c.NormGroups != 0 {
			return fmt.Errorf("unet: block_out_channels[%d] is %d, not a multiple of norm_num_groups %d", i, ch, c.NormGroups)
		}
		if attends && ch%deref(c.HeadDim, 1) != 0 {
			return fmt.Errorf("unet: block_out_channels[%d] is %d, not a multiple of attention_head_dim %d", i, ch, *c.HeadDim)
		}
		if g := c.midGroups(); mid && g > 0 && ch%g != 0 {
			return fmt.Errorf("unet: block_out_channels[%d] is %d, not a multiple of attn_norm_num_groups %d", i, ch, g)
		}
	}
	if c.BlockOutChannels[0] < 4 {
		return fmt.Errorf("unet: block_out_channels[0] is %d; the time embedding needs at least 4", c.BlockOutChannels[0])
	}
	if half := c.BlockOutChannels[0] / 2; c.FreqShift < 0 || c.FreqShift >= half {
		return fmt.Errorf("unet: freq_shift is %d, it must be from 0 to %d", c.FreqShift, half-1)
	}
	return nil
}

// midGroups is the number of groups of the norm before the middle's attention,
// 0 for no norm. A model with scale_shift has none unless it is asked for.
func (c *UNetConfig) midGroups() int {
	if c.AttnNormGroups == nil && c.TimeScaleShift == "default" {
		return c.NormGroups
	}
	return deref(c.AttnNormGroups, 0)
}

// CheckSize reports whether images of h by w pixels fit: each level but the
// last halves them, and going up again must give the same sizes.
func (c *UNetConfig) CheckSize(h, w int) error {
	unit := 1 << (len(c.BlockOutChannels) - 1)
	if h < 1 || w < 1 || h%unit != 0 || w%unit != 0 {
		return fmt.Errorf("unet: images of %dx%d pixels do not halve %d times; make both sides multiples of %d",
			h, w, len(c.BlockOutChannels)-1, unit)
	}
	return nil
}

// timeDim is the width of the time embedding.
func (c *UNetConfig) timeDim() int { return deref(c.TimeEmbeddingDim, 4*c.BlockOutChannels[0]) }

// heads is the number of attention heads on ch channels.
func (c *UNetConfig) heads(ch int) int { return ch / deref(c.HeadDim, ch) }

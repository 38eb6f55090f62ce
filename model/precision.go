package model

import "ebb/engine/kernel"

// precisions is the table of what matrix products and convolutions round their inputs to.
func precisions() []named[kernel.Precision] {
	return []named[kernel.Precision]{
		{"f32", "nothing is rounded", kernel.F32},
		{"bf16", "8 significant bits, sums in float32: about half the time where the processor has AVX512_BF16", kernel.BF16},
	}
}

// NewPrecision is the precision of a name; an empty one is f32.
func NewPrecision(name string) (kernel.Precision, error) {
	if name == "" {
		return kernel.F32, nil
	}
	return find("precision", name, precisions())
}

// Numerics is how the network computes: the precision of its products. The configuration has
// been checked.
func (c *Config) Numerics() kernel.Precision {
	p, _ := NewPrecision(c.Precision)
	return p
}

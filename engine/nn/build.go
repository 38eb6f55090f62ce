package nn

import (
	"strconv"

	"ebb/engine/autograd"
	"ebb/engine/rng"
	"ebb/engine/tensor"
)

// Builder makes the parameters of one network under dotted names.
type Builder struct {
	net    *made
	prefix string
}

// made is what the builders of one network share.
type made struct {
	stream rng.Stream
	params Params
	names  map[string]bool
	blank  bool
}

// NewBuilder starts a network whose initial values come from stream.
func NewBuilder(stream rng.Stream) *Builder {
	return &Builder{net: &made{stream: stream, names: map[string]bool{}}}
}

// NewBlankBuilder starts a network whose weights will be loaded: they are zero until
// then, which takes no time.
func NewBlankBuilder() *Builder {
	b := NewBuilder(rng.Stream{})
	b.net.blank = true
	return b
}

// At is a builder whose names begin with this one's, then name, then the
// indices: At("down_blocks", 0).At("resnets", 1) names down_blocks.0.resnets.1.
func (b *Builder) At(name string, index ...int) *Builder {
	prefix := b.path(name)
	for _, i := range index {
		prefix += "." + strconv.Itoa(i)
	}
	return &Builder{net: b.net, prefix: prefix}
}

// Params are all parameters made so far, by every builder of the network.
func (b *Builder) Params() Params { return b.net.params }

// Param makes a parameter. Those of one axis, biases and norms, are exempt from
// weight decay. It panics when the name is taken.
func (b *Builder) Param(name string, layout Layout, init Init, shape ...int) *Param {
	name = b.path(name)
	if b.net.names[name] {
		panic("nn: two parameters are called " + name)
	}
	b.net.names[name] = true
	value := tensor.New(shape...)
	if !b.net.blank {
		init(value.Data, b.net.stream, nameKey(name))
	}
	p := &Param{Name: name, Var: autograd.Param(value), Layout: layout, NoDecay: len(shape) < 2}
	b.net.params = append(b.net.params, p)
	return p
}

func (b *Builder) path(name string) string {
	if b.prefix == "" {
		return name
	}
	return b.prefix + "." + name
}

// nameKey is the FNV-1a hash of a name, which keys the draws of its parameter.
func nameKey(name string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h ^= uint64(name[i])
		h *= 1099511628211
	}
	return h
}

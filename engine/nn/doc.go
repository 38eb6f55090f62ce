// Package nn builds networks: named parameters, their initial values, and
// layers that pass them to the operations of autograd.
//
// A Builder makes parameters one after another and gives each a dotted name,
// the one PyTorch would give it, `down_blocks.0.resnets.1.conv1.weight`. The
// name is what a checkpoint stores, and it keys the initial values: a parameter
// of a given name and shape starts from the same numbers whatever other
// parameters stand around it.
//
// In memory weights lie as the kernels read them, input before output: (D,K)
// for a linear map, (K,K,C,O) for a convolution. Checkpoints keep PyTorch's
// order; Layout says which one a parameter has, ToFile and FromFile convert.
//
// Layers are plain structs of parameters with a Forward method. Networks call
// the operations of the tape directly where no layer fits.
package nn

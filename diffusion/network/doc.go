// Package network holds the networks that learn to denoise.
//
//	mlp.go    rows of a table: numbers and categories, one residual MLP
//	unet.go   images: the UNet2DModel family
//
// All have the one method that a denoiser calls,
//
//	Forward(t *autograd.Tape, x *autograd.Var, time []float64, labels []int32) *autograd.Var
//
// with one time for each example, in the network's own unit: 0 to 1 for the MLP,
// the timestep 0 to 999 of diffusers for the UNet. What the output means (noise,
// data, velocity, logits) is the denoiser's affair. An example's output is the
// same, bit for bit, alone or in any batch and with any number of threads. On an
// inference tape intermediate buffers go back to the arena as soon as they are
// done with.
//
// The last layer starts at zero, so that an untrained network says "nothing":
// its first gradients point at the output alone.
package network

// Package denoise stands between a network and a sampler: it turns what a
// network predicts into E[x0 | x_t], and it holds the losses that train it and
// the bound that judges it.
//
//	prediction.go  noise, data, velocity: three names for one quantity
//	model.go       Model: a network as a sample.Denoiser
//	ranged.go      the learned variance of Improved DDPM, a sample.Variance
//	objective.go   what to train on: times, noise, L_simple and L_hybrid
//	vlb.go         the variational term of one step, with its derivative
//	decoder.go     p(x0 | x_1): 8-bit levels or a density
//	bound.go       the whole variational bound in bits per dimension
//	guidance.go    a class drawn closer than the data has it
//	observed.go    rows of which linear observations are known
//	table.go       rows of numbers and categories, with one network for both
//	tableloss.go   their loss
//
// States and coefficients are float64, a network's tensors float32: the change
// happens at the network's own door, in model.go and table.go.
//
// Axis letters: N rows of a batch; H W C height, width, channels of an image;
// D numbers of a row; K categories of all columns together.
package denoise

// Package likelihood says how probable data is under a diffusion model, in
// nats: the logarithm of a density for numbers, of a probability for categories
// and for numbers in levels.
//
// A diffusion model gives no density outright. There are three ways to one:
//
//   - [Bound] (bound.go) is the variational bound of rows of numbers and masked
//     cells in continuous time, as the difference from independent columns,
//     whose likelihood is known. It needs only the denoiser, serves any table,
//     and for a perfect denoiser is the exact value. Its random draws are the
//     same for all rows, so that what differs between rows is the rows.
//   - [Flow] (flow.go) is the exact likelihood of the probability-flow ODE: the
//     path of a point to the noise, and how much space shrinks along it. It
//     needs the derivative of the denoiser (denoise.Differentiable), and numbers
//     alone.
//   - denoise.Bound is the bound of a discrete chain of steps, the one a model
//     that samples by them is trained on, in bits per dimension.
//
// Axis letters: D numbers, C cells (columns of categories), K logits of all
// cells side by side. Times are those of the schedule, 0 data, 1 noise.
package likelihood

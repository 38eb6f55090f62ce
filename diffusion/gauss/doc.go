// Package gauss knows the answers: for data that is Gaussian, N(mu, Sigma) with
// any full covariance, or a mixture of Gaussians, everything a diffusion model
// learns has a closed form. Samplers, losses and bounds are held against it.
//
// Write x_t = alpha x0 + sigma eps and Sigma = Q diag(e) Q'. Then, for Gaussian
// data,
//
//	marginal      x_t ~ N(alpha mu, Sigma_t),  Sigma_t = alpha^2 Sigma + sigma^2 I    (Flow)
//	score         -Sigma_t^{-1} (x_t - alpha mu)
//	denoiser      E[x0|x_t] = mu + alpha Sigma Sigma_t^{-1} (x_t - alpha mu)
//	uncertainty   Cov[x0|x_t] = sigma^2 Sigma Sigma_t^{-1}
//	reverse step  q(x_s|x_t) = N(X0 E[x0|x_t] + Xt x_t, X0^2 Cov[x0|x_t] + Var I)
//
// with X0, Xt, Var of process.Posterior. All share the eigenvectors Q, so a
// diffusion works on each eigenvalue e on its own: e_t = alpha^2 e + sigma^2.
// A mixture weighs its parts by their probability given x_t.
//
// The eigendecompositions are gonum's, whose kernels differ between
// architectures: this package is exact to rounding but does not promise the
// same bits everywhere. Nothing that trains or samples a real model uses it.
package gauss

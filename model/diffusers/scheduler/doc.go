// Package scheduler reads the configuration of a diffusers scheduler and says
// what it means here: a noise schedule, a grid of times and a sampler.
//
// The samplers of diffusion/sample are the textbook's. Where the library does
// something else - a step that ends elsewhere than the next one starts, a list
// of times rounded in a way of its own, a last step of lower order - this
// package says so and arranges it, and nothing outside of it knows:
//
//	config.go    the fields of scheduler_config.json, and the defaults of a class
//	classes.go   the classes that are understood, one line each
//	betas.go     the discrete schedule
//	timesteps.go which of its steps are visited
//	sigmas.go    noise levels: Karras, exponential and beta spacings, the last level
//	plan.go      what comes out
//	lambda.go    the lists of the classes that step in log-SNR
//	ddpm.go ..   one file for each family of classes
//
// The meaning is that of diffusers 0.35.2 (Apache-2.0; no code of it is here),
// held by recorded runs of it in diffusion/sample.
package scheduler

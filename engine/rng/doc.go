// Package rng draws random numbers by counter: the same key always gives the same numbers,
// whatever was drawn before, on any machine and in any order.
//
// A number is addressed by five counters:
//
//	seed     of the run
//	purpose  what it is for (initial weights, training noise, sampling noise, ...)
//	step     of training or sampling, or the epoch
//	row      the example, by its own identity and not by its place in a batch
//	index    within the row
//
// So training step 400 can be done again without the 399 before it, and row 7 gets its noise
// whether it is sampled alone or among a million.
//
// The generator is Philox4x32-10 (Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as
// easy as 1, 2, 3", SC 2011): ten rounds of multiplication and exclusive-or that turn a key
// and a counter into 128 random bits. Uniforms have 53 bits and never reach 0 or 1. Normals
// come in pairs from the Box-Muller transform, computed in float64 by package elementary.
package rng

// Package data is where the world comes in: datasets, and what kind of thing a path holds.
//
// The readers themselves live below it, one package a kind: data/table (CSV), data/image (pictures)
// and data/array (NPY, IDX). [Sniff] looks at the content of a path, never at its ending, and says
// which of them should read it.
//
// A dataset is random access: the order of batches is a function of seed and step, and example i
// in epoch e is always the same numbers, so that a resumed training sees what an uninterrupted one
// would have seen.
package data

// Dataset is a set of examples that all have the same shape and follow the Gaussian process:
// images and arrays. A table mixes two processes; see data/table.Dataset for its kin.
type Dataset interface {
	// Len is the number of examples.
	Len() int
	// Shape is the shape of one example, for images (H,W,C).
	Shape() []int
	// Example writes example i, as epoch sees it (a flip, a jitter), into dst, whose length is the
	// product of Shape, and returns its label, -1 if it has none. It may be called concurrently.
	Example(i int, epoch uint64, dst []float32) (label int32)
}

// Package model puts the pieces together: from a configuration to a network, its process, its
// data transform and its samplers, and back from a run directory.
//
//	config.go   Config, all that RUN/config.yaml says
//	names.go    the tables of names: schedules, predictions, samplers
//	preset.go   what a preset fills in
//	image.go    ImageModel: pictures by a UNet
//	table.go    TableModel: rows by a residual MLP
//	open.go     Open: a run directory as a model
//	weights.go  weights to and from safetensors
//
// A model is built from its configuration alone; weights come from a seed or from a file. What
// it draws depends on the seed and the number of the row, not on batch or threads.
package model

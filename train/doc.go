// Package train fits a model to its objective: the loop of steps, the budget, checkpoints and
// what a run tells while it goes.
//
// A step is a function of the run's seed, its configuration and the step's number. So a run
// that is killed and resumed any number of times ends with the same bytes as one that was
// never stopped, on any number of threads. The clock decides only when checkpoints are written
// and, under a time budget, how many steps there are: see [Budget].
package train

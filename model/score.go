package model

// ScoreOptions say how closely to estimate a likelihood. The zero value takes the defaults.
type ScoreOptions struct {
	Draws int    // random draws for each example, even; 0: the default of what is scored
	Seed  uint64 // of the draws
	Exact bool   // by the probability-flow ODE instead of the variational bound
	Watch func(done, total int)
}

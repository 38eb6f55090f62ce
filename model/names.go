package model

import (
	"errors"
	"fmt"
	"strings"

	"ebb/diffusion/denoise"
	"ebb/diffusion/sample"
)

// named is a row of a table of names.
type named[T any] struct {
	Name    string
	Summary string
	make    T
}

// ErrName says that a name stands in none of the tables.
var ErrName = errors.New("unknown name")

// find looks a name up; what says of what kind the name is, for the error.
func find[T any](what, name string, rows []named[T]) (T, error) {
	known := make([]string, len(rows))
	for i, r := range rows {
		if r.Name == name {
			return r.make, nil
		}
		known[i] = r.Name
	}
	var none T
	return none, fmt.Errorf("%w: no %s %q: choose one of %s", ErrName, what, name, strings.Join(known, ", "))
}

// predictions is the table of what a network can be trained to say.
func predictions() []named[denoise.Prediction] {
	return []named[denoise.Prediction]{
		{"epsilon", "the noise (DDPM)", denoise.Epsilon},
		{"sample", "the data", denoise.Sample},
		{"v_prediction", "alpha times the noise less sigma times the data (v)", denoise.Velocity},
		{"flow_prediction", "the noise less the data (rectified flow)", denoise.Flow},
		{"edm", "what is left of the data after its best linear guess, at unit variance (EDM)", denoise.EDM{SD: 1}},
	}
}

// NewPrediction finds a prediction by its name.
func NewPrediction(name string) (denoise.Prediction, error) {
	return find("prediction", name, predictions())
}

// SamplerOptions are what a sampler is made of.
type SamplerOptions struct {
	Limit    sample.Limit           // of the predicted x0
	Variance sample.ReverseVariance // of ddpm's steps
}

// SamplerName is a row of Samplers.
type SamplerName = Name

// Name is a row of a table of names, for people.
type Name struct {
	Name    string `json:"name"`
	Summary string `json:"summary"`
}

// namesOf are the names of a table with what they stand for.
func namesOf[T any](rows []named[T]) []Name {
	var out []Name
	for _, r := range rows {
		out = append(out, Name{r.Name, r.Summary})
	}
	return out
}

// Schedules lists the noise schedules for people.
func Schedules() []Name { return namesOf(schedules()) }

// Predictions lists for people what a network can be trained to say.
func Predictions() []Name { return namesOf(predictions()) }

// Grids lists for people the ways to choose a sampler's times.
func Grids() []Name { return namesOf(grids()) }

// samplers is the table of samplers.
func samplers() []named[func(SamplerOptions) sample.Sampler] {
	return []named[func(SamplerOptions) sample.Sampler]{
		{"ddpm", "order 1, 1 evaluation a step, stochastic: the reverse process itself, best from 100 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.DDPM{Variance: o.Variance, Limit: o.Limit} }},
		{"ddim", "order 1, 1 evaluation a step, deterministic: good from 25 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.DDIM{Limit: o.Limit} }},
	}
}

// NewSampler makes a sampler by its name.
func NewSampler(name string, o SamplerOptions) (sample.Sampler, error) {
	f, err := find("sampler", name, samplers())
	if err != nil {
		return nil, err
	}
	return f(o), nil
}

// Samplers lists the samplers for people.
func Samplers() []SamplerName {
	var out []SamplerName
	for _, r := range samplers() {
		out = append(out, SamplerName{r.Name, r.Summary})
	}
	return out
}

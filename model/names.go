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
		{"euler", "order 1, 1 evaluation a step, deterministic: ddim in terms of the noise level; good from 25 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.Euler{Limit: o.Limit} }},
		{"euler-ancestral", "order 1, 1 evaluation a step, stochastic: ddpm's small variance on any steps; lively pictures from 30 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.EulerAncestral{Limit: o.Limit} }},
		{"heun", "order 2, 2 evaluations a step, deterministic: robust and exact, from 18 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.Heun{Limit: o.Limit} }},
		{"dpm2", "order 2, 2 evaluations a step, deterministic: heun's rival, looking at the middle of the step",
			func(o SamplerOptions) sample.Sampler { return sample.DPM2{Limit: o.Limit} }},
		{"dpm2-ancestral", "order 1, 2 evaluations a step, stochastic: finer than euler-ancestral for the same steps",
			func(o SamplerOptions) sample.Sampler { return sample.DPM2{Ancestral: true, Limit: o.Limit} }},
		{"lms", "order 4, 1 evaluation a step, deterministic: history for steps of any width, from 20 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.LMS{Limit: o.Limit} }},
		{"ipndm", "order 4 on steps equal in noise level, else 2, 1 evaluation a step, deterministic: good at 10 to 20 steps",
			func(o SamplerOptions) sample.Sampler { return sample.IPNDM{Limit: o.Limit} }},
		{"pndm", "order 2, 1 evaluation a step and 1 more at the start, deterministic: what early latent diffusion used",
			func(o SamplerOptions) sample.Sampler { return sample.PNDM{Limit: o.Limit} }},
		{"edm", "order 2, 2 evaluations a step, stochastic: noise put back corrects earlier errors; for best quality from 100 steps on",
			func(o SamplerOptions) sample.Sampler {
				return sample.EDM{Churn: 40, Min: 0.05, Max: 50, Noise: 1.003, Limit: o.Limit}
			}},
		{"lcm", "no order, 1 evaluation a step, stochastic: only for consistency models, 1 to 8 steps",
			func(o SamplerOptions) sample.Sampler { return sample.LCM{Limit: o.Limit} }},
		{"tcd", "no order, 1 evaluation a step, stochastic: only for trajectory consistency models, 2 to 20 steps",
			func(o SamplerOptions) sample.Sampler { return sample.TCD{Eta: 0.3, Limit: o.Limit} }},
		{"flow-euler", "order 1, 1 evaluation a step, deterministic: the usual one for flow models, from 25 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.FlowEuler{Limit: o.Limit} }},
		{"flow-heun", "order 2, 2 evaluations a step, deterministic: for flow models, exact from pure noise on, from 15 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.FlowHeun{Limit: o.Limit} }},
		{"langevin", "order 1, 2 evaluations a step, stochastic: ddpm corrected by Langevin dynamics at each time, from 100 steps on",
			func(o SamplerOptions) sample.Sampler {
				return sample.Langevin{Predictor: sample.DDPM{Variance: o.Variance, Limit: o.Limit}, Limit: o.Limit}
			}},
		{"dpmpp-2m", "order 2, 1 evaluation a step, deterministic: the first to try, good from 10 to 30 steps",
			func(o SamplerOptions) sample.Sampler { return sample.DPMpp{Limit: o.Limit} }},
		{"dpmpp-3m", "order 3, 1 evaluation a step, deterministic: closer than dpmpp-2m from 20 steps on, without strong guidance",
			func(o SamplerOptions) sample.Sampler { return sample.DPMpp{Order: 3, Limit: o.Limit} }},
		{"dpmpp-2s", "order 2, 1 evaluation a step, deterministic: as dpmpp-2m without history, for grids of uneven steps",
			func(o SamplerOptions) sample.Sampler { return sample.Singlestep{Limit: o.Limit} }},
		{"dpmpp-3s", "order 3, 1 evaluation a step, deterministic: as dpmpp-3m without history, for steps even in log-SNR",
			func(o SamplerOptions) sample.Sampler { return sample.Singlestep{Order: 3, Limit: o.Limit} }},
		{"dpmpp-1m-sde", "order 1, 1 evaluation a step, stochastic: ddpm by another formula, best from 100 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.DPMppSDE{Order: 1, Limit: o.Limit} }},
		{"dpmpp-2m-sde", "order 2, 1 evaluation a step, stochastic: the first to try with noise, from 25 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.DPMppSDE{Limit: o.Limit} }},
		{"dpmpp-3m-sde", "order 2 in law, 1 evaluation a step, stochastic: as dpmpp-2m-sde with a closer drift, from 50 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.DPMppSDE{Order: 3, Limit: o.Limit} }},
		{"dpm-solver-1", "order 1, 1 evaluation a step, deterministic: ddim by another formula, to compare with",
			func(o SamplerOptions) sample.Sampler { return sample.DPM{Order: 1, Limit: o.Limit} }},
		{"dpm-solver-2", "order 2, 1 evaluation a step, deterministic: of the noise; dpmpp-2m bears guidance and clipping better",
			func(o SamplerOptions) sample.Sampler { return sample.DPM{Limit: o.Limit} }},
		{"dpm-solver-3", "order 3, 1 evaluation a step, deterministic: of the noise, for unguided models from 20 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.DPM{Order: 3, Limit: o.Limit} }},
		{"deis", "order 2, 1 evaluation a step, deterministic: exact integrals in log rho, for unguided models from 10 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.DEIS{Limit: o.Limit} }},
		{"deis-3", "order 3, 1 evaluation a step, deterministic: as deis, from 20 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.DEIS{Order: 3, Limit: o.Limit} }},
		{"unipc", "order 3 by a corrector of order 2, 1 evaluation a step, deterministic: good from 5 to 20 steps",
			func(o SamplerOptions) sample.Sampler { return sample.UniPC{Limit: o.Limit} }},
		{"unipc-3", "order 4 by a corrector of order 3, 1 evaluation a step, deterministic: closest of all from 20 steps on, unguided",
			func(o SamplerOptions) sample.Sampler { return sample.UniPC{Order: 3, Limit: o.Limit} }},
		{"sa-solver", "order 2, 1 evaluation a step, stochastic: corrects its own steps, good from 20 steps on",
			func(o SamplerOptions) sample.Sampler { return sample.SASolver{Limit: o.Limit} }},
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
func Samplers() []Name { return namesOf(samplers()) }

package scheduler

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"ebb/diffusion/sample"
	"ebb/engine/kernel/elementary"
)

// What the classes that step in lambda share: DPM-Solver, UniPC, DEIS and
// SA-Solver. Their linspace and leading rules lay one step more than asked for
// and drop the last, step 0; and they all begin with unit noise.

// lambdaClass is how one class makes its list.
type lambdaClass struct {
	onlyLinspace bool // it has no timestep_spacing
	clipsLambda  bool // it heeds lambda_min_clipped
	// rounds says whether the steps of a spacing of noise levels are rounded
	// rather than cut.
	rounds func(Config) bool
	// last is the final level, given all and those visited.
	last func(c Config, all, visited []float64) (float64, error)
}

// plan is everything but the sampler.
func (k lambdaClass) plan(c Config, o Options) (Plan, error) {
	table, err := c.table()
	if err != nil {
		return Plan{}, err
	}
	all := levels(table)
	list, steps, err := k.levels(c, o, all)
	if err != nil {
		return Plan{}, err
	}
	end, err := k.last(c, all, list)
	if err != nil {
		return Plan{}, err
	}
	for i, s := range steps { // the library keeps them as integers
		steps[i] = math.Trunc(s)
	}
	p := Plan{Timesteps: steps, Start: 1}
	list = fallTo(list, end)
	if c.FlowSigmas {
		p.Schedule, p.Grid, err = straight(list)
	} else {
		p.Schedule, p.Grid, err = preserve(list)
	}
	return p, err
}

// levels are the noise levels visited and the steps that the network is told.
func (k lambdaClass) levels(c Config, o Options, all []float64) (list, steps []float64, err error) {
	steps, err = k.steps(c, o, all)
	if err != nil {
		return nil, nil, err
	}
	list, err = c.respaced(len(steps), all[len(all)-1], all[0])
	switch {
	case err != nil:
		return nil, nil, err
	case list != nil:
		if len(o.Timesteps) > 0 {
			return nil, nil, fmt.Errorf("timesteps of one's own and a spacing of noise levels; leave out one of them")
		}
		steps = stepsOf(all, list)
		if k.rounds(c) {
			for i, s := range steps {
				steps[i] = math.RoundToEven(s)
			}
		}
	case c.FlowSigmas:
		list = c.shifted(len(steps), o.Mu)
		for i, s := range list {
			steps[i] = s * float64(c.TrainTimesteps)
		}
	default:
		for _, s := range steps {
			list = append(list, at(all, s))
		}
	}
	return list, steps, nil
}

// steps is the list of whole time steps, falling.
func (k lambdaClass) steps(c Config, o Options, all []float64) ([]float64, error) {
	if len(o.Timesteps) > 0 {
		return c.whole(o)
	}
	total, n := c.TrainTimesteps, o.Steps
	if n < 1 || n > total {
		return nil, fmt.Errorf("%d sampling steps; the schedule has %d, choose 1..%d", n, total, total)
	}
	top := total // one above the last step that may be visited
	if k.clipsLambda {
		top -= clipped(all, float64(c.LambdaMin))
	}
	if top < 1 {
		return nil, fmt.Errorf("lambda_min_clipped is %v, above all of the schedule", float64(c.LambdaMin))
	}
	spacing := c.Spacing
	if k.onlyLinspace {
		spacing = "linspace"
	}
	out := make([]float64, n)
	switch spacing {
	case "linspace":
		stride := float64(top-1) / float64(n)
		for i := range out {
			out[i] = math.RoundToEven(float64(i+1) * stride)
		}
		out[n-1] = float64(top - 1)
	case "leading":
		for i := range out {
			out[i] = float64((i+1)*(top/(n+1)) + c.StepsOffset)
		}
	case "trailing":
		// numpy's arange: as many as fit, counted in its first difference.
		ratio := float64(total) / float64(n)
		stride := (float64(top) - ratio) - float64(top)
		out = make([]float64, int(math.Ceil(float64(top)/ratio)))
		for i := range out {
			out[len(out)-1-i] = math.RoundToEven(float64(top)+float64(float64(i)*stride)) - 1
		}
	default:
		return nil, fmt.Errorf("timestep_spacing %q is unknown; leading, trailing and linspace are understood", c.Spacing)
	}
	slices.Reverse(out)
	return out, nil
}

// clipped is how many steps lie below the least lambda, where cosine schedules
// become unstable.
func clipped(all []float64, least float64) int {
	return len(all) - sort.Search(len(all), func(i int) bool { return -elementary.Log(all[i]) < least })
}

// shifted are the sigmas of flow matching, shifted towards noise.
func (c Config) shifted(n int, mu *float64) []float64 {
	shift := c.FlowShift
	if mu != nil {
		shift = elementary.Exp(*mu)
	}
	out := make([]float64, n)
	least := 1 / float64(c.TrainTimesteps)
	for i := range out {
		alpha := 1 + float64(float64(n-i)*((least-1)/float64(n)))
		if i == 0 {
			alpha = least
		}
		s := 1 - alpha
		out[i] = shift * s / (1 + float64((shift-1)*s))
	}
	return out
}

// fallTo appends the final level. One that a spacing reaches by a formula may
// lie above it by rounding, and then is the same.
func fallTo(list []float64, end float64) []float64 {
	if last := list[len(list)-1]; math.Abs(end-last) <= 1e-12*last {
		end = last
	}
	return append(list, end)
}

// lastOrLeast is the final level by final_sigmas_type, the least of the
// training steps or 0.
func lastOrLeast(c Config, all, _ []float64) (float64, error) { return c.last(all) }

// repeated is the final level of the classes that, with any spacing but that of
// steps, end where the last step began.
func repeated(c Config, all, visited []float64) (float64, error) {
	if c.Karras || c.Exponential || c.BetaSigmas || c.FlowSigmas {
		return visited[len(visited)-1], nil
	}
	return all[0], nil
}

// threshold is the limit of the classes that have thresholding but no
// clip_sample.
func (c Config) threshold() sample.Limit {
	if !c.Thresholding {
		return nil
	}
	return sample.DynamicThreshold(c.ThresholdRatio, c.SampleMax)
}

func karras(c Config) bool { return c.Karras }

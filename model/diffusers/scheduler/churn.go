package scheduler

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/sample"
)

// lateChurn is Euler's method with EDM's churn as the library does it: the
// network is asked before the noise is put back, at the sample and level
// without it, and what it says - in the terms it was trained to predict - is
// then read as said of the sample with the noise. (The textbook asks
// afterwards: sample.EDM.)
type lateChurn struct {
	churn, least, most, noise float64
	limit                     sample.Limit
	output                    func(level, raised float64) reading
}

// reading is how the network's answer x0, eps at x is read at x':
// skip x' + data x0 + noise eps.
type reading struct {
	skip, data, noise float64
}

// churned is the sampler for the churn that the pipeline asks for, or Euler's
// when it asks for none.
func churned(c Config, o Options, output func(level, raised float64) reading) (sample.Sampler, error) {
	if o.Churn == 0 {
		return sample.Euler{Limit: c.limit()}, nil
	}
	if !(o.Churn > 0) {
		return nil, fmt.Errorf("s_churn is %v; 0 or more is needed", o.Churn)
	}
	m := lateChurn{churn: o.Churn, least: o.ChurnMin, most: o.ChurnMax, noise: o.ChurnNoise, limit: c.limit(), output: output}
	if m.most == 0 {
		m.most = math.Inf(1)
	}
	if m.noise == 0 {
		m.noise = 1
	}
	return m, nil
}

// readVP is for networks that predict in terms of a variance-preserving process:
// the level enters as sigma^2/(1 + sigma^2).
func readVP(prediction string) (func(level, raised float64) reading, error) {
	switch prediction {
	case "epsilon":
		return func(_, raised float64) reading { return reading{1, 0, -raised} }, nil
	case "sample", "original_sample":
		return func(_, _ float64) reading { return reading{0, 1, 0} }, nil
	case "v_prediction":
		// x0 = x/(1 + sigma^2) - sigma v/sqrt(1 + sigma^2) with the level
		// before the noise, and v = (eps - sigma x0)/sqrt(1 + sigma^2).
		return func(level, _ float64) reading {
			share := 1 / (1 + float64(level*level))
			return reading{share, float64(level*level) * share, -level * share}
		}, nil
	}
	return nil, fmt.Errorf("prediction_type %q is unknown; epsilon, sample and v_prediction are understood", prediction)
}

// readEDM is for networks with EDM's preconditioning (arXiv 2206.00364, eq. 7);
// the sign of c_out, in which prediction types differ, falls out.
func readEDM(data float64) func(level, raised float64) reading {
	return func(level, raised float64) reading {
		before, after := edmScales(data, level), edmScales(data, raised)
		// The network said (x0 - skip x)/out of x = x0 + level eps.
		turn := after.out / before.out
		return reading{after.skip, turn * (1 - before.skip), -turn * before.skip * level}
	}
}

type scales struct{ skip, out float64 }

func edmScales(data, level float64) scales {
	sum := float64(level*level) + float64(data*data)
	return scales{float64(data*data) / sum, level * data / math.Sqrt(sum)}
}

// Begin implements sample.Sampler; the schedule has alpha = 1.
func (m lateChurn) Begin(p sample.Plan) sample.Step {
	x0 := process.NewState(p.Rows, p.Dim)
	tt, z := make([]float64, p.Rows), make([]float64, p.Dim)
	k := -1
	return func(x *process.State, t, s float64) {
		k++
		for i := range tt {
			tt[i] = t
		}
		p.Denoiser.Denoise(x0, x, tt)
		_, level := p.Denoiser.Schedule().At(t)
		_, next := p.Denoiser.Schedule().At(s)
		gamma := min(m.churn/float64(p.Steps()), math.Sqrt2-1)
		if !(m.least <= level && level <= m.most) {
			gamma = 0
		}
		raised := level * (1 + gamma)
		sd := math.Sqrt((raised-level)*(raised+level)) * m.noise
		read := m.output(level, raised)
		for i := range p.Rows {
			row, data := x.Row(i), x0.Row(i)
			clear(z)
			if gamma > 0 {
				p.Noise.Normals(z, k, i)
			}
			for j, d := range data {
				eps := (row[j] - d) / level
				row[j] += float64(sd * z[j])
				data[j] = float64(read.skip*row[j]) + float64(read.data*d) + float64(read.noise*eps)
			}
			if m.limit != nil {
				m.limit(data)
			}
			for j, d := range data {
				row[j] = d + float64(next/raised*(row[j]-d))
			}
		}
	}
}

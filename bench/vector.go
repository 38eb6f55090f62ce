package bench

import (
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// vectorCases are kernels that the memory bounds, on [64,32,32,64] pictures or
// as many numbers.
func vectorCases() []Case {
	const n = 4 << 20
	cases := []struct {
		name string
		work func(p *parallel.Pool) *work
	}{
		{"groupnorm_silu/forward", groupNormForward},
		{"groupnorm_silu/backward", groupNormBackward},
		{"adamw", func(p *parallel.Pool) *work {
			a := kernel.AdamW{LR: 1e-4, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.01, Step: 1}
			w, m, v, g := random(n), make([]float32, n), make([]float32, n), random(n)
			// w, m and v are read and written, g is read.
			return &work{run: func() { a.Update(p, w, m, v, g) }, bytes: 7 * floats(n)}
		}},
		{"normal", func(p *parallel.Pool) *work {
			const row = 4096
			x, s := make([]float32, n), rng.New(1, rng.Test)
			return &work{bytes: floats(n), run: func() {
				p.Run(n/row, func(_, i int) { s.Normals32(x[i*row:(i+1)*row], 0, uint64(i)) })
			}}
		}},
		{"exp", func(p *parallel.Pool) *work {
			x, y := random(n), make([]float32, n)
			return &work{run: func() { kernel.Exp(p, y, x) }, bytes: 2 * floats(n)}
		}},
	}
	var out []Case
	for _, c := range cases {
		out = append(out, Case{Name: "kernel/" + c.name, work: func(p *parallel.Pool) (*work, error) { return c.work(p), nil }})
	}
	return out
}

// pictures is the norm of the first level of a small UNet.
func pictures() kernel.GroupNorm {
	return kernel.GroupNorm{N: 64, T: 32 * 32, C: 64, Groups: 8, Eps: 1e-5, SiLU: true}
}

func groupNormForward(p *parallel.Pool) *work {
	s := pictures()
	n, groups := s.N*s.T*s.C, s.N*s.Groups
	x, y, mean, rstd, gamma, beta := random(n), make([]float32, n), make([]float32, groups), make([]float32, groups), random(s.C), random(s.C)
	return &work{run: func() { s.Forward(p, y, mean, rstd, x, gamma, beta) }, bytes: floats(n, n)}
}

func groupNormBackward(p *parallel.Pool) *work {
	s := pictures()
	n, groups := s.N*s.T*s.C, s.N*s.Groups
	x, y, mean, rstd, gamma, beta := random(n), make([]float32, n), make([]float32, groups), make([]float32, groups), random(s.C), random(s.C)
	s.Forward(p, y, mean, rstd, x, gamma, beta)
	dx, dy, dgamma, dbeta := make([]float32, n), random(n), make([]float32, s.C), make([]float32, s.C)
	return &work{run: func() { s.Backward(p, dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta) }, bytes: floats(n, n, n)}
}

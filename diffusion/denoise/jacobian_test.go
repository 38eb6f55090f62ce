package denoise_test

import (
	"math"
	"slices"
	"testing"

	"ebb/diffusion/denoise"
	"ebb/diffusion/gauss"
	"ebb/diffusion/network"
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/parallel"
	"ebb/engine/nn"
	"ebb/engine/rng"
)

// differentiable are the denoisers that know their Jacobian, on rows of four
// numbers, and how far rounding takes their central differences.
func differentiable(t *testing.T) map[string]struct {
	d   denoise.Differentiable
	tol float64
} {
	t.Helper()
	a := mustGauss([]float64{0.4, -1, 0, 0.3}, 1, 0.5, 0.1, 0, 0.5, 1, 0, 0, 0.1, 0, 0.4, 0.2, 0, 0, 0.2, 0.3)
	b := mustGauss([]float64{-1, 0.5, 1, 0}, 0.3, 0.1, 0, 0, 0.1, 0.5, 0, 0, 0, 0, 0.2, 0, 0, 0, 0, 1)
	mixture, err := gauss.Mix([]float64{0.3, 0.7}, []*gauss.Gaussian{a, b})
	if err != nil {
		t.Fatal(err)
	}
	mlp, err := network.NewMLP(network.MLPConfig{Numeric: 4, Width: 24, Blocks: 2}, rng.New(3, rng.Init))
	if err != nil {
		t.Fatal(err)
	}
	stir(mlp.Params())
	type one = struct {
		d   denoise.Differentiable
		tol float64
	}
	return map[string]one{
		"gaussian":         {gauss.Denoiser{Data: a, Sch: ddpm()}, 1e-8},
		"mixture":          {gauss.Denoiser{Data: mixture, Sch: schedule.Flow{}}, 1e-8},
		"network, epsilon": {&denoise.Model{Net: mlp, Sch: ddpm(), Shape: []int{4}, Batch: 2}, 3e-3},
		"network, v, scaled input": {&denoise.Model{Net: mlp, Sch: schedule.VE{Min: 0.01, Max: 20},
			Predict: denoise.EDM{SD: 1}, Input: denoise.Input{SD: 1}, Shape: []int{4}}, 3e-3},
	}
}

// stir sets parameters that begin as zero to something.
func stir(params nn.Params) {
	for i, p := range params {
		z := make([]float64, p.Value().Len())
		rng.New(9, rng.Test).Normals(z, 0, uint64(i))
		for k := range z {
			p.Value().Data[k] += float32(0.15 * z[k])
		}
	}
}

// v'J u is the derivative of v'x0 along u: central differences, for every
// denoiser, time and prediction. x0 is Denoise's, and the rows' products do not
// depend on the batch.
func TestVectorJacobianProductIsTheDerivative(t *testing.T) {
	for name, c := range differentiable(t) {
		const rows, dim = 3, 4
		x, u, v := process.NewState(rows, dim), process.NewState(rows, dim), process.NewState(rows, dim)
		for k, s := range []*process.State{x, u, v} {
			process.Fill(s, testNoise(8), k)
		}
		times := []float64{0.1, 0.4, 0.8}
		x0, g, plain := process.NewState(rows, dim), process.NewState(rows, dim), process.NewState(rows, dim)
		seed := func(row int, dst, _ []float64) { copy(dst, v.Row(row)) }
		c.d.DenoiseVJP(x0, g, x, times, seed)
		c.d.Denoise(plain, x, times)
		if !slices.Equal(x0.Data, plain.Data) {
			t.Errorf("%s: DenoiseVJP's x0 is not that of Denoise", name)
		}
		for r := range rows {
			// Float32 networks need a step above their rounding.
			h := 1e-5
			if c.tol > 1e-5 {
				_, sigma := c.d.Schedule().At(times[r])
				h = 0.02 * max(sigma, 0.2)
			}
			at := func(h float64) float64 {
				y := x.Clone()
				for j := range dim {
					y.Row(r)[j] += h * u.Row(r)[j]
				}
				c.d.Denoise(plain, y, times)
				return dot(v.Row(r), plain.Row(r))
			}
			// Two widths take the error from h^2 to h^4.
			want := (8*(at(h)-at(-h)) - (at(2*h) - at(-2*h))) / (12 * h)
			if got := dot(g.Row(r), u.Row(r)); math.Abs(got-want) > c.tol*max(1, math.Abs(want)) {
				t.Errorf("%s, t = %v: v'Ju = %v, differences say %v", name, times[r], got, want)
			}
			alone, g1 := x.Slice(r, r+1), process.NewState(1, dim)
			c.d.DenoiseVJP(process.NewState(1, dim), g1, alone, times[r:r+1], func(_ int, dst, _ []float64) { copy(dst, v.Row(r)) })
			if !slices.Equal(g1.Data, g.Row(r)) {
				t.Errorf("%s: row %d alone has another product", name, r)
			}
		}
	}
}

// The products do not depend on threads, and the network's parameters get no
// gradient.
func TestVectorJacobianProductLeavesTheNetworkAlone(t *testing.T) {
	mlp, err := network.NewMLP(network.MLPConfig{Numeric: 4, Width: 24, Blocks: 2}, rng.New(3, rng.Init))
	if err != nil {
		t.Fatal(err)
	}
	stir(mlp.Params())
	x := process.NewState(40, 4)
	process.Fill(x, testNoise(1), 0)
	times := make([]float64, x.Rows)
	for i := range times {
		times[i] = float64(i+1) / float64(len(times))
	}
	var first []float64
	for _, threads := range []int{1, 3} {
		pool := parallel.New(threads)
		m := &denoise.Model{Net: mlp, Sch: schedule.Cosine{}, Predict: denoise.Velocity, Shape: []int{4}, Batch: 16, Pool: pool}
		g := process.NewState(40, 4)
		m.DenoiseVJP(process.NewState(40, 4), g, x, times, func(_ int, v, x0 []float64) { copy(v, x0) })
		pool.Close()
		if first != nil && !slices.Equal(first, g.Data) {
			t.Errorf("%d threads give another product", threads)
		}
		first = g.Data
	}
	for _, p := range mlp.Params() {
		if p.Var.Grad != nil {
			t.Fatalf("parameter %s got a gradient", p.Name)
		}
	}
}

func dot(x, y []float64) float64 {
	sum := 0.0
	for i, v := range x {
		sum += v * y[i]
	}
	return sum
}

// Package selftest computes one hash for each part of Ebb whose results are promised to have
// the same bits on every machine, and knows what each must be.
//
// The parts build on each other: elementary functions, random numbers, kernels in float32 and in bf16, then twenty
// training steps and twenty sampling steps of a small table model and a small image model. The
// first part that differs shows where a machine, a compiler or a change departs.
package selftest

import (
	"context"
	"encoding/binary"
	"fmt"
	"hash/fnv"
	"math"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/engine/autograd"
	"ebb/engine/kernel"
	"ebb/engine/kernel/elementary"
	"ebb/engine/kernel/parallel"
	"ebb/engine/optim"
	"ebb/engine/rng"
	"ebb/model"
)

// Part is one result: its hash here, and what it must be.
type Part struct {
	Name string `json:"name"`
	Hash string `json:"hash"`
	Want string `json:"want"`
}

// OK tells whether the part has its bits.
func (p Part) OK() bool { return p.Hash == p.Want }

// steps is the length of the trainings and of the draws.
const steps = 20

// Run computes every part with the pool's threads.
func Run(ctx context.Context, pool *parallel.Pool) ([]Part, error) {
	parts := []Part{
		{Name: "elementary functions", Hash: hash64(functions()), Want: wantElementary},
		{Name: "random numbers", Hash: hash64(draws()), Want: wantRandom},
		{Name: "kernels", Hash: hash32(kernels(pool)), Want: wantKernels},
		{Name: "kernels in bf16", Hash: hash32(pairs(pool)), Want: wantPairs},
	}
	for _, m := range []struct {
		name         string
		source       *model.Source
		train, drawn string
	}{
		{"table", &model.Source{Table: people()}, wantTableWeights, wantTableRows},
		{"image", &model.Source{Images: patches()}, wantImageWeights, wantImages},
	} {
		weights, drawn, err := small(ctx, m.source, pool)
		if err != nil {
			return nil, fmt.Errorf("selftest: %s: %w", m.name, err)
		}
		parts = append(parts,
			Part{fmt.Sprintf("%d training steps of the %s model", steps, m.name), weights, m.train},
			Part{fmt.Sprintf("%d sampling steps of the %s model", steps, m.name), drawn, m.drawn})
	}
	return parts, nil
}

// functions is every elementary function on arguments of every size.
func functions() []float64 {
	var out []float64
	for i := range 2000 {
		x := rng.New(1, rng.Test).Uniform(0, uint64(i)) // of (0,1)
		wide := (x - 0.5) * math.Ldexp(1, i%12)
		out = append(out, elementary.Exp(wide), elementary.Expm1(wide), elementary.Log(x*1e6), elementary.Log1p(x),
			elementary.Sin(wide), elementary.Cos(wide), elementary.Tanh(wide), elementary.Pow(x, wide), elementary.Erf(wide),
			elementary.Erfc(wide), elementary.NormCDF(wide), elementary.NormQuantile(x), elementary.LogGamma(x*100))
	}
	return out
}

// draws is numbers of several streams.
func draws() []float64 {
	out := make([]float64, 0, 4000)
	row := make([]float64, 1000)
	for p := rng.Init; p < rng.Init+4; p++ {
		rng.New(2, p).Normals(row, uint64(p), 3)
		out = append(out, row...)
		out = append(out, float64(rng.New(2, p).Perm(5, 1000, 1)))
	}
	return out
}

// kernels is the results of matrix products, convolutions, norms and attention.
func kernels(p *parallel.Pool) []float32 {
	noise := func(n int, key uint64) []float32 {
		x := make([]float32, n)
		rng.New(3, rng.Test).Normals32(x, key, 0)
		return x
	}
	var out []float32
	product := make([]float32, 37*41)
	g := kernel.Gemm{M: 37, N: 41, K: 53, A: noise(37*53, 1), LDA: 53, B: noise(53*41, 2), LDB: 41, C: product, LDC: 41}
	g.Run(p)
	out = append(out, product...)

	for _, s := range []kernel.Conv{
		{N: 2, H: 14, W: 14, C: 32, O: 32, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
		{N: 2, H: 12, W: 10, C: 3, O: 7, K: 3, Stride: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
	} {
		x, w := noise(s.N*s.H*s.W*s.C, 4), noise(s.K*s.K*s.C*s.O, 5)
		y := make([]float32, s.N*s.OutH()*s.OutW()*s.O)
		s.Forward(p, y, x, w, noise(s.O, 6), nil)
		dx, dw := make([]float32, len(x)), make([]float32, len(w))
		s.BackwardData(p, dx, y, w)
		s.BackwardWeight(p, dw, x, y)
		out = append(append(append(out, y...), dx...), dw...)
	}
	a := kernel.Attention{N: 2, T: 19, Heads: 2, D: 12}
	size := a.N * a.T * a.Heads * a.D
	q, k, v := noise(size, 7), noise(size, 8), noise(size, 9)
	y, lse := make([]float32, size), make([]float32, a.N*a.Heads*a.T)
	a.Forward(p, y, lse, q, k, v)
	norm := kernel.GroupNorm{N: 2, T: 19, C: 24, Groups: 4, Eps: 1e-5, SiLU: true}
	z, mean, rstd := make([]float32, size), make([]float32, 8), make([]float32, 8)
	norm.Forward(p, z, mean, rstd, y, noise(24, 10), noise(24, 11))
	return append(append(append(out, y...), lse...), z...)
}

// small trains a tiny model of the source and draws from it: the hashes of the weights and of
// what was drawn.
func small(ctx context.Context, src *model.Source, pool *parallel.Pool) (weights, drawn string, err error) {
	c, err := model.NewConfig(src, "tiny")
	if err != nil {
		return "", "", err
	}
	c.Training.Batch, c.Seed, c.Training.Holdout = 4, 4, 0
	m, err := model.New(c, pool)
	if err != nil {
		return "", "", err
	}
	objective, err := model.ObjectiveFor(m, src)
	if err != nil {
		return "", "", err
	}
	weights = hash32(train(m, objective, pool))
	o := model.DrawOptions{N: 4, Seed: 5, Steps: steps, Class: -1}
	switch m := m.(type) {
	case *model.TableModel:
		rows, err := m.Draw(ctx, o)
		if err != nil {
			return "", "", err
		}
		h := fnv.New64a()
		for i := range rows.Rows() {
			fmt.Fprintln(h, rows.Row(make([]string, len(rows.Columns)), i))
		}
		return weights, fmt.Sprintf("%016x", h.Sum64()), nil
	case *model.ImageModel:
		pictures, err := m.Draw(ctx, o)
		if err != nil {
			return "", "", err
		}
		h := fnv.New64a()
		h.Write(pictures.Pixels)
		return weights, fmt.Sprintf("%016x", h.Sum64()), nil
	}
	return "", "", fmt.Errorf("no draw of a %T", m)
}

// train takes the steps and returns all weights.
func train(m model.Model, o model.Objective, pool *parallel.Pool) []float32 {
	params := m.Params()
	tape, adam := autograd.New(pool), optim.NewAdamW(params)
	for step := range steps {
		tape.Backward(o.Loss(tape, step))
		norm := optim.GradNorm(pool, params)
		adam.Update(pool, optim.Update{Step: step, LR: 1e-3, Scale: optim.ClipScale(norm, 1)})
		params.ZeroGrad()
		tape.Reset()
	}
	var out []float32
	for _, p := range params {
		out = append(out, p.Value().Data...)
	}
	return out
}

// people is a table of a number and categories.
func people() *table.Table {
	t := table.New("height", "job", "left")
	s := rng.New(6, rng.Test)
	for i := range uint64(300) {
		t.Append(fmt.Sprintf("%.2f", 1.5+s.Uniform(0, i)/2), []string{"smith", "baker", ""}[s.Intn(3, 1, i)], []string{"no", "yes"}[i%2])
	}
	return t
}

// patches are labelled pictures of 8x8 pixels.
func patches() *image.Images {
	m := image.New(40, 8, 8, 1)
	for i := range m.Pixels {
		m.Pixels[i] = uint8(rng.New(7, rng.Test).Uint64(0, uint64(i)))
	}
	m.LabelNames = []string{"a", "b"}
	for i := range m.N {
		m.Labels = append(m.Labels, int32(i%2))
	}
	return m
}

// hash32 is the hash of the bits of float32 numbers.
func hash32(x []float32) string {
	h := fnv.New64a()
	var b [4]byte
	for _, v := range x {
		binary.LittleEndian.PutUint32(b[:], math.Float32bits(v))
		h.Write(b[:])
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// hash64 is the hash of the bits of float64 numbers.
func hash64(x []float64) string {
	h := fnv.New64a()
	var b [8]byte
	for _, v := range x {
		binary.LittleEndian.PutUint64(b[:], math.Float64bits(v))
		h.Write(b[:])
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

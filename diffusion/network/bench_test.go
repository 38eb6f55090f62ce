package network

import (
	"testing"

	"ebb/engine/autograd"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
	"ebb/engine/tensor"
)

// benchmark times f, one pass over a batch, and reports examples a second.
func benchmark(b *testing.B, n int, f func()) {
	f()
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		f()
	}
	b.ReportMetric(float64(n*b.N)/b.Elapsed().Seconds(), "rows/s")
}

// BenchmarkUNet is bench_small on 16 images: forward, and forward with backward.
func BenchmarkUNet(b *testing.B) {
	const n = 16
	c := tiny(func(c *UNetConfig) {
		c.InChannels, c.OutChannels, c.SampleSize, c.Classes, c.HeadDim = 1, 1, Size{32, 32}, nil, nil
		c.DownBlocks = []string{"DownBlock2D", "AttnDownBlock2D", "DownBlock2D"}
		c.UpBlocks = []string{"UpBlock2D", "AttnUpBlock2D", "UpBlock2D"}
		c.BlockOutChannels, c.LayersPerBlock, c.NormGroups = []int{32, 64, 64}, 2, 8
	})
	u, err := NewUNet(c, rng.New(1, rng.Init))
	if err != nil {
		b.Fatal(err)
	}
	x, time, _ := batch(c, n)
	pool := parallel.New(0)
	defer pool.Close()
	b.Run("infer", func(b *testing.B) {
		tape := autograd.NewInference(pool)
		benchmark(b, n, func() {
			u.Forward(tape, tape.Const(x), time, nil)
			tape.Reset()
		})
		b.ReportMetric(float64(tape.Memory().Peak)/(1<<20), "MiB")
	})
	b.Run("train", func(b *testing.B) {
		tape := autograd.New(pool)
		benchmark(b, n, func() {
			tape.Backward(tape.MSE(u.Forward(tape, tape.Const(x), time, nil), x, nil))
			tape.Reset()
		})
		b.ReportMetric(float64(tape.Memory().Peak)/(1<<20), "MiB")
	})
}

// BenchmarkMLP is a table like Adult, 1024 rows: forward, and with backward.
func BenchmarkMLP(b *testing.B) {
	const n = 1024
	c := MLPConfig{Numeric: 6, Cards: []int{9, 16, 7, 15, 6, 5, 2, 42, 2}}
	m, err := NewMLP(c, rng.New(1, rng.Init))
	if err != nil {
		b.Fatal(err)
	}
	x, time, cells := someRows(c, n)
	pool := parallel.New(0)
	defer pool.Close()
	b.Run("infer", func(b *testing.B) {
		tape := autograd.NewInference(pool)
		benchmark(b, n, func() {
			m.Forward(tape, tape.Const(x), time, cells)
			tape.Reset()
		})
	})
	b.Run("train", func(b *testing.B) {
		tape := autograd.New(pool)
		target := tensor.New(n, 6+104)
		benchmark(b, n, func() {
			tape.Backward(tape.MSE(m.Forward(tape, tape.Const(x), time, cells), target, nil))
			tape.Reset()
		})
	})
}

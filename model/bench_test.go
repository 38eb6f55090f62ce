package model

import (
	"strings"
	"testing"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/engine/autograd"
	"ebb/engine/kernel/parallel"
	"ebb/engine/optim"
	"ebb/engine/rng"
)

// benchStep times whole training steps of an objective: batch, forward, backward, update.
func benchStep(b *testing.B, m Model, o Objective, pool *parallel.Pool, batch int) {
	params := m.Params()
	tape, adam, ema := autograd.New(pool), optim.NewAdamW(params), optim.NewEMA(params, 0.999)
	step := 0
	for b.Loop() {
		tape.Backward(o.Loss(tape, step))
		norm := optim.GradNorm(pool, params)
		adam.Update(pool, optim.Update{Step: step, LR: 1e-3, Scale: optim.ClipScale(norm, 1)})
		ema.Update(pool, step)
		params.ZeroGrad()
		tape.Reset()
		step++
	}
	b.ReportMetric(float64(b.N*batch)/b.Elapsed().Seconds(), "examples/s")
}

// benchTable is a table of the shape of Adult: some numbers, many categories.
func benchTable(rows int) *table.Table {
	t := table.New("a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l")
	s := rng.New(1, rng.Test)
	for r := range rows {
		row := make([]string, len(t.Columns))
		for j := range row {
			row[j] = "x" + strings.Repeat("i", s.Intn(3+2*j, uint64(j), uint64(r)))
		}
		t.Append(row...)
	}
	return t
}

func BenchmarkTableStep(b *testing.B) {
	pool := parallel.New(0)
	defer pool.Close()
	t := benchTable(4096)
	c, err := NewTableConfig(t, table.Infer(t), "small")
	if err != nil {
		b.Fatal(err)
	}
	m, err := NewTableModel(c, pool)
	if err != nil {
		b.Fatal(err)
	}
	o, err := m.Objective(t)
	if err != nil {
		b.Fatal(err)
	}
	benchStep(b, m, o, pool, c.Training.Batch)
}

func BenchmarkImageStep(b *testing.B) {
	pool := parallel.New(0)
	defer pool.Close()
	pictures := image.New(256, 28, 28, 1)
	c, err := NewImageConfig(pictures, "small")
	if err != nil {
		b.Fatal(err)
	}
	m, err := NewImageModel(c, pool)
	if err != nil {
		b.Fatal(err)
	}
	o, err := m.Objective(pictures)
	if err != nil {
		b.Fatal(err)
	}
	benchStep(b, m, o, pool, c.Training.Batch)
}

func BenchmarkTableDraw(b *testing.B) {
	pool := parallel.New(0)
	defer pool.Close()
	t := benchTable(4096)
	c, err := NewTableConfig(t, table.Infer(t), "small")
	if err != nil {
		b.Fatal(err)
	}
	m, err := NewTableModel(c, pool)
	if err != nil {
		b.Fatal(err)
	}
	const n = 4096
	for b.Loop() {
		if _, err := m.Draw(b.Context(), DrawOptions{N: n, Steps: 20}); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(20*n*b.N)/b.Elapsed().Seconds(), "rows*steps/s")
}

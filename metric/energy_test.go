package metric_test

import (
	"math"
	"testing"

	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
	"ebb/metric"
)

// Two normals in one dimension: E|x-y| for x-y ~ N(m, s²) is s√(2/π) e^(-m²/2s²) + m erf(m/√2s).
func TestEnergyDistanceOfTwoNormals(t *testing.T) {
	const n = 4000
	mean := func(m, s float64) float64 {
		return s*math.Sqrt(2/math.Pi)*math.Exp(-m*m/2/s/s) + m*math.Erf(m/s/math.Sqrt2)
	}
	pool := parallel.New(2)
	defer pool.Close()
	for _, c := range []struct{ shift, width float64 }{{0, 1}, {1, 1}, {0.5, 2}} {
		a, b := metric.NewPoints(n, 1), metric.NewPoints(n, 1)
		z := make([]float64, n)
		rng.New(1, rng.Test).Normals(z, 0, 0)
		for i, v := range z {
			a.X[i] = float32(v)
		}
		rng.New(1, rng.Test).Normals(z, 1, 0)
		for i, v := range z {
			b.X[i] = float32(c.shift + c.width*v)
		}
		want := 2*mean(c.shift, math.Sqrt(1+c.width*c.width)) - mean(0, math.Sqrt2) - mean(0, c.width*math.Sqrt2)
		got := metric.EnergyDistance(pool, a, b)
		// The influence of one point is below 2 max(|shift|, width): four standard errors of 4,000.
		if tolerance := 4 * 2 * math.Max(c.shift, c.width) * math.Sqrt(2.0/n); math.Abs(got-want) > tolerance {
			t.Errorf("shift %v, width %v: energy distance %v, want %v ± %v", c.shift, c.width, got, want, tolerance)
		}
		if alone := metric.EnergyDistance(nil, a, b); alone != got {
			t.Errorf("energy distance %v on one thread, %v on two", alone, got)
		}
	}
}

// By hand: points 0 and 3 against 1 and 1.
func TestEnergyDistanceByHand(t *testing.T) {
	a := &metric.Points{N: 2, D: 1, X: []float32{0, 3}}
	b := &metric.Points{N: 2, D: 1, X: []float32{1, 1}}
	if got := metric.EnergyDistance(nil, a, b); got != 2*1.5-3-0 {
		t.Errorf("energy distance %v, want 0", got)
	}
}

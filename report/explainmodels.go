package report

import (
	"context"
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"
	"ebb/metric"
)

// ModelPart is how far the rows of one model are from the real ones.
type ModelPart struct {
	Name string `json:"name"`
	Rows int    `json:"rows"`
	// Covariance is |S - Σ|/|Σ| of the rows' covariance S and the real rows' Σ; Chance is what
	// it is expected to be between so many rows of one Gaussian.
	Covariance float64 `json:"covariance_distance"`
	Chance     float64 `json:"covariance_chance"`
	Energy     float64 `json:"energy_distance"`
	AUC        float64 `json:"detector_auc"`
	SE         float64 `json:"detector_standard_error"`
}

// The most rows that are compared.
const comparedRows = 1500

// comparison is the rows that models are fitted to and those they are held against.
type comparison struct {
	fit, real *process.State
	about     string
}

// split takes the rows to fit to from the data and those to compare with from --real; without
// them, it parts the data in halves.
func (m *measuring) split() (*comparison, error) {
	if m.Real != nil {
		real, err := m.Space.Place(m.Real, comparedRows)
		if err != nil {
			return nil, err
		}
		return &comparison{m.Space.X, real, m.Real.Path + ", which no model has seen"}, nil
	}
	x := m.Space.X
	fit, real := parted(x.Rows, x.Rows/2)
	about := "half of the data, drawn at random; the Gaussians are fitted to the other half"
	if m.Network != nil {
		about += ", while the network has learned from all of it"
	}
	return &comparison{take(x, fit), take(x, real), about}, nil
}

func (m *measuring) models(ctx context.Context) error {
	c, err := m.split()
	if err != nil {
		return err
	}
	m.out.Compared = c.about
	n := min(c.fit.Rows, c.real.Rows, comparedRows)
	real := take(c.real, pick(c.real.Rows, n))
	full, err := gauss.Fit(c.fit)
	if err != nil {
		return err
	}
	alone := mat.NewSymDense(full.Dim(), nil)
	cov := full.Cov()
	for i := range full.Dim() {
		alone.SetSym(i, i, cov.At(i, i))
	}
	diagonal, err := gauss.New(full.Mean(), alone)
	if err != nil {
		return err
	}
	grid, err := schedule.Uniform(m.Steps)
	if err != nil {
		return err
	}
	reached, err := gauss.New(full.Mean(), full.Composed(m.Sch, grid, gauss.Isotropic))
	if err != nil {
		return err
	}
	rows := []struct {
		name string
		x    *process.State
	}{
		{"diagonal Gaussian", m.drawn(diagonal, n, 900)},
		{"full Gaussian", m.drawn(full, n, 901)},
		{diffusedName(m.Steps), m.drawn(reached, n, 902)},
	}
	if m.Network != nil {
		s := m.out.learned.Samples
		rows = append(rows, struct {
			name string
			x    *process.State
		}{"trained network", take(s, pick(s.Rows, n))})
	}
	rows = append(rows, struct {
		name string
		x    *process.State
	}{"other real rows", take(c.fit, pick(c.fit.Rows, n))})
	for _, r := range rows {
		part, err := m.compare(ctx, r.x, real)
		if err != nil {
			return err
		}
		part.Name = r.name
		m.out.Models = append(m.out.Models, *part)
	}
	return nil
}

func (m *measuring) drawn(g *gauss.Gaussian, rows, key int) *process.State {
	x := process.NewState(rows, g.Dim())
	g.Draw(x, m.noiseOf(), key)
	return x
}

func (m *measuring) compare(ctx context.Context, x, real *process.State) (*ModelPart, error) {
	_, got := gauss.Moments(x)
	_, want := gauss.Moments(real)
	p := &ModelPart{Rows: x.Rows, Covariance: gauss.Distance(got, want), Chance: betweenSamples(want, x.Rows, real.Rows), Energy: metric.EnergyDistance(m.Pool, asPoints(x), asPoints(real))}
	d, err := metric.Detector{Trees: metric.Boosting{Pool: m.Pool}, Noise: rng.New(m.Seed, rng.Metric)}.Detect(ctx, m.frame(real), m.frame(x))
	if err != nil {
		return nil, err
	}
	p.AUC, p.SE = d.AUC, d.StandardError
	return p, nil
}

// betweenSamples is the expected distance of the covariances of n and of m rows of a Gaussian of
// covariance cov, by E|S - Σ|² = (tr(Σ)² + |Σ|²)/n of Wishart matrices.
func betweenSamples(cov *mat.SymDense, n, m int) float64 {
	norm, trace := mat.Norm(cov, 2), mat.Trace(cov)
	return math.Sqrt((trace*trace+norm*norm)*(1/float64(n)+1/float64(m))) / norm
}

func asPoints(x *process.State) *metric.Points {
	p := metric.NewPoints(x.Rows, x.Dim)
	for i, v := range x.Data {
		p.X[i] = float32(v)
	}
	return p
}

// frame is a state as a table of numbers.
func (m *measuring) frame(x *process.State) *metric.Frame {
	f := &metric.Frame{Columns: make([]metric.Column, x.Dim)}
	for j := range f.Columns {
		f.Columns[j] = metric.Column{Name: m.Space.Names[j], Num: make([]float64, x.Rows)}
		for i := range x.Rows {
			f.Columns[j].Num[i] = x.Row(i)[j]
		}
	}
	return f
}

// diffusedName names the Gaussian that a diffusion of so many isotropic steps brings back.
func diffusedName(steps int) string {
	return fmt.Sprintf("diffusion of that Gaussian, %d isotropic steps", steps)
}

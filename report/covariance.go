package report

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"
)

// Covariance shows the covariance view of diffusion on centred, standardised data: x (N,D)
// with the names of its columns.
type Covariance struct {
	X     *process.State
	Names []string
	Sch   schedule.Schedule
	Seed  uint64 // of the noise that is added to measure
}

// measured is the times at which noised data is measured.
var measured = [...]float64{0.1, 0.25, 0.5, 0.75, 0.9}

// Eigenvalues shows how each eigenvalue of Σ_t goes from its own value to 1: as predicted, and
// as measured on the noised data.
func (c Covariance) Eigenvalues() Scatter {
	_, cov := gauss.Moments(c.X)
	values := eigenvalues(cov)
	f := Scatter{
		Caption: Caption{Title: "Eigenvalues of Σ_t", Note: "Lines: ᾱ_t e + 1-ᾱ_t for each eigenvalue e of the data. Marks: measured on the data with noise added. A network never sees Σ_0, only single rows."},
		X:       timeAxis(), Y: Axis{Label: "eigenvalue"},
	}
	points := Series{Name: "measured"}
	for _, t := range measured {
		for _, v := range eigenvalues(c.noised(t)) {
			points.X, points.Y = append(points.X, t), append(points.Y, v)
		}
	}
	f.Sets = []Series{points}
	for i := len(values) - 1; i >= 0; i-- {
		e := values[i]
		f.Curves = append(f.Curves, overTime(fmt.Sprintf("predicted, e = %.2f", e), 0, func(t float64) float64 {
			a := schedule.AlphaBar(c.Sch, t)
			return a*e + 1 - a
		}))
	}
	return f
}

// Maps shows Σ_t at a time as predicted and as measured, with their distance.
func (c Covariance) Maps(t float64) []Figure {
	_, cov := gauss.Moments(c.X)
	alpha, sigma := c.Sch.At(t)
	predicted, got := gauss.Flow(cov, alpha, sigma), c.noised(t)
	return []Figure{
		c.heat(fmt.Sprintf("Σ at t = %g, predicted", t), "", predicted),
		c.heat(fmt.Sprintf("Σ at t = %g, measured", t), fmt.Sprintf("%.1f %% from the prediction; chance alone gives about %.1f %%.",
			100*gauss.Distance(got, predicted), 100*c.chance(predicted)), got),
	}
}

// chance is the distance from the truth that the covariance of so many rows is expected to
// have if they were Gaussian: E|S-Σ|² = (tr(Σ)² + |Σ|²)/N (Wishart).
func (c Covariance) chance(cov *mat.SymDense) float64 {
	norm := mat.Norm(cov, 2)
	trace := mat.Trace(cov)
	return math.Sqrt((trace*trace+norm*norm)/float64(c.X.Rows)) / norm
}

// Crossing shows the error of the covariance that ancestral sampling with the exact denoiser
// reaches in T steps, when its noise is isotropic or diagonal: the gap between a diagonal and
// the full covariance, crossed as T grows.
func (c Covariance) Crossing() (Lines, error) {
	g, err := gauss.Fit(c.X)
	if err != nil {
		return Lines{}, err
	}
	f := Lines{
		Caption: Caption{Title: "From diagonal steps to the full covariance", Note: "A Gaussian with the data's covariance, sampled by its exact denoiser. Every single step adds noise of a diagonal covariance and errs; all together recover Σ_0, with an error that falls as 1/T."},
		X:       Axis{Label: "steps T", Log: true}, Y: Axis{Label: "error of the covariance", Log: true},
	}
	for _, kind := range []struct {
		name  string
		noise gauss.StepNoise
	}{{"isotropic noise", gauss.Isotropic}, {"diagonal noise", gauss.Diagonal}} {
		s := Series{Name: kind.name}
		for steps := 2; steps <= 512; steps *= 2 {
			grid, err := schedule.Uniform(steps)
			if err != nil {
				return Lines{}, err
			}
			_, reached := g.Ancestral(c.Sch, grid, kind.noise)
			s.X, s.Y = append(s.X, float64(steps)), append(s.Y, gauss.Distance(reached, g.Cov()))
		}
		f.Series = append(f.Series, s)
	}
	return f, nil
}

// noised is the covariance of the data with noise of time t added to it.
func (c Covariance) noised(t float64) *mat.SymDense {
	noise := process.NewState(c.X.Rows, c.X.Dim)
	process.Fill(noise, rng.Rows{Stream: rng.New(c.Seed, rng.Metric)}, int(1000*t))
	y := process.NewState(c.X.Rows, c.X.Dim)
	process.Perturb(c.Sch, t).Apply(y, c.X, noise)
	_, cov := gauss.Moments(y)
	return cov
}

func (c Covariance) heat(title, note string, m *mat.SymDense) Heatmap {
	values := make([][]float64, c.X.Dim)
	for i := range values {
		values[i] = mat.Row(nil, i, m)
	}
	return Heatmap{Caption: Caption{Title: title, Note: note}, Rows: c.Names, Cols: c.Names, Values: values, Full: 1, Numbers: c.X.Dim <= 8}
}

// eigenvalues are those of a covariance, ascending.
func eigenvalues(cov *mat.SymDense) []float64 {
	var eig mat.EigenSym
	if !eig.Factorize(cov, false) {
		return nil
	}
	return eig.Values(nil)
}

package report

import (
	"context"
	"fmt"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
	"ebb/model"
)

// Explain measures the covariance view of diffusion on data: what the forward process does to
// the covariance Σ₀ of the data, and how reverse steps that know no more than diagonals bring all
// of it back. [Explain.Measure] computes every number, [Explanation.Page] shows them.
type Explain struct {
	Title    string // what is explained: the name of the data or of the run
	Space    *Space
	Sch      schedule.Schedule
	Schedule string // its name
	Steps    int    // of the reverse process that is shown
	Seed     uint64
	Pool     *parallel.Pool
	Real     *model.Source // rows that no model has seen, or nil
	Network  Network       // nil: the Gaussian fitted to the data plays the model
	Progress func(part float64, what string)
}

// Network is what a page asks of a trained model.
type Network interface {
	// Look measures the network: a traced draw, errors at the given times, samples.
	Look(ctx context.Context, e *Explain, times []float64) (*Learned, error)
}

// Explanation is every number of a page; its JSON has them all.
type Explanation struct {
	Title    string   `json:"title"`
	About    []string `json:"about"`
	Rows     int      `json:"rows"`
	Names    []string `json:"dimensions"`
	Schedule string   `json:"schedule"`
	Seed     uint64   `json:"seed"`

	Data     DataPart     `json:"data"`
	Noise    NoisePart    `json:"noise"`
	Mean     MeanPart     `json:"mean"`
	Shares   SharesPart   `json:"shares"`
	Flow     []FlowPart   `json:"flow"`
	End      EndPart      `json:"end"`
	Kernels  []KernelPart `json:"reverse_kernels"`
	Crossing CrossingPart `json:"crossing"`
	Reverse  ReversePart  `json:"reverse"`
	Denoise  DenoisePart  `json:"denoising"`
	Models   []ModelPart  `json:"models"`
	Compared string       `json:"models_compared_with"`

	space   *Space
	sch     schedule.Schedule
	learned *Learned
}

// state carries what the parts share while they are measured.
type measuring struct {
	*Explain
	gaussian *gauss.Gaussian // fitted to the centred data
	out      *Explanation
}

// Measure computes all parts.
func (e *Explain) Measure(ctx context.Context) (*Explanation, error) {
	m := &measuring{Explain: e, out: &Explanation{
		Title: e.Title, About: e.Space.About, Rows: e.Space.X.Rows, Names: e.Space.Names, Schedule: e.Schedule, Seed: e.Seed,
		space: e.Space, sch: e.Sch,
	}}
	parts := []struct {
		what string
		do   func(ctx context.Context) error
	}{
		{"covariance of the data", m.data}, {"the schedule", m.noise}, {"the mean", m.mean}, {"eigenvalues", m.shares},
		{"noised data", m.flow}, {"the end of the process", m.end}, {"reverse kernels", m.kernels}, {"the crossing", m.crossing},
		{"the reverse process", m.reverse}, {"errors of denoising", m.denoise}, {"models side by side", m.models},
	}
	for i, p := range parts {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if e.Progress != nil {
			e.Progress(float64(i)/float64(len(parts)), p.what)
		}
		if err := p.do(ctx); err != nil {
			return nil, fmt.Errorf("explain: %s: %w", p.what, err)
		}
	}
	if e.Progress != nil {
		e.Progress(1, "done")
	}
	return m.out, nil
}

// DataPart is the data's own covariance.
type DataPart struct {
	Covariance  [][]float64 `json:"covariance"`
	Eigenvalues []float64   `json:"eigenvalues"` // descending
	// Pair are the two dimensions that are most correlated, and Correlation is how much.
	Pair        [2]int  `json:"most_correlated"`
	Correlation float64 `json:"correlation"`
}

func (m *measuring) data(context.Context) error {
	g, err := gauss.Fit(m.Space.X)
	if err != nil {
		return err
	}
	m.gaussian = g
	cov := g.Cov()
	p := &m.out.Data
	p.Covariance, p.Eigenvalues = rowsOf(cov), descending(g.Eigenvalues())
	p.Pair, p.Correlation = mostCorrelated(p.Covariance)
	if !(p.Eigenvalues[0] > 0) {
		return fmt.Errorf("the data does not vary")
	}
	return nil
}

// NoisePart is the schedule.
type NoisePart struct {
	T     []float64 `json:"t"`
	Alpha []float64 `json:"alpha"`
	Sigma []float64 `json:"sigma"`
	SNR   []float64 `json:"snr"` // from t > 0 on: at 0 it is infinite
	Half  float64   `json:"half"`
	// Preserving is true of a schedule with alpha² + sigma² = 1.
	Preserving bool `json:"variance_preserving"`
}

func (m *measuring) noise(context.Context) error {
	p := &m.out.Noise
	p.Preserving = true
	for i := range curvePoints {
		t := float64(i) / (curvePoints - 1)
		alpha, sigma := m.Sch.At(t)
		p.T, p.Alpha, p.Sigma = append(p.T, t), append(p.Alpha, alpha), append(p.Sigma, sigma)
		if i > 0 {
			p.SNR = append(p.SNR, schedule.SNR(m.Sch, t))
		}
		p.Preserving = p.Preserving && schedule.Start(m.Sch, t) == 1
	}
	p.Half = m.timeOf(1)
	return nil
}

// timeOf is the time at which the signal-to-noise ratio has fallen to snr.
func (m *measuring) timeOf(snr float64) float64 {
	lo, hi := 0.0, 1.0
	for range 60 {
		mid := (lo + hi) / 2
		if schedule.SNR(m.Sch, mid) > snr {
			lo = mid
		} else {
			hi = mid
		}
	}
	return (lo + hi) / 2
}

// noiseOf is the noise of a measurement; key separates them.
func (m *measuring) noiseOf() rng.Rows { return rng.Rows{Stream: rng.New(m.Seed, rng.Metric)} }

// at is x at time t, with noise of a key.
func (m *measuring) at(x *process.State, t float64, key int) *process.State {
	y := process.NewState(x.Rows, x.Dim)
	process.Fill(y, m.noiseOf(), key)
	process.Perturb(m.Sch, t).Apply(y, x, y)
	return y
}

package report

import (
	"context"
	"math"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
	"ebb/model"
)

// Learned is what a page shows of a trained model.
type Learned struct {
	About   string                 // how it was sampled
	Trace   *model.Trace           // nil: the network does not work in the space of the page
	Errors  []model.DenoisingError // none: the same
	Judged  string                 // the rows that the errors are of
	Samples *process.State         // in the space, centred
	// Spectrum and Variances are the eigenvalues and the diagonal of the data's covariance in the
	// network's own dimensions; Spectrum is nil where there are too many.
	Spectrum, Variances []float64
	Pictures            Pictures // nil of a table
	Told                bool     // the network is told the class of each picture
}

// ReversePart is one draw from noise to data.
type ReversePart struct {
	Model  string    `json:"model"`  // what played the denoiser
	T      []float64 `json:"t"`      // where each step starts
	Change []float64 `json:"change"` // root mean square by which E[x0|x_t] moved since the step before; 0 at the first
	Left   []float64 `json:"left"`   // and by which it still differs from where the draw ended
	// Frames are the pair of most correlated dimensions at some times; of pictures there are none.
	Frames []FramePart `json:"frames,omitempty"`
	// Variance is the learned variance between its bounds, if one was learned.
	Variance []VariancePart `json:"learned_variance,omitempty"`
}

// FramePart is where the rows stand at one time, and what the model takes the data to be.
type FramePart struct {
	T  float64     `json:"t"`
	X  [][]float64 `json:"x"`
	X0 [][]float64 `json:"x0,omitempty"`
}

// VariancePart is the variance of the reverse step from T to S, as a share of β, its upper bound.
type VariancePart struct {
	T       float64 `json:"t"`
	S       float64 `json:"s"`
	Learned float64 `json:"learned"` // the geometric mean over rows and dimensions
	Small   float64 `json:"small"`   // β̃, the lower bound
	Best    float64 `json:"best"`    // what the measured error asks for
}

// Rows of the reverse process that are followed.
const (
	tracedRows     = 300
	tracedPictures = 6
)

// networkTimes are where a network's errors are measured.
var networkTimes = []float64{0.01, 0.03, 0.06, 0.1, 0.15, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99}

func (m *measuring) reverse(ctx context.Context) error {
	p := &m.out.Reverse
	trace, centre := (*model.Trace)(nil), m.Space.Centre
	if m.Network != nil {
		learned, err := m.Network.Look(ctx, m.Explain, networkTimes)
		if err != nil {
			return err
		}
		m.out.learned, trace, p.Model = learned, learned.Trace, "the trained network, and a draw has "+learned.About
	}
	if trace == nil {
		var err error
		if trace, err = m.gaussianTrace(ctx); err != nil {
			return err
		}
		p.Model, centre = "a Gaussian with the data's mean and covariance, whose denoiser is known exactly", make([]float64, len(centre))
		if m.Space.Blocks != nil {
			m.out.learned = &Learned{Trace: trace, Pictures: blockPictures{m.Space}}
		}
	}
	for k, step := range trace.Steps {
		p.T = append(p.T, step.T)
		change := 0.0
		if k > 0 {
			change = rootMeanGap(step.X0, trace.Steps[k-1].X0)
		}
		p.Change, p.Left = append(p.Change, change), append(p.Left, rootMeanGap(step.X0, trace.End))
	}
	if m.Space.Blocks == nil {
		m.frames(trace, centre)
	}
	m.variances(trace)
	return nil
}

// network tells whether a network was measured at each time.
func (x *Explanation) network() bool { return x.learned != nil && len(x.learned.Errors) > 0 }

// gaussianTrace is a draw by the exact denoiser of the Gaussian fitted to the data, with the
// best isotropic noise in every step. Pictures keep their mean, to be seen.
func (m *measuring) gaussianTrace(ctx context.Context) (*model.Trace, error) {
	g, rows := m.gaussian, tracedRows
	if m.Space.Blocks != nil {
		var err error
		if g, err = gauss.New(m.Space.Centre, m.gaussian.Cov()); err != nil {
			return nil, err
		}
		rows = tracedPictures
	}
	grid, err := schedule.Uniform(m.Steps)
	if err != nil {
		return nil, err
	}
	return model.TraceOf(ctx, gauss.Denoiser{Data: g, Sch: m.Sch, Isotropic: true}, sample.Learned, rows, g.Dim(), grid, m.Seed)
}

func rootMeanGap(x, y *process.State) float64 {
	sum := 0.0
	for i, v := range x.Data {
		gap := v - y.Data[i]
		sum += gap * gap
	}
	return math.Sqrt(sum / float64(len(x.Data)))
}

// frames keeps the pair of dimensions at about the shown times.
func (m *measuring) frames(trace *model.Trace, centre []float64) {
	pair := m.out.Data.Pair
	of := func(x *process.State) [][]float64 {
		out := make([][]float64, x.Rows)
		for i := range out {
			out[i] = []float64{x.Row(i)[pair[0]] - centre[pair[0]], x.Row(i)[pair[1]] - centre[pair[1]]}
		}
		return out
	}
	for k := len(shownTimes) - 1; k > 0; k-- {
		step := nearestStep(trace, shownTimes[k])
		m.out.Reverse.Frames = append(m.out.Reverse.Frames, FramePart{T: step.T, X: of(step.X), X0: of(step.X0)})
	}
	last := trace.Steps[len(trace.Steps)-1]
	m.out.Reverse.Frames = append(m.out.Reverse.Frames, FramePart{T: last.S, X: of(trace.End)})
}

// nearestStep is the step of a trace that starts nearest to t.
func nearestStep(trace *model.Trace, t float64) model.TraceStep {
	best := trace.Steps[0]
	for _, s := range trace.Steps {
		if math.Abs(s.T-t) < math.Abs(best.T-t) {
			best = s
		}
	}
	return best
}

// variances puts the learned variance between its bounds. The last step adds no noise and has no
// lower bound above 0: it is left out.
func (m *measuring) variances(trace *model.Trace) {
	if !m.out.network() {
		return
	}
	for _, s := range trace.Steps {
		if s.LogLarge == 0 && s.LogSmall == 0 || s.S == 0 {
			continue
		}
		_, beta := schedule.Between(m.Sch, s.S, s.T)
		bridge := process.Posterior(m.Sch, s.T, s.S)
		m.out.Reverse.Variance = append(m.out.Reverse.Variance, VariancePart{T: s.T, S: s.S,
			Learned: elementary.Exp(s.LogVariance - s.LogLarge), Small: elementary.Exp(s.LogSmall - s.LogLarge),
			Best: (bridge.Var + bridge.X0*bridge.X0*errorAt(m.out.learned.Errors, s.T)) / beta})
	}
}

// errorAt is the measured error of x0 at time t, by straight lines between the times.
func errorAt(errors []model.DenoisingError, t float64) float64 {
	for i, e := range errors {
		if t > e.T {
			continue
		}
		if i == 0 {
			return e.X0 * t / e.T
		}
		last := errors[i-1]
		return last.X0 + (e.X0-last.X0)*(t-last.T)/(e.T-last.T)
	}
	return errors[len(errors)-1].X0
}

// DenoisePart is how well the data behind the noise can be found at each time.
type DenoisePart struct {
	T []float64 `json:"t"`
	// Mean squared errors of x0 per number: of a Gaussian with the data's covariance, of one
	// with its diagonal, and of the network (at its own times).
	Full     []float64              `json:"full_gaussian,omitempty"`
	Diagonal []float64              `json:"diagonal_gaussian"`
	Network  []model.DenoisingError `json:"network,omitempty"`
	// Gain is what the network's smaller errors are worth over the full Gaussian's, or the full
	// Gaussian's over the diagonal one's without a network, in bits per number: the integral of
	// the difference in the error of the noise over λ = log(α/σ).
	Gain float64 `json:"gain_bits"`
	Over string  `json:"gain_over"`
}

func (m *measuring) denoise(context.Context) error {
	p := &m.out.Denoise
	spectrum, variances := m.out.Data.Eigenvalues, make([]float64, len(m.out.Names))
	for j, row := range m.out.Data.Covariance {
		variances[j] = row[j]
	}
	if m.out.network() {
		spectrum, variances = m.out.learned.Spectrum, m.out.learned.Variances
		p.Network = m.out.learned.Errors
	}
	for i := range curvePoints {
		t := float64(i) / (curvePoints - 1)
		p.T = append(p.T, t)
		p.Diagonal = append(p.Diagonal, m.linearError(variances, t))
		if spectrum != nil {
			p.Full = append(p.Full, m.linearError(spectrum, t))
		}
	}
	better := func(t float64) float64 { return m.linearError(spectrum, t) }
	worse := func(t float64) float64 { return m.linearError(variances, t) }
	p.Over = "a diagonal Gaussian"
	if m.out.network() {
		better = func(t float64) float64 { return errorAt(p.Network, t) }
		if spectrum != nil {
			worse = func(t float64) float64 { return m.linearError(spectrum, t) }
			p.Over = "a full Gaussian"
		}
	}
	p.Gain = m.gain(better, worse)
	return nil
}

// linearError is the mean squared error of the best linear denoiser, for the variances along
// its directions.
func (m *measuring) linearError(variances []float64, t float64) float64 {
	alpha, sigma := m.Sch.At(t)
	sum := 0.0
	for _, e := range variances {
		if e > 0 && sigma > 0 {
			sum += e * sigma * sigma / (alpha*alpha*e + sigma*sigma)
		}
	}
	return sum / float64(len(variances))
}

// gain is the integral over λ of the difference in the error of the noise, SNR times that of x0,
// in bits: d(-log p) = (error of the noise) dλ (the continuous-time loss of Kingma et al. 2021, arXiv 2107.00630).
func (m *measuring) gain(better, worse func(t float64) float64) float64 {
	nats, lastT := 0.0, 0.0
	var last, lastLambda float64
	for _, t := range networkTimes {
		lambda := schedule.Lambda(m.Sch, t)
		now := schedule.SNR(m.Sch, t) * (worse(t) - better(t))
		if lastT > 0 {
			nats += (now + last) / 2 * (lastLambda - lambda)
		}
		last, lastLambda, lastT = now, lambda, t
	}
	return nats / math.Ln2
}

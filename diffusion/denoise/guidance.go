package denoise

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
)

// Labelled is a denoiser of rows that belong to classes.
type Labelled interface {
	Denoiser
	// Label gives the rows of the states to come their classes, -1 for a row
	// of no class in particular.
	Label(labels []int32)
}

// Label implements [Labelled].
func (m *Model) Label(labels []int32) { m.Labels = labels }

// Guidance draws a labelled model's rows closer to their class than the data
// is (classifier-free guidance, Ho and Salimans 2022, arXiv 2207.12598):
//
//	x0 = u + Weight (c - u),   c = E[x0 | x_t, class],  u = E[x0 | x_t].
//
// The paper writes this for the noise (eq. 6, with w = Weight - 1). At a given
// x_t noise and data are tied by a linear map, whose constant drops out because
// the coefficients of c and u add up to one, so that the two are the same.
// Weight 1 is the class's own distribution, 0 the one without classes; for the
// powers in between and beyond,
//
//	score = (1 - Weight) grad log q(x_t) + Weight grad log q(x_t | class),
//
// which is the score of no diffused distribution at t > 0, so that what is drawn
// is near but not the data tilted by p(class | x0)^(Weight-1).
type Guidance struct {
	Weight float64
	// Least and Most are the noise levels sigma/alpha between which
	// (Least, Most] guidance acts (Kynkaanniemi et al. 2024, arXiv
	// 2404.07724); elsewhere the weight is 1, and the network is
	// asked once. Most 0 has no upper end.
	Least, Most float64
	// Rescale, in [0, 1], is the share phi by which the spread of a row's x0
	// is brought back to that of c (Lin et al. 2023, arXiv 2305.08891,
	// eq. 14-16). They do it to the network's output; here it is done to x0
	// whatever the network says, which without signal is theirs for v.
	Rescale float64
}

// Check finds settings that mean nothing.
func (g Guidance) Check() error {
	switch {
	case !(g.Weight >= 0) || math.IsInf(g.Weight, 0):
		return fmt.Errorf("the guidance weight is %v: it must be at least 0; 1 is none, 1.5 to 5 are usual", g.Weight)
	case !(g.Least >= 0) || !(g.Most >= 0) || g.Most != 0 && g.Most <= g.Least:
		return fmt.Errorf("the guidance interval runs from %v to %v: it must rise, from a noise level of 0 or above", g.Least, g.Most)
	case !(g.Rescale >= 0 && g.Rescale <= 1):
		return fmt.Errorf("the guidance rescale is %v: it must lie between 0 and 1; 0.7 is usual", g.Rescale)
	}
	return nil
}

// acts tells whether guidance changes anything at a noise level.
func (g Guidance) acts(sch schedule.Schedule, t float64) bool {
	if g.Weight == 1 {
		return false
	}
	alpha, sigma := sch.At(t)
	above := sigma > float64(g.Least*alpha)
	below := g.Most == 0 || sigma <= float64(g.Most*alpha)
	return above && below
}

// Guided is a labelled denoiser under [Guidance]. It implements sample.Denoiser,
// and keeps buffers between calls.
type Guided struct {
	Guidance
	Inner Labelled
	// Labels are the rows' classes. Against are those in place of "no class":
	// nil for none, or the class that the rows shall be unlike, a negative
	// label. The weight then draws from one class away from the other.
	Labels, Against []int32
}

// GuidedVariance is a Guided whose inner denoiser knows its variance, which
// stays that of the class. It implements sample.Variance.
type GuidedVariance struct{ Guided }

// Guide wraps a labelled denoiser. It is a [Guided], or, if the inner one knows
// its variance, a [GuidedVariance].
func Guide(inner Labelled, g Guidance, labels, against []int32) Denoiser {
	guided := Guided{Guidance: g, Inner: inner, Labels: labels, Against: against}
	if _, ok := inner.(VarianceDenoiser); ok {
		return GuidedVariance{guided}
	}
	return guided
}

// Schedule is the noise schedule.
func (d Guided) Schedule() schedule.Schedule { return d.Inner.Schedule() }

// Answers implements sample.Reluctant.
func (d Guided) Answers(t float64) error {
	if r, ok := d.Inner.(interface{ Answers(float64) error }); ok {
		return r.Answers(t)
	}
	return nil
}

// Denoise sets x0 to the guided E[x0 | x_t, class].
func (d Guided) Denoise(x0, xt *process.State, t []float64) {
	x0.MustMatch(xt)
	b := d.stack(xt, t)
	b.run(d.Inner)
	d.mix(x0, b)
}

// DenoiseVariance is Denoise, and sets v to the class's own variance.
func (d GuidedVariance) DenoiseVariance(x0, v, xt *process.State, t, s []float64) {
	x0.MustMatch(xt)
	v.MustMatch(xt)
	b := d.stack(xt, t)
	until := append([]float64(nil), s...)
	for _, row := range b.guided {
		until = append(until, s[row])
	}
	all := process.NewState(b.xt.Rows, b.xt.Dim)
	d.Inner.Label(b.labels)
	d.Inner.(VarianceDenoiser).DenoiseVariance(b.x0, all, b.xt, b.t, until)
	copy(v.Data, all.Data)
	d.mix(x0, b)
}

// stacked is one batch of rows with their own labels, and behind them those on
// which guidance acts with the label to be unlike.
type stacked struct {
	x0, xt *process.State
	t      []float64
	labels []int32
	guided []int // rows that stand twice
}

func (b *stacked) run(inner Labelled) {
	inner.Label(b.labels)
	inner.Denoise(b.x0, b.xt, b.t)
}

func (d Guided) stack(xt *process.State, t []float64) *stacked {
	if len(d.Labels) != xt.Rows || d.Against != nil && len(d.Against) != xt.Rows || len(t) != xt.Rows {
		panic(fmt.Sprintf("denoise: a state %v with %d times, %d labels and %d to be unlike", xt, len(t), len(d.Labels), len(d.Against)))
	}
	b := &stacked{t: append([]float64(nil), t...), labels: append([]int32(nil), d.Labels...)}
	data := append([]float64(nil), xt.Data...)
	for i := range xt.Rows {
		if !d.acts(d.Schedule(), t[i]) {
			continue
		}
		against := int32(-1)
		if d.Against != nil {
			against = d.Against[i]
		}
		b.guided = append(b.guided, i)
		b.t, b.labels, data = append(b.t, t[i]), append(b.labels, against), append(data, xt.Row(i)...)
	}
	b.xt = &process.State{Rows: len(b.t), Dim: xt.Dim, Data: data}
	b.x0 = process.NewState(len(b.t), xt.Dim)
	return b
}

// mix sets x0 to the guided mean of what the network said.
func (d Guided) mix(x0 *process.State, b *stacked) {
	copy(x0.Data, b.x0.Data)
	for k, row := range b.guided {
		out, c, u := x0.Row(row), b.x0.Row(row), b.x0.Row(x0.Rows+k)
		for j := range out {
			out[j] = u[j] + float64(d.Weight*(c[j]-u[j]))
		}
		if d.Rescale > 0 {
			d.rescale(out, c)
		}
	}
}

// rescale takes the spread of a guided row towards that of c. A row without
// spread stays.
func (d Guided) rescale(row, c []float64) {
	own := deviation(row)
	if own == 0 {
		return
	}
	factor := float64(d.Rescale*(deviation(c)/own)) + (1 - d.Rescale)
	for j := range row {
		row[j] *= factor
	}
}

// deviation is the standard deviation of the values of a row.
func deviation(row []float64) float64 {
	mean := 0.0
	for _, v := range row {
		mean += v
	}
	mean /= float64(len(row))
	sum := 0.0
	for _, v := range row {
		sum += float64((v - mean) * (v - mean))
	}
	return math.Sqrt(sum / float64(len(row)))
}

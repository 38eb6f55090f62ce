package report

import (
	"fmt"
	"html/template"

	"ebb/engine/kernel/elementary"
)

// turn is the cosine and the sine of a share of a full turn.
func turn(part float64) (c, s float64) {
	const full = 6.283185307179586
	return elementary.Cos(full * part), elementary.Sin(full * part)
}

func (x *Explanation) addKernels(p *Page) error {
	s := p.Add("The way back needs a full covariance …", "")
	s.Add(Prose{
		template.HTML(`Now backwards: from ` + mXt + ` to ` + mXs + `, where s is an earlier time than t. If the data is Gaussian, the exact reverse step is Gaussian too, and everything about it is known:`),
		Formula(template.HTML(`q(` + mXs + ` | ` + mXt + `) = N( a x̂<sub>0</sub> + b ` + mXt + `,  β̃ I + a<sup>2</sup> Cov[` + mX0 + ` | ` + mXt + `] )`)),
		template.HTML(`x̂<sub>0</sub> (x-hat) is the best guess of the clean data behind ` + mXt + `: the average of all data that could have led there. This is what a network learns. ` +
			`Cov[` + mX0 + ` | ` + mXt + `] is how uncertain that guess is, a full matrix, because uncertain dimensions are uncertain together. a, b and β̃ (beta-tilde) are numbers from the schedule. ` +
			`So the forward step added plain noise with covariance β I, but the exact way back has noise of a full covariance. ` +
			`A diffusion model does not have that matrix. It draws noise of a diagonal covariance, or even of one number times I (<b>isotropic</b>). Each of its steps is wrong.`),
	})
	f := MatrixGrid{
		Caption: Caption{Title: "Covariance of the exact reverse step from t = 0.5, for steps of length 1/2 to 1/512", Note: "With few long steps the matrix is full; as steps get shorter it becomes diagonal by itself. Each matrix has its own scale: full colour is its largest entry."},
		Rows:    []string{""}, Cells: make([][]MatrixPanel, 1), Label: "entry, as a share of the largest", Full: 1,
	}
	for _, k := range x.Kernels {
		f.Cols = append(f.Cols, fmt.Sprintf("T = %d steps", k.Steps))
		f.Cells[0] = append(f.Cells[0], MatrixPanel{Values: scaledTo1(k.Covariance), Lines: []string{fmt.Sprintf("%s %% off the diagonal", short(100*k.OffDiagonal))}})
	}
	s.Add(f)
	return nil
}

// scaledTo1 is a matrix divided by its largest entry.
func scaledTo1(m [][]float64) [][]float64 { return scaledBy(m, 1/largestOf(m)) }

// scaledBy is a matrix times a number.
func scaledBy(m [][]float64, by float64) [][]float64 {
	out := make([][]float64, len(m))
	for i, row := range m {
		out[i] = make([]float64, len(row))
		for j, v := range row {
			out[i][j] = v * by
		}
	}
	return out
}

func (x *Explanation) addCrossing(p *Page) error {
	c := x.Crossing
	iso, diag := c.Noise[0], c.Noise[1]
	s := p.Add("… and yet diagonal steps bring all of it back", "")
	s.Add(Prose{
		template.HTML(`Cut time into T equal steps and give each step only isotropic or only diagonal noise, with the exact x̂<sub>0</sub>. Against the exact step the error shrinks as 1/T. ` +
			`What a step leaves wrong in the covariance of ` + mXs + ` shrinks as 1/T<sup>2</sup>, because the short step adds little noise in the first place. T steps of error 1/T<sup>2</sup> make 1/T together: it vanishes.`),
		template.HTML(`Where, then, does the full covariance come from? From x̂<sub>0</sub>. The guess moves each dimension according to all others; noise is only what is left. ` +
			`With T large, everything full has moved from the noise into the guess. That is the crossing: a model that never handles ` + mSigma0 + ` but through diagonals recovers all of it.`),
		template.HTML(fmt.Sprintf(`These are no samples: for a Gaussian with the data's covariance the steps are linear maps, composed exactly. The slopes are fitted from T = %d on. Measured: one step against the exact kernel %s, in the covariance it arrives at %s, after all steps %s for isotropic and %s for diagonal noise.`,
			rateFrom, power(iso.KernelRate), power(iso.MarginalRate), power(iso.ReachedRate), power(diag.ReachedRate))),
	})
	steps := make([]float64, len(c.Steps))
	for i, n := range c.Steps {
		steps[i] = float64(n)
	}
	s.Add(Lines{
		Caption: Caption{Title: "The error of one step from t = 0.5", Note: fmt.Sprintf("Straight lines that fall: twice as many steps, about half the error of the noise (slope %s) and a quarter of what it leaves in the covariance (slope %s).", fixed(iso.KernelRate.Exponent, 2), fixed(iso.MarginalRate.Exponent, 2))},
		X:       Axis{Label: "number of steps T (logarithmic)", Log: true}, Y: Axis{Label: "error of one step, as a share (logarithmic)", Log: true}, Size: Size{500, 360},
		Series: []Series{
			{Name: "isotropic, of the kernel", X: steps[1:], Y: iso.Kernel[1:]}, {Name: "diagonal, of the kernel", X: steps[1:], Y: diag.Kernel[1:]},
			{Name: "isotropic, left in Σₛ", X: steps[1:], Y: iso.Marginal[1:]}, {Name: "diagonal, left in Σₛ", X: steps[1:], Y: diag.Marginal[1:]},
		},
	})
	last := len(c.Steps) - 1
	f := Lines{
		Caption: Caption{Title: "The error of the covariance after all T steps", Note: fmt.Sprintf("From %.3g %% at T = %d down to %.2g %% at T = %d, along a line of slope %s: diagonal steps recover the full covariance.",
			100*iso.Reached[0], c.Steps[0], 100*iso.Reached[last], c.Steps[last], fixed(iso.ReachedRate.Exponent, 2))},
		X: Axis{Label: "number of steps T (logarithmic)", Log: true}, Y: Axis{Label: "distance from Σ₀, as a share (logarithmic)", Log: true}, Size: Size{500, 360},
		Series: []Series{{Name: "isotropic noise", X: steps, Y: iso.Reached}, {Name: "diagonal noise", X: steps, Y: diag.Reached}, {Name: "1/T, to compare", X: steps, Y: guide(steps, iso.Reached)}},
	}
	if c.Exact[last] > 1e-7 {
		f.Series = append(f.Series, Series{Name: "exact full noise: only the start errs", X: steps, Y: c.Exact})
	}
	s.Add(f)
	return nil
}

// power is a measured rate in words of HTML.
func power(r Rate) string {
	if r.Exponent == 0 {
		return "no rate (the start's own error is in the way)"
	}
	return fmt.Sprintf("T<sup>%s ± %s</sup>", fixed(r.Exponent, 3), short(r.SE))
}

// guide is a line of slope -1 through the last point of a curve, a little below it.
func guide(steps, y []float64) []float64 {
	last := len(y) - 1
	out := make([]float64, len(y))
	for i, n := range steps {
		out[i] = 0.6 * y[last] * steps[last] / n
	}
	return out
}

func (x *Explanation) addReverse(p *Page) error {
	r := x.Reverse
	s := p.Add("The way back, seen", "")
	s.Add(Prose{
		template.HTML(`A draw starts from noise and takes step after step: guess x̂<sub>0</sub>, go a little towards it, add a little noise. The denoiser here is `) + Plain(r.Model) + template.HTML(`.`),
	})
	frames, err := x.reverseFrames()
	if err != nil {
		return err
	}
	s.Add(frames...)
	s.Add(Lines{
		Caption: Caption{Title: "What each step contributed", Note: "Read from right to left, as the draw goes. The upper curve is how far the guess x̂₀ still is from where the draw ends, the lower one how much it moved in one step: where it is high, the draw is being decided."},
		X:       timeAxis(), Y: Axis{Label: "root mean square per dimension"}, Size: Size{560, 320},
		Series: []Series{{Name: "x̂₀ from the end", X: r.T, Y: r.Left}, {Name: "change of x̂₀ in the step", X: r.T[1:], Y: r.Change[1:]}},
	})
	if len(r.Variance) > 0 {
		s.Add(x.varianceFigure())
	}
	return nil
}

func (x *Explanation) varianceFigure() Figure {
	var t, learned, small, best, one []float64
	for _, v := range x.Reverse.Variance {
		t, learned, small, best, one = append(t, v.T), append(learned, v.Learned), append(small, v.Small), append(best, v.Best), append(one, 1)
	}
	return Lines{
		Caption: Caption{Title: "The learned variance between its bounds", Note: "This network also says how much noise a step should have. It may choose between β̃, right if the guess were certain, and β, the noise of the forward step. Best: what the measured error of its guess asks for (β̃ + a² times the error)."},
		X:       timeAxis(), Y: Axis{Label: "variance of the step, as a share of β"}, Size: Size{560, 320},
		Series: []Series{{Name: "learned", X: t, Y: learned}, {Name: "β̃, the lower bound", X: t, Y: small}, {Name: "β, the upper bound", X: t, Y: one}, {Name: "best", X: t, Y: best}},
	}
}

func (x *Explanation) addDenoise(p *Page) error {
	d := x.Denoise
	s := p.Add("What knowing the covariance is worth", "")
	text := Prose{
		template.HTML(`How well can the clean data be found behind the noise? The measure is the mean squared error of x̂<sub>0</sub>, per dimension, at each time. A model that knows only the variances (a diagonal Gaussian) denoises each dimension by itself. ` +
			`A full Gaussian also uses the neighbours; its error is the average of e σ<sup>2</sup> / (ᾱ e + σ<sup>2</sup>) over the eigenvalues.`),
	}
	if d.Network != nil {
		text = append(text, template.HTML(`A network may use more than covariance: shapes, gaps, several clusters. Where its curve lies below the full Gaussian's, it does. It is judged on `)+Plain(x.learned.Judged)+template.HTML(`.`))
		if d.Network[0].Cells > 0 {
			text = append(text, template.HTML(`(The network also sees those categories of a row that are not hidden yet, the Gaussians do not.)`))
		}
	}
	if d.Network != nil && x.learned.Told {
		text = append(text, template.HTML(`(The network is told the class of each picture, the Gaussians are not: that is why its error is smaller even at t = 1.)`))
	}
	text = append(text, template.HTML(fmt.Sprintf(`The error of the noise, SNR times the error of x̂<sub>0</sub>, is what training makes small. It has a second meaning: the area between two such curves, drawn over λ = log(α/σ), is what one model needs more than the other to store the data. `+
		`So smaller errors are bits saved: over the times measured, %s.`, d.worth())))
	s.Add(text)
	s.Add(x.errorFigure(), x.lossFigure())
	if len(d.Network) > 0 && d.Network[0].Cells > 0 {
		f := Series{Name: "network (band: 2 standard errors)"}
		for _, e := range d.Network {
			f.X, f.Y = append(f.X, e.T), append(f.Y, e.Cells)
			f.Lo, f.Hi = append(f.Lo, e.Cells-2*e.CellsSE), append(f.Hi, e.Cells+2*e.CellsSE)
		}
		s.Add(Lines{Caption: Caption{Title: "Hidden categories", Note: "Bits that a hidden cell still costs. With little noise the rest of the row helps to tell it; at t = 1 only how common each value is helps."},
			X: timeAxis(), Y: Axis{Label: "bits per hidden cell"}, Size: Size{500, 300}, Series: []Series{f}})
	}
	return nil
}

// worth says what the smaller errors are worth.
func (d DenoisePart) worth() string {
	if d.Gain < 0 {
		return fmt.Sprintf("this network still needs about <b>%.2f bits per dimension more</b> than %s: more training may help", -d.Gain, d.Over)
	}
	return fmt.Sprintf("about <b>%.2f bits per dimension</b> over %s", d.Gain, d.Over)
}

// errorFigure is the error of x0 over time.
func (x *Explanation) errorFigure() Figure {
	d := x.Denoise
	f := Lines{
		Caption: Caption{Title: "Error of the guess x̂₀", Note: "Lower is better. At t = 0 nothing is lost; at t = 1 a model can only say the mean. The gap between the curves is what the better model knows."},
		X:       timeAxis(), Y: Axis{Label: "mean squared error per dimension"}, Size: Size{500, 340},
		Series: []Series{{Name: "diagonal Gaussian", X: d.T, Y: d.Diagonal}},
	}
	if d.Full != nil {
		f.Series = append(f.Series, Series{Name: "full Gaussian", X: d.T, Y: d.Full})
	}
	if d.Network != nil {
		n := Series{Name: "trained network (band: 2 standard errors)"}
		for _, e := range d.Network {
			n.X, n.Y = append(n.X, e.T), append(n.Y, e.X0)
			n.Lo, n.Hi = append(n.Lo, e.X0-2*e.SE), append(n.Hi, e.X0+2*e.SE)
		}
		f.Series = append(f.Series, n)
	}
	return f
}

// lossFigure is the error of the noise over time: the loss of training.
func (x *Explanation) lossFigure() Figure {
	d := x.Denoise
	times := func(t, y []float64) Series {
		var s Series
		for i, v := range y {
			alpha, sigma := x.sch.At(t[i])
			if t[i] < networkTimes[0]-1e-9 || sigma == 0 {
				continue
			}
			s.X, s.Y = append(s.X, t[i]), append(s.Y, v*alpha*alpha/(sigma*sigma))
		}
		return s
	}
	named := func(name string, s Series) Series { s.Name = name; return s }
	f := Lines{
		Caption: Caption{Title: "Error of the noise ε: the loss at each t", Note: "High at small t, where a little noise is hard to tell from detail; low at large t, where nearly all is noise. A uniform average over t is DDPM's simple loss."},
		X:       timeAxis(), Y: Axis{Label: "mean squared error of ε per dimension"}, Size: Size{500, 340},
		Series: []Series{named("diagonal Gaussian", times(d.T, d.Diagonal))},
	}
	if d.Full != nil {
		f.Series = append(f.Series, named("full Gaussian", times(d.T, d.Full)))
	}
	if d.Network != nil {
		var t, y []float64
		for _, e := range d.Network {
			t, y = append(t, e.T), append(y, e.X0)
		}
		f.Series = append(f.Series, named("trained network", times(t, y)))
	}
	return f
}

func (x *Explanation) addModels(p *Page) error {
	s := p.Add("Models side by side", "")
	s.Add(Prose{
		template.HTML(`Rows drawn from each model are held against real rows: `) + Plain(x.Compared) + template.HTML(`. <b>Distance of covariance</b>: as above, of the rows' own covariance from the real rows'; by chance: what so few rows of one Gaussian would have. `+
			`<b>Energy distance</b>: twice the mean distance between a drawn and a real row, less the mean distances within each set; 0 only if both are distributed alike, whatever their shape. `+
			`<b>Detector</b>: trees are trained to tell drawn rows from real ones, and tested on rows they have not seen; 0.5 is guessing, 1 is always right.`),
	})
	t := Table{
		Caption: Caption{Title: "Drawn rows against real rows", Note: "The last line is the floor: real rows against other real rows. A Gaussian can reach it in the first column and still be found out in the last, because data is more than its covariance."},
		Header:  []string{"model", "rows", "distance of covariance", "by chance", "energy distance", "detector AUC"},
	}
	for _, m := range x.Models {
		t.Rows = append(t.Rows, []string{m.Name, fmt.Sprint(m.Rows), fmt.Sprintf("%.1f %%", 100*m.Covariance), fmt.Sprintf("%.1f %%", 100*m.Chance), fixed(m.Energy, 4), fmt.Sprintf("%.3f ± %.3f", m.AUC, m.SE)})
	}
	s.Add(t)
	return nil
}

func (x *Explanation) addSymbols(p *Page) error {
	p.Add("Symbols, and where to read on", "",
		Table{Caption: Caption{Title: "Every symbol of this page", Note: "docs/math.md of Ebb has each equation with its paper and the test that proves it."}, Header: []string{"symbol", "meaning"}, Rows: [][]string{
			{"t, s", "time from 0 (data) to 1 (noise); s is earlier than t"}, {"T", "number of steps that time is cut into"}, {"D", "number of dimensions"},
			{"x₀, xₜ", "an example without noise; at time t"}, {"x̂₀", "the model's guess of x₀ from xₜ: E[x₀ | xₜ]"}, {"ε", "noise drawn from N(0, I)"},
			{"N(μ, Σ)", "the normal distribution of mean μ and covariance Σ"}, {"I", "the identity matrix"},
			{"α, σ", "factors of signal and noise at time t"}, {"ᾱ", "α²: the share of Σ₀ that is left"}, {"SNR, λ", "α²/σ², and half its logarithm"},
			{"β, β̃", "variance of a forward step's noise; of the reverse step's if x₀ were known"}, {"a, b", "how much of x̂₀ and of xₜ a reverse step takes"},
			{"Σ₀, Σₜ", "covariance of the data; of the noised data"}, {"e", "an eigenvalue of Σ₀: the variance along one of its eigenvectors"},
			{"q, p", "distributions of the forward process; of a model"}, {"KL", "Kullback-Leibler divergence"},
		}},
		Table{Caption: Caption{Title: "Papers", Note: "Numbers are those of arxiv.org."}, Header: []string{"paper", "arXiv", "what of it is here"}, Rows: [][]string{
			{"Denoising Diffusion Probabilistic Models (2020)", "2006.11239", "forward and reverse process, β̃"}, {"Improved DDPM (2021)", "2102.09672", "cosine schedule, learned variance"},
			{"Variational Diffusion Models (2021)", "2107.00630", "the bits in the error of the noise"}, {"Analytic-DPM (2022)", "2201.06503", "the best isotropic variance"},
		}})
	return nil
}

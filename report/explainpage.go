package report

import (
	"fmt"
	"html/template"
	"strconv"
	"strings"

	"ebb/diffusion/schedule"
)

// Page tells the story of the numbers: out to noise, and back.
func (x *Explanation) Page() (*Page, error) {
	p := &Page{
		Title: "Diffusion as a game of covariance: " + x.Title,
		Lead: "Diffusion takes data to noise in small steps and learns the way back. This page follows one thing through it: the covariance. " +
			"Going out, it is exchanged grain by grain for that of pure noise. Coming back, it returns whole, although no single step knows more of it than a diagonal.",
		Facts:  x.facts(),
		Footer: fmt.Sprintf("Every number on this page was computed from %s, with the noise schedule %s and seed %d.", x.Title, x.Schedule, x.Seed),
	}
	for _, add := range []func(*Page) error{
		x.addData, x.addForward, x.addMean, x.addShares, x.addFlow, x.addEnd, x.addKernels, x.addCrossing, x.addReverse, x.addDenoise, x.addModels, x.addSymbols,
	} {
		if err := add(p); err != nil {
			return nil, err
		}
	}
	return p, nil
}

func (x *Explanation) facts() []Fact {
	facts := []Fact{
		{Value: fmt.Sprintf("%d × %d", x.Rows, len(x.Names)), Name: "rows and dimensions of the data", Note: "each row is one example"},
		{Value: "≤ " + scientificText(x.End.Upper[len(x.End.Upper)-1]), Name: "bits per dimension left at the end", Note: "between the noised data and pure noise"},
	}
	c := x.Crossing.Noise[0]
	last := len(c.Reached) - 1
	facts = append(facts, Fact{Value: fmt.Sprintf("%.2g %%", 100*c.Reached[last]), Name: fmt.Sprintf("error of the covariance after %d steps", x.Crossing.Steps[last]),
		Note: fmt.Sprintf("all with isotropic noise; after %d steps it is %.3g %%", x.Crossing.Steps[0], 100*c.Reached[0])})
	if c.ReachedRate.Exponent != 0 {
		facts = append(facts, Fact{Value: fixed(c.ReachedRate.Exponent, 2), Name: "slope of that error against the number of steps", Note: "on logarithmic axes; −1 is “twice the steps, half the error”"})
	}
	return facts
}

// plainNumber is a number with three digits or more, without an exponent.
func plainNumber(v float64) string {
	if v >= 100 || v <= -100 {
		return fixed(v, 0)
	}
	return fixed(v, 2)
}

// scientificText is a number that may be very small, with two digits.
func scientificText(v float64) string {
	if v == 0 || v >= 0.001 && v < 10_000 {
		return fmt.Sprintf("%.2g", v)
	}
	mantissa, exponent, _ := strings.Cut(fmt.Sprintf("%.1e", v), "e")
	e, err := strconv.Atoi(exponent)
	if err != nil {
		return mantissa // infinite
	}
	return mantissa + "×10" + superscript(e)
}

// The symbols of the text.
const (
	mX0     = `x<sub>0</sub>`
	mXt     = `x<sub>t</sub>`
	mXs     = `x<sub>s</sub>`
	mSigma0 = `Σ<sub>0</sub>`
	mSigmat = `Σ<sub>t</sub>`
	mAlpha  = `α<sub>t</sub>`
	mSigma  = `σ<sub>t</sub>`
	mBar    = `ᾱ<sub>t</sub>`
)

// ofNoise is the share of I in the text: 1-ᾱ where the schedule preserves variance.
func (x *Explanation) ofNoise() string {
	if x.Noise.Preserving {
		return "(1 − " + mBar + ")"
	}
	return "σ<sub>t</sub><sup>2</sup>"
}

func (x *Explanation) addData(p *Page) error {
	s := p.Add("The data and its covariance", "")
	var text Prose
	for _, about := range x.About {
		text = append(text, Plain(about))
	}
	text = append(text, template.HTML(`One example is written `+mX0+`: the 0 says that no noise has been added yet. Its average over all rows is the <b>mean</b> μ. `+
		`The <b>covariance</b> `+mSigma0+` (say “sigma zero”) is a square table. The entry in row i and column j is the average of (x<sub>i</sub> − μ<sub>i</sub>)(x<sub>j</sub> − μ<sub>j</sub>): `+
		`above 0 if both dimensions are large together, below 0 if one is large when the other is small, 0 if they have nothing to do with each other in a straight line. `+
		`On its diagonal stand the variances. A <b>diagonal</b> covariance knows each dimension for itself; only a <b>full</b> one knows how they belong together.`))
	s.Add(text)
	i, j := x.Data.Pair[0], x.Data.Pair[1]
	if x.space.Blocks == nil {
		s.Add(x.covarianceMap(), Scatter{
			Caption: Caption{Title: "The two most correlated dimensions", Note: fmt.Sprintf("The cloud is long and thin, because the two move together: their correlation is %.2f. The ellipse is Σ₀, drawn at two standard deviations.", x.Data.Correlation)},
			X:       Axis{Label: x.Names[i]}, Y: Axis{Label: x.Names[j]}, Equal: true, Size: Size{400, 340},
			Sets:   []Series{x.pairOf(pairRows)},
			Curves: []Series{ellipseOf("Σ₀", x.Data.Covariance, i, j)},
		})
		return nil
	}
	return x.addPictures(s)
}

// covarianceMap is Σ₀ with names and numbers.
func (x *Explanation) covarianceMap() Figure {
	note := "Blue: the two rise together. Orange: one rises as the other falls. The diagonal holds the variances. Everything off it is what a diagonal model would lose."
	if len(x.Names) > mostRects {
		return MatrixGrid{Caption: Caption{Title: "Σ₀, the covariance of the data", Note: note}, Rows: []string{""}, Cols: []string{""},
			Cells: [][]MatrixPanel{{{Values: x.Data.Covariance}}}, Side: 360, Label: "covariance", Root: true}
	}
	return Heatmap{Caption: Caption{Title: "Σ₀, the covariance of the data", Note: note}, Rows: x.Names, Cols: x.Names,
		Values: x.Data.Covariance, Full: 1, Numbers: len(x.Names) <= 10}
}

func (x *Explanation) addForward(p *Page) error {
	s := p.Add("The way out: a little noise at a time", "")
	s.Add(Prose{
		template.HTML(`Time t runs from 0, the data, to 1, pure noise. In between, an example is part signal, part noise:`),
		Formula(template.HTML(mXt + ` = ` + mAlpha + ` ` + mX0 + ` + ` + mSigma + ` ε,   ε ~ N(0, I)`)),
		template.HTML(`ε (epsilon) is fresh noise: one independent draw of a bell curve with mean 0 and variance 1 for each dimension. That is what N(0, I) means: N for normal, 0 for its mean, ` +
			`and I, the identity matrix (ones on the diagonal, zeros elsewhere), for its covariance. The <b>schedule</b> says how large the signal's factor ` + mAlpha + ` (alpha) and the noise's factor ` + mSigma + ` (sigma) are at each time. ` +
			`Many small steps have the same effect as this one jump. A single step multiplies by a number a little below 1 and adds √β ε: β (beta) is the variance of the noise it adds.`),
		x.preserving(),
	})
	frames, err := x.forwardFrames()
	if err != nil {
		return err
	}
	s.Add(frames, x.scheduleFigure(), x.snrFigure())
	return nil
}

// preserving says what is special about the schedule.
func (x *Explanation) preserving() template.HTML {
	if x.Noise.Preserving {
		return template.HTML(`Here `) + Plain(x.Schedule) + template.HTML(` is used, a schedule that keeps `+mAlpha+`<sup>2</sup> + `+mSigma+`<sup>2</sup> = 1. With the short name `+mBar+` = `+mAlpha+`<sup>2</sup> (alpha bar), the noise has variance 1 − `+mBar+`.`)
	}
	return template.HTML(`Here `) + Plain(x.Schedule) + template.HTML(` is used, a schedule for which `+mAlpha+`<sup>2</sup> + `+mSigma+`<sup>2</sup> is not 1 at all times: noise is added faster or slower than signal is taken away. The short name `+mBar+` (alpha bar) stands for `+mAlpha+`<sup>2</sup>.`)
}

func (x *Explanation) scheduleFigure() Figure {
	n := x.Noise
	return Lines{
		Caption: Caption{Title: "The schedule", Note: fmt.Sprintf("The signal α %s as the noise σ grows; they are equal at t = %.2f.", x.signal(), n.Half)},
		X:       timeAxis(), Y: Axis{Label: "factor"}, Size: Size{500, 300},
		Series: []Series{{Name: "α, of the signal", X: n.T, Y: n.Alpha}, {Name: "σ, of the noise", X: n.T, Y: n.Sigma}},
	}
}

// signal says what the signal does: not every schedule makes it smaller.
func (x *Explanation) signal() string {
	if x.Noise.Alpha[len(x.Noise.Alpha)-1] > 0.99 {
		return "stays"
	}
	return "fades"
}

func (x *Explanation) snrFigure() Figure {
	n := x.Noise
	return Lines{
		Caption: Caption{Title: "Signal-to-noise ratio", Note: fmt.Sprintf("SNR = α²/σ² falls by many powers of ten: above the line at 1 there is more signal than noise, below it more noise. They meet at t = %.2f.", n.Half)},
		X:       timeAxis(), Y: Axis{Label: "SNR (logarithmic)", Log: true}, Size: Size{500, 300},
		Series: []Series{{Name: "SNR of a dimension with variance 1", X: n.T[1:], Y: n.SNR}, {Name: "1", X: []float64{0, 1}, Y: []float64{1, 1}}},
	}
}

func (x *Explanation) addMean(p *Page) error {
	m := x.Mean
	s := p.Add("The mean leaves quietly", "")
	what := `Before it is centred, each column has a mean of its own, some of them many times their standard deviation.`
	if x.space.Blocks != nil {
		what = `The pictures have a mean: the average picture, which is brighter in some blocks than in others.`
	}
	s.Add(Prose{
		template.HTML(what + ` Noise has mean 0, so the mean of ` + mXt + ` is simply ` + mAlpha + ` μ. It goes the way of the signal, whatever the covariance does. And the covariance does not care about it:`),
		Formula(template.HTML(mXt + ` − ` + mAlpha + ` μ = ` + mAlpha + ` (` + mX0 + ` − μ) + ` + mSigma + ` ε`)),
		template.HTML(fmt.Sprintf(`The right side holds no μ of its own. Take the mean away first (centre the data), add it back at the end, and nothing else changes. `+
			`Measured here: the covariances of noised data, centred and not, differ by at most %.1g of their size, which is the rounding of the computer. `+
			`From here on the data is centred: μ = 0, and only the covariance is left to watch.`, m.Gap)),
	})
	f := Scatter{
		Caption: Caption{Title: "The mean under noise", Note: fmt.Sprintf("Whatever they started from, all means follow the one curve α. Marks are measured. Over all dimensions they miss the curve by %.2f standard errors (root mean square); 1 is chance.", m.Miss)},
		X:       timeAxis(), Y: Axis{Label: "mean, as a share of what it was"}, Size: Size{560, 320}, Radius: 4,
	}
	for i, name := range m.Names {
		points := Series{Name: fmt.Sprintf("%s (was %s)", name, plainNumber(m.Start[i]))}
		for k, t := range m.T {
			points.X, points.Y = append(points.X, t), append(points.Y, m.Measured[k][i]/m.Start[i])
		}
		f.Sets = append(f.Sets, points)
	}
	f.Curves = []Series{{Name: "α, predicted", X: x.Noise.T, Y: x.Noise.Alpha}}
	s.Add(f, Table{
		Caption: Caption{Title: "What a mean costs at the end", Note: "How far the noised data at t = 1 is from pure noise, in bits per dimension (explained below, for Gaussian data). Centring takes the first line's excess away and costs nothing."},
		Header:  []string{"data", "bits per dimension"},
		Rows:    [][]string{{"with its mean", scientificText(m.BitsWith)}, {"centred", scientificText(m.BitsWithout)}},
	})
	return nil
}

func (x *Explanation) addShares(p *Page) error {
	s := p.Add("A grain of Σ₀ goes, a grain of I comes", "")
	s.Add(Prose{
		template.HTML(`Signal and noise are independent, so their covariances add up. The covariance of ` + mXt + ` is`),
		Formula(template.HTML(mSigmat + ` = ` + mBar + ` ` + mSigma0 + ` + ` + x.ofNoise() + ` I`)),
		template.HTML(`That is the whole forward process: each step takes a grain of ` + mSigma0 + ` away and puts a grain of I in its place. ` +
			`It works on each <b>eigenvector</b> of ` + mSigma0 + ` alone. An eigenvector is a direction in the space of the data, chosen so that the positions along different eigenvectors are uncorrelated; its <b>eigenvalue</b> e is the variance along it. ` +
			`Under noise the direction stays and e becomes ` + mBar + ` e + ` + x.ofNoise() + `. Half of it is noise when SNR = 1/e: a direction with much variance is drowned late, one with little is drowned early. ` +
			`On the way back the order is turned round: the broad outlines come first, the details last.`),
	})
	if x.space.Blocks != nil {
		picture, err := x.eigenvectors()
		if err != nil {
			return err
		}
		s.Add(picture)
	}
	s.Add(x.shareFigure(), x.shareMap(), x.eigenFigure())
	return nil
}

// shareMap is the share of Σ₀ for every eigenvalue at each time.
func (x *Explanation) shareMap() Figure {
	sh := x.Shares
	return ShareMap{
		Caption: Caption{Title: "The same for every eigenvalue", Note: "Each line of the picture is one eigenvalue, the largest on top. Blue: what stands there is still Σ₀. Empty: it is I. The edge leans, because large eigenvalues hold out longer."},
		Values:  sh.OfData, X: timeAxis(), Y: "eigenvalues, largest on top", Label: "share of Σ₀ in Σₜ",
	}
}

// shareFigure is the share of Σ₀ along some eigenvectors.
func (x *Explanation) shareFigure() Figure {
	sh := x.Shares
	f := Lines{
		Caption: Caption{Title: "How much of Σ₀ stands in Σₜ", Note: "Each curve is one eigenvalue e; the share ᾱe/(ᾱe + σ²) is what is left of the data along its eigenvector, the rest is I. Large eigenvalues give way last."},
		X:       timeAxis(), Y: Axis{Label: "share of Σ₀ (the rest is I)", Max: 1}, Size: Size{500, 320},
	}
	for _, k := range someOfMany(len(sh.Eigenvalues), 6) {
		f.Series = append(f.Series, Series{Name: fmt.Sprintf("e = %.3g", sh.Eigenvalues[k]), X: sh.T, Y: sh.OfData[k]})
	}
	return f
}

// someOfMany are m of n places from first to last.
func someOfMany(n, m int) []int {
	m = min(n, m)
	out := make([]int, m)
	for i := range out {
		out[i] = i * (n - 1) / max(1, m-1)
	}
	return out
}

// eigenFigure is how the eigenvalues run together at 1.
func (x *Explanation) eigenFigure() Figure {
	sh := x.Shares
	points := Series{Name: "measured on noised data"}
	f := Scatter{
		Caption: Caption{Title: "Eigenvalues of Σₜ", Note: "Curves are predicted, discs are the eigenvalues of the covariance of data that really was noised. All run together, as those of I are all alike: in the end no direction is special. (Measured on few rows, neighbouring eigenvalues spread a little apart.)"},
		X:       timeAxis(), Y: Axis{Label: "eigenvalue (logarithmic)", Log: true}, Size: Size{640, 340},
	}
	for _, k := range someOfMany(len(sh.Eigenvalues), 5) {
		e := sh.Eigenvalues[k]
		for i, t := range sh.MeasuredT {
			points.X, points.Y = append(points.X, t), append(points.Y, sh.Measured[i][k])
		}
		y := make([]float64, len(x.Noise.T))
		for i, a := range x.Noise.Alpha {
			y[i] = a*a*e + x.Noise.Sigma[i]*x.Noise.Sigma[i]
		}
		f.Curves = append(f.Curves, Series{Name: fmt.Sprintf("e = %.3g", e), X: x.Noise.T, Y: y})
	}
	f.Sets = []Series{points}
	return f
}

func (x *Explanation) addFlow(p *Page) error {
	s := p.Add("Is it true? Predicted and measured", "")
	s.Add(Prose{
		template.HTML(fmt.Sprintf(`The formula is an identity for averages over all possible noise. Here real noise is added to the %d rows and the covariance is measured, %d times over. `+
			`The distance of two matrices is the root of the sum of squared differences of their entries, as a share of the size of the predicted one. `+
			`It cannot be 0 with finitely many rows; how large it must be if the formula is exact can be computed, and stands beside it as chance.`, x.Rows, flowRepeats)),
	})
	f := MatrixGrid{
		Caption: Caption{Title: "The covariance of noised data, predicted above and measured below", Note: "Both rows fade alike from Σ₀ to I. Off by: the measured distance ± its standard error. Chance: what it has to be if the formula is exact."},
		Rows:    []string{"predicted", "measured"}, Cells: make([][]MatrixPanel, 2), Label: "entry of Σₜ", Full: largestOf(x.Data.Covariance),
		Root: x.space.Blocks != nil,
	}
	if !x.Noise.Preserving {
		f.Label, f.Note = "entry of Σₜ / (ᾱ + σ²)", f.Note+" Each matrix is divided by ᾱ + σ², because this schedule does not keep the variance."
	}
	for _, w := range x.Flow {
		width := x.width(w.T)
		f.Cols = append(f.Cols, fmt.Sprintf("t = %g", w.T))
		f.Cells[0] = append(f.Cells[0], MatrixPanel{Values: scaledBy(w.Predicted, width)})
		f.Cells[1] = append(f.Cells[1], MatrixPanel{Values: scaledBy(w.Measured, width), Lines: []string{
			fmt.Sprintf("off by %s ± %s %%", short(100*w.Distance), short(100*w.SE)), fmt.Sprintf("chance %s %%", short(100*w.Chance))}})
	}
	s.Add(f)
	return nil
}

// width is 1 divided by ᾱ + σ², which is 1 where the schedule preserves variance.
func (x *Explanation) width(t float64) float64 {
	start := schedule.Start(x.sch, t)
	return 1 / (start * start)
}

// short is a number in few characters.
func short(v float64) string {
	if v < 1e-9 {
		return "0"
	}
	return fmt.Sprintf("%.2g", v)
}

// ofWidth says how a process that does not preserve variance is measured.
func (x *Explanation) ofWidth() string {
	if x.Noise.Preserving {
		return ""
	}
	return " As this schedule does not keep the variance, noised data is first divided by √(ᾱ + σ<sup>2</sup>), and sampling starts as wide as that."
}

func (x *Explanation) addEnd(p *Page) error {
	e := x.End
	last := len(e.T) - 1
	s := p.Add("How near to pure noise is the end?", "")
	s.Add(Prose{
		template.HTML(`Sampling starts from N(0, I), but the noised data at t = 1, whose distribution is called q(x<sub>1</sub>), is only close to it. How close is a number, the Kullback-Leibler divergence KL(q(x<sub>1</sub>) ‖ N(0, I)): ` +
			`the bits one wastes per dimension by coding noised data as if it were pure noise. The exact value is unknown for real data, but it lies between two that are known:`),
		Formula(template.HTML(`Σ<sub>i</sub> (v<sub>i</sub> − 1 − log v<sub>i</sub>) / 2  ≤  KL  ≤  D (ᾱ v̄ + σ<sup>2</sup> − 1 − log σ<sup>2</sup>) / 2,   v<sub>i</sub> = ᾱ e<sub>i</sub> + σ<sup>2</sup>`)),
		template.HTML(`with the D eigenvalues e<sub>i</sub> of ` + mSigma0 + `, their mean v̄, and the schedule's ᾱ and σ at that time. The left side is exact if the data is Gaussian; the right side is the average over single examples. (In nats; divided by D and log 2 it is bits per dimension.)` + x.ofWidth()),
	})
	rows := [][]string{}
	for _, o := range e.Others {
		rows = append(rows, []string{o.Schedule, scientificText(o.AlphaBar), scientificText(o.Lower), scientificText(o.Upper)})
	}
	s.Add(Lines{
		Caption: Caption{Title: "Distance from N(0, I) on the way", Note: fmt.Sprintf("Both bounds fall to almost nothing: at t = 1 the truth lies between %s and %s bits per dimension.", scientificText(e.Lower[last]), scientificText(e.Upper[last]))},
		X:       timeAxis(), Y: Axis{Label: "bits per dimension (logarithmic)", Log: true}, Size: Size{560, 320},
		Series: []Series{{Name: "upper bound", X: e.T, Y: e.Upper}, {Name: "lower bound", X: e.T, Y: e.Lower}},
	}, Table{
		Caption: Caption{Title: "Other schedules on the same data", Note: "Some schedules leave much more signal at the end than others; the first line is the one of this page. The bounds are in bits per dimension."},
		Header:  []string{"schedule", "ᾱ at the end", "at least", "at most"}, Rows: rows,
	})
	return nil
}

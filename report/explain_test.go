package report

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
	"ebb/model"
)

// correlated is a table of three numbers that depend on each other, with means far from 0, and a
// column that no covariance is made of.
func correlated(rows int) *model.Source {
	t := table.New("height <cm>", "weight", "age", "sort")
	s := rng.New(1, rng.Test)
	z := make([]float64, 3)
	for i := range rows {
		s.Normals(z, 0, uint64(i))
		t.Append(fmt.Sprintf("%.3f", 170+8*z[0]), fmt.Sprintf("%.3f", 70+9*z[0]+5*z[1]), fmt.Sprintf("%.3f", 40+10*z[2]-2*z[1]), []string{"a", "b"}[i%2])
	}
	return &model.Source{Path: "people.csv", Table: t}
}

// stripes are pictures whose pixels depend on their neighbours.
func stripes(n, size, channels int) *model.Source {
	m := image.New(n, size, size, channels)
	s := rng.New(2, rng.Test)
	z := make([]float64, 2)
	for i := range n {
		s.Normals(z, 0, uint64(i))
		for k := range m.Image(i) {
			m.Image(i)[k] = image.Unscale(z[0]/3 + z[1]*float64(k/channels%size)/float64(2*size))
		}
	}
	return &model.Source{Path: "stripes", Images: m}
}

// explained measures a source with the exact Gaussian as the model.
func explained(t *testing.T, src *model.Source, name string) *Explanation {
	t.Helper()
	space := TableSpace
	if src.Images != nil {
		space = PictureSpace
	}
	s, err := space(src)
	if err != nil {
		t.Fatal(err)
	}
	sch, err := namedSchedule(name)
	if err != nil {
		t.Fatal(err)
	}
	pool := parallel.New(2)
	defer pool.Close()
	x, err := (&Explain{Title: "people <&>", Space: s, Sch: sch, Schedule: name, Steps: 20, Pool: pool}).Measure(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return x
}

// The covariance of noised data is off from ᾱ Σ₀ + σ² I by what the noise alone explains.
func TestPredictedCovarianceIsTheMeasuredOne(t *testing.T) {
	for _, name := range []string{"cosine", "linear", "flow"} {
		x := explained(t, correlated(500), name)
		for _, f := range x.Flow {
			// Four standard errors of the mean over its repeats, and the rounding at t = 0.
			if gap := math.Abs(f.Distance - f.Chance); gap > 4*f.SE+1e-12 {
				t.Errorf("%s, t = %v: off by %v, chance %v, standard error %v", name, f.T, f.Distance, f.Chance, f.SE)
			}
			alpha, sigma := x.sch.At(f.T)
			want := alpha*alpha*x.Data.Covariance[0][1] + 0*sigma
			if math.Abs(f.Predicted[0][1]-want) > 1e-12 {
				t.Errorf("%s, t = %v: predicted entry %v, want %v", name, f.T, f.Predicted[0][1], want)
			}
		}
		// 3 dimensions at 5 times: the mean square of 15 unit normals has a deviation of √(2/15).
		if math.Abs(x.Mean.Miss*x.Mean.Miss-1) > 4*math.Sqrt(2.0/15) {
			t.Errorf("%s: measured means miss their curve by %v standard errors", name, x.Mean.Miss)
		}
		if x.Mean.Gap > 1e-10 {
			t.Errorf("%s: the mean changes the covariance by %v", name, x.Mean.Gap)
		}
	}
}

// The chance distance is the expectation over noise: against drawings of it.
func TestNoiseAloneIsTheExpectation(t *testing.T) {
	const rows, repeats = 40, 400
	x := process.NewState(rows, 3)
	for i := range x.Data {
		x.Data[i] = float64(i*i%17) / 5
	}
	x = centred(x, meanOf(x))
	_, cov := gauss.Moments(x)
	alpha, sigma := 0.6, 0.8
	squares := make([]float64, repeats)
	noise, y := process.NewState(rows, 3), process.NewState(rows, 3)
	for r := range squares {
		process.Fill(noise, rng.Rows{Stream: rng.New(3, rng.Test)}, r)
		process.Affine{Scale: alpha, Var: sigma * sigma}.Apply(y, x, noise)
		_, got := gauss.Moments(y)
		want := gauss.Flow(cov, alpha, sigma)
		d := gauss.Distance(got, want) * mat.Norm(want, 2)
		squares[r] = d * d
	}
	root, se := rootMean(squares)
	if want := noiseAlone(cov, alpha, sigma, rows); math.Abs(root-want) > 4*se {
		t.Errorf("noise alone gives %v, measured %v ± %v", want, root, se)
	}
}

// The figures of the crossing are gauss' own, fall along the line that is stated, and its slope is
// that of theory.
func TestCrossingFallsAtItsStatedRate(t *testing.T) {
	x := explained(t, correlated(300), "cosine")
	g, err := gauss.Fit(x.space.X)
	if err != nil {
		t.Fatal(err)
	}
	c := x.Crossing
	if c.Steps[0] != 2 || c.Steps[len(c.Steps)-1] != 4096 {
		t.Fatalf("steps %v, want 2 to 4096", c.Steps)
	}
	for k, noise := range []gauss.StepNoise{gauss.Isotropic, gauss.Diagonal} {
		curve := c.Noise[k]
		grid, err := schedule.Uniform(64)
		if err != nil {
			t.Fatal(err)
		}
		at := slices.Index(c.Steps, 64)
		_, cov := g.Ancestral(x.sch, grid, noise)
		if want := gauss.Distance(cov, g.Cov()); math.Abs(curve.Reached[at]-want) > 1e-12 {
			t.Errorf("%s: error %v after 64 steps, gauss says %v", curve.Kind, curve.Reached[at], want)
		}
		last := len(c.Steps) - 1
		line := curve.Reached[at] * math.Pow(64, curve.ReachedRate.Exponent)
		if math.Abs(curve.Reached[last]/line-1) > 0.05 {
			t.Errorf("%s: error %v at T = 4096, its line says %v", curve.Kind, curve.Reached[last], line)
		}
		for _, r := range []struct {
			name string
			rate Rate
			want float64
		}{{"kernel", curve.KernelRate, -1}, {"marginal", curve.MarginalRate, -2}, {"all steps", curve.ReachedRate, -1}} {
			// What is left of higher orders from T = 64 on.
			if math.Abs(r.rate.Exponent-r.want) > 0.06 {
				t.Errorf("%s, %s: the error falls as T^%v, want T^%v", curve.Kind, r.name, r.rate.Exponent, r.want)
			}
		}
		if !slices.IsSortedFunc(curve.Reached, func(a, b float64) int { return int(math.Copysign(1, b-a)) }) {
			t.Errorf("%s: the error does not fall: %v", curve.Kind, curve.Reached)
		}
	}
}

// The bounds of the end are those of the schedule, in order; a diagonal model loses what the full
// one keeps; shares are halves at half-time.
func TestExplainedNumbersAreTheirFormulas(t *testing.T) {
	x := explained(t, correlated(300), "linear")
	last := len(x.End.T) - 1
	mean := make([]float64, 3)
	if want := schedule.TerminalBits(x.sch, 1, mean, x.Data.Eigenvalues); math.Abs(x.End.Lower[last]/want-1) > 1e-9 {
		t.Errorf("lower bound %v, want %v", x.End.Lower[last], want)
	}
	for i := range x.End.T {
		if x.End.Lower[i] > x.End.Upper[i] {
			t.Errorf("t = %v: lower bound %v above upper %v", x.End.T[i], x.End.Lower[i], x.End.Upper[i])
		}
	}
	for k, e := range x.Shares.Eigenvalues {
		alpha, sigma := x.sch.At(x.Shares.Half[k])
		if share := alpha * alpha * e / (alpha*alpha*e + sigma*sigma); math.Abs(share-0.5) > 1e-9 {
			t.Errorf("eigenvalue %v: a share of %v at its half-time", e, share)
		}
	}
	g, err := gauss.Fit(x.space.X)
	if err != nil {
		t.Fatal(err)
	}
	for i, at := range x.Denoise.T {
		alpha, sigma := x.sch.At(at)
		if i > 0 && math.Abs(x.Denoise.Full[i]-mat.Trace(g.PosteriorCov(alpha, sigma))/3) > 1e-9 {
			t.Errorf("t = %v: error of the full Gaussian %v, want %v", at, x.Denoise.Full[i], mat.Trace(g.PosteriorCov(alpha, sigma))/3)
		}
		if x.Denoise.Full[i] > x.Denoise.Diagonal[i]+1e-12 {
			t.Errorf("t = %v: the full Gaussian errs more (%v) than the diagonal one (%v)", at, x.Denoise.Full[i], x.Denoise.Diagonal[i])
		}
	}
	// All of the integral is ½ log of the ratio of the determinants; the times shown miss its ends.
	det := 0.0
	for _, e := range x.Data.Eigenvalues {
		det -= math.Log2(e) / 2 / 3
	}
	if x.Denoise.Gain > det*1.02 || x.Denoise.Gain < det*0.9 {
		t.Errorf("correlation is worth %v bits per dimension, want just below %v", x.Denoise.Gain, det)
	}
	models := map[string]ModelPart{}
	for _, m := range x.Models {
		models[m.Name] = m
	}
	if real := models["other real rows"]; real.Covariance > 3*real.Chance || real.Covariance < real.Chance/3 {
		t.Errorf("real rows against real rows: %+v", real)
	}
	diagonal, full := models["diagonal Gaussian"], models["full Gaussian"]
	if !(diagonal.Covariance > 2*full.Covariance && diagonal.Energy > full.Energy && diagonal.AUC > full.AUC) {
		t.Errorf("diagonal %+v, full %+v: the full Gaussian should be nearer in all", diagonal, full)
	}
}

// The rows of the projection onto blocks are orthonormal: a picture of ones has the squared norm
// of the pixels that are covered, and one pixel that of its share.
func TestBlocksAreAnOrthonormalProjection(t *testing.T) {
	for _, c := range []struct{ size, channels, side int }{{8, 1, 1}, {28, 1, 4}, {30, 3, 4}, {32, 3, 4}} {
		m := image.New(2, c.size, c.size, c.channels)
		for i := range m.Pixels {
			m.Pixels[i] = 255
		}
		middle := (c.size/2*c.size + c.size/2) * c.channels
		m.Image(1)[middle] = 0 // 1 becomes -1: a step of 2
		b, err := newBlocks(m)
		if err != nil {
			t.Fatal(err)
		}
		if b.Side != c.side || b.H*b.W > mostDims {
			t.Errorf("%d pixels: %d x %d blocks of %d pixels, want a side of %d", c.size, b.H, b.W, b.Side, c.side)
		}
		x := b.project(m)
		norm, step := 0.0, 0.0
		for j, v := range x.Row(0) {
			norm += v * v
			step += (v - x.Row(1)[j]) * (v - x.Row(1)[j])
		}
		values := float64(b.Side * b.Side * c.channels)
		if want := values * float64(b.H*b.W); math.Abs(norm-want) > 1e-9 || math.Abs(step-4/values) > 1e-12 {
			t.Errorf("%d pixels of %d channels: |P 1|² = %v, want %v; |P e|² = %v, want %v", c.size, c.channels, norm, want, step/4, 1/values)
		}
	}
}

// The page is whole, of tables and of pictures, under schedules that preserve variance and not.
func TestExplainPageIsWhole(t *testing.T) {
	for _, c := range []struct {
		name, schedule string
		src            *model.Source
	}{{"table", "cosine", correlated(60)}, {"table that explodes", "ve", correlated(60)}, {"table in a flow", "flow", correlated(60)}, {"pictures", "linear", stripes(60, 8, 1)}, {"coarse pictures", "cosine", stripes(40, 20, 3)}} {
		x := explained(t, c.src, c.schedule)
		if _, err := json.Marshal(x); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		page, err := x.Page()
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		if err := page.Write(&b); err != nil {
			t.Fatal(err)
		}
		html := regexp.MustCompile(`base64,[A-Za-z0-9+/=]*`).ReplaceAllString(b.String(), "")
		for _, foreign := range []string{"<script", "http:", "https:", "<link", "@import", "url(", " onload", "<iframe", "NaN", "Inf", "%!", "people <&>", "height <cm>"} {
			if strings.Contains(html, foreign) {
				t.Errorf("%s: the page contains %q", c.name, foreign)
			}
		}
		if figures, captions := strings.Count(html, "<figure"), strings.Count(html, "<figcaption>"); figures != captions || figures < 20 {
			t.Errorf("%s: %d figures with %d captions", c.name, figures, captions)
		}
		for _, s := range page.Sections {
			for i, f := range s.Figures {
				wellFormed(t, fmt.Sprintf("%s, %s, figure %d", c.name, s.Heading, i+1), string(f.HTML()))
				if text := string(f.HTML()); strings.HasPrefix(text, "<figure") && !strings.Contains(text, `class="note"`) {
					t.Errorf("%s, %s, figure %d does not say what to see in it", c.name, s.Heading, i+1)
				}
			}
		}
	}
}

// wellFormed checks that a piece of a page is XML.
func wellFormed(t *testing.T, what, html string) {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(html))
	for {
		if _, err := d.Token(); err != nil {
			if err.Error() != "EOF" {
				t.Errorf("%s: %v", what, err)
			}
			return
		}
	}
}

// The same seed gives the same numbers with any number of threads.
func TestExplainedNumbersDoNotDependOnThreads(t *testing.T) {
	space, err := TableSpace(correlated(80))
	if err != nil {
		t.Fatal(err)
	}
	var texts []string
	for _, threads := range []int{1, 3} {
		pool := parallel.New(threads)
		x, err := (&Explain{Space: space, Sch: schedule.Cosine{}, Schedule: "cosine-continuous", Steps: 5, Pool: pool}).Measure(context.Background())
		pool.Close()
		if err != nil {
			t.Fatal(err)
		}
		text, err := json.Marshal(x)
		if err != nil {
			t.Fatal(err)
		}
		texts = append(texts, string(text))
	}
	if texts[0] != texts[1] {
		t.Error("1 and 3 threads gave different numbers")
	}
}

// What cannot be explained is an error that says why.
func TestWhatCannotBeExplained(t *testing.T) {
	words := table.New("a", "b")
	for i := range 30 {
		words.Append([]string{"x", "y"}[i%2], fmt.Sprint(i*i))
	}
	few := table.New("a", "b")
	for i := range 5 {
		few.Append(fmt.Sprint(float64(i)+0.5), fmt.Sprint(float64(i*i)+0.25))
	}
	for want, src := range map[string]*model.Source{
		"at least two numeric columns": {Path: "words.csv", Table: words},
		"too few":                      {Path: "few.csv", Table: few},
		"blocks":                       {Path: "dot", Images: image.New(20, 1, 1, 1)},
	} {
		space := TableSpace
		if src.Images != nil {
			space = PictureSpace
		}
		if _, err := space(src); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", src.Path, err, want)
		}
	}
}

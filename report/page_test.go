package report

import (
	"bytes"
	"encoding/xml"
	"flag"
	stdimage "image"
	"image/color"
	"math"
	"math/rand/v2"
	"os"
	"regexp"
	"strings"
	"testing"
)

var galleryFile = flag.String("gallery", "", "write the gallery of figures to this file, to look at")

// gallery is a page with every kind of figure.
func gallery(t *testing.T) *Page {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	n := 3000
	steps, loss, smooth := make([]float64, n), make([]float64, n), make([]float64, n)
	for i := range steps {
		steps[i] = float64(i * 10)
		smooth[i] = 0.05 + 0.9*math.Exp(-float64(i)/200)
		loss[i] = smooth[i] * math.Exp(0.2*r.NormFloat64())
	}
	ts := make([]float64, 101)
	alpha, sigma, snr, lo, hi := make([]float64, 101), make([]float64, 101), make([]float64, 101), make([]float64, 101), make([]float64, 101)
	for i := range ts {
		ts[i] = float64(i) / 100
		a := math.Cos(ts[i] * math.Pi / 2)
		alpha[i], sigma[i] = a, math.Sqrt(1-a*a)
		snr[i] = a * a / (1 - a*a)
		lo[i], hi[i] = alpha[i]-0.05, alpha[i]+0.05
	}
	var real, made Series
	var realAge, madeAge []float64
	for range 4000 {
		x, e := r.NormFloat64(), r.NormFloat64()
		real.X, real.Y = append(real.X, 40+12*x), append(real.Y, 1000*math.Exp(0.8*x+0.5*e))
		made.X, made.Y = append(made.X, 41+13*e), append(made.Y, 1000*math.Exp(0.7*e+0.6*x))
		realAge, madeAge = append(realAge, math.Round(40+12*x)), append(madeAge, math.Round(41+12*e))
	}
	picture := stdimage.NewGray(stdimage.Rect(0, 0, 60, 30))
	for i := range picture.Pix {
		picture.Pix[i] = uint8(i * 7)
	}
	picture.SetGray(0, 0, color.Gray{255})
	grid, err := NewPicture(picture, "Samples", "a grid of sampled digits, which look like digits", 4)
	if err != nil {
		t.Fatal(err)
	}
	pairX, pairY := Axis{Label: "age", Min: 0, Max: 85}, Axis{Label: "capital-gain", Log: true, Min: 10, Max: 1e5}
	cols := []string{"age", "fnlwgt", "education-num", "capital-gain", "hours-per-week"}
	corr := make([][]float64, 5)
	for i := range corr {
		corr[i] = make([]float64, 5)
		for j := range corr[i] {
			corr[i][j] = math.Cos(float64(i-j)) * math.Exp(-0.3*math.Abs(float64(i-j)))
		}
	}
	corr[1][3] = math.NaN()
	p := &Page{
		Title:  "Every figure <of> the report & its page",
		Lead:   "Made to look at: each kind of figure once, with names that must be escaped and numbers of awkward size.",
		Facts:  []Fact{{"0.6 %", "shape error", "columns one by one"}, {"1.4 %", "trend error", "columns in pairs"}, {"3.21", "bits per dimension", "per-pixel Gaussian 4.75"}, {"1 h 2 min", "training", ""}},
		Footer: "ebb demo, seed 1.",
	}
	p.Add("Training", "The loss falls steeply, then slowly; the thick line is its running mean.",
		Lines{Caption: Caption{Title: "Loss"}, X: Axis{Label: "step"}, Y: Axis{Label: "loss", Log: true},
			Series: []Series{{Name: "each step", X: steps, Y: loss, Faint: true}, {Name: "running mean", X: steps, Y: smooth}}})
	p.Add("Schedule", "Signal goes out as noise comes in.",
		Lines{Caption: Caption{Title: "Signal and noise", Note: "The band is an invented spread."}, X: Axis{Label: "t"}, Y: Axis{},
			Series: []Series{{Name: "α(t)", X: ts, Y: alpha, Lo: lo, Hi: hi}, {Name: "σ(t)", X: ts, Y: sigma}, {Name: "α²", X: ts, Y: squares(alpha)}, {Name: "σ²", X: ts, Y: squares(sigma)}, {Name: "ασ", X: ts, Y: products(alpha, sigma)}, {Name: "1", X: ts, Y: ones(101)}}},
		Lines{Caption: Caption{Title: "Signal-to-noise ratio"}, X: Axis{Label: "t"}, Y: Axis{Label: "SNR", Log: true}, Size: Small, Series: []Series{{X: ts[1:100], Y: snr[1:100]}}})
	p.Add("Columns", "Real and synthetic columns should lie on each other.",
		Histogram{Caption: Caption{Title: "age"}, Sets: []Values{{"real", realAge}, {"synthetic", madeAge}}, Size: Small},
		Histogram{Caption: Caption{Title: "capital gain"}, X: Axis{Log: true}, Sets: []Values{{"real", real.Y}, {"synthetic", made.Y}}, Size: Small},
		Bars{Caption: Caption{Title: "workclass"}, Categories: []string{"Private", "Self-emp-not-inc", "Local-gov", "a name much longer than any column is wide", "?"}, Percent: true,
			Sets: []BarSet{{"real", []float64{0.7, 0.1, 0.08, 0.07, 0.05}}, {"synthetic", []float64{0.69, 0.11, 0.08, math.NaN(), 0.05}}}})
	p.Add("Pairs", "The clouds should have one shape.",
		Hexbin{Caption: Caption{Title: "real"}, X: pairX, Y: pairY, Points: real, Size: Small, Full: 0.01},
		Hexbin{Caption: Caption{Title: "synthetic"}, X: pairX, Y: pairY, Points: made, Size: Small, Color: 1, Full: 0.01},
		Heatmap{Caption: Caption{Title: "Correlation"}, Rows: cols, Cols: cols, Values: corr, Full: 1, Numbers: true})
	p.Add("Covariance", "The ellipse turns round as noise comes in.",
		Scatter{Caption: Caption{Title: "A Gaussian under diffusion"}, X: Axis{Label: "x₁"}, Y: Axis{Label: "x₂"}, Equal: true, Size: Size{420, 340},
			Sets:   []Series{{Name: "data", X: scaled(real.X[:200], 40, 12), Y: scaled(made.X[:200], 41, 13)}, {Name: "noise", X: scaled(made.X[:50], 41, 6), Y: scaled(real.X[:50], 40, 6)}, {Name: "third", X: []float64{1}, Y: []float64{2}}},
			Curves: []Series{ellipse("Σ₀", 2, 1), ellipse("Σ₁", 1, 1)}})
	p.Add("Pictures", "Digits that a person reads as digits.", grid,
		Table{Caption: Caption{Title: "Figures"}, Header: []string{"column", "type", "shape error", "note"},
			Rows: [][]string{{"age", "integer", "0.61 %", "fine"}, {"<script>alert(1)</script>", "category", "—", ""}, {"income", "boolean", "12.30 %", "look here"}}})
	return p
}

func squares(x []float64) []float64 { return products(x, x) }

func products(x, y []float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = x[i] * y[i]
	}
	return out
}

func ones(n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

func scaled(x []float64, mean, by float64) []float64 {
	out := make([]float64, len(x))
	for i := range x {
		out[i] = (x[i] - mean) / by
	}
	return out
}

func ellipse(name string, a, b float64) Series {
	s := Series{Name: name}
	for i := range 65 {
		phi := float64(i) * math.Pi / 32
		s.X, s.Y = append(s.X, a*math.Cos(phi)+b*math.Sin(phi)/2), append(s.Y, b*math.Sin(phi)+a*math.Cos(phi)/2)
	}
	return s
}

func TestPage(t *testing.T) {
	var b, again bytes.Buffer
	for _, w := range []*bytes.Buffer{&b, &again} {
		if err := gallery(t).Write(w); err != nil {
			t.Fatal(err)
		}
	}
	if *galleryFile != "" {
		if err := os.WriteFile(*galleryFile, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	page := b.String()
	if !bytes.Equal(b.Bytes(), again.Bytes()) {
		t.Error("the same figures gave different pages")
	}
	for _, foreign := range []string{"<script", "http:", "https:", "<link", "@import", "url(", " onload", "<iframe"} {
		if strings.Contains(page, foreign) {
			t.Errorf("the page contains %q: it must need nothing beside it", foreign)
		}
	}
	if !strings.Contains(page, "Every figure &lt;of&gt; the report &amp; its page") || !strings.Contains(page, "&lt;script&gt;alert(1)") {
		t.Error("names are not escaped")
	}
	for _, bad := range []string{"NaN\"", "Inf\"", "%!", "NaN "} {
		if strings.Contains(page, bad) {
			t.Errorf("the page contains %q", bad)
		}
	}
}

// Whoever cannot see a figure is told what it shows, and each drawing is well-formed XML.
func TestEveryFigureHasWords(t *testing.T) {
	labelled := regexp.MustCompile(`^<svg role="img" aria-label="[^"]{10,}"`)
	for _, s := range gallery(t).Sections {
		for i, f := range s.Figures {
			html := string(f.HTML())
			switch {
			case strings.Contains(html, "<img"):
				if !regexp.MustCompile(`<img alt="[^"]{10,}"`).MatchString(html) {
					t.Errorf("%s, figure %d: a picture without alt text", s.Heading, i+1)
				}
			case strings.Contains(html, "<table"):
				if strings.Count(html, `scope="col"`) == 0 || strings.Count(html, `scope="row"`) == 0 {
					t.Errorf("%s, figure %d: a table without headings", s.Heading, i+1)
				}
			default:
				at := strings.Index(html, `<svg role`)
				if at < 0 || !labelled.MatchString(html[at:]) {
					t.Errorf("%s, figure %d: a drawing without words", s.Heading, i+1)
				}
			}
			d := xml.NewDecoder(strings.NewReader(html))
			for {
				if _, err := d.Token(); err != nil {
					if err.Error() != "EOF" {
						t.Errorf("%s, figure %d: %v", s.Heading, i+1, err)
					}
					break
				}
			}
		}
	}
}

// Figures of nothing, of one value and of values that are no numbers are drawn without complaint.
func TestFiguresOfNothing(t *testing.T) {
	none, one := math.NaN(), 3.0
	for _, v := range [][]float64{nil, {none}, {one}, {one, one, one}, {none, math.Inf(1), -1}, {0, 0}, {1e300, -1e300}, {1e-300, 2e-300}} {
		s := Series{Name: "s", X: v, Y: v}
		for _, log := range []bool{false, true} {
			for _, f := range []Figure{
				Lines{X: Axis{Log: log}, Y: Axis{Log: log}, Series: []Series{s, {Faint: true}}},
				Scatter{X: Axis{Log: log}, Y: Axis{Log: log}, Sets: []Series{s}, Curves: []Series{s}},
				Scatter{Sets: []Series{s}, Equal: true},
				Hexbin{X: Axis{Log: log}, Y: Axis{Log: log}, Points: s},
				Histogram{X: Axis{Log: log}, Sets: []Values{{"s", v}}},
				Histogram{X: Axis{Log: log}, Sets: []Values{{"s", v}}, Size: Small},
				Bars{Categories: make([]string, len(v)), Sets: []BarSet{{"s", v}}},
				Heatmap{Rows: []string{"r"}, Cols: make([]string, len(v)), Values: [][]float64{v}},
				Table{}, Picture{},
			} {
				if html := f.HTML(); strings.Contains(string(html), "NaN\"") || !strings.HasPrefix(string(html), "<figure") {
					t.Errorf("%T of %v: %.300s", f, v, html)
				}
			}
		}
	}
}

func TestWrongShapesPanicWithBoth(t *testing.T) {
	for want, f := range map[string]Figure{
		"2 x and 1 y":           Lines{Series: []Series{{X: []float64{1, 2}, Y: []float64{1}}}},
		"1 x and 2 y":           Scatter{Sets: []Series{{X: []float64{1}, Y: []float64{1, 2}}}},
		"3 bars for 1":          Bars{Categories: []string{"a"}, Sets: []BarSet{{"s", []float64{1, 2, 3}}}},
		"1x2 heat map has 1":    Heatmap{Rows: []string{"a"}, Cols: []string{"a", "b"}, Values: [][]float64{{1}}},
		"1 cells under 2 headi": Table{Header: []string{"a", "b"}, Rows: [][]string{{"x"}}},
	} {
		func() {
			defer func() {
				if got := recover(); got == nil || !strings.Contains(got.(string), want) {
					t.Errorf("panic %v does not say %q", got, want)
				}
			}()
			f.HTML()
		}()
	}
}

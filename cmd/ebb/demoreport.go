package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"
	"runtime"

	"ebb/data/image"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/metric"
	"ebb/model"
	"ebb/model/checkpoint"
	"ebb/report"
)

// writeReport writes the page about both runs.
func (d *demo) writeReport(ctx context.Context, path string, t *demoTable, p *demoPictures) error {
	page := &report.Page{
		Title:  "Ebb: a table and pictures, learned by diffusion",
		Lead:   "Everything on this page was computed by one command, ebb demo, on this machine: two models were trained on data inside the binary, sampled, and compared with rows and pictures they had not seen.",
		Facts:  demoFacts(t, p),
		Footer: fmt.Sprintf("Made by ebb %s (%s, %s/%s), seed %d. Data: Palmer Penguins (CC0); Optical Recognition of Handwritten Digits, E. Alpaydin and C. Kaynak (CC BY 4.0).", version(), runtime.Version(), runtime.GOOS, runtime.GOARCH, d.seed),
	}
	for _, add := range []func(context.Context, *report.Page, *demoTable, *demoPictures) error{
		d.addDigits, d.addFrames, d.addProcess, d.addPenguins, d.addCovariance, d.addTraining,
	} {
		if err := add(ctx, page, t, p); err != nil {
			return fmt.Errorf("report: %w", err)
		}
	}
	return checkpoint.WriteFile(path, func(w io.Writer) error { return page.Write(w) })
}

// demoFacts are the figures at the head of the page.
func demoFacts(t *demoTable, p *demoPictures) []report.Fact {
	b := p.scores.Bits
	facts := []report.Fact{
		{Value: fmt.Sprintf("%.2f", b.Total), Name: "bits per pixel of held-out digits", Note: fmt.Sprintf("independent pixels need %.2f, a full Gaussian %.2f", float64(p.scores.Baselines.PixelGaussian), float64(p.scores.Baselines.FullGaussian))},
		{Value: fmt.Sprint(p.scores.Scores.Memorisation.Copies), Name: "digits copied from the training set", Note: fmt.Sprintf("of %d drawn", p.scores.Scores.Samples)},
		{Value: fmt.Sprintf("%.1f %%", float64(t.report.Shape.Error)), Name: "shape error of the penguin table", Note: fmt.Sprintf("held-out rows have %.1f %%", float64(t.report.Shape.HoldoutError))},
	}
	if e := t.report.Efficiency; e != nil {
		facts = append(facts, report.Fact{Value: fmt.Sprintf("%.1f %%", 100*float64(e.Synthetic.Accuracy)), Name: "of real penguins named rightly",
			Note: fmt.Sprintf("by trees that saw only synthetic ones; from real ones %.1f %%", 100*float64(e.Real.Accuracy))})
	}
	return facts
}

// demoShown is the number of digits in the page's grids.
const demoShown = 100

func (d *demo) addDigits(_ context.Context, page *report.Page, _ *demoTable, p *demoPictures) error {
	perClass := demoShown / len(p.samples.LabelNames)
	real, err := grid(byClass(p.held, perClass), perClass, "Real digits, held out", "A grid of real handwritten digits, 0 in the first row to 9 in the last.")
	if err != nil {
		return err
	}
	drawn, err := grid(byClass(p.samples, perClass), perClass, "Drawn from the model", "A grid of generated digits, 0 in the first row to 9 in the last.")
	if err != nil {
		return err
	}
	page.Add("New digits", "The digits under \"Drawn from the model\" are not in the data: the model made them from noise, one row for each class.", real, drawn)

	const pairs = 20
	shown := p.samples.Slice(0, pairs)
	ids := make([]int, pairs)
	for i, n := range metric.NearestImages(d.pool, shown, p.train) {
		ids[i] = n.Index
	}
	near, err := report.NewPicture(image.Grid{Columns: 10, Scale: 4}.Picture(shown, p.train.Select(ids)),
		"Samples above their nearest training digits", "Pairs of a generated digit and the training digit nearest to it.", 1)
	if err != nil {
		return err
	}
	m := p.scores.Scores.Memorisation
	near.Note = fmt.Sprintf("Median distance to the nearest training digit: %.2f of that of held-out digits.", float64(m.Ratio))
	page.Add("Are they copies?", "Beside each sample stands the training digit nearest to it: a copy would look the same.", near,
		report.Bars{Caption: report.Caption{Title: "Bits per pixel of held-out digits", Note: "Fewer is better: what it costs to store a digit with the model's help. Both Gaussians are fitted exactly; the diffusion model has trained for seconds, and its figure is an upper bound."},
			Label: "bits", Categories: []string{"diffusion model", "full Gaussian", "per-pixel Gaussian"},
			Sets: []report.BarSet{{Name: "bits", Values: []float64{p.scores.Bits.Total, float64(p.scores.Baselines.FullGaussian), float64(p.scores.Baselines.PixelGaussian)}}}})
	return nil
}

// grid is a picture of a set of images.
func grid(m *image.Images, columns int, title, alt string) (report.Picture, error) {
	return report.NewPicture(image.Grid{Columns: columns, Scale: 4}.Picture(m), title, alt, 1)
}

// The frames of the forward and of the reverse process.
const (
	framesShown  = 11
	framesDigits = 8
)

func (d *demo) addFrames(ctx context.Context, page *report.Page, _ *demoTable, p *demoPictures) error {
	forward, err := d.forwardFrames(p)
	if err != nil {
		return err
	}
	reverse, err := d.reverseFrames(ctx, p)
	if err != nil {
		return err
	}
	page.Add("Out to noise, and back", "The ebb takes real digits to noise in small steps; the flow back, learned, takes fresh noise to digits that never were.", forward, reverse)
	return nil
}

// forwardFrames noises real digits.
func (d *demo) forwardFrames(p *demoPictures) (report.Picture, error) {
	f := p.model.Config.Image.Frame
	x := process.NewState(framesDigits, f.Dim())
	row := make([]float32, f.Dim())
	shown := byClass(p.held, 1)
	for i := range framesDigits {
		f.Encode(row, shown.Image(i), false)
		for k, v := range row {
			x.Row(i)[k] = float64(v)
		}
	}
	noise, y := process.NewState(x.Rows, x.Dim), process.NewState(x.Rows, x.Dim)
	process.Fill(noise, d.noise(), 0)
	var frames []*image.Images
	for k := range framesShown {
		process.Perturb(p.model.Schedule(), float64(k)/(framesShown-1)).Apply(y, x, noise)
		frames = append(frames, image.DecodeAll(f, y.Data))
	}
	return strip(frames, "Forward: q(x_t | x_0)", "Real digits that dissolve into noise from left to right.")
}

// reverseFrames draws digits and keeps states on the way.
func (d *demo) reverseFrames(ctx context.Context, p *demoPictures) (report.Picture, error) {
	f := p.model.Config.Image.Frame
	var frames []*image.Images
	_, err := p.model.Draw(ctx, model.DrawOptions{N: framesDigits, Seed: d.seed + 1, Class: -1, Watch: func(s sample.Progress) {
		if s.Step*(framesShown-1)/s.Steps == len(frames) {
			frames = append(frames, image.DecodeAll(f, s.X.Data))
		}
	}})
	if err != nil {
		return report.Picture{}, err
	}
	return strip(frames, "Reverse: p(x_s | x_t)", "Noise that turns into digits from left to right.")
}

func strip(frames []*image.Images, title, alt string) (report.Picture, error) {
	return grid(image.Strip(frames), len(frames), title, alt)
}

func (d *demo) addProcess(_ context.Context, page *report.Page, t *demoTable, p *demoPictures) error {
	sch := p.model.Schedule()
	page.Add("The schedule", report.TerminalNote(sch, meanSquare(p.train)), report.SignalAndNoise(sch), report.SignalToNoise(sch))
	return nil
}

// meanSquare is that of the pictures' values, scaled to [-1,1].
func meanSquare(m *image.Images) float64 {
	sum := 0.0
	for _, v := range m.Pixels {
		x := float64(image.Scale(v))
		sum += x * x
	}
	return sum / float64(len(m.Pixels))
}

func (d *demo) addTraining(_ context.Context, page *report.Page, t *demoTable, p *demoPictures) error {
	var curves []report.Figure
	for _, run := range []struct{ dir, title string }{{t.run, "Penguins"}, {p.run, "Digits"}} {
		curve, err := report.LossCurve(filepath.Join(run.dir, "metrics.jsonl"), run.title)
		if err != nil {
			return err
		}
		curves = append(curves, curve)
	}
	page.Add("Training", "The loss falls and settles: there is no game between two networks that could break down.", curves...)
	return nil
}

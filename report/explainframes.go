package report

import (
	"fmt"
	"math"

	"ebb/data/image"
	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/engine/rng"

	"gonum.org/v1/gonum/mat"
)

// pairRows is the number of points in a scatter of rows.
const pairRows = 300

// pairOf is the most correlated pair of dimensions of some rows.
func (x *Explanation) pairOf(rows int) Series {
	s := Series{Name: "rows of the data"}
	for _, r := range pick(x.space.X.Rows, rows) {
		row := x.space.X.Row(r)
		s.X, s.Y = append(s.X, row[x.Data.Pair[0]]), append(s.Y, row[x.Data.Pair[1]])
	}
	return s
}

// ellipseOf is a covariance of dimensions i and j as the ellipse at two standard deviations.
func ellipseOf(name string, cov [][]float64, i, j int) Series {
	s := Series{Name: name}
	// The Cholesky factor takes the circle to the ellipse.
	a := math.Sqrt(cov[i][i])
	b := cov[i][j] / a
	c := math.Sqrt(math.Max(0, cov[j][j]-b*b))
	const corners = 72
	for k := range corners + 1 {
		u, v := turn(float64(k) / corners)
		s.X, s.Y = append(s.X, 2*a*u), append(s.Y, 2*(b*u+c*v))
	}
	return s
}

// panelAxis is the range of the scatter panels, in standard deviations.
var panelAxis = Axis{Min: -4, Max: 4}

// forwardFrames shows the data on its way to noise.
func (x *Explanation) forwardFrames() (Figure, error) {
	if x.space.Blocks != nil {
		return x.forwardPictures()
	}
	f := Panels{Caption: Caption{Title: "The cloud dissolves", Note: "The same rows at five times (in standard deviations). The long cloud becomes round: the dashed ellipse, Σₜ at two standard deviations, ends as the circle of pure noise."}}
	some := x.pairOf(pairRows)
	noise := make([]float64, 2)
	stream := rng.New(x.Seed, rng.Metric)
	for _, w := range x.Flow {
		alpha, sigma := x.sch.At(w.T)
		var s Series
		for k := range some.X {
			stream.Normals(noise, 300, uint64(k))
			s.X, s.Y = append(s.X, alpha*some.X[k]+sigma*noise[0]), append(s.Y, alpha*some.Y[k]+sigma*noise[1])
		}
		f.Figures = append(f.Figures, x.cloud(fmt.Sprintf("t = %g", w.T), s, ellipseOf("", w.Predicted, x.Data.Pair[0], x.Data.Pair[1])))
	}
	return f, nil
}

// cloud is a small scatter of the pair.
func (x *Explanation) cloud(title string, s, ellipse Series) Scatter {
	f := Scatter{Caption: Caption{Title: title}, X: panelAxis, Y: panelAxis, Sets: []Series{s}, Equal: true, Radius: 1.6, Size: Size{205, 235}}
	wide := 1.0
	for _, v := range x.Noise.Sigma {
		wide = math.Max(wide, v)
	}
	if wide > 1.5 { // variance explodes: each panel has its own range
		f.X, f.Y = Axis{}, Axis{}
	}
	f.X.Label, f.Y.Label = x.Names[x.Data.Pair[0]], x.Names[x.Data.Pair[1]]
	if ellipse.X != nil {
		f.Curves = []Series{ellipse}
	}
	return f
}

// pictureScale enlarges pictures of width w so that n of them fill the page.
func pictureScale(w, n int) int { return max(1, 1000/n/(w+1)) }

func (x *Explanation) forwardPictures() (Figure, error) {
	m := x.space.Examples
	f := image.NewFrame(m, 1)
	start := encoded(f, m)
	var frames []*image.Images
	const shown = 9
	for k := range shown {
		t := float64(k) / (shown - 1)
		y := process.NewState(start.Rows, start.Dim)
		process.Fill(y, rng.Rows{Stream: rng.New(x.Seed, rng.Metric)}, 300)
		process.Perturb(x.sch, t).Apply(y, start, y)
		frames = append(frames, image.DecodeAll(f, y.Data))
	}
	return strip(frames, Caption{Title: "Pictures dissolve: t = 0, 1/8, …, 1 from left to right", Alt: "Pictures that dissolve into noise from left to right.",
		Note: "Fine detail is lost in the first columns, the outline in the middle ones; on the right there is nothing but noise."})
}

// strip is frames from left to right, a picture a row.
func strip(frames []*image.Images, c Caption) (Picture, error) {
	scale := pictureScale(frames[0].W, max(9, len(frames)))
	p, err := NewPicture(image.Grid{Columns: len(frames), Scale: scale}.Picture(image.Strip(frames)), c.Title, c.Alt, 1)
	p.Note = c.Note
	return p, err
}

// addPictures shows some pictures, what they become as blocks, and Σ₀.
func (x *Explanation) addPictures(s *Section) error {
	m, b := x.space.Examples, x.space.Blocks
	scale := max(1, 84/m.W)
	real, err := NewPicture(image.Grid{Columns: m.N, Scale: scale}.Picture(m), "Some of the pictures", "A row of pictures of the data.", 1)
	if err != nil {
		return err
	}
	real.Note = "What the data looks like."
	s.Add(real)
	if b.Side > 1 {
		coarse, err := NewPicture(image.Grid{Columns: m.N, Scale: max(1, 84/b.W)}.Picture(b.pictures(b.project(m), m.C)), "The same as blocks", "The same pictures, coarse.", 1)
		if err != nil {
			return err
		}
		coarse.Note = "What the covariance on this page sees of them."
		s.Add(coarse)
	}
	s.Add(x.covarianceMap())
	return nil
}

// eigenShown is the number of eigenvectors that are drawn.
const eigenShown = 10

// eigenvectors draws the first eigenvectors of Σ₀ as pictures.
func (x *Explanation) eigenvectors() (Figure, error) {
	g, err := gauss.New(make([]float64, len(x.Names)), symmetric(x.Data.Covariance))
	if err != nil {
		return nil, err
	}
	b := x.space.Blocks
	f := MatrixGrid{
		Caption: Caption{Title: "Eigenvectors of Σ₀ as pictures", Note: "Those of the largest eigenvalues are broad patterns over the whole picture, those of small ones finer detail, or a corner where little happens: under noise these drown first. Each has its own scale."},
		Rows:    []string{""}, Cells: make([][]MatrixPanel, 1), Label: "weight of a block, as a share of the largest", Side: 84, Full: 1,
	}
	vectors := g.Eigenvectors()
	for _, k := range someOfMany(len(x.Names), eigenShown) {
		column := len(x.Names) - 1 - k // they ascend
		values := make([][]float64, b.H)
		for i := range values {
			values[i] = make([]float64, b.W)
			for j := range values[i] {
				values[i][j] = vectors.At(i*b.W+j, column)
			}
		}
		f.Cols = append(f.Cols, fmt.Sprintf("e = %.2g", x.Data.Eigenvalues[k]))
		f.Cells[0] = append(f.Cells[0], MatrixPanel{Values: scaledTo1(values)})
	}
	return f, nil
}

// symmetric is rows of numbers as a matrix.
func symmetric(rows [][]float64) *mat.SymDense {
	m := mat.NewSymDense(len(rows), nil)
	for i, row := range rows {
		for j := i; j < len(row); j++ {
			m.SetSym(i, j, row[j])
		}
	}
	return m
}

// reverseFrames shows a draw: where it stands, and below it what the model takes the data to be.
func (x *Explanation) reverseFrames() ([]Figure, error) {
	if x.space.Blocks != nil {
		return x.reversePictures()
	}
	stands := Panels{Caption: Caption{Title: "The cloud forms again: xₜ from noise to data", Note: "Fresh noise becomes a cloud of the data's shape; the dashed ellipse is the Σ₀ of the real data."}}
	believed := Panels{Caption: Caption{Title: "What the model takes the data to be: x̂₀ at the same times", Note: "At t = 1 every row is taken for the mean, one point. As t falls, the guesses spread out to the whole cloud, along its long direction first."}}
	of := func(p [][]float64) Series {
		var s Series
		for _, v := range p {
			s.X, s.Y = append(s.X, v[0]), append(s.Y, v[1])
		}
		return s
	}
	i, j := x.Data.Pair[0], x.Data.Pair[1]
	for _, w := range x.Reverse.Frames {
		title := fmt.Sprintf("t = %.2g", w.T)
		stands.Figures = append(stands.Figures, x.cloud(title, of(w.X), ellipseOf("", x.Data.Covariance, i, j)))
		if w.X0 != nil {
			believed.Figures = append(believed.Figures, x.cloud(title, of(w.X0), ellipseOf("", x.Data.Covariance, i, j)))
		}
	}
	return []Figure{stands, believed}, nil
}

// reverseShown is the number of frames of a reverse process of pictures.
const reverseShown = 10

func (x *Explanation) reversePictures() ([]Figure, error) {
	trace, pictures := x.learned.Trace, x.learned.Pictures
	var stands, believed []*image.Images
	for _, k := range someOfMany(len(trace.Steps), reverseShown-1) {
		stands = append(stands, pictures.Of(trace.Steps[k].X))
		believed = append(believed, pictures.Of(trace.Steps[k].X0))
	}
	end := pictures.Of(trace.End)
	a, err := strip(append(stands, end), Caption{Title: "xₜ: from noise (left, t = 1) to pictures (right, t = 0)", Alt: "Noise that turns into pictures from left to right.",
		Note: "Each line is one draw. Out of noise the outline comes first; the grain between it and the finished picture goes last."})
	if err != nil {
		return nil, err
	}
	b, err := strip(append(believed, end), Caption{Title: "x̂₀: what the model takes the picture to be, at the same times", Alt: "Blurred averages that turn into pictures from left to right.",
		Note: "On the left an average of all that could be (of one class, if the model was told it); then the outline is decided, then the detail. The last column is the finished draw."})
	return []Figure{a, b}, err
}

package report

import (
	"context"
	"fmt"

	"gonum.org/v1/gonum/mat"

	"ebb/data/image"
	"ebb/diffusion/process"
	"ebb/model"
)

// TableRun looks at a trained model of tables.
type TableRun struct {
	Model  *model.TableModel
	Source *model.Source // what it learned from
	// SamplesOnly is true where too few columns, or too many, are smooth numbers: then the page
	// shows the columns themselves, and of the network no more than its rows.
	SamplesOnly bool
}

// OfTableRun is the space of a page on a trained model of tables, and the model itself.
func OfTableRun(m *model.TableModel, src *model.Source) (*Space, Network, error) {
	d := m.Config.Table.Transform.Numbers()
	why := fmt.Sprintf("The run models %d columns as smooth numbers and the others as categories", d)
	if d >= 2 && d <= mostDims {
		apart, err := numbersApart(m, src)
		if err != nil {
			return nil, nil, err
		}
		if !apart {
			s, err := RunTableSpace(m, src)
			return s, TableRun{Model: m, Source: src}, err
		}
		why = "By its rules the run learns totals themselves only where a part is missing, and no row has all of its numbers"
	}
	s, err := TableSpace(src)
	if err != nil {
		return nil, nil, err
	}
	s.About = append(s.About, why+", so the page shows the columns themselves. Its network is held against the other models at the end by the rows it draws; everywhere else the Gaussian plays the model.")
	return s, TableRun{Model: m, Source: src, SamplesOnly: true}, nil
}

// numbersApart tells whether the rules of a run leave hardly any row that has all numbers of its network.
func numbersApart(m *model.TableModel, src *model.Source) (bool, error) {
	if m.Config.Table.Transform.Ruled == nil {
		return false, nil
	}
	x, _, err := m.Numbers(src.Table)
	if err != nil {
		return false, err
	}
	return x.Rows < fewest, nil
}

var _ Network = TableRun{}

// Look implements [Network].
func (r TableRun) Look(ctx context.Context, e *Explain, times []float64) (*Learned, error) {
	drawn, err := r.Model.Draw(ctx, model.DrawOptions{N: comparedRows, Seed: e.Seed, Steps: e.Steps, Repeat: true})
	if err != nil {
		return nil, err
	}
	l := &Learned{About: fmt.Sprintf("%d steps", e.Steps)}
	if l.Samples, err = e.Space.Place(&model.Source{Path: "the samples", Table: drawn}, comparedRows); err != nil || r.SamplesOnly {
		return l, err
	}
	judged, path := r.Source.Table, "the training rows"
	if e.Real != nil {
		judged, path = e.Real.Table, "the rows of "+e.Real.Path
	}
	judged = judged.Select(pick(judged.Rows(), tableErrors))
	l.Judged = fmt.Sprintf("%d of %s", judged.Rows(), path)
	if l.Trace, err = r.Model.Trace(ctx, model.DrawOptions{N: tracedRows, Seed: e.Seed, Steps: e.Steps}); err != nil {
		return nil, err
	}
	if l.Errors, err = r.Model.DenoisingErrors(ctx, judged, times, e.Seed); err != nil {
		return nil, err
	}
	l.Spectrum, l.Variances, err = spectrumOf(e.Space.X)
	return l, err
}

// How much of the data a network is judged on.
const (
	tableErrors    = 4096
	pictureErrors  = 160
	pictureSamples = 300
	pictureSteps   = 25 // of the sampler that draws them
	mostSpectrum   = 1100
	spectrumRows   = 3000
)

// PictureRun looks at a trained model of pictures.
type PictureRun struct {
	Model  *model.ImageModel
	Source *model.Source
}

var _ Network = PictureRun{}

// Look implements [Network].
func (r PictureRun) Look(ctx context.Context, e *Explain, times []float64) (*Learned, error) {
	judged, path := r.Source.Images, "the training pictures"
	if e.Real != nil {
		judged, path = e.Real.Images, "the pictures of "+e.Real.Path
	}
	names := make([]string, len(r.Model.Config.Image.Classes))
	for k, c := range r.Model.Config.Image.Classes {
		names[k] = c.Name
	}
	if len(names) > 0 {
		var err error
		if judged, err = judged.WithLabelNames(names); err != nil {
			return nil, err
		}
	}
	judged = judged.Sample(pictureErrors, 1)
	frame := r.Model.Config.Image.Frame
	l := &Learned{About: fmt.Sprintf("%d steps", e.Steps), Judged: fmt.Sprintf("%d of %s", judged.N, path), Pictures: framePictures{frame}, Told: len(names) > 0}
	var err error
	if l.Trace, err = r.Model.Trace(ctx, model.DrawOptions{N: tracedPictures, Seed: e.Seed, Steps: e.Steps, Class: -1}); err != nil {
		return nil, err
	}
	if l.Errors, err = r.Model.DenoisingErrors(ctx, judged, times, e.Seed); err != nil {
		return nil, err
	}
	drawn, err := r.Model.Draw(ctx, model.DrawOptions{N: pictureSamples, Seed: e.Seed, Steps: pictureSteps, Sampler: "dpmpp-2m", Class: -1})
	if err != nil {
		return nil, err
	}
	if l.Samples, err = e.Space.Place(&model.Source{Path: "the samples", Images: drawn}, comparedRows); err != nil {
		return nil, err
	}
	l.Spectrum, l.Variances, err = spectrumOf(encoded(frame, r.Source.Images.Sample(spectrumRows, 0)))
	return l, err
}

// encoded is pictures as the network sees them.
func encoded(f image.Frame, m *image.Images) *process.State {
	x := process.NewState(m.N, f.Dim())
	row := make([]float32, f.Dim())
	for i := range m.N {
		f.Encode(row, m.Image(i), false)
		for k, v := range row {
			x.Row(i)[k] = float64(v)
		}
	}
	return x
}

// spectrumOf is the eigenvalues of the covariance of x, nil if there are too many, and its
// diagonal.
func spectrumOf(x *process.State) (spectrum, variances []float64, err error) {
	mean := make([]float64, x.Dim)
	for i := range x.Rows {
		for j, v := range x.Row(i) {
			mean[j] += v / float64(x.Rows)
		}
	}
	across := mat.NewDense(x.Dim, x.Rows, nil)
	variances = make([]float64, x.Dim)
	for j := range x.Dim {
		row := across.RawRowView(j)
		for i := range x.Rows {
			row[i] = x.Row(i)[j] - mean[j]
			variances[j] += row[i] * row[i] / float64(x.Rows)
		}
	}
	if x.Dim > mostSpectrum {
		return nil, variances, nil
	}
	cov := mat.NewSymDense(x.Dim, nil)
	cov.SymOuterK(1/float64(x.Rows), across)
	var eig mat.EigenSym
	if !eig.Factorize(cov, false) {
		return nil, nil, fmt.Errorf("the covariance of %d dimensions has no eigenvalues", x.Dim)
	}
	return eig.Values(nil), variances, nil
}

// Pictures turns states of a trace into pictures.
type Pictures interface {
	Of(x *process.State) *image.Images
}

// framePictures are those of a network.
type framePictures struct{ frame image.Frame }

func (p framePictures) Of(x *process.State) *image.Images { return image.DecodeAll(p.frame, x.Data) }

// blockPictures are those of a Gaussian over blocks.
type blockPictures struct{ space *Space }

func (p blockPictures) Of(x *process.State) *image.Images {
	return p.space.Blocks.pictures(x, p.space.Examples.C)
}

package metric

import (
	"fmt"
	"math"

	"ebb/data/image"
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// RandomConv features are the mean activations of a small convolutional
// network with fixed random weights: strokes, edges and textures wherever they
// lie, which PCA of pixels cannot see. Random filters are a weak but unbiased
// stand-in for a trained network, and need no download.
//
// Three 3x3 convolutions of stride 1, 2, 2 to 16, 32, 64 channels, each
// followed by max(0,x); weights N(0, 2/(9 C)) from a fixed seed, those of the
// first layer with zero mean so that flat regions give nothing; mean over the
// pixels; each channel scaled to unit variance on the training images.
type RandomConv struct {
	channels int
	weights  [3][]float32 // (3,3,C,O)
	mean     []float64    // (64)
	scale    []float64    // (64)
}

var _ Features = (*RandomConv)(nil)

var convWidths = [...]int{16, 32, 64}

// FitRandomConv draws the weights and fits the scales of the channels.
func FitRandomConv(p *parallel.Pool, train *image.Images) *RandomConv {
	f := &RandomConv{channels: train.C}
	stream := rng.New(1, rng.Metric)
	in := train.C
	for k, out := range convWidths {
		f.weights[k] = make([]float32, 9*in*out)
		z := make([]float64, 9*in*out)
		stream.Normals(z, 0, uint64(k))
		if k == 0 {
			centreColumns(z, out)
		}
		std := math.Sqrt(2 / float64(9*in))
		for i, v := range z {
			f.weights[k][i] = float32(std * v)
		}
		in = out
	}
	dims := convWidths[len(convWidths)-1]
	f.mean, f.scale = make([]float64, dims), make([]float64, dims)
	for j := range f.scale {
		f.scale[j] = 1
	}
	mean, cov := f.Points(p, train).meanAndCovariance()
	f.mean = mean
	for j := range f.scale {
		if v := cov[j*(dims+1)]; v > 1e-12 { // a dead channel stays dead
			f.scale[j] = 1 / math.Sqrt(v)
		}
	}
	return f
}

// centreColumns takes the mean off every column of z (rows,cols).
func centreColumns(z []float64, cols int) {
	rows := len(z) / cols
	for j := range cols {
		sum := 0.0
		for i := range rows {
			sum += z[i*cols+j]
		}
		for i := range rows {
			z[i*cols+j] -= sum / float64(rows)
		}
	}
}

// Name is "conv-64".
func (f *RandomConv) Name() string { return fmt.Sprintf("conv-%d", len(f.scale)) }

// Describe says what the features are.
func (f *RandomConv) Describe() string {
	return fmt.Sprintf("mean activations of the %d channels of a fixed random convolutional network of three layers, each scaled to unit variance on the training images", len(f.scale))
}

// Points runs the network on the images.
func (f *RandomConv) Points(p *parallel.Pool, m *image.Images) *Points {
	if m.C != f.channels {
		panic(fmt.Sprintf("metric: features of %d channels for %v", f.channels, m))
	}
	const batch = 64
	out := NewPoints(m.N, len(f.scale))
	for first := 0; first < m.N; first += batch {
		f.batch(p, out, m, first, min(batch, m.N-first))
	}
	return out
}

func (f *RandomConv) batch(p *parallel.Pool, out *Points, m *image.Images, first, n int) {
	d := m.Dim()
	x := make([]float32, n*d)
	for i, v := range m.Pixels[first*d : (first+n)*d] {
		x[i] = image.Scale(v)
	}
	h, w, c := m.H, m.W, m.C
	for k, o := range convWidths {
		conv := kernel.Conv{N: n, H: h, W: w, C: c, O: o, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
		if k > 0 {
			conv.Stride = 2
		}
		y := make([]float32, n*conv.OutH()*conv.OutW()*o)
		conv.Forward(p, y, x, f.weights[k], nil, nil)
		for i, v := range y {
			y[i] = max(0, v)
		}
		x, h, w, c = y, conv.OutH(), conv.OutW(), o
	}
	sums := make([]float64, c)
	for i := range n {
		clear(sums)
		for at := i * h * w * c; at < (i+1)*h*w*c; at += c {
			for j, v := range x[at : at+c] {
				sums[j] += float64(v)
			}
		}
		for j, s := range sums {
			out.Row(first + i)[j] = float32((s/float64(h*w) - f.mean[j]) * f.scale[j])
		}
	}
}

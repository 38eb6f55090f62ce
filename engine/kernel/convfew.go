package kernel

import "ebb/engine/kernel/parallel"

// A convolution with few outputs, such as the last one of a network, would use 1
// or 3 of the 16 or 32 columns of a tile. Here the columns are pixels instead:
// neighbours in a row of the image, of which the input is laid out (row,C,W), and
// the rows of the tile are the outputs. Every sum runs in the same order, so the
// bits are those of the usual way. (32 channels to 1 of 32x32 pixels: twice as fast.)
const (
	fewOutputs = 4  // outputs of the smallest tile
	fewRows    = 8  // rows of the output in a piece
	fewWide    = 16 // pixels in a row that repay it
)

// byPixels says whether runByPixels serves.
func (s correlation) byPixels() bool {
	return s.outC <= fewOutputs && s.stride == 1 && s.kh*s.kw > 1 && s.inC >= 8 && s.outW >= fewWide && !s.pairs &&
		s.left >= 0 && s.left+s.inW <= s.paddedW()
}

// pitch is the distance from one channel to the next of the input as laid out: a
// padded row, and what a tile reads beyond its last pixel.
func (s correlation) pitch() int { return panelsOf(s.outW)*panelCols + s.kw - 1 }

// runByPixels is run.
func (s correlation) runByPixels(p *parallel.Pool, isa ISA, y, x []float32, weights panels, start []float32) {
	bands := (s.outH + fewRows - 1) / fewRows
	rowLen := s.inC * s.pitch()
	planes := s.paddedH(fewRows) * rowLen
	p.Run(s.images*bands, func(worker, piece int) {
		mem := p.Scratch(worker, planes+s.inC*panelCols)
		n, row := piece/bands, piece%bands*fewRows
		rows := min(fewRows, s.outH-row)
		for r := range s.paddedH(rows) {
			s.plane(isa, mem[r*rowLen:][:rowLen], mem[planes:], x, n, row-s.top+r)
		}
		f := newFewTile(s, weights, start[n*s.startStep:])
		for r := range rows {
			out := y[s.base+n*s.imageStep+(row+r)*s.rowStep:]
			for at := 0; at < s.outW; at += panelCols {
				f.run(isa, out[at*s.pixelStep:], mem[r*rowLen+at:planes], min(panelCols, s.outW-at))
			}
		}
	})
}

// plane lays row iy of image n out as dst (C,pitch), with zeros where there is no
// image.
func (s correlation) plane(isa ISA, dst, block, x []float32, n, iy int) {
	clear(dst)
	if iy < 0 || iy >= s.inH {
		return
	}
	pitch := s.pitch()
	for at := 0; at < s.inW; at += panelCols {
		cols := min(panelCols, s.inW-at)
		packTransposed(isa, block[:s.inC*panelCols], x[((n*s.inH+iy)*s.inW+at)*s.inC:], s.inC, cols)
		for c := range s.inC {
			copy(dst[c*pitch+s.left+at:][:cols], block[c*panelCols:])
		}
	}
}

// fewTile computes all outputs of up to panelCols pixels.
type fewTile struct {
	correlation
	tile
	starts, sums [fewOutputs * panelCols]float32
	rows, places [tileRows]int32
}

func newFewTile(s correlation, weights panels, start []float32) *fewTile {
	f := &fewTile{correlation: s}
	for o := range tileRows {
		row := min(o, s.outC-1)
		f.rows[o], f.places[o] = int32(row), int32(row*panelCols)
	}
	for i := range f.starts[:s.outC*panelCols] {
		f.starts[i] = start[i/panelCols]
	}
	pitch := s.pitch()
	f.tile = tile{
		a: weights.data, stepA: weights.step, rowA: f.rows[:],
		start: f.starts[:], rowS: f.places[:], c: f.sums[:], rowC: f.places[:],
		k: s.inC, stepB: pitch,
		segments: s.kw, jumpB: 1 - s.inC*pitch,
		images: s.kh, leapB: s.inC*pitch - s.kw,
	}
	return f
}

// run sets the outputs of some pixels, the first at y, from the planes at x.
func (f *fewTile) run(isa ISA, y, x []float32, pixels int) {
	f.b, f.cols = x, pixels
	f.tile.run(isa, f.outC)
	for o := range f.outC {
		for i, v := range f.sums[o*panelCols:][:pixels] {
			y[i*f.pixelStep+o] = v
		}
	}
}

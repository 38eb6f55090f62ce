package kernel

import (
	"unsafe"

	"ebb/engine/kernel/parallel"
)

// correlation is a convolution as both the forward pass and the gradient of
// the data need it: any kernel height and width, any stride, and outputs that
// may lie apart in memory.
type correlation struct {
	images, inH, inW, inC int
	top, left             int // the first patch begins at (-top,-left); may be negative
	kh, kw, stride        int
	outH, outW, outC      int

	// Output (n,oy,ox) is at base + n*imageStep + oy*rowStep + ox*pixelStep,
	// its sums start from start[n*startStep:].
	base, imageStep, rowStep, pixelStep int
	startStep                           int

	pairs bool // the weights are pairs of bf16 numbers along inC; so will be the input
}

// words is how many words of 32 bits the channels of a pixel take.
func (s correlation) words() int {
	if s.pairs {
		return s.inC / 2
	}
	return s.inC
}

const (
	// A piece copies its part of the input with the border around it into
	// scratch of about this many floats, which stay in L2 beside the weights.
	patchFloats = 48 << 10
	patchPixels = 1024 // at most, unless one row has more
	patchPieces = 32   // at least, if the shape allows
)

// bands says how the output is cut: images at once, or one image in bands of
// rows.
type bands struct{ images, rows, perImage int }

func (s correlation) bands() bands {
	fits := func(images, rows int) bool {
		pixels := images * rows * s.outW
		floats := images * ((rows-1)*s.stride + s.kh) * s.paddedW() * s.words()
		pieces := s.images * s.outH / (images * rows)
		return pixels <= patchPixels && floats <= patchFloats && pieces >= patchPieces
	}
	rows := s.outH
	for rows > 1 && !fits(1, rows) {
		rows--
	}
	perImage := (s.outH + rows - 1) / rows
	b := bands{images: 1, rows: (s.outH + perImage - 1) / perImage, perImage: perImage}
	for perImage == 1 && fits(b.images+1, rows) {
		b.images++
	}
	return b
}

// pieces is how many there are.
func (b bands) pieces(images int) int {
	return (images + b.images - 1) / b.images * b.perImage
}

// part is one piece: some images, some rows of each.
type part struct{ image, images, row, rows int }

func (s correlation) part(b bands, piece int) part {
	image, row := piece/b.perImage*b.images, piece%b.perImage*b.rows
	return part{image, min(b.images, s.images-image), row, min(b.rows, s.outH-row)}
}

// paddedW is the width of the input that the patches of a row cover.
func (s correlation) paddedW() int { return (s.outW-1)*s.stride + s.kw }

// run computes all outputs; the weights are (kh,kw,inC,outC).
func (s correlation) run(p *parallel.Pool, isa ISA, y, x []float32, weights panels, start []float32) {
	if s.byPixels() {
		s.runByPixels(p, isa, y, x, weights, start)
		return
	}
	b := s.bands()
	whole := s.part(b, 0)
	shared := p.Borrow(s.tableLen(whole))
	defer p.Return(shared)
	tables := s.tables(shared, whole)
	p.Run(b.pieces(s.images), func(worker, piece int) {
		at := s.part(b, piece)
		copyLen := s.copyLen(at)
		scratch := p.Scratch(worker, copyLen+s.tableLen(at))
		mine := tables
		if at.images != whole.images || at.rows != whole.rows {
			mine = s.tables(scratch[copyLen:], at)
		}
		s.compute(isa, at, mine, y, s.input(isa, scratch[:copyLen], x, at), weights, start)
	})
}

// compute computes one part, panel after panel, from its padded input x.
func (s correlation) compute(isa ISA, at part, rows rowTables, y, x []float32, weights panels, start []float32) {
	out := y[s.base+at.image*s.imageStep+at.row*s.rowStep:]
	for panel := range panelsOf(s.outC) {
		j := panel * panelCols
		t := tile{
			a: x, b: weights.data[panel*weights.next:], c: out[j:], start: start[at.image*s.startStep+j:],
			rowA: rows.a, rowC: rows.c, rowS: rows.start,
			k: s.kw * s.words(), stepA: 1, stepB: weights.step,
			segments: s.kh, jumpA: (s.paddedW() - s.kw) * s.words(),
			cols: min(panelCols, s.outC-j), pairs: s.pairs,
		}
		t.run(isa, at.images*at.rows*s.outW)
	}
}

func (s correlation) paddedH(rows int) int { return (rows-1)*s.stride + s.kh }

// inPlace holds if patches lie in the input as they would in a padded copy.
func (s correlation) inPlace() bool {
	return !s.pairs && s.kh == 1 && s.kw == 1 && s.stride == 1 && s.top == 0 && s.left == 0 && s.outH == s.inH && s.outW == s.inW
}

// copyLen is the length of the padded copy of a part.
func (s correlation) copyLen(at part) int {
	if s.inPlace() {
		return 0
	}
	return at.images * s.paddedH(at.rows) * s.paddedW() * s.words()
}

// input gives the padded input of a part, a copy unless there is no need.
func (s correlation) input(isa ISA, mem, x []float32, at part) []float32 {
	if s.inPlace() {
		return x[(at.image*s.inH+at.row)*s.inW*s.inC:]
	}
	if s.pairs {
		s.padPairs(isa, mem, x, at)
	} else {
		s.pad(mem, x, at)
	}
	return mem
}

// pad copies the input that a part needs, with zeros where there is no image.
func (s correlation) pad(dst, x []float32, at part) {
	width := s.paddedW() * s.inC
	for n := range at.images {
		image := x[(at.image+n)*s.inH*s.inW*s.inC:][:s.inH*s.inW*s.inC]
		for r := range s.paddedH(at.rows) {
			row := dst[:width]
			dst = dst[width:]
			iy := at.row*s.stride - s.top + r
			if iy < 0 || iy >= s.inH {
				clear(row)
				continue
			}
			padRow(row, image[iy*s.inW*s.inC:][:s.inW*s.inC], s.left*s.inC)
		}
	}
}

// padRow copies src to dst, left places further right, and fills the rest with
// zeros. What falls outside dst is dropped.
func padRow(dst, src []float32, left int) {
	if left < 0 {
		src = src[min(-left, len(src)):]
		left = 0
	}
	left = min(left, len(dst))
	clear(dst[:left])
	n := copy(dst[left:], src)
	clear(dst[left+n:])
}

// rowTables are the tables of a tile for the pixels of a part.
type rowTables struct{ a, c, start []int32 }

// tableLen is how many floats of memory the tables of a part take.
func (s correlation) tableLen(at part) int { return 3 * padRows(at.images*at.rows*s.outW) }

// tables fills the tables of a part into mem.
func (s correlation) tables(mem []float32, at part) rowTables {
	pixels := at.images * at.rows * s.outW
	n := padRows(pixels)
	ints := int32s(mem[:3*n])
	t := rowTables{a: ints[:n], c: ints[n:][:n], start: ints[2*n:][:n]}
	i := 0
	for image := range at.images {
		for r := range at.rows {
			a := (image*s.paddedH(at.rows) + r*s.stride) * s.paddedW() * s.words()
			c := image*s.imageStep + r*s.rowStep
			for range s.outW {
				t.a[i], t.c[i], t.start[i] = int32(a), int32(c), int32(image*s.startStep)
				a += s.stride * s.words()
				c += s.pixelStep
				i++
			}
		}
	}
	for ; i < n; i++ {
		t.a[i], t.c[i], t.start[i] = t.a[i-1], t.c[i-1], t.start[i-1]
	}
	return t
}

// int32s uses borrowed floats to hold integers.
func int32s(mem []float32) []int32 {
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(mem))), len(mem))
}

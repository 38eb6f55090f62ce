package kernel

import "ebb/engine/kernel/parallel"

// BackwardWeight adds the gradient to dw (K,K,C,O):
//
//	dw[ky,kx,c,o] += sum over n,oy,ox of x[n, oy*Stride+ky-PadTop, ox*Stride+kx-PadLeft, c] * dy[n,oy,ox,o]
//
// The images are cut into chunks by the shape alone. A chunk's sum runs from 0
// in increasing (n,oy,ox) by FMA; the chunks' sums are added up in order and
// then to dw. (By Winograd's algorithm where Forward uses it.)
func (s Conv) BackwardWeight(p *parallel.Pool, dw, x, dy []float32) {
	s.check(dy, x, dw)
	if s.N == 0 {
		return
	}
	if s.byWinograd() {
		s.winogradBackwardWeight(p, active(), dw, x, dy)
		return
	}
	g := s.weightGradient()
	sums := p.Borrow(g.chunks * len(dw))
	defer p.Return(sums)
	tables := p.Borrow(g.tableLen())
	defer p.Return(tables)
	g.tables(int32s(tables))
	isa := active()
	p.Run(g.chunks*g.groups, func(worker, piece int) {
		chunk, group := piece/g.groups, piece%g.groups
		part := sums[chunk*len(dw):][:len(dw)]
		g.chunk(isa, p.Scratch(worker, g.scratchLen()), chunk, group, part, x, dy)
	})
	g.join(p, isa, dw, sums)
}

const (
	weightPixels = 256     // pixels in a block: a panel of dy stays in L1
	weightChunks = 32      // pieces, if the shape allows, and at most as many chunks
	weightFloats = 2 << 20 // floats of all chunks' sums
)

// weightGradient is how the work of BackwardWeight is cut, by shape alone.
//
// A block of pixels adds to each element of dw the products of these pixels.
// The rows (ky,kx,c) of dw are the rows of the tiles and o their columns; if O
// is small, the other way round, so that fewer columns go to waste. The order
// of every sum is the same.
type weightGradient struct {
	Conv
	input            correlation // how the input is padded
	rows             int         // of dw: K*K*C
	transposed       bool        // sums are (O,K,K,C)
	chunks, perChunk int         // chunks of so many images
	groups, wide     int         // groups of so many panels
	images, band     int         // in a block: images, rows of dy of each

	tileA, tileC, tileZero []int32 // tables of the rows of a tile
}

func (s Conv) weightGradient() *weightGradient {
	g := &weightGradient{Conv: s, rows: s.K * s.K * s.C}
	g.input = correlation{
		inH: s.H, inW: s.W, inC: s.C, top: s.PadTop, left: s.PadLeft,
		kh: s.K, kw: s.K, stride: s.Stride, outH: s.OutH(), outW: s.OutW(),
	}
	g.transposed = g.transposedCost() < g.directCost()
	chunks := max(1, min(weightChunks, s.N, weightFloats/(g.rows*s.O)))
	g.perChunk = (s.N + chunks - 1) / chunks
	g.chunks = (s.N + g.perChunk - 1) / g.perChunk
	groups := min(g.panels(), (weightChunks+g.chunks-1)/g.chunks)
	g.wide = (g.panels() + groups - 1) / groups
	g.groups = (g.panels() + g.wide - 1) / g.wide
	g.band = min(s.OutH(), max(1, weightPixels/s.OutW()))
	g.images = min(g.perChunk, max(1, weightPixels/(s.OutH()*s.OutW())))
	return g
}

// directCost and transposedCost count the elements that tiles compute, wasted
// ones included.
func (g *weightGradient) directCost() int {
	cols := panelsOf(g.O) * panelCols
	if g.O <= panelCols/2 {
		cols = panelCols / 2
	}
	return (g.rows + 3) / 4 * 4 * cols
}

func (g *weightGradient) transposedCost() int {
	return (g.O + 3) / 4 * 4 * g.K * panelsOf(g.K*g.C) * panelCols
}

// panels is the number of panels of the tiles' columns.
func (g *weightGradient) panels() int {
	if g.transposed {
		return g.K * panelsOf(g.K*g.C) // the columns (kx,c) of each ky
	}
	return panelsOf(g.O)
}

func (g *weightGradient) tileRows() int {
	if g.transposed {
		return g.O
	}
	return g.rows
}

func (g *weightGradient) tableLen() int { return 3 * padRows(g.tileRows()) }

// tables fills the tables of tile rows. Row (ky,kx,c) of dw reads the input
// moved by (ky,kx), channel c; row o of its transpose reads channel o of dy.
func (g *weightGradient) tables(mem []int32) {
	rows := g.tileRows()
	n := padRows(rows)
	g.tileA, g.tileC, g.tileZero = mem[:n], mem[n:][:n], mem[2*n:][:n]
	clear(g.tileZero)
	for i := range n {
		row := min(i, rows-1)
		if g.transposed {
			g.tileA[i], g.tileC[i] = int32(row), int32(row*g.rows)
			continue
		}
		ky, rest := row/(g.K*g.C), row%(g.K*g.C)
		g.tileA[i], g.tileC[i] = int32(ky*g.input.paddedW()*g.C+rest), int32(row*g.O)
	}
}

// inPlace says whether x is read without a padded copy. The last panel of a
// transposed gradient reads full vectors, perhaps beyond the end of x.
func (g *weightGradient) inPlace() bool {
	return g.input.inPlace() && (!g.transposed || g.C%panelCols == 0)
}

func (g *weightGradient) copyLen() int {
	return g.images*g.input.paddedH(g.band)*g.input.paddedW()*g.C + panelCols
}

func (g *weightGradient) scratchLen() int { return g.copyLen() + g.images*g.band*g.OutW()*panelCols }

// chunk sums over one chunk of images, for one group of panels, into sum.
func (g *weightGradient) chunk(isa ISA, scratch []float32, chunk, group int, sum, x, dy []float32) {
	first, end := chunk*g.perChunk, min(g.N, (chunk+1)*g.perChunk)
	zero := true
	for n := first; n < end; n += g.images {
		for oy := 0; oy < g.OutH(); oy += g.band {
			b := weightBlock{
				weightGradient: g, isa: isa, zero: zero, sum: sum,
				at:     part{image: n, images: min(g.images, end-n), row: oy, rows: min(g.band, g.OutH()-oy)},
				x:      scratch[:g.copyLen()],
				dy:     dy[(n*g.OutH()+oy)*g.OutW()*g.O:],
				packed: scratch[g.copyLen():],
			}
			if g.inPlace() {
				b.x = x[(n*g.H+oy)*g.W*g.C:]
			} else {
				g.input.pad(b.x, x, b.at)
			}
			for panel := group * g.wide; panel < min(g.panels(), (group+1)*g.wide); panel++ {
				b.run(panel)
			}
			zero = false
		}
	}
}

// weightBlock is one block of pixels: some whole images or some rows of one,
// and the input they see.
type weightBlock struct {
	*weightGradient
	isa    ISA
	at     part
	zero   bool // the first block of its chunk: sums start from 0
	sum    []float32
	x, dy  []float32
	packed []float32 // room for a panel of dy
}

// run adds the products of the block to one panel of the sums.
func (b *weightBlock) run(panel int) {
	t := tile{
		rowA: b.tileA, rowC: b.tileC, rowS: b.tileC,
		k: b.OutW(), segments: b.at.rows, images: b.at.images,
	}
	width := b.input.paddedW()
	stepX, jumpX := b.Stride*b.C, (width-b.OutW())*b.Stride*b.C
	leapX := (b.input.paddedH(b.at.rows) - b.at.rows*b.Stride) * width * b.C
	var at int
	if b.transposed {
		perRow := panelsOf(b.K * b.C)
		ky, j := panel/perRow, panel%perRow*panelCols
		at = ky*b.K*b.C + j
		t.cols = min(panelCols, b.K*b.C-j)
		t.a, t.stepA = b.dy, b.O
		t.b, t.stepB, t.jumpB, t.leapB = b.x[ky*width*b.C+j:], stepX, jumpX, leapX
	} else {
		at = panel * panelCols
		t.cols = min(panelCols, b.O-at)
		t.a, t.stepA, t.jumpA, t.leapA = b.x, stepX, jumpX, leapX
		t.b, t.stepB = b.gradient(at, t.cols)
	}
	t.c = b.sum[at:]
	t.start = t.c
	if b.zero {
		t.start, t.rowS = zeros[:], b.tileZero
	}
	t.run(b.isa, b.tileRows())
}

// gradient is a panel of dy: in place if all panels are full and the rows not
// so far apart that they meet in few sets of the cache, packed otherwise.
func (b *weightBlock) gradient(o, cols int) (panel []float32, step int) {
	const far = 512
	if b.O%panelCols == 0 && b.O <= far {
		return b.dy[o:], b.O
	}
	packed := b.packed[:b.at.images*b.at.rows*b.OutW()*panelCols]
	packRows(packed, b.dy[o:], b.O, cols)
	return packed, panelCols
}

// join adds the sums of the chunks to dw.
func (g *weightGradient) join(p *parallel.Pool, isa ISA, dw, sums []float32) {
	if !g.transposed {
		addRows(p, isa, dw, sums, g.chunks)
		return
	}
	total := p.Borrow(len(dw))
	defer p.Return(total)
	clear(total)
	addRows(p, isa, total, sums, g.chunks)
	for row := range g.rows {
		for o := range g.O {
			dw[row*g.O+o] += total[o*g.rows+row]
		}
	}
}

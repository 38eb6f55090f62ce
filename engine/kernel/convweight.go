package kernel

import "ebb/engine/kernel/parallel"

// BackwardWeight adds the gradient to dw (K,K,C,O):
//
//	dw[ky,kx,c,o] += sum over n,oy,ox of x[n, oy*Stride+ky-PadTop, ox*Stride+kx-PadLeft, c] * dy[n,oy,ox,o]
//
// The images are cut into chunks by the shape alone. A chunk's sum runs from 0
// in increasing (n,oy,ox) by FMA; the chunks' sums are added to dw in order.
func (s Conv) BackwardWeight(p *parallel.Pool, dw, x, dy []float32) {
	s.check(dy, x, dw)
	if s.N == 0 {
		return
	}
	g := s.weightGradient()
	sums := p.Borrow(g.chunks * len(dw))
	defer p.Return(sums)
	rows := p.Borrow(3 * padRows(g.rows))
	defer p.Return(rows)
	g.tables(int32s(rows))
	isa := active()
	p.Run(g.chunks*g.groups, func(worker, piece int) {
		chunk, group := piece/g.groups, piece%g.groups
		g.chunk(isa, p, worker, chunk, group, sums[chunk*len(dw):][:len(dw)], x, dy)
	})
	addRows(p, isa, dw, sums, g.chunks)
}

const (
	weightPixels = 256     // pixels in a block: the panel of dy stays in L1
	weightChunks = 32      // chunks, and at most this many floats in all
	weightFloats = 2 << 20 // private sums
)

// weightGradient is how the work of BackwardWeight is cut, by shape alone.
type weightGradient struct {
	Conv
	input            correlation // how the input is padded
	rows             int         // of dw: K*K*C
	chunks, perChunk int         // chunks of so many images
	groups, wide     int         // groups of so many panels of dw: pieces, but not the sums, depend on them
	band             int         // rows of dy in a block
	rowA, rowC       []int32     // tables of the rows of dw
	rowZero          []int32     // zeros
}

func (s Conv) weightGradient() *weightGradient {
	g := &weightGradient{Conv: s, rows: s.K * s.K * s.C}
	g.input = correlation{
		inH: s.H, inW: s.W, inC: s.C, top: s.PadTop, left: s.PadLeft,
		kh: s.K, kw: s.K, stride: s.Stride, outH: s.OutH(), outW: s.OutW(),
	}
	chunks := max(1, min(weightChunks, s.N, weightFloats/(g.rows*s.O)))
	g.perChunk = (s.N + chunks - 1) / chunks
	g.chunks = (s.N + g.perChunk - 1) / g.perChunk
	panels := panelsOf(s.O)
	groups := min(panels, (weightChunks+g.chunks-1)/g.chunks)
	g.wide = (panels + groups - 1) / groups
	g.groups = (panels + g.wide - 1) / g.wide
	g.band = min(s.OutH(), max(1, weightPixels/s.OutW()))
	return g
}

// tables fills the tables of the rows of dw: row (ky,kx,c) reads the input
// moved by (ky,kx), channel c.
func (g *weightGradient) tables(mem []int32) {
	n := padRows(g.rows)
	g.rowA, g.rowC, g.rowZero = mem[:n], mem[n:][:n], mem[2*n:][:n]
	clear(g.rowZero)
	for i := range n {
		row := min(i, g.rows-1)
		ky, rest := row/(g.K*g.C), row%(g.K*g.C)
		g.rowA[i], g.rowC[i] = int32(ky*g.input.paddedW()*g.C+rest), int32(row*g.O)
	}
}

// chunk sums over one chunk of images, for one group of panels, into sum.
func (g *weightGradient) chunk(isa ISA, p *parallel.Pool, worker, chunk, group int, sum, x, dy []float32) {
	first, end := chunk*g.perChunk, min(g.N, (chunk+1)*g.perChunk)
	copyLen := g.input.paddedH(g.band) * g.input.paddedW() * g.C
	scratch := p.Scratch(worker, copyLen+g.band*g.OutW()*panelCols)
	zero := true
	for n := first; n < end; n++ {
		for oy := 0; oy < g.OutH(); oy += g.band {
			at := part{image: n, images: 1, row: oy, rows: min(g.band, g.OutH()-oy)}
			g.input.pad(scratch[:copyLen], x, at)
			g.block(isa, at, group, zero, sum, scratch, copyLen, dy)
			zero = false
		}
	}
}

// block adds one block of pixels to the sums of a group of panels.
func (g *weightGradient) block(isa ISA, at part, group int, zero bool, sum, scratch []float32, copyLen int, dy []float32) {
	pixels := at.rows * g.OutW()
	grad := dy[(at.image*g.OutH()+at.row)*g.OutW()*g.O:]
	packed := scratch[copyLen:][:pixels*panelCols]
	for panel := group * g.wide; panel < min(panelsOf(g.O), (group+1)*g.wide); panel++ {
		j := panel * panelCols
		cols := min(panelCols, g.O-j)
		packRowsOf(packed, grad[j:], g.O, cols)
		t := tile{
			a: scratch, b: packed, c: sum[j:], start: sum[j:],
			rowA: g.rowA, rowC: g.rowC, rowS: g.rowC,
			k: g.OutW(), stepA: g.Stride * g.C, stepB: panelCols,
			segments: at.rows, jumpA: (g.input.paddedW() - g.OutW()) * g.Stride * g.C,
			cols: cols,
		}
		if zero {
			t.start, t.rowS = zeros[:], g.rowZero
		}
		t.run(isa, g.rows)
	}
}

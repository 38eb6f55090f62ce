package kernel

import "ebb/engine/kernel/parallel"

// winogradWeight is BackwardWeight by Winograd's algorithm: the gradient of
// what winograd computes. At each point, the gradient of the transformed
// weights is a product (in,tiles) (tiles,out) of the transformed inputs and the
// transformed gradients of the outputs.
//
// The tiles of all images are cut into chunks by the shape alone. A chunk's
// sums run from 0 in increasing tile, by FMA; the chunks' sums are added up in
// order, transformed back and added to dw. The sums are u of each chunk, one
// after the other.
type winogradWeight struct {
	*winograd
	chunks, perChunk int // chunks of so many tiles
	rowZero          []int32
	rounded          bool // to bf16, in pairs of tiles
}

const (
	winoWeightPieces = 16  // chunks times panels, about
	winoWeightTiles  = 128 // at least in a chunk, to repay its sums
	winoWeightBlock  = 32  // tiles whose transforms stay in L2
	winoWeightPanels = 4   // that share the transforms of the inputs, at most
)

func newWinogradWeight(images, h, w, in, out int, precision Precision) *winogradWeight {
	// The sums of gradients are float32; what is rounded to pairs stands in pairs of tiles.
	g := &winogradWeight{winograd: newWinograd(images, h, w, in, out, F32), rounded: precision == BF16}
	tiles := images * g.down * g.across
	panels := panelsOf(out)
	chunks := max(1, min((winoWeightPieces+panels-1)/panels, tiles/winoWeightTiles))
	g.perChunk = max(1, (tiles+chunks-1)/chunks)
	g.chunks = (tiles + g.perChunk - 1) / g.perChunk
	return g
}

// winogradBackwardWeight is BackwardWeight.
func (s Conv) winogradBackwardWeight(p *parallel.Pool, isa ISA, dw, x, dy []float32) {
	g := newWinogradWeight(s.N, s.H, s.W, s.C, s.O, s.Precision)
	tables := p.Borrow(winoTableLen + 3*padRows(g.in))
	defer p.Return(tables)
	g.channelRows(g.tables(int32s(tables)))
	g.zero = p.Borrow(max(g.in, panelCols))
	defer p.Return(g.zero)
	clear(g.zero)
	panels := panelsOf(g.out)
	g.u = p.Borrow(g.chunks * g.weightLen())
	defer p.Return(g.u)
	groups := (panels + winoWeightPanels - 1) / winoWeightPanels
	p.Run(g.chunks*groups, func(worker, piece int) {
		mem := p.Scratch(worker, winoWeightBlock*(g.vStep+winoMStep)+g.tilePairLen())
		group := piece % groups
		g.chunk(isa, mem, piece/groups, group*panels/groups, (group+1)*panels/groups, x, dy)
	})
	p.Run(panels*g.in/winoLanes, func(_, piece int) {
		g.join(isa, dw, piece%panels, piece/panels*winoLanes)
	})
}

// channelRows says where the rows of the matrix products are: channels.
func (g *winogradWeight) channelRows(mem []int32) {
	n := padRows(g.in)
	g.rowA, g.rowC, g.rowZero = mem[:n], mem[n:][:n], mem[2*n:][:n]
	clear(g.rowZero)
	for i := range n {
		c := min(i, g.in-1)
		g.rowA[i], g.rowC[i] = int32(c/winoLanes*winoGroup+c%winoLanes), int32(c*panelCols)
	}
}

// chunk sums over one chunk of tiles, for some panels of outputs. The inputs of
// a block are transformed once for all of them.
func (g *winogradWeight) chunk(isa ISA, mem []float32, chunk, panel, panelEnd int, x, dy []float32) {
	v, z, mem := mem[:winoWeightBlock*g.vStep], mem[winoWeightBlock*g.vStep:][:winoWeightBlock*winoMStep], mem[winoWeightBlock*(g.vStep+winoMStep):]
	first, end := chunk*g.perChunk, min(g.images*g.down*g.across, (chunk+1)*g.perChunk)
	for block := first; block < end; block += winoWeightBlock {
		var places [winoWeightBlock]winoPlace
		n := min(winoWeightBlock, end-block)
		for i := range n {
			places[i] = g.tile(block + i)
			if !g.rounded {
				g.input(isa, v[i*g.vStep:][:g.vStep], x, nil, places[i])
			}
		}
		for j := panel; j < panelEnd; j++ {
			cols, rows := min(panelCols, g.out-j*panelCols), n
			if g.rounded {
				g.tilePairs(isa, v, z, mem, block, n, j, x, dy)
				rows = (n + 1) / 2
			} else {
				for i, at := range places[:n] {
					g.gradient(isa, z[i*winoMStep:], dy, at, j)
				}
			}
			u := g.u[chunk*g.weightLen()+j*winoPoints*g.pointStep:]
			g.products(isa, u, v, z, cols, rows, block == first)
		}
	}
}

// gradient transforms the gradients of a panel of a tile's outputs.
func (g *winogradWeight) gradient(isa ISA, z, dy []float32, at winoPlace, panel int) {
	table := g.outputs[at.shape*winoTile*winoTile:][:winoTile*winoTile]
	cols := min(panelCols, g.out-panel*panelCols)
	winogradGradient(isa, z[:winoRow], dy, at.pixel*g.out+panel*panelCols, g.zero, table, g.out, cols)
}

// products adds the products of n tiles, or pairs of them, at each point; the first ones start
// from zero.
func (g *winogradWeight) products(isa ISA, u, v, z []float32, cols, n int, first bool) {
	t := tile{
		rowA: g.rowA, rowC: g.rowC, rowS: g.rowC,
		k: n, stepA: g.vStep, stepB: winoMStep, segments: 1, cols: cols, pairs: g.rounded,
	}
	if first {
		t.start, t.rowS = zeros[:], g.rowZero
	}
	for point := range winoPoints {
		t.a, t.b, t.c = v[point*winoLanes:], z[point*panelCols:], u[point*g.pointStep:]
		if !first {
			t.start = t.c
		}
		t.run(isa, g.in)
	}
}

// join adds up the chunks' sums of 16 rows of a panel, and adds them,
// transformed, to dw. It overwrites the first chunk's.
func (g *winogradWeight) join(isa ISA, dw []float32, panel, row int) {
	at := panel*winoPoints*g.pointStep + row*panelCols
	for chunk := 1; chunk < g.chunks; chunk++ {
		for point := range winoPoints {
			sum := g.u[at+point*g.pointStep:][:winoLanes*panelCols]
			addSlice(isa, sum, sum, g.u[chunk*g.weightLen()+at+point*g.pointStep:][:len(sum)])
		}
	}
	for o := 0; o < min(panelCols, g.out-panel*panelCols); o += winoLanes {
		to := row*g.out + panel*panelCols + o
		winogradFilter(isa, dw[to:], g.u[at+o:], winoLanes, g.in*g.out, g.out, g.pointStep)
	}
}

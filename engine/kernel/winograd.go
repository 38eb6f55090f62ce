package kernel

import "ebb/engine/kernel/parallel"

// winograd is a 3x3 convolution of stride 1 that keeps the image's size, by
// Winograd's algorithm: a quarter of the products, more operations of other
// kinds, and about twice the rounding error (winogradtransform.go).
//
// Images are covered by tiles of 4x4 outputs; a tile sees 6x6 inputs. Each tile
// and channel is transformed into 36 numbers; at each of these 36 points the
// channels meet in a matrix product (tiles,in) (in,out), whose sums run by FMA
// in increasing channel; the transform back gives the outputs. A tile never
// sees another tile's numbers, so blocks of tiles may be cut in any way.
//
// An infinity or NaN of the input makes NaN of whole tiles: those that see it.
type winograd struct {
	images, h, w, in, out int
	down, across          int // tiles of an image
	pairs                 bool
	words                 int // that 16 channels take: 16, or 8 pairs

	u         []float32 // transformed weights: (panels, 36, in, 32), with a gap after each point
	pointStep int       // floats from point to point of u
	vStep     int       // floats from tile to tile of transformed inputs
	start     []float32 // what is added to the outputs of image n: start[n*perImage:]
	perImage  int
	add       []float32 // what is added to all outputs, laid out like them, or nil

	blocks, groups int // pieces: blocks of tiles times groups of panels
	tiles          int // of the largest block

	inputs, outputs []int32   // for each shape of a tile, where its pixels are: see tables
	rowA, rowC      []int32   // rows of the matrix products
	zero            []float32 // what a patch reads outside of the image
}

const (
	winoMStep  = winoRow + 16 // floats from tile to tile of products; 16 more, to use all sets of the cache
	winoMost   = 24           // tiles in a block
	winoDump   = panelCols    // where outputs outside of the image go
	winoShapes = 16           // of tiles: at the first or last row, at the first or last column
)

// byWinograd says whether Forward and BackwardData use Winograd's algorithm. It
// must not depend on N: a row of a batch is what it is alone.
func (s Conv) byWinograd() bool {
	if s.Exact || s.K != 3 || s.Stride != 1 || s.PadTop != 1 || s.PadLeft != 1 || s.PadBottom != 1 || s.PadRight != 1 {
		return false
	}
	if s.C%winoLanes != 0 || s.O%winoLanes != 0 {
		return false
	}
	covered := ((s.H + 3) / 4) * ((s.W + 3) / 4) * winoTile * winoTile
	return 4*covered <= 7*s.H*s.W
}

func newWinograd(images, h, w, in, out int, precision Precision) *winograd {
	g := &winograd{
		images: images, h: h, w: w, in: in, out: out, down: (h + 3) / 4, across: (w + 3) / 4,
		pairs: precision == BF16, words: winoLanes,
	}
	if g.pairs {
		g.words /= 2
	}
	groups := in / winoLanes
	g.pointStep, g.vStep = groups*g.words*panelCols+16, groups*g.words*winoPoints+16
	most := winoMost / 4 // fours of tiles in a block: a block's inputs stay in L2
	if in > 128 {
		most /= 2
	}
	fours := max(1, (images*g.down*g.across+3)/4)
	g.blocks = (fours + most - 1) / most
	if g.blocks >= 3 {
		g.blocks = min(fours, (g.blocks+3)/4*4)
	}
	g.tiles = (fours + g.blocks - 1) / g.blocks * 4
	panels := panelsOf(out)
	g.groups = min(panels, (3+g.blocks)/g.blocks)
	return g
}

// transform sets u to the transformed weights w (3,3,in,out).
func (g *winograd) transform(p *parallel.Pool, isa ISA, w []float32) {
	g.eachWeights(p, func(worker, panel, row, rows int) {
		mem := p.Scratch(worker, g.roundedWeights(rows))
		g.transformWeights(isa, mem, panel, row, rows, w[row*g.out+panel*panelCols:], g.in*g.out, g.out)
	})
}

// winogradBackwardData is BackwardData: the same with the weights turned by 180
// degrees and transposed.
func (s Conv) winogradBackwardData(p *parallel.Pool, isa ISA, dx, dy, w []float32) {
	g := newWinograd(s.N, s.H, s.W, s.O, s.C, s.Precision)
	g.u = p.Borrow(g.weightLen())
	defer p.Return(g.u)
	g.eachWeights(p, func(worker, panel, row, rows int) {
		c, cols := panel*panelCols, min(panelCols, s.C-panel*panelCols)
		turned := p.Scratch(worker, 9*rows*panelCols+g.roundedWeights(rows))
		mem := turned[9*rows*panelCols:]
		for tap := range 9 {
			packTransposed(isa, turned[tap*rows*panelCols:][:rows*panelCols], w[((8-tap)*s.C+c)*s.O+row:], s.O, cols)
		}
		g.transformWeights(isa, mem, panel, row, rows, turned, rows*panelCols, panelCols)
	})
	g.start = p.Borrow(s.C)
	defer p.Return(g.start)
	clear(g.start)
	g.run(p, isa, dx, dy)
}

func (g *winograd) weightLen() int { return panelsOf(g.out) * winoPoints * g.pointStep }

// eachWeights calls f for some rows of a panel of the weights after the other.
func (g *winograd) eachWeights(p *parallel.Pool, f func(worker, panel, row, rows int)) {
	const most = 32
	chunks := (g.in + most - 1) / most
	p.Run(panelsOf(g.out)*chunks, func(worker, piece int) {
		row := piece % chunks * most
		f(worker, piece/chunks, row, min(most, g.in-row))
	})
}

// transformWeights transforms rows of a panel, whose first is at w. mem has room
// for roundedWeights.
func (g *winograd) transformWeights(isa ISA, mem []float32, panel, row, rows int, w []float32, tapStep, rowStep int) {
	u, step := g.u[panel*winoPoints*g.pointStep+row*panelCols*g.words/winoLanes:], g.pointStep
	if g.pairs {
		u, step = mem, rows*panelCols
	}
	cols := min(panelCols, g.out-panel*panelCols)
	for c := 0; c < cols; c += winoLanes {
		winogradWeights(isa, u[c:], w[c:], rows, tapStep, rowStep, step)
	}
	if g.pairs {
		g.roundWeights(isa, mem, panel, row, rows)
	}
}

// run computes all outputs from the transformed weights.
func (g *winograd) run(p *parallel.Pool, isa ISA, y, x []float32) {
	if g.images == 0 {
		return
	}
	tables := p.Borrow(g.tableLen())
	defer p.Return(tables)
	g.tileRows(g.tables(int32s(tables)))
	g.zero = p.Borrow(g.in)
	defer p.Return(g.zero)
	clear(g.zero)
	p.Run(g.blocks*g.groups, func(worker, piece int) {
		g.block(isa, p.Scratch(worker, g.scratchLen()), piece/g.groups, piece%g.groups, y, x)
	})
}

const winoTableLen = winoShapes * (winoPatch*winoPatch + winoTile*winoTile)

func (g *winograd) tableLen() int { return winoTableLen + 2*padRows(g.tiles) }

// tables says for each shape of a tile how far its inputs and outputs are from
// its first pixel. It returns what it leaves of mem.
func (g *winograd) tables(mem []int32) []int32 {
	n := winoShapes * winoPatch * winoPatch
	g.inputs, mem = mem[:n], mem[n:]
	n = winoShapes * winoTile * winoTile
	g.outputs, mem = mem[:n], mem[n:]
	for shape := range winoShapes {
		if !winoOccurs(shape&3, g.down) || !winoOccurs(shape>>2, g.across) {
			continue
		}
		top, height := winoSpan(shape&1 != 0, shape&2 != 0, g.h)
		left, width := winoSpan(shape&4 != 0, shape&8 != 0, g.w)
		winoTable(g.inputs[shape*winoPatch*winoPatch:], winoPatch, -1, top, height, left, width, g.w, g.in)
		winoTable(g.outputs[shape*winoTile*winoTile:], winoTile, 0, top, height, left, width, g.w, g.out)
	}
	return mem
}

// winoOccurs says whether a tile can be the first (1), the last (2), both (3) or
// neither of so many in a line. A small image has few of the shapes: all 16 took
// 2.6 % of the time of bench_small for one picture.
func winoOccurs(ends, tiles int) bool {
	switch {
	case tiles == 1:
		return ends == 3
	case tiles == 2:
		return ends == 1 || ends == 2
	}
	return ends != 3
}

// tileRows says where the rows of the matrix products are.
func (g *winograd) tileRows(mem []int32) {
	n := padRows(g.tiles)
	g.rowA, g.rowC = mem[:n], mem[n:][:n]
	for i := range n {
		g.rowA[i], g.rowC[i] = int32(i*g.vStep), int32(i*winoMStep)
	}
}

// winoSpan is the range of places [first,end) of the image, seen from the first
// place of a tile that is the first or last in its row, or both, or neither.
func winoSpan(isFirst, isLast bool, size int) (first, end int) {
	first, end = -1, winoTile+1
	if isFirst {
		first = 0
	}
	if isLast {
		end = (size-1)%winoTile + 1
	}
	return first, end
}

// winoTable fills the table of a square of pixels from (at,at) on.
func winoTable(table []int32, side, at, top, bottom, left, right, width, channels int) {
	for i := range side * side {
		r, c := at+i/side, at+i%side
		table[i] = winoOutside
		if top <= r && r < bottom && left <= c && c < right {
			table[i] = int32((r*width + c) * channels)
		}
	}
}

func (g *winograd) scratchLen() int {
	return padRows(g.tiles)*(g.vStep+winoMStep) + winoDump + g.roundedInputs()
}

// block computes one block of tiles, one group of panels.
func (g *winograd) block(isa ISA, mem []float32, block, group int, y, x []float32) {
	tiles := g.images * g.down * g.across
	fours := (tiles + 3) / 4
	first, end := fours*block/g.blocks*4, min(tiles, fours*(block+1)/g.blocks*4)
	n := padRows(g.tiles)
	v, m, mem := mem[:n*g.vStep], mem[n*g.vStep:][:n*winoMStep], mem[n*(g.vStep+winoMStep):]
	dump, mem := mem[:winoDump], mem[winoDump:]
	var places [winoMost]winoPlace
	for i := range end - first {
		places[i] = g.tile(first + i)
		g.input(isa, v[i*g.vStep:][:g.vStep], x, mem, places[i])
	}
	panels := panelsOf(g.out)
	for panel := group * panels / g.groups; panel < (group+1)*panels/g.groups; panel++ {
		cols := min(panelCols, g.out-panel*panelCols)
		g.products(isa, m, v, panel, cols, end-first)
		for i, at := range places[:end-first] {
			table := g.outputs[at.shape*winoTile*winoTile:][:winoTile*winoTile]
			start := g.start[at.image*g.perImage+panel*panelCols:][:cols]
			winogradOutput(isa, y, g.add, at.pixel*g.out+panel*panelCols, dump, m[i*winoMStep:][:winoRow], start, table, g.out, cols)
		}
	}
}

// input transforms the inputs of a tile. mem has room for roundedInputs.
func (g *winograd) input(isa ISA, v, x, mem []float32, at winoPlace) {
	table := g.inputs[at.shape*winoPatch*winoPatch:][:winoPatch*winoPatch]
	if g.pairs {
		winogradInputPairs(isa, v, x, mem, at.pixel*g.in, g.zero[:g.in], table)
		return
	}
	winogradInput(isa, v, x, at.pixel*g.in, g.zero[:g.in], table)
}

// products multiplies at each point.
func (g *winograd) products(isa ISA, m, v []float32, panel, cols, tiles int) {
	u := g.u[panel*winoPoints*g.pointStep:]
	t := tile{
		start: zeros[:], rowA: g.rowA, rowC: g.rowC, rowS: winoZeroRows[:],
		k: g.words, stepA: 1, stepB: panelCols,
		segments: g.in / winoLanes, jumpA: (winoPoints - 1) * g.words,
		cols: cols, pairs: g.pairs,
	}
	for point := range winoPoints {
		t.a, t.b, t.c = v[point*g.words:], u[point*g.pointStep:], m[point*panelCols:]
		t.run(isa, tiles)
	}
}

// winoZeroRows says that every row starts from the same place.
var winoZeroRows [winoMost]int32

// winoPlace is where a tile is: its image, its first pixel among those of all
// images, and the shape of its border.
type winoPlace struct{ image, pixel, shape int }

func (g *winograd) tile(t int) winoPlace {
	image, rest := t/(g.down*g.across), t%(g.down*g.across)
	r, c := rest/g.across, rest%g.across
	at := winoPlace{image: image, pixel: (image*g.h+r*winoTile)*g.w + c*winoTile}
	for bit, holds := range [4]bool{r == 0, r == g.down-1, c == 0, c == g.across-1} {
		if holds {
			at.shape |= 1 << bit
		}
	}
	return at
}

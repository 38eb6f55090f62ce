package kernel

// Winograd's algorithm with products in bf16: inputs and weights are transformed
// in float32 and rounded then, so each output is a sum over 36 points and all
// channels of products of rounded numbers. The transform back amplifies the
// rounding: see TestBF16IsCloseToFloat64 for its size, beside that of plain sums
// of rounded products.

// roundedWeights is the length of the memory in which weights of rows rows wait
// to be rounded.
func (g *winograd) roundedWeights(rows int) int {
	if !g.pairs {
		return 0
	}
	return winoPoints * rows * panelCols
}

// roundWeights rounds transformed weights (36,rows,32) to their place in u.
func (g *winograd) roundWeights(isa ISA, mem []float32, panel, row, rows int) {
	for point := range winoPoints {
		dst := g.u[(panel*winoPoints+point)*g.pointStep+row/2*panelCols:][:rows/2*panelCols]
		src := mem[point*rows*panelCols:][:rows*panelCols]
		roundAcross(isa, dst, src, src[panelCols:], 2*panelCols, panelCols)
	}
}

// roundedInputs is the length of the memory in which a tile's transformed inputs
// wait to be rounded.
func (g *winograd) roundedInputs() int {
	if !g.pairs {
		return 0
	}
	return winoPoints * g.in
}

// winogradInputInPairs transforms a tile's inputs in mem and rounds them to v
// (C/16,36,8).
func winogradInputInPairs(isa ISA, v, x, mem []float32, base int, zero []float32, table []int32) {
	n := winoPoints * len(zero)
	winogradInput(isa, mem[:n], x, base, zero, table)
	roundAlong(isa, v[:n/2], mem[:n])
}

// tilePairLen is the length of the memory in which two tiles wait to be rounded.
func (g *winogradWeight) tilePairLen() int {
	if !g.rounded {
		return 0
	}
	return 2 * (g.vStep + winoMStep)
}

// tilePairs transforms n tiles from first on and rounds them to pairs of
// neighbouring tiles. A last tile without a neighbour is paired with zeros.
func (g *winogradWeight) tilePairs(isa ISA, v, z, mem []float32, first, n, panel int, x, dy []float32) {
	evenV, oddV, mem := mem[:g.vStep], mem[g.vStep:][:g.vStep], mem[2*g.vStep:]
	evenZ, oddZ := mem[:winoMStep], mem[winoMStep:]
	for i := 0; i < n; i += 2 {
		g.input(isa, evenV, x, nil, g.tile(first+i))
		g.gradient(isa, evenZ, dy, g.tile(first+i), panel)
		if i+1 < n {
			g.input(isa, oddV, x, nil, g.tile(first+i+1))
			g.gradient(isa, oddZ, dy, g.tile(first+i+1), panel)
		} else {
			clear(oddV)
			clear(oddZ)
		}
		roundAcross(isa, v[i/2*g.vStep:][:winoPoints*g.in], evenV, oddV, panelCols, panelCols)
		roundAcross(isa, z[i/2*winoMStep:][:winoRow], evenZ, oddZ, panelCols, panelCols)
	}
}

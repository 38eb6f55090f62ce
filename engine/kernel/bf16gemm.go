package kernel

import "ebb/engine/kernel/parallel"

// runPairs is Run with both factors rounded to pairs along K, which is even.
// B is rounded once, A in the blocks that use it.
func (g *Gemm) runPairs(p *parallel.Pool, isa ISA) {
	depth := g.K / 2
	packed := p.Borrow(packedLen(depth, g.N))
	defer p.Return(packed)
	p.Run(panelsOf(g.N), func(worker, panel int) {
		g.packPanelPairs(isa, panelOf(packed, panel, depth), p.Scratch(worker, depth*panelCols), panel)
	})
	blocks := (g.M + gemmRows - 1) / gemmRows
	height := padRows((g.M + blocks - 1) / blocks)
	panels := panelsOf(g.N)
	wide := min(panels, max(1, 2*gemmPiece/(height*panelCols*g.K)))
	groups := (panels + wide - 1) / wide
	p.Run(blocks*groups, func(worker, piece int) {
		b := pairBlock{Gemm: g, isa: isa, row: piece / groups * height, panel: piece % groups * wide, packed: packed}
		b.rows, b.panelEnd = min(height, g.M-b.row), min(panels, b.panel+wide)
		b.run(p.Scratch(worker, pairBlockLen))
	})
}

// serialPairs is serial for pairs.
func (g *Gemm) serialPairs(isa ISA, packed, own []float32) {
	for row := 0; row < g.M; row += gemmRows {
		b := pairBlock{Gemm: g, isa: isa, packed: packed, row: row, rows: min(gemmRows, g.M-row), panelEnd: panelsOf(g.N)}
		b.run(own)
	}
}

// roundedLen is the length of the memory in which the products of one head round
// their factors.
func (s Attention) roundedLen() int {
	if s.Precision != BF16 {
		return 0
	}
	return max(pairBlockLen, (s.D+1)/2*panelCols, (s.T+1)/2*panelCols)
}

// packPanelPairs rounds a panel of B. mem has room for as much.
func (g *Gemm) packPanelPairs(isa ISA, dst, mem []float32, panel int) {
	j := panel * panelCols
	cols := min(panelCols, g.N-j)
	if !g.TransB {
		roundAcross(isa, dst, g.B[j:], g.B[j+g.LDB:], 2*g.LDB, cols)
		return
	}
	depth := g.K / 2
	for c := range cols {
		roundAlong(isa, mem[c*depth:][:depth], g.B[(j+c)*g.LDB:])
	}
	packTransposed(isa, dst, mem, depth, cols)
}

// pairBlock is a block of C: at most gemmRows rows, some panels.
type pairBlock struct {
	*Gemm
	isa             ISA
	row, rows       int
	panel, panelEnd int
	packed          []float32 // all of B in pairs
}

// pairBlockLen is the length of a block's rows of A in pairs.
const pairBlockLen = gemmRows * gemmK / 2

func (b *pairBlock) run(mem []float32) {
	var rowA, rowC, rowZero [gemmRows]int32
	for r := range padRows(b.rows) {
		rowC[r] = int32(min(r, b.rows-1) * b.LDC)
	}
	for k := 0; k < b.K; k += gemmK {
		depth := min(gemmK, b.K-k) / 2
		stepA := b.roundA(mem, rowA[:], k, depth)
		for panel := b.panel; panel < b.panelEnd; panel++ {
			j := panel * panelCols
			t := tile{
				a: mem, b: panelOf(b.packed, panel, b.K/2)[k/2*panelCols:], c: b.C[b.row*b.LDC+j:],
				rowA: rowA[:], rowC: rowC[:], rowS: rowC[:],
				k: depth, stepA: stepA, stepB: panelCols, segments: 1,
				cols: min(panelCols, b.N-j), pairs: true,
			}
			switch {
			case k > 0 || b.Accumulate:
				t.start = t.c
			case b.Bias != nil:
				t.start, t.rowS = b.Bias[j:], rowZero[:]
			default:
				t.start, t.rowS = zeros[:], rowZero[:]
			}
			t.run(b.isa, b.rows)
		}
	}
	b.finish(b.isa, b.row, b.row+b.rows, b.panel, b.panelEnd)
}

// roundA rounds depth pairs of each of the block's rows of A, from product k on,
// and says where each row begins and how far its pairs are apart.
func (b *pairBlock) roundA(mem []float32, rowA []int32, k, depth int) (step int) {
	if !b.TransA {
		for r := range b.rows {
			roundAlong(b.isa, mem[r*depth:][:depth], b.A[(b.row+r)*b.LDA+k:])
		}
		for r := range padRows(b.rows) {
			rowA[r] = int32(min(r, b.rows-1) * depth)
		}
		return 1
	}
	for r := 0; r < b.rows; r += panelCols {
		from := b.A[k*b.LDA+b.row+r:]
		roundAcross(b.isa, mem[r*depth:][:depth*panelCols], from, from[b.LDA:], 2*b.LDA, min(panelCols, b.rows-r))
	}
	for r := range padRows(b.rows) {
		i := min(r, b.rows-1)
		rowA[r] = int32(i/panelCols*depth*panelCols + i%panelCols)
	}
	return panelCols
}

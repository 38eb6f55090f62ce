package kernel

import (
	"fmt"

	"ebb/engine/kernel/parallel"
)

// Gemm is one matrix product
//
//	C (M,N) = start + op(A) (M,K) op(B) (K,N)
//
// Each element of C starts from 0, from Bias, or from C itself, and adds its K
// products by fused multiply-adds in increasing k. C must not overlap A or B.
type Gemm struct {
	M, N, K int
	A       []float32 // (M,K) with rows LDA apart; (K,M) if TransA
	LDA     int
	TransA  bool
	B       []float32 // (K,N) with rows LDB apart; (N,K) if TransB
	LDB     int
	TransB  bool
	C       []float32 // (M,N) with rows LDC apart
	LDC     int

	Bias       []float32 // (N), where every row starts, or nil
	Accumulate bool      // start from C; not together with Bias
}

const (
	gemmRows = 96  // rows of C in a block: with gemmK, A's block stays in L2
	gemmK    = 384 // products between two visits of C: B's panel stays near L1
	// A piece of work has about this many products, 30 µs or more, if it can.
	gemmPiece = 4 << 20
	// Fewer rows than these do not repay a copy of B.
	packRows = 2 * tileRows
)

// Run computes the product.
func (g *Gemm) Run(p *parallel.Pool) {
	g.check()
	if g.M == 0 || g.N == 0 {
		return
	}
	packed := p.Borrow(g.packedLen())
	defer p.Return(packed)
	panels := g.panels()
	if first := g.firstPacked(); first < panels {
		p.Run(panels-first, func(_, piece int) { g.pack(packed, first+piece) })
	}
	isa := active()
	blocks := (g.M + gemmRows - 1) / gemmRows
	wide := min(panels, max(1, gemmPiece/(min(g.M, gemmRows)*panelCols*max(1, g.K))))
	groups := (panels + wide - 1) / wide
	p.Run(blocks*groups, func(_, piece int) {
		row, panel := piece/groups*gemmRows, piece%groups*wide
		g.block(isa, packed, row, min(g.M, row+gemmRows), panel, min(panels, panel+wide))
	})
}

// serial computes the product on the caller alone, with packedLen floats of
// scratch. It does not check the shapes.
func (g *Gemm) serial(isa ISA, packed []float32) {
	for panel := g.firstPacked(); panel < g.panels(); panel++ {
		g.pack(packed, panel)
	}
	for row := 0; row < g.M; row += gemmRows {
		g.block(isa, packed, row, min(g.M, row+gemmRows), 0, g.panels())
	}
}

func (g *Gemm) panels() int { return (g.N + panelCols - 1) / panelCols }

// firstPacked is the first panel that is read from a packed copy of B: none of
// the full panels if few rows would share the copy.
func (g *Gemm) firstPacked() int {
	if g.M < packRows && !g.TransB {
		return g.N / panelCols
	}
	return 0
}

func (g *Gemm) packedLen() int { return (g.panels() - g.firstPacked()) * g.K * panelCols }

// panel is where a panel of B begins and how far its rows are apart.
func (g *Gemm) panel(packed []float32, panel int) (b []float32, step int) {
	if first := g.firstPacked(); panel >= first {
		return packed[(panel-first)*g.K*panelCols:], panelCols
	}
	return g.B[panel*panelCols:], g.LDB
}

// pack copies one panel of B to its place.
func (g *Gemm) pack(packed []float32, panel int) {
	if g.K == 0 {
		return // B may have no memory at all
	}
	dst, _ := g.panel(packed, panel)
	dst = dst[:g.K*panelCols]
	j := panel * panelCols
	cols := min(panelCols, g.N-j)
	if g.TransB {
		packTransposed(dst, g.B[j*g.LDB:], g.LDB, cols)
	} else {
		packRowsOf(dst, g.B[j:], g.LDB, cols)
	}
}

// block computes rows [row,rowEnd), at most gemmRows, of panels [panel,panelEnd).
func (g *Gemm) block(isa ISA, packed []float32, row, rowEnd, panel, panelEnd int) {
	var rowA, rowC, rowZero [gemmRows]int32
	strideA, stepA := g.LDA, 1
	if g.TransA {
		strideA, stepA = 1, g.LDA
	}
	rows := rowEnd - row
	for r := range padRows(rows) {
		i := min(r, rows-1)
		rowA[r], rowC[r] = int32(i*strideA), int32(i*g.LDC)
	}
	for k := 0; k == 0 || k < g.K; k += gemmK {
		for j := panel; j < panelEnd; j++ {
			b, stepB := g.panel(packed, j)
			t := tile{
				rowA: rowA[:], rowC: rowC[:], rowS: rowC[:],
				k: min(gemmK, g.K-k), stepA: stepA, stepB: stepB, segments: 1,
				cols: min(panelCols, g.N-j*panelCols),
				c:    g.C[row*g.LDC+j*panelCols:],
			}
			t.start = t.c
			if t.k > 0 {
				t.a, t.b = g.A[row*strideA+k*stepA:], b[k*stepB:]
			}
			if k == 0 && !g.Accumulate {
				t.start, t.rowS = zeros[:], rowZero[:]
				if g.Bias != nil {
					t.start = g.Bias[j*panelCols:]
				}
			}
			t.run(isa, rows)
		}
	}
}

// zeros is where sums start that have no other start.
var zeros [panelCols]float32

func (g *Gemm) check() {
	if g.M < 0 || g.N < 0 || g.K < 0 {
		panic(fmt.Sprintf("kernel: Gemm of (%d,%d) by (%d,%d)", g.M, g.K, g.K, g.N))
	}
	a, b := [2]int{g.M, g.K}, [2]int{g.K, g.N}
	if g.TransA {
		a = [2]int{g.K, g.M}
	}
	if g.TransB {
		b = [2]int{g.N, g.K}
	}
	checkMatrix("A", g.A, a[0], a[1], g.LDA)
	checkMatrix("B", g.B, b[0], b[1], g.LDB)
	checkMatrix("C", g.C, g.M, g.N, g.LDC)
	if g.Bias != nil && len(g.Bias) != g.N {
		panic(fmt.Sprintf("kernel: Gemm with N=%d has a bias of %d", g.N, len(g.Bias)))
	}
	if g.Bias != nil && g.Accumulate {
		panic("kernel: Gemm can start from Bias or from C, not from both")
	}
}

func checkMatrix(name string, x []float32, rows, cols, stride int) {
	if rows == 0 || cols == 0 {
		return
	}
	const widest = 1 << 24 // tables of rows hold int32
	if stride < cols || stride > widest || len(x) < (rows-1)*stride+cols {
		panic(fmt.Sprintf("kernel: Gemm's %s (%d,%d) with rows %d apart does not fit %d floats",
			name, rows, cols, stride, len(x)))
	}
}

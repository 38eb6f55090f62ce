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
	Precision  Precision // BF16 rounds A and B, if K is even and at least 16

	// Packed is B as [Gemm.Pack] laid it out, for products that share it, or nil.
	// Then B is not read and may be nil. It is for F32 alone.
	Packed []float32

	// What is done to C while it is still in the cache, when the sums are there:
	// first C += Add, then SiLU = SiLU(C).
	Add  []float32 // (M,N) with rows LDC apart; (N), added to every row; or nil
	SiLU []float32 // (M,N) with rows LDC apart; may be C; or nil
}

const (
	gemmRows = 96  // rows of C in a block: with gemmK, A's block stays in L2
	gemmK    = 512 // products between two visits of C: B's panel stays in L2
	// A piece of work has about this many products, 30 µs or more, if it can.
	gemmPiece = 4 << 20
	// Fewer rows than these do not repay a copy of B.
	copyRows = 2 * tileRows
	// So many rows repay a copy of B that all blocks of rows share.
	shareRows = 3 * gemmRows
)

// Run computes the product.
func (g *Gemm) Run(p *parallel.Pool) {
	g.check()
	if g.M == 0 || g.N == 0 {
		return
	}
	isa := active()
	if g.Precision.pairs(g.K) {
		g.runPairs(p, isa)
		return
	}
	shared := g.Packed
	if shared == nil && g.M >= shareRows && g.K > 0 {
		shared = p.Borrow(packedLen(g.K, g.N))
		defer p.Return(shared)
		g.packInto(p, isa, shared)
	}
	blocks := (g.M + gemmRows - 1) / gemmRows
	height := padRows((g.M + blocks - 1) / blocks)
	panels := panelsOf(g.N)
	wide := min(panels, max(1, gemmPiece/(height*panelCols*max(1, g.K))))
	groups := (panels + wide - 1) / wide
	p.Run(blocks*groups, func(worker, piece int) {
		b := gemmBlock{
			Gemm: g, isa: isa, shared: shared,
			row: piece / groups * height, panel: piece % groups * wide,
		}
		b.rows, b.panelEnd = min(height, g.M-b.row), min(panels, b.panel+wide)
		if shared == nil {
			b.own = p.Scratch(worker, gemmK*panelCols)
		}
		b.run()
	})
}

// Pack lays B out for Run, for use as Packed: a copy, its columns padded to a
// multiple of 32. It does not depend on M.
func (g *Gemm) Pack(p *parallel.Pool) []float32 {
	one := *g
	one.M = 0
	one.check()
	dst := make([]float32, packedLen(g.K, g.N))
	g.packInto(p, active(), dst)
	return dst
}

func (g *Gemm) packInto(p *parallel.Pool, isa ISA, dst []float32) {
	p.Run(panelsOf(g.N), func(_, panel int) {
		g.pack(isa, panelOf(dst, panel, g.K), 0, panel)
	})
}

// serial computes the product on the caller alone, without checks. shared is B
// packed by packAll, or nil; then own has room for gemmK*panelCols floats. A
// product of pairs needs shared, and own for pairBlockLen.
func (g *Gemm) serial(isa ISA, shared, own []float32) {
	if g.Precision.pairs(g.K) {
		g.serialPairs(isa, shared, own)
		return
	}
	for row := 0; row < g.M; row += gemmRows {
		b := gemmBlock{
			Gemm: g, isa: isa, shared: shared, own: own,
			row: row, rows: min(gemmRows, g.M-row), panelEnd: panelsOf(g.N),
		}
		b.run()
	}
}

// packAll packs B into packedLen(K,N) floats. Pairs wait in mem, which has room
// for K/2*panelCols.
func (g *Gemm) packAll(isa ISA, dst, mem []float32) {
	if g.Precision.pairs(g.K) {
		for panel := range panelsOf(g.N) {
			g.packPanelPairs(isa, panelOf(dst, panel, g.K/2), mem, panel)
		}
		return
	}
	for panel := range panelsOf(g.N) {
		g.pack(isa, panelOf(dst, panel, g.K), 0, panel)
	}
}

// pack copies rows k, k+1, ... of a panel of B, as many as fit dst.
func (g *Gemm) pack(isa ISA, dst []float32, k, panel int) {
	j := panel * panelCols
	cols := min(panelCols, g.N-j)
	if g.TransB {
		packTransposed(isa, dst, g.B[j*g.LDB+k:], g.LDB, cols)
	} else {
		packRows(dst, g.B[k*g.LDB+j:], g.LDB, cols)
	}
}

// gemmBlock is a block of C: at most gemmRows rows, some panels.
type gemmBlock struct {
	*Gemm
	isa             ISA
	row, rows       int
	panel, panelEnd int
	shared          []float32 // all of B packed, or nil
	own             []float32 // then room for gemmK rows of a panel
}

func (b *gemmBlock) run() {
	var rowA, rowC, rowZero [gemmRows]int32
	strideA, stepA := b.LDA, 1
	if b.TransA {
		strideA, stepA = 1, b.LDA
	}
	for r := range padRows(b.rows) {
		i := min(r, b.rows-1)
		rowA[r], rowC[r] = int32(i*strideA), int32(i*b.LDC)
	}
	for k := 0; k == 0 || k < b.K; k += gemmK {
		for panel := b.panel; panel < b.panelEnd; panel++ {
			j := panel * panelCols
			t := tile{
				rowA: rowA[:], rowC: rowC[:], rowS: rowC[:],
				k: min(gemmK, b.K-k), stepA: stepA, segments: 1,
				cols: min(panelCols, b.N-j), c: b.C[b.row*b.LDC+j:],
			}
			if t.k > 0 {
				t.a = b.A[b.row*strideA+k*stepA:]
				t.b, t.stepB = b.operand(k, t.k, panel)
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

// finish does to a block of rows and panels of C what follows the sums.
func (g *Gemm) finish(isa ISA, row, rowEnd, panel, panelEnd int) {
	if g.Add == nil && g.SiLU == nil {
		return
	}
	first, end := panel*panelCols, min(panelEnd*panelCols, g.N)
	for i := row; i < rowEnd; i++ {
		c := g.C[i*g.LDC:][first:end]
		if g.Add != nil {
			add := g.Add
			if len(add) > g.N {
				add = add[i*g.LDC:]
			}
			addSlice(isa, c, c, add[first:end])
		}
		if g.SiLU != nil {
			siluSlice(isa, g.SiLU[i*g.LDC:][first:end], c)
		}
	}
}

// operand is rows [k,k+n) of a panel of B, and how far they are apart: packed,
// or in place if only a few rows of C need them.
func (b *gemmBlock) operand(k, n, panel int) (rows []float32, step int) {
	switch {
	case b.shared != nil:
		return panelOf(b.shared, panel, b.K)[k*panelCols:], panelCols
	case b.rows < copyRows && !b.TransB && (panel+1)*panelCols <= b.N:
		return b.B[k*b.LDB+panel*panelCols:], b.LDB
	}
	own := b.own[:n*panelCols]
	b.pack(b.isa, own, k, panel)
	return own, panelCols
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
	if g.Packed == nil {
		checkMatrix("B", g.B, b[0], b[1], g.LDB)
	} else {
		checkLen("Gemm packed B", g.Packed, packedLen(g.K, g.N), false)
	}
	checkMatrix("C", g.C, g.M, g.N, g.LDC)
	if g.Bias != nil && len(g.Bias) != g.N {
		panic(fmt.Sprintf("kernel: Gemm with N=%d has a bias of %d", g.N, len(g.Bias)))
	}
	if g.Bias != nil && g.Accumulate {
		panic("kernel: Gemm can start from Bias or from C, not from both")
	}
	if len(g.Add) != g.N {
		checkSide("Add", g.Add, g.M, g.N, g.LDC)
	}
	checkSide("SiLU", g.SiLU, g.M, g.N, g.LDC)
}

// checkSide checks a matrix that may be missing.
func checkSide(name string, x []float32, rows, cols, stride int) {
	if x != nil {
		checkMatrix(name, x, rows, cols, stride)
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

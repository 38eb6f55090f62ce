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

// Run computes the product.
func (g *Gemm) Run(p *parallel.Pool) {
	g.check()
	const rows = 16
	p.Run((g.M+rows-1)/rows, func(_, piece int) {
		for i := piece * rows; i < min(g.M, (piece+1)*rows); i++ {
			g.row(i)
		}
	})
}

func (g *Gemm) row(i int) {
	c := g.C[i*g.LDC:][:g.N]
	switch {
	case g.Accumulate:
	case g.Bias != nil:
		copy(c, g.Bias)
	default:
		clear(c)
	}
	for k := range g.K {
		a := 0
		if g.TransA {
			a = k*g.LDA + i
		} else {
			a = i*g.LDA + k
		}
		if g.TransB {
			for j := range c {
				c[j] = fma32(g.A[a], g.B[j*g.LDB+k], c[j])
			}
			continue
		}
		b := g.B[k*g.LDB:][:g.N]
		for j := range c {
			c[j] = fma32(g.A[a], b[j], c[j])
		}
	}
}

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
	if stride < cols || len(x) < (rows-1)*stride+cols {
		panic(fmt.Sprintf("kernel: Gemm's %s (%d,%d) with rows %d apart does not fit %d floats",
			name, rows, cols, stride, len(x)))
	}
}

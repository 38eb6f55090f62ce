package kernel

import (
	"fmt"
	"math"

	"ebb/engine/kernel/parallel"
)

// Attention is the geometry of multi-head self-attention. q, k, v and y are
// (N,T,Heads*D), head h in the channels [h*D, (h+1)*D):
//
//	y = softmax(q k^T / sqrt(D)) v      for each image and head
//
// (Vaswani et al., arXiv 1706.03762, equation 1.) The (T,T) matrix of one
// image and head exists only in blocks of rows, and the backward pass computes
// it again from lse, the logarithm of each row's softmax denominator (as in
// FlashAttention, arXiv 2205.14135).
type Attention struct{ N, T, Heads, D int }

// Forward sets y and lse (N,Heads,T).
func (s Attention) Forward(p *parallel.Pool, y, lse, q, k, v []float32) {
	s.check(lse, y, q, k, v)
	p.Run(s.N*s.Heads, func(worker, piece int) {
		prob := p.Scratch(worker, s.T*s.T)
		off := s.offset(piece)
		q, k, v, y := q[off:], k[off:], v[off:], y[off:]
		width, scale := s.Heads*s.D, s.scale()
		(&Gemm{M: s.T, N: s.T, K: s.D, A: q, LDA: width, B: k, LDB: width, TransB: true, C: prob, LDC: s.T}).Run(nil)
		for i := range s.T {
			row := prob[i*s.T:][:s.T]
			top := float32(math.Inf(-1))
			for j := range row {
				row[j] *= scale
				top = max(top, row[j])
			}
			var sum float32
			for j := range row {
				row[j] = float32(math.Exp(float64(row[j] - top)))
				sum += row[j]
			}
			for j := range row {
				row[j] /= sum
			}
			lse[piece*s.T+i] = top + float32(math.Log(float64(sum)))
		}
		(&Gemm{M: s.T, N: s.D, K: s.T, A: prob, LDA: s.T, B: v, LDB: width, C: y, LDC: width}).Run(nil)
	})
}

// Backward sets dq, dk and dv from dy and what Forward got and gave.
func (s Attention) Backward(p *parallel.Pool, dq, dk, dv, dy, y, lse, q, k, v []float32) {
	s.check(lse, dq, dk, dv, dy, y, q, k, v)
	p.Run(s.N*s.Heads, func(worker, piece int) {
		buf := p.Scratch(worker, 2*s.T*s.T)
		prob, dprob := buf[:s.T*s.T], buf[s.T*s.T:]
		off := s.offset(piece)
		dq, dk, dv, dy, y, q, k, v := dq[off:], dk[off:], dv[off:], dy[off:], y[off:], q[off:], k[off:], v[off:]
		width, scale := s.Heads*s.D, s.scale()
		(&Gemm{M: s.T, N: s.T, K: s.D, A: q, LDA: width, B: k, LDB: width, TransB: true, C: prob, LDC: s.T}).Run(nil)
		(&Gemm{M: s.T, N: s.T, K: s.D, A: dy, LDA: width, B: v, LDB: width, TransB: true, C: dprob, LDC: s.T}).Run(nil)
		for i := range s.T {
			var dot float32
			for d := range s.D {
				dot = fma32(dy[i*width+d], y[i*width+d], dot)
			}
			row, drow := prob[i*s.T:][:s.T], dprob[i*s.T:][:s.T]
			for j := range row {
				row[j] = float32(math.Exp(float64(float32(row[j]*scale) - lse[piece*s.T+i])))
				drow[j] = row[j] * (drow[j] - dot) * scale
			}
		}
		(&Gemm{M: s.T, N: s.D, K: s.T, A: prob, LDA: s.T, TransA: true, B: dy, LDB: width, C: dv, LDC: width}).Run(nil)
		(&Gemm{M: s.T, N: s.D, K: s.T, A: dprob, LDA: s.T, B: k, LDB: width, C: dq, LDC: width}).Run(nil)
		(&Gemm{M: s.T, N: s.D, K: s.T, A: dprob, LDA: s.T, TransA: true, B: q, LDB: width, C: dk, LDC: width}).Run(nil)
	})
}

// offset is where the piece's image and head start in q, k, v and y.
func (s Attention) offset(piece int) int {
	n, h := piece/s.Heads, piece%s.Heads
	return n*s.T*s.Heads*s.D + h*s.D
}

func (s Attention) scale() float32 { return float32(1 / math.Sqrt(float64(s.D))) }

func (s Attention) check(lse []float32, tensors ...[]float32) {
	if s.N < 0 || s.T < 1 || s.Heads < 1 || s.D < 1 {
		panic(fmt.Sprintf("kernel: impossible attention %+v", s))
	}
	checkLen("Attention lse", lse, s.N*s.Heads*s.T, false)
	for _, x := range tensors {
		checkLen("Attention tensor", x, s.N*s.T*s.Heads*s.D, false)
	}
}

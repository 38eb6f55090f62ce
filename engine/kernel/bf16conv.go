package kernel

import "ebb/engine/kernel/parallel"

// packPairs lays w out in panels of pairs along C.
func (s Conv) packPairs(p *parallel.Pool, packed, w []float32) {
	depth, isa := s.depth(), active()
	p.Run(panelsOf(s.O), func(_, panel int) {
		from := w[panel*panelCols:]
		roundAcross(isa, panelOf(packed, panel, depth), from, from[s.O:], 2*s.O, min(panelCols, s.O-panel*panelCols))
	})
}

// packPairsTransposed lays the taps of one class of remainders out in pairs along
// O, for one panel of C. mem has room for a tap.
func (s Conv) packPairsTransposed(isa ISA, dst, mem []float32, panel, ry, rx, down, across int, w []float32) {
	c, cols := panel*panelCols, min(panelCols, s.C-panel*panelCols)
	for i := range down {
		for j := range across {
			ky, kx := ry+s.Stride*(down-1-i), rx+s.Stride*(across-1-j)
			packTransposed(isa, mem, w[((ky*s.K+kx)*s.C+c)*s.O:], s.O, cols)
			n := s.O / 2 * panelCols
			roundAcross(isa, dst[(i*across+j)*n:][:n], mem, mem[panelCols:], 2*panelCols, panelCols)
		}
	}
}

// padPairs is pad for pairs: it rounds the input that a part needs.
func (s correlation) padPairs(isa ISA, dst, x []float32, at part) {
	words := s.words()
	width := s.paddedW() * words
	for n := range at.images {
		image := x[(at.image+n)*s.inH*s.inW*s.inC:][:s.inH*s.inW*s.inC]
		for r := range s.paddedH(at.rows) {
			row := dst[:width]
			dst = dst[width:]
			iy := at.row*s.stride - s.top + r
			if iy < 0 || iy >= s.inH {
				clear(row)
				continue
			}
			padRowPairs(isa, row, image[iy*s.inW*s.inC:][:s.inW*s.inC], s.left*words)
		}
	}
}

// padRowPairs is padRow for pairs.
func padRowPairs(isa ISA, dst, src []float32, left int) {
	if left < 0 {
		src = src[min(-2*left, len(src)):]
		left = 0
	}
	left = min(left, len(dst))
	clear(dst[:left])
	dst = dst[left:]
	n := min(len(dst), len(src)/2)
	roundAlong(isa, dst[:n], src)
	clear(dst[n:])
}

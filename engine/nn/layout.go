package nn

import (
	"fmt"

	"ebb/engine/tensor"
)

// Layout says in which order of axes a checkpoint stores a parameter.
type Layout int

const (
	Plain    Layout = iota // as in memory
	LinearIO               // memory (D,K), file (K,D): PyTorch's (out, in)
	ConvHWIO               // memory (K,K,C,O), file (O,C,K,K): PyTorch's (out, in, height, width)
)

// FileShape is the parameter's shape in a checkpoint.
func (p *Param) FileShape() []int {
	s := p.Var.Value.Shape
	switch p.Layout {
	case LinearIO:
		return []int{s[1], s[0]}
	case ConvHWIO:
		return []int{s[3], s[2], s[0], s[1]}
	}
	return append([]int(nil), s...)
}

// ToFile writes src, numbers in the parameter's memory order (its value, its
// moving average, an optimizer's moment), to dst in the order of a checkpoint.
func (p *Param) ToFile(dst, src []float32) {
	p.checkLen(dst, src)
	p.permute(func(file, memory int) { dst[file] = src[memory] })
}

// FromFile writes src, numbers in the order of a checkpoint, to dst in the
// parameter's memory order.
func (p *Param) FromFile(dst, src []float32) {
	p.checkLen(dst, src)
	p.permute(func(file, memory int) { dst[memory] = src[file] })
}

func (p *Param) checkLen(dst, src []float32) {
	if n := p.Var.Value.Len(); len(dst) != n || len(src) != n {
		panic(fmt.Sprintf("nn: %s %s: copy of %d numbers to %d", p.Name, p.Var.Value, len(src), len(dst)))
	}
}

// permute calls move with the place of each number in the file and in memory.
func (p *Param) permute(move func(file, memory int)) {
	s := p.Var.Value.Shape
	switch p.Layout {
	case LinearIO:
		transpose(s[0], s[1], move)
	case ConvHWIO:
		window, inner, out := s[0]*s[1], s[2], s[3]
		memory := 0
		for k := range window {
			for c := range inner {
				for o := range out {
					move((o*inner+c)*window+k, memory)
					memory++
				}
			}
		}
	default:
		for i := range tensor.Size(s) {
			move(i, i)
		}
	}
}

// transpose visits memory (rows,cols) against file (cols,rows).
func transpose(rows, cols int, move func(file, memory int)) {
	for r := range rows {
		for c := range cols {
			move(c*rows+r, r*cols+c)
		}
	}
}

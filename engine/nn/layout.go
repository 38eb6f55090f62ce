package nn

import "fmt"

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
	if p.Layout == Plain {
		copy(dst, src)
		return
	}
	p.eachRun(func(file, memory, fileStep, run int) {
		for _, v := range src[memory : memory+run] {
			dst[file] = v
			file += fileStep
		}
	})
}

// FromFile writes src, numbers in the order of a checkpoint, to dst in the
// parameter's memory order.
func (p *Param) FromFile(dst, src []float32) {
	p.checkLen(dst, src)
	if p.Layout == Plain {
		copy(dst, src)
		return
	}
	p.eachRun(func(file, memory, fileStep, run int) {
		part := dst[memory : memory+run]
		for i := range part {
			part[i] = src[file]
			file += fileStep
		}
	})
}

func (p *Param) checkLen(dst, src []float32) {
	if n := p.Var.Value.Len(); len(dst) != n || len(src) != n {
		panic(fmt.Sprintf("nn: %s %s: copy of %d numbers to %d", p.Name, p.Var.Value, len(src), len(dst)))
	}
}

// eachRun cuts a weight into runs of at most 16 neighbours in memory, which in
// the file lie fileStep apart. Memory is (window, inner, out), the file (out,
// inner, window). The order keeps to 16 places of the file at a time, each of
// which is read or written from front to back.
func (p *Param) eachRun(f func(file, memory, fileStep, run int)) {
	const lanes = 16
	s := p.Var.Value.Shape
	window, inner, out := 1, s[0], s[1]
	if p.Layout == ConvHWIO {
		window, inner, out = s[0]*s[1], s[2], s[3]
	}
	for o := 0; o < out; o += lanes {
		run := min(lanes, out-o)
		for c := range inner {
			for k := range window {
				f((o*inner+c)*window+k, (k*inner+c)*out+o, inner*window, run)
			}
		}
	}
}

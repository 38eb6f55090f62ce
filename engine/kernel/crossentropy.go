package kernel

import (
	"fmt"

	"ebb/engine/kernel/elementary"
	"ebb/engine/kernel/parallel"
)

// Segments is a matrix of logits (Rows,Width) of which some column ranges are categorical
// distributions: range i of each row is [Offsets[i], Offsets[i+1]). Offsets rises strictly, within
// [0, Width]; columns outside of all ranges belong to nobody.
type Segments struct {
	Rows, Width int
	Offsets     []int32
}

// CrossEntropy sets, for row r and range i with weight w = weight[r,i] and target t counted from the
// range's start,
//
//	loss[r,i] = w (log Σ e^logit - logit[t])      dlogits = w (softmax - onehot(t))
//
// loss, target and weight are (Rows,k), k = len(Offsets)-1. A weight of 0 skips the range: loss and
// gradient are 0 and target is not looked at. weight nil means ones; dlogits may be nil, or logits.
func (s Segments) CrossEntropy(p *parallel.Pool, loss, dlogits, logits []float32, target []int32, weight []float32) {
	s.check(loss, dlogits, logits, target, weight)
	isa := active()
	block := max(1, chunk/8/max(1, s.Width))
	p.Run((s.Rows+block-1)/block, func(worker, piece int) {
		var scratch []float32
		if dlogits == nil {
			scratch = p.Scratch(worker, s.Width)
		}
		for r := piece * block; r < min(s.Rows, (piece+1)*block); r++ {
			d := scratch
			if dlogits != nil {
				d = dlogits[r*s.Width:][:s.Width]
			}
			s.row(isa, r, loss, d, logits[r*s.Width:][:s.Width], target, weight)
		}
	})
}

// row is one row; d receives its gradient.
func (s Segments) row(isa ISA, r int, loss, d, logits []float32, target []int32, weight []float32) {
	k := len(s.Offsets) - 1
	clear(d[:s.Offsets[0]])
	clear(d[s.Offsets[k]:])
	for i := range k {
		lo, hi := int(s.Offsets[i]), int(s.Offsets[i+1])
		w := float32(1)
		if weight != nil {
			w = weight[r*k+i]
		}
		if w == 0 {
			clear(d[lo:hi])
			loss[r*k+i] = 0
			continue
		}
		t := int(target[r*k+i])
		if t < 0 || t >= hi-lo {
			panic(fmt.Sprintf("kernel: CrossEntropy: row %d range %d has target %d of %d categories", r, i, t, hi-lo))
		}
		logit := logits[lo+t] // before d, which may be the same memory, takes its place
		top, sum := expRow(isa, d[lo:hi], logits[lo:hi])
		nll := elementary.Log(float64(sum)) - (float64(logit) - float64(top))
		loss[r*k+i] = float32(nll * float64(w))
		scaleSlice(isa, d[lo:hi], d[lo:hi], w/sum)
		d[lo+t] -= w
	}
}

func (s Segments) check(loss, dlogits, logits []float32, target []int32, weight []float32) {
	k := len(s.Offsets) - 1
	if k < 1 || s.Offsets[0] < 0 || int(s.Offsets[k]) > s.Width || s.Rows < 0 {
		panic(fmt.Sprintf("kernel: impossible segments %+v", s))
	}
	for i := range k {
		if s.Offsets[i] >= s.Offsets[i+1] {
			panic(fmt.Sprintf("kernel: segments' offsets do not rise: %v", s.Offsets))
		}
	}
	checkLen("CrossEntropy logits", logits, s.Rows*s.Width, false)
	checkLen("CrossEntropy dlogits", dlogits, s.Rows*s.Width, true)
	checkLen("CrossEntropy loss", loss, s.Rows*k, false)
	checkLen("CrossEntropy weight", weight, s.Rows*k, true)
	if len(target) != s.Rows*k {
		panic(fmt.Sprintf("kernel: CrossEntropy of (%d,%d) has %d targets", s.Rows, k, len(target)))
	}
}

package kernel

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"ebb/engine/kernel/parallel"
)

// segmentCase is a random table head: ranges of 1 to 40 categories, with gaps between some.
func segmentCase(d draw, rows, ranges int) (s Segments, logits []float32, target []int32, weight []float32) {
	s = Segments{Rows: rows, Offsets: []int32{int32(d.IntN(3))}}
	for range ranges {
		s.Offsets = append(s.Offsets, s.Offsets[len(s.Offsets)-1]+1+int32(d.IntN(40)))
	}
	s.Width = int(s.Offsets[ranges]) + d.IntN(3)
	for range rows * ranges {
		i := len(target) % ranges
		target = append(target, int32(d.IntN(int(s.Offsets[i+1]-s.Offsets[i]))))
		weight = append(weight, float32(d.IntN(4))/2) // a quarter are 0
	}
	return s, d.floats(rows * s.Width), target, weight
}

func TestCrossEntropyIsItsFormula(t *testing.T) {
	everyISA(t, func(t *testing.T) {
		d := newDraw(21)
		for _, shape := range [][2]int{{1, 1}, {3, 2}, {17, 9}} {
			s, logits, target, weight := segmentCase(d, shape[0], shape[1])
			k := len(s.Offsets) - 1
			loss, grad := newGuarded(make([]float32, s.Rows*k)), newGuarded(d.floats(s.Rows*s.Width))
			s.CrossEntropy(nil, loss.slice(), grad.slice(), logits, target, weight)
			loss.check(t, "loss")
			grad.check(t, "dlogits")
			want := make([]float64, s.Rows*s.Width)
			for r := range s.Rows {
				for i := range k {
					lo, hi, w := int(s.Offsets[i]), int(s.Offsets[i+1]), float64(weight[r*k+i])
					sum := 0.0
					for j := lo; j < hi; j++ {
						sum += math.Exp(float64(logits[r*s.Width+j]))
					}
					tgt := lo + int(target[r*k+i])
					nll := w * (math.Log(sum) - float64(logits[r*s.Width+tgt]))
					if got := float64(loss.slice()[r*k+i]); math.Abs(got-nll) > 1e-6*(1+math.Abs(nll)) {
						t.Errorf("loss of row %d range %d is %v, want %v", r, i, got, nll)
					}
					for j := lo; j < hi; j++ {
						want[r*s.Width+j] = w * math.Exp(float64(logits[r*s.Width+j])) / sum
					}
					want[r*s.Width+tgt] -= w
				}
			}
			for i, v := range want {
				if got := float64(grad.slice()[i]); math.Abs(got-v) > 1e-6 {
					t.Errorf("gradient of logit %d is %v, want %v", i, got, v)
				}
			}
		}
	})
}

// TestCrossEntropyVariants: every ISA and number of threads gives the same bits; dlogits may be logits
// or nil; no weights are weights of 1.
func TestCrossEntropyVariants(t *testing.T) {
	s, logits, target, weight := segmentCase(newDraw(22), 300, 7)
	run := func(p *parallel.Pool, grad, logits, weight []float32) (loss []float32) {
		loss = make([]float32, len(target))
		s.CrossEntropy(p, loss, grad, logits, target, weight)
		return loss
	}
	wantGrad := make([]float32, len(logits))
	restore := ForceISA(Generic)
	want := run(nil, wantGrad, logits, weight)
	restore()
	everyISA(t, func(t *testing.T) {
		everyPool(func(name string, p *parallel.Pool) {
			grad := make([]float32, len(logits))
			wantSame(t, name, run(p, grad, logits, weight), want)
			wantSame(t, name+" gradient", grad, wantGrad)
			copy(grad, logits)
			wantSame(t, name+" in place", run(p, grad, grad, weight), want)
			wantSame(t, name+" gradient in place", grad, wantGrad)
			wantSame(t, name+" without gradient", run(p, nil, logits, weight), want)
		})
	})
	ones := slices.Repeat([]float32{1}, len(weight))
	wantSame(t, "weights of 1", run(nil, nil, logits, nil), run(nil, nil, logits, ones))
}

// TestCrossEntropyOfLargeLogits must not overflow; a certain answer costs nothing.
func TestCrossEntropyOfLargeLogits(t *testing.T) {
	s := Segments{Rows: 1, Width: 3, Offsets: []int32{0, 3}}
	loss, grad := make([]float32, 1), make([]float32, 3)
	s.CrossEntropy(nil, loss, grad, []float32{1e4, -1e4, -1e4}, []int32{0}, nil)
	wantSame(t, "loss", loss, []float32{0})
	wantSame(t, "gradient", grad, []float32{0, 0, 0})
	s.CrossEntropy(nil, loss, grad, []float32{1e4, -1e4, -1e4}, []int32{1}, nil)
	wantSame(t, "loss", loss, []float32{2e4})
	wantSame(t, "gradient", grad, []float32{1, -1, 0})
}

func TestCrossEntropyRefusesWrongInput(t *testing.T) {
	good := Segments{Rows: 1, Width: 3, Offsets: []int32{0, 2, 3}}
	f := func(n int) []float32 { return make([]float32, n) }
	for name, run := range map[string]func(){
		"target":   func() { good.CrossEntropy(nil, f(2), f(3), f(3), []int32{2, 0}, nil) },
		"negative": func() { good.CrossEntropy(nil, f(2), f(3), f(3), []int32{-1, 0}, nil) },
		"loss":     func() { good.CrossEntropy(nil, f(1), f(3), f(3), []int32{0, 0}, nil) },
		"logits":   func() { good.CrossEntropy(nil, f(2), f(3), f(4), []int32{0, 0}, nil) },
		"targets":  func() { good.CrossEntropy(nil, f(2), f(3), f(3), []int32{0}, nil) },
		"weight":   func() { good.CrossEntropy(nil, f(2), f(3), f(3), []int32{0, 0}, f(1)) },
		"offsets":  func() { Segments{1, 3, []int32{0, 2, 2}}.CrossEntropy(nil, f(2), f(3), f(3), []int32{0, 0}, nil) },
		"width":    func() { Segments{1, 3, []int32{0, 4}}.CrossEntropy(nil, f(1), f(3), f(3), []int32{0}, nil) },
	} {
		wantPanic(t, name, run)
	}
	// A range of weight 0 is skipped whatever its target is.
	loss, grad := f(2), newDraw(1).floats(3)
	good.CrossEntropy(nil, loss, grad, f(3), []int32{99, 0}, []float32{0, 1})
	wantSame(t, "skipped range", append(loss, grad...), []float32{0, 0, 0, 0, 0})
}

func wantPanic(t *testing.T, name string, f func()) {
	t.Helper()
	defer func() {
		if v := recover(); v == nil {
			t.Errorf("%s: no panic", name)
		} else if _, ok := v.(string); !ok {
			t.Errorf("%s: panic of %T: %v", name, v, fmt.Sprint(v))
		}
	}()
	f()
}

package kernel

import (
	"fmt"
	"math"
	"testing"

	"ebb/engine/kernel/parallel"
)

// attentionData are the operands of one attention and what Backward is given.
type attentionData struct{ q, k, v, dy []float32 }

func newAttentionData(s Attention, numbers func(int) []float32) attentionData {
	n := s.N * s.T * s.width()
	return attentionData{numbers(n), numbers(n), numbers(n), numbers(n)}
}

// attentionResult is all that both passes give.
type attentionResult struct{ y, lse, dq, dk, dv []float32 }

func (r attentionResult) each(other attentionResult, f func(name string, a, b []float32)) {
	f("y", r.y, other.y)
	f("lse", r.lse, other.lse)
	f("dq", r.dq, other.dq)
	f("dk", r.dk, other.dk)
	f("dv", r.dv, other.dv)
}

func runAttention(t *testing.T, p *parallel.Pool, s Attention, d attentionData) attentionResult {
	n := len(d.q)
	var out [5]guarded
	for i := range out {
		out[i] = newGuarded(make([]float32, n))
	}
	out[1] = newGuarded(make([]float32, s.N*s.Heads*s.T))
	r := attentionResult{out[0].slice(), out[1].slice(), out[2].slice(), out[3].slice(), out[4].slice()}
	s.Forward(p, r.y, r.lse, d.q, d.k, d.v)
	s.Backward(p, r.dq, r.dk, r.dv, d.dy, r.y, r.lse, d.q, d.k, d.v)
	for i := range out {
		out[i].check(t, fmt.Sprintf("%+v result %d", s, i))
	}
	return r
}

// attention64 is attention and its gradient in float64, straight from the formulas.
func attention64(s Attention, d attentionData) attentionResult {
	n := len(d.q)
	r := attentionResult{make([]float32, n), make([]float32, s.N*s.Heads*s.T), make([]float32, n), make([]float32, n), make([]float32, n)}
	at := func(x []float32, head, t, c int) *float32 { return &x[s.offset(head)+t*s.width()+c] }
	dot := func(a, b []float32, head, i, j int) (sum float64) {
		for c := range s.D {
			sum += float64(*at(a, head, i, c)) * float64(*at(b, head, j, c))
		}
		return sum
	}
	for head := range s.N * s.Heads {
		dk, dv := make([]float64, s.T*s.D), make([]float64, s.T*s.D)
		for i := range s.T {
			p, total := make([]float64, s.T), 0.0
			for j := range p {
				p[j] = math.Exp(dot(d.q, d.k, head, i, j) / math.Sqrt(float64(s.D)))
				total += p[j]
			}
			r.lse[head*s.T+i] = float32(math.Log(total))
			var mean float64
			for j := range p {
				p[j] /= total
				mean += p[j] * dot(d.dy, d.v, head, i, j)
			}
			for c := range s.D {
				var y, dq float64
				for j := range p {
					ds := p[j] * (dot(d.dy, d.v, head, i, j) - mean) / math.Sqrt(float64(s.D))
					y += p[j] * float64(*at(d.v, head, j, c))
					dq += ds * float64(*at(d.k, head, j, c))
					dk[j*s.D+c] += ds * float64(*at(d.q, head, i, c))
					dv[j*s.D+c] += p[j] * float64(*at(d.dy, head, i, c))
				}
				*at(r.y, head, i, c), *at(r.dq, head, i, c) = float32(y), float32(dq)
			}
		}
		for i := range dk {
			*at(r.dk, head, i/s.D, i%s.D), *at(r.dv, head, i/s.D, i%s.D) = float32(dk[i]), float32(dv[i])
		}
	}
	return r
}

var attentionCases = []Attention{
	{N: 1, T: 1, Heads: 1, D: 1}, {N: 2, T: 5, Heads: 3, D: 4}, {N: 1, T: 33, Heads: 2, D: 8},
	{N: 3, T: 16, Heads: 1, D: 40}, {N: 1, T: 130, Heads: 2, D: 3}, {N: 2, T: 97, Heads: 1, D: 33},
}

// Errors grow with the roundings of the logits (about 1e-6 of their size) and of
// the sums over T and D.
func TestAttentionIsCloseToFloat64(t *testing.T) {
	for _, s := range attentionCases {
		d := newAttentionData(s, newDraw(1).floats)
		want := attention64(s, d)
		runAttention(t, nil, s, d).each(want, func(name string, got, want []float32) {
			for i := range want {
				if diff := math.Abs(float64(got[i] - want[i])); !(diff <= 1e-5) {
					t.Fatalf("%+v %s[%d] = %v, in float64 %v", s, name, i, got[i], want[i])
				}
			}
		})
	}
}

func TestAttentionHasTheSameBitsOnEveryISA(t *testing.T) {
	long := Attention{N: 1, T: 600, Heads: 1, D: 3} // several blocks of rows
	for _, s := range append(attentionCases, long) {
		for _, numbers := range []func(int) []float32{newDraw(2).floats, newDraw(3).nasty} {
			d := newAttentionData(s, numbers)
			restore := ForceISA(Generic)
			want := runAttention(t, nil, s, d)
			restore()
			for _, isa := range ISAs()[1:] {
				restore := ForceISA(isa)
				runAttention(t, nil, s, d).each(want, func(name string, got, want []float32) {
					wantSame(t, fmt.Sprintf("%+v %v %s", s, isa, name), got, want)
				})
				restore()
			}
		}
	}
}

func TestAttentionDoesNotDependOnThreads(t *testing.T) {
	s := Attention{N: 1, T: 600, Heads: 2, D: 16}
	d := newAttentionData(s, newDraw(4).floats)
	want := runAttention(t, nil, s, d)
	everyPool(func(name string, p *parallel.Pool) {
		runAttention(t, p, s, d).each(want, func(what string, got, want []float32) {
			wantSame(t, name+" "+what, got, want)
		})
	})
}

func TestAttentionImagesAreIndependent(t *testing.T) {
	s := Attention{N: 20, T: 30, Heads: 2, D: 7}
	d := newAttentionData(s, newDraw(5).floats)
	all := runAttention(t, nil, s, d)
	one := s
	one.N = 1
	n := s.T * s.width()
	for i := range s.N {
		part := func(x []float32) []float32 { return x[i*n:][:n] }
		got := runAttention(t, nil, one, attentionData{part(d.q), part(d.k), part(d.v), part(d.dy)})
		lse := all.lse[i*s.Heads*s.T:][:s.Heads*s.T]
		got.each(attentionResult{part(all.y), lse, part(all.dq), part(all.dk), part(all.dv)}, func(name string, got, want []float32) {
			wantSame(t, fmt.Sprintf("image %d alone: %s", i, name), got, want)
		})
	}
}

// Queries, keys and values side by side in one tensor give the same bits.
func TestAttentionOfOneTensorIsThatOfThree(t *testing.T) {
	for _, s := range attentionCases {
		d := newAttentionData(s, newDraw(8).floats)
		want := runAttention(t, nil, s, d)
		c := s.width()
		joined := make([]float32, 3*len(d.q))
		for i := range d.q {
			for j, x := range [][]float32{d.q, d.k, d.v} {
				joined[(3*(i/c)+j)*c+i%c] = x[i]
			}
		}
		side := s
		side.Stride = 3 * c
		y, lse, gradients := make([]float32, len(d.q)), make([]float32, len(want.lse)), newGuarded(make([]float32, len(joined)))
		g := gradients.slice()
		side.Forward(nil, y, lse, joined, joined[c:], joined[2*c:])
		side.Backward(nil, g, g[c:], g[2*c:], d.dy, y, lse, joined, joined[c:], joined[2*c:])
		gradients.check(t, fmt.Sprintf("%+v", side))
		wantSame(t, "y", y, want.y)
		wantSame(t, "lse", lse, want.lse)
		for i := range d.q {
			for j, x := range [][]float32{want.dq, want.dk, want.dv} {
				if got := g[(3*(i/c)+j)*c+i%c]; !sameBits(got, x[i]) {
					t.Fatalf("%+v: gradient %d [%d] = %v, of three tensors %v", side, j, i, got, x[i])
				}
			}
		}
	}
}

// Logits of thousands must not overflow: each row subtracts its largest.
func TestAttentionOfLargeLogits(t *testing.T) {
	s := Attention{N: 1, T: 3, Heads: 1, D: 1}
	d := attentionData{q: []float32{1000, 1000, -1000}, k: []float32{1, 2, 3}, v: []float32{10, 20, 30}, dy: []float32{1, 1, 1}}
	r := runAttention(t, nil, s, d)
	wantSame(t, "y", r.y, []float32{30, 30, 10})
	wantSame(t, "lse", r.lse, []float32{3000, 3000, -1000})
}

func TestColumnSumsAreTheirPlainLoop(t *testing.T) {
	for _, s := range [][3]int{{1, 1, 1}, {3, 10, 5}, {2, 700, 33}, {4, 0, 3}, {1, 5000, 40}, {7, 64, 128}} {
		n, mid, c := s[0], s[1], s[2]
		d := newDraw(6)
		x, start := d.floats(n*mid*c), d.floats(n*c)
		want := append([]float32(nil), start...)
		total := make([]float64, c)
		for i := range n {
			for j := range c {
				var sum float64
				for r := range mid {
					sum += float64(x[(i*mid+r)*c+j])
				}
				want[i*c+j] += float32(sum)
				total[j] += sum
			}
		}
		everyPool(func(name string, p *parallel.Pool) {
			got := newGuarded(start)
			SumMiddle(p, got.slice(), x, n, mid, c)
			got.check(t, "SumMiddle")
			rows := newGuarded(start[:c])
			SumRows(p, rows.slice(), x, n*mid, c)
			rows.check(t, "SumRows")
			for i, v := range got.slice() {
				if math.Abs(float64(v-want[i])) > 1e-4 {
					t.Errorf("%s: SumMiddle %v [%d] = %v, want %v", name, s, i, v, want[i])
				}
			}
			for j, v := range rows.slice() {
				if math.Abs(float64(v)-float64(start[j])-total[j]) > 1e-4 {
					t.Errorf("%s: SumRows %v [%d] = %v, want %v", name, s, j, v, float64(start[j])+total[j])
				}
			}
		})
	}
}

// The sums are the same for any number of threads and on any ISA.
func TestColumnSumsAreFixed(t *testing.T) {
	const rows, cols = 9000, 37
	x := newDraw(7).floats(rows * cols)
	want := make([]float32, cols)
	SumRows(nil, want, x, rows, cols)
	everyISA(t, func(t *testing.T) {
		everyPool(func(name string, p *parallel.Pool) {
			got := make([]float32, cols)
			SumRows(p, got, x, rows, cols)
			wantSame(t, name, got, want)
		})
	})
}

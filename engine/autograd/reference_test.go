package autograd

import (
	"math"

	"ebb/engine/tensor"
)

// The definitions of the operations, one loop each, in float64.

// at reads x at an index; outside of the tensor lie zeros.
func at(x *tensor.Tensor, index ...int) float64 {
	n := 0
	for a, i := range index {
		if i < 0 || i >= x.Shape[a] {
			return 0
		}
		n = n*x.Shape[a] + i
	}
	return float64(x.Data[n])
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-z)) }

// each applies f to every number of the first input.
func each(f func(v float64) float64) definition {
	return func(in []*tensor.Tensor) []float64 {
		y := make([]float64, in[0].Len())
		for i, v := range in[0].Data {
			y[i] = f(float64(v))
		}
		return y
	}
}

// pairs applies f to the numbers of the first and the last input.
func pairs(f func(a, b float64) float64) definition {
	return func(in []*tensor.Tensor) []float64 {
		a, b := in[0].Data, in[len(in)-1].Data
		y := make([]float64, len(a))
		for i := range y {
			y[i] = f(float64(a[i]), float64(b[i]))
		}
		return y
	}
}

func defineLinear(in []*tensor.Tensor) []float64 {
	x, w := in[0], in[1]
	d, k := w.Shape[0], w.Shape[1]
	var y []float64
	for r := range x.Rows() {
		for j := range k {
			sum := 0.0
			if len(in) > 2 {
				sum = at(in[2], j)
			}
			for i := range d {
				sum += float64(x.Data[r*d+i]) * at(w, i, j)
			}
			y = append(y, sum)
		}
	}
	return y
}

func defineLinearAdd(in []*tensor.Tensor) []float64 {
	y := defineLinear(in[:3])
	for i := range y {
		y[i] += float64(in[3].Data[i%len(in[3].Data)])
	}
	return y
}

// defineLinearAddSiLU takes a quarter of x, so that SiLU is met where it bends.
func defineLinearAddSiLU(in []*tensor.Tensor) []float64 {
	quarter := tensor.New(in[0].Shape...)
	for i, v := range in[0].Data {
		quarter.Data[i] = v / 4
	}
	y := defineLinearAdd(append([]*tensor.Tensor{quarter}, in[1:]...))
	for i, v := range y {
		y[i] = v / (1 + math.Exp(-v))
	}
	return y
}

func defineConv(g Geometry) definition {
	stride := max(g.Stride, 1)
	return func(in []*tensor.Tensor) []float64 {
		x, w := in[0], in[1]
		k := w.Shape[0]
		var y []float64
		for n := range x.Shape[0] {
			for top := -g.PadTop; top+k <= x.Shape[1]+g.PadBottom; top += stride {
				for left := -g.PadLeft; left+k <= x.Shape[2]+g.PadRight; left += stride {
					for o := range w.Shape[3] {
						y = append(y, convAt(in, n, top, left, o))
					}
				}
			}
		}
		return y
	}
}

// convAt is the window with its corner at (top,left), bias and shift added.
func convAt(in []*tensor.Tensor, n, top, left, o int) float64 {
	x, w := in[0], in[1]
	sum := 0.0
	if len(in) == 3 || len(in) == 4 && in[2].Rank() == 1 {
		sum += at(in[2], o)
	}
	if len(in) == 4 {
		sum += at(in[3], n, o)
	}
	for ky := range w.Shape[0] {
		for kx := range w.Shape[1] {
			for c := range w.Shape[2] {
				sum += at(x, n, top+ky, left+kx, c) * at(w, ky, kx, c, o)
			}
		}
	}
	return sum
}

// defineNorm normalises sets of numbers: set says to which a number belongs.
func defineNorm(silu bool, set func(x *tensor.Tensor, i int) int) definition {
	return func(in []*tensor.Tensor) []float64 {
		x := in[0]
		count, mean, variance := map[int]float64{}, map[int]float64{}, map[int]float64{}
		for i := range x.Data {
			count[set(x, i)]++
		}
		for i, v := range x.Data {
			mean[set(x, i)] += float64(v) / count[set(x, i)]
		}
		for i, v := range x.Data {
			d := float64(v) - mean[set(x, i)]
			variance[set(x, i)] += d * d / count[set(x, i)]
		}
		y := make([]float64, x.Len())
		for i, v := range x.Data {
			s := set(x, i)
			y[i] = (float64(v) - mean[s]) / math.Sqrt(variance[s]+1e-5)
			if c := i % x.Dim(-1); len(in) > 1 {
				y[i] = y[i]*at(in[1], c) + at(in[2], c)
			}
			if silu {
				y[i] *= sigmoid(y[i])
			}
		}
		return y
	}
}

// groupOf numbers the groups of channels of each example; rowOf the rows.
func groupOf(groups int) func(x *tensor.Tensor, i int) int {
	return func(x *tensor.Tensor, i int) int {
		c := x.Dim(-1)
		return i/(x.Len()/x.Dim(0))*groups + i%c/(c/groups)
	}
}

func rowOf(x *tensor.Tensor, i int) int { return i / x.Dim(-1) }

func defineAttention(heads int) definition {
	return func(in []*tensor.Tensor) []float64 {
		q, k, v := in[0], in[0], in[0]
		if len(in) == 3 {
			k, v = in[1], in[2]
		}
		length, c := q.Shape[1], q.Shape[2]
		d := c / heads
		var y []float64
		for n := range q.Shape[0] {
			for i := range length {
				for ch := range c {
					sum, weights := 0.0, 0.0
					for j := range length {
						dot := 0.0
						for e := ch / d * d; e < (ch/d+1)*d; e++ {
							dot += at(q, n, i, e) * at(k, n, j, e)
						}
						p := math.Exp(dot / math.Sqrt(float64(d)))
						weights += p
						sum += p * at(v, n, j, ch)
					}
					y = append(y, sum/weights)
				}
			}
		}
		return y
	}
}

// defineLookup adds up the rows that each row of ids names.
// defineJoined is two maps of x, the first with a bias.
func defineJoined(in []*tensor.Tensor) []float64 {
	a, b := defineLinear([]*tensor.Tensor{in[0], in[1], in[3]}), defineLinear([]*tensor.Tensor{in[0], in[2]})
	ka, kb := in[1].Shape[1], in[2].Shape[1]
	var y []float64
	for r := range in[0].Rows() {
		y = append(append(y, a[r*ka:][:ka]...), b[r*kb:][:kb]...)
	}
	return y
}

func defineAttentionJoined(heads int) definition {
	return func(in []*tensor.Tensor) []float64 {
		c := in[0].Shape[2] / 3
		var parts [3]*tensor.Tensor
		for i := range parts {
			parts[i] = tensor.New(in[0].Shape[0], in[0].Shape[1], c)
			for r := range in[0].Rows() {
				copy(parts[i].Data[r*c:][:c], in[0].Data[(3*r+i)*c:])
			}
		}
		return defineAttention(heads)(parts[:])
	}
}

func defineLookup(ids []int32, cols int) definition {
	return func(in []*tensor.Tensor) []float64 {
		d := in[0].Shape[1]
		y := make([]float64, len(ids)/cols*d)
		for i, id := range ids {
			for j := range d {
				y[i/cols*d+j] += at(in[0], int(id), j)
			}
		}
		return y
	}
}

func defineUpsample(in []*tensor.Tensor) []float64 {
	x := in[0]
	var y []float64
	for n := range x.Shape[0] {
		for i := range 2 * x.Shape[1] {
			for j := range 2 * x.Shape[2] {
				for c := range x.Shape[3] {
					y = append(y, at(x, n, i/2, j/2, c))
				}
			}
		}
	}
	return y
}

func defineConcat(in []*tensor.Tensor) []float64 {
	var y []float64
	for r := range in[0].Rows() {
		for _, x := range []*tensor.Tensor{in[0], in[len(in)-1]} {
			d := x.Dim(-1)
			for _, v := range x.Data[r*d : (r+1)*d] {
				y = append(y, float64(v))
			}
		}
	}
	return y
}

func defineSlice(lo, hi int) definition {
	return func(in []*tensor.Tensor) []float64 {
		var y []float64
		for i, v := range in[0].Data {
			if c := i % in[0].Dim(-1); lo <= c && c < hi {
				y = append(y, float64(v))
			}
		}
		return y
	}
}

func defineSum(in []*tensor.Tensor) []float64 {
	sum := 0.0
	for _, v := range in[0].Data {
		sum += float64(v)
	}
	return []float64{sum}
}

// defineRows applies f to x (N,..,C) and the numbers of vectors (N,C).
func defineRows(f func(x, s, last float64) float64) definition {
	return func(in []*tensor.Tensor) []float64 {
		x := in[0]
		y := make([]float64, x.Len())
		for i, v := range x.Data {
			n, c := i/(x.Len()/x.Dim(0)), i%x.Dim(-1)
			y[i] = f(float64(v), at(in[1], n, c), at(in[len(in)-1], n, c))
		}
		return y
	}
}

func defineMSE(target *tensor.Tensor, weight func(i int) float64) definition {
	return func(in []*tensor.Tensor) []float64 {
		sum := 0.0
		for i, v := range in[0].Data {
			d := float64(v) - float64(target.Data[i])
			sum += weight(i) * d * d
		}
		return []float64{sum / float64(in[0].Len())}
	}
}

func defineCrossEntropy(offsets, target []int32, weight []float32) definition {
	return func(in []*tensor.Tensor) []float64 {
		loss, rows, s := 0.0, in[0].Shape[0], len(offsets)-1
		for r := range rows {
			for i := range s {
				sum := 0.0
				for c := offsets[i]; c < offsets[i+1]; c++ {
					sum += math.Exp(at(in[0], r, int(c)))
				}
				w := 1.0
				if weight != nil {
					w = float64(weight[r*s+i])
				}
				loss += w * (math.Log(sum) - at(in[0], r, int(offsets[i]+target[r*s+i])))
			}
		}
		return []float64{loss / float64(rows)}
	}
}

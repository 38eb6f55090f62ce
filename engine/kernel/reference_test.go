package kernel

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"ebb/engine/kernel/parallel"
)

// The meaning of the matrix kernels as plain loops, bit for bit, and what the
// tests of all of them share.

// ref is Gemm's meaning.
func (g *Gemm) ref() {
	for i := range g.M {
		for j := range g.N {
			c := &g.C[i*g.LDC+j]
			switch {
			case g.Accumulate:
			case g.Bias != nil:
				*c = g.Bias[j]
			default:
				*c = 0
			}
			for k := range g.K {
				*c = fma32(g.at(g.A, g.LDA, g.TransA, i, k), g.at(g.B, g.LDB, g.TransB, k, j), *c)
			}
		}
	}
}

func (g *Gemm) at(x []float32, stride int, trans bool, i, j int) float32 {
	if trans {
		i, j = j, i
	}
	return x[i*stride+j]
}

// pixel is x[n,iy,ix,c], zero outside the image.
func (s Conv) pixel(x []float32, n, iy, ix, c int) float32 {
	if iy < 0 || iy >= s.H || ix < 0 || ix >= s.W {
		return 0
	}
	return x[((n*s.H+iy)*s.W+ix)*s.C+c]
}

// taps calls f for every product of the convolution, in increasing (n,oy,ox,ky,kx,c).
func (s Conv) taps(f func(n, oy, ox, ky, kx, c int)) {
	for i := range s.N * s.OutH() * s.OutW() * s.K * s.K * s.C {
		c, rest := i%s.C, i/s.C
		kx, rest := rest%s.K, rest/s.K
		ky, rest := rest%s.K, rest/s.K
		ox, rest := rest%s.OutW(), rest/s.OutW()
		f(rest/s.OutH(), rest%s.OutH(), ox, ky, kx, c)
	}
}

// refForward sums the products plainly, or as refWinograd says where Forward
// uses Winograd's algorithm.
func (s Conv) refForward(y, x, w, bias, shift []float32) {
	s.refStarts(y, bias, shift)
	if s.byWinograd() {
		s.refWinograd(y, x, w)
		return
	}
	s.taps(func(n, oy, ox, ky, kx, c int) {
		v := s.pixel(x, n, oy*s.Stride+ky-s.PadTop, ox*s.Stride+kx-s.PadLeft, c)
		for o := range s.O {
			at := &y[((n*s.OutH()+oy)*s.OutW()+ox)*s.O+o]
			*at = fma32(v, w[((ky*s.K+kx)*s.C+c)*s.O+o], *at)
		}
	})
}

// refStarts sets y to what is added to every sum.
func (s Conv) refStarts(y, bias, shift []float32) {
	for i := range y {
		n, o := i/(s.OutH()*s.OutW()*s.O), i%s.O
		switch {
		case bias != nil && shift != nil:
			y[i] = bias[o] + shift[n*s.O+o]
		case bias != nil:
			y[i] = bias[o]
		case shift != nil:
			y[i] = shift[n*s.O+o]
		default:
			y[i] = 0
		}
	}
}

// refWinograd adds the convolution to y, tile after tile and output after output.
func (s Conv) refWinograd(y, x, w []float32) {
	u := make([]float32, winoPoints*s.C*s.O) // (36,C,O)
	for i := range s.C * s.O {
		for point := range winoPoints {
			var t [3]float32
			for kx := range t {
				at := w[kx*s.C*s.O+i:]
				t[kx] = winogradWeightLine([3]float32{at[0], at[3*s.C*s.O], at[6*s.C*s.O]})[point/6]
			}
			u[point*s.C*s.O+i] = winogradWeightLine(t)[point%6]
		}
	}
	for n := range s.N {
		for ty := 0; ty < s.H; ty += 4 {
			for tx := 0; tx < s.W; tx += 4 {
				s.refTile(y, x, u, n, ty, tx)
			}
		}
	}
}

// refInputs is the transformed patch of a tile, one channel.
func (s Conv) refInputs(x []float32, n, ty, tx, c int) (v [winoPoints]float32) {
	var t [6][6]float32
	for j := range 6 {
		var d [6]float32
		for i := range d {
			d[i] = s.pixel(x, n, ty-1+i, tx-1+j, c)
		}
		for i, e := range winogradInputLine(d) {
			t[i][j] = e
		}
	}
	for i := range 6 {
		line := winogradInputLine(t[i])
		copy(v[6*i:], line[:])
	}
	return v
}

// refGradients is the transformed gradient of a tile, one channel.
func (s Conv) refGradients(dy []float32, n, ty, tx, o int) (z [winoPoints]float32) {
	s.C = s.O
	var t [6][4]float32
	for j := range 4 {
		var d [4]float32
		for i := range d {
			d[i] = s.pixel(dy, n, ty+i, tx+j, o)
		}
		for i, e := range winogradGradientLine(d) {
			t[i][j] = e
		}
	}
	for i := range 6 {
		line := winogradGradientLine(t[i])
		copy(z[6*i:], line[:])
	}
	return z
}

func (s Conv) refTile(y, x, u []float32, n, ty, tx int) {
	m := make([][6][6]float32, s.O)
	inputs := make([][winoPoints]float32, s.C)
	for c := range inputs {
		inputs[c] = s.refInputs(x, n, ty, tx, c)
	}
	v, w := make([]float32, s.C), make([]float32, s.C)
	for point := range winoPoints {
		for o := range s.O {
			for c := range s.C {
				v[c], w[c] = inputs[c][point], u[(point*s.C+c)*s.O+o]
			}
			m[o][point/6][point%6] = s.sum(v, w)
		}
	}
	for o := range s.O {
		var t [4][6]float32
		for j := range 6 {
			var d [6]float32
			for i := range d {
				d[i] = m[o][i][j]
			}
			for i, e := range winogradOutputLine(d) {
				t[i][j] = e
			}
		}
		for i := range min(4, s.H-ty) {
			for j, e := range winogradOutputLine(t[i]) {
				if tx+j < s.W {
					at := &y[((n*s.H+ty+i)*s.W+tx+j)*s.O+o]
					*at = e + *at
				}
			}
		}
	}
}

func (s Conv) refBackwardData(dx, dy, w []float32) {
	if s.byWinograd() {
		turned := make([]float32, len(w))
		for i, v := range w {
			o, c, tap := i%s.O, i/s.O%s.C, i/s.O/s.C
			turned[((8-tap)*s.O+o)*s.C+c] = v
		}
		s.C, s.O = s.O, s.C
		s.refForward(dx, dy, turned, nil, nil)
		return
	}
	oh, ow := s.OutH(), s.OutW()
	for i := range dx {
		c, ix, iy, n := i%s.C, i/s.C%s.W, i/s.C/s.W%s.H, i/s.C/s.W/s.H
		dx[i] = 0
		for ky := s.K - 1; ky >= 0; ky-- {
			for kx := s.K - 1; kx >= 0; kx-- {
				ry, rx := iy+s.PadTop-ky, ix+s.PadLeft-kx
				if ry%s.Stride != 0 || rx%s.Stride != 0 {
					continue
				}
				oy, ox := ry/s.Stride, rx/s.Stride
				for o := range s.O {
					var v float32
					if ry >= 0 && rx >= 0 && oy < oh && ox < ow {
						v = dy[((n*oh+oy)*ow+ox)*s.O+o]
					}
					dx[i] = fma32(v, w[((ky*s.K+kx)*s.C+c)*s.O+o], dx[i])
				}
			}
		}
	}
}

func (s Conv) refBackwardWeight(dw, x, dy []float32) {
	if s.byWinograd() {
		s.refWinogradWeight(dw, x, dy)
		return
	}
	perChunk := s.weightGradient().perChunk
	total := make([]float32, len(dw))
	for first := 0; first < s.N; first += perChunk {
		sum := make([]float32, len(dw))
		s.taps(func(n, oy, ox, ky, kx, c int) {
			if n < first || n >= first+perChunk {
				return
			}
			v := s.pixel(x, n, oy*s.Stride+ky-s.PadTop, ox*s.Stride+kx-s.PadLeft, c)
			for o := range s.O {
				at := &sum[((ky*s.K+kx)*s.C+c)*s.O+o]
				*at = fma32(v, dy[((n*s.OutH()+oy)*s.OutW()+ox)*s.O+o], *at)
			}
		})
		for i := range total {
			total[i] += sum[i]
		}
	}
	for i := range dw {
		dw[i] += total[i]
	}
}

// sum is the sum of products of a and b from 0, in order.
func (s Conv) sum(a, b []float32) (sum float32) {
	if s.Precision == BF16 {
		return pairSum(0, a, b)
	}
	for i, v := range a {
		sum = fma32(v, b[i], sum)
	}
	return sum
}

// refWinogradWeight adds the gradient of the weights, chunk after chunk of tiles.
func (s Conv) refWinogradWeight(dw, x, dy []float32) {
	g := newWinogradWeight(s.N, s.H, s.W, s.C, s.O, s.Precision)
	tiles := s.N * g.down * g.across
	total := make([]float32, winoPoints*s.C*s.O) // (36,C,O)
	for first := 0; first < tiles; first += g.perChunk {
		all := min(tiles, first+g.perChunk) - first
		v, z := make([][]float32, s.C*winoPoints), make([][]float32, s.O*winoPoints) // by tile
		for t := first; t < first+all; t++ {
			n, rest := t/(g.down*g.across), t%(g.down*g.across)
			ty, tx := rest/g.across*4, rest%g.across*4
			for c := range s.C {
				for point, e := range s.refInputs(x, n, ty, tx, c) {
					v[c*winoPoints+point] = append(v[c*winoPoints+point], e)
				}
			}
			for o := range s.O {
				for point, e := range s.refGradients(dy, n, ty, tx, o) {
					z[o*winoPoints+point] = append(z[o*winoPoints+point], e)
				}
			}
		}
		for i := range total {
			o, c, point := i%s.O, i/s.O%s.C, i/s.O/s.C
			sum := s.sum(v[c*winoPoints+point], z[o*winoPoints+point])
			if first == 0 {
				total[i] = sum
			} else {
				total[i] += sum
			}
		}
	}
	for i := range s.C * s.O {
		var t [3][6]float32
		for j := range 6 {
			var e [6]float32
			for k := range e {
				e[k] = total[(6*k+j)*s.C*s.O+i]
			}
			for k, w := range winogradFilterLine(e) {
				t[k][j] = w
			}
		}
		for tap := range 9 {
			at := &dw[tap*s.C*s.O+i]
			*at = winogradFilterLine(t[tap/3])[tap%3] + *at
		}
	}
}

// draw is a source of test numbers.
type draw struct{ *rand.Rand }

func newDraw(seed uint64) draw { return draw{rand.New(rand.NewPCG(seed, 7))} }

// floats are standard normal numbers.
func (d draw) floats(n int) []float32 {
	x := make([]float32, n)
	for i := range x {
		x[i] = float32(d.NormFloat64())
	}
	return x
}

// nasty are numbers of every kind: zeros of both signs, infinities, NaN,
// denormals, huge and tiny ones among ordinary ones.
func (d draw) nasty(n int) []float32 {
	x := d.floats(n)
	odd := []float32{
		0, float32(math.Copysign(0, -1)), 1, -1, float32(math.Inf(1)), float32(math.Inf(-1)), float32(math.NaN()),
		math.SmallestNonzeroFloat32, -math.SmallestNonzeroFloat32, 0x1.8p-127, math.MaxFloat32, -math.MaxFloat32, 0x1p-75,
	}
	for range n/6 + 1 {
		if n > 0 {
			x[d.IntN(n)] = odd[d.IntN(len(odd))]
		}
	}
	return x
}

// guarded is a buffer of n floats between guard words.
type guarded struct {
	all []float32
	n   int
}

const (
	guardLen  = 70
	guardBits = 0x7fc0dead // a NaN: whoever reads it and uses it shows it, too
)

func newGuarded(x []float32) guarded {
	g := guarded{make([]float32, len(x)+2*guardLen), len(x)}
	for i := range g.all {
		g.all[i] = math.Float32frombits(guardBits)
	}
	copy(g.slice(), x)
	return g
}

func (g guarded) slice() []float32 { return g.all[guardLen:][:g.n:g.n] }

func (g guarded) check(t *testing.T, name string) {
	t.Helper()
	for i, v := range g.all {
		if (i < guardLen || i >= guardLen+g.n) && math.Float32bits(v) != guardBits {
			t.Errorf("%s: wrote %v at %d of %d floats", name, v, i-guardLen, g.n)
			return
		}
	}
}

// wantSame fails unless got is want, bit for bit.
func wantSame(t *testing.T, name string, got, want []float32) {
	t.Helper()
	for i := range want {
		if !sameBits(got[i], want[i]) {
			t.Fatalf("%s: element %d of %d is %v (%08x), want %v (%08x)", name, i, len(want),
				got[i], math.Float32bits(got[i]), want[i], math.Float32bits(want[i]))
		}
	}
}

// onEveryISA runs f with each instruction set of this machine.
func onEveryISA(f func(isa ISA)) {
	for _, isa := range ISAs() {
		func() {
			defer ForceISA(isa)()
			f(isa)
		}()
	}
}

// everyISA runs f as a subtest for each instruction set of this machine.
func everyISA(t *testing.T, f func(t *testing.T)) {
	for _, isa := range ISAs() {
		t.Run(isa.String(), func(t *testing.T) {
			defer ForceISA(isa)()
			f(t)
		})
	}
}

// everyPool runs f serially and with several numbers of threads; one with -short.
func everyPool(f func(name string, p *parallel.Pool)) {
	f("serial", nil)
	counts := []int{1, 2, 3, 8}
	if testing.Short() {
		counts = counts[2:3]
	}
	for _, threads := range counts {
		p := parallel.New(threads)
		f(fmt.Sprintf("%d threads", threads), p)
		p.Close()
	}
}

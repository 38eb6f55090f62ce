package kernel

import (
	"fmt"

	"ebb/engine/kernel/parallel"
)

// Conv is the geometry of a 2-D convolution of N images, channels last:
//
//	x (N,H,W,C)  w (K,K,C,O) -> y (N,OH,OW,O)
//	y[n,oy,ox,o] = sum over ky,kx,c of x[n, oy*Stride+ky-PadTop, ox*Stride+kx-PadLeft, c] * w[ky,kx,c,o]
//
// Places outside the image hold zeros (and are multiplied like the others).
type Conv struct {
	N, H, W, C, O, K, Stride             int
	PadTop, PadLeft, PadBottom, PadRight int
}

// OutH is the height of the output.
func (s Conv) OutH() int { return (s.H+s.PadTop+s.PadBottom-s.K)/s.Stride + 1 }

// OutW is the width of the output.
func (s Conv) OutW() int { return (s.W+s.PadLeft+s.PadRight-s.K)/s.Stride + 1 }

// Forward sets y (N,OH,OW,O). Every sum starts from bias[o] + shift[n,o]
// (either may be nil: 0) and takes its products by FMA in increasing (ky,kx,c).
// bias is (O), shift is (N,O): a shift of each image's channels, such as the
// embedding of its diffusion time.
func (s Conv) Forward(p *parallel.Pool, y, x, w, bias, shift []float32) {
	s.check(y, x, w)
	checkLen("Conv bias", bias, s.O, true)
	checkLen("Conv shift", shift, s.N*s.O, true)
	oh, ow := s.OutH(), s.OutW()
	p.Run(s.N*oh, func(_, piece int) {
		n, oy := piece/oh, piece%oh
		for ox := range ow {
			row := y[(piece*ow+ox)*s.O:][:s.O]
			for o := range row {
				row[o] = startValue(bias, shift, o, n*s.O+o)
			}
			s.pixel(row, x, w, n, oy*s.Stride-s.PadTop, ox*s.Stride-s.PadLeft)
		}
	})
}

// startValue is bias[i] + shift[j], where nil slices hold zeros.
func startValue(bias, shift []float32, i, j int) float32 {
	switch {
	case bias == nil && shift == nil:
		return 0
	case shift == nil:
		return bias[i]
	case bias == nil:
		return shift[j]
	}
	return bias[i] + shift[j]
}

// pixel adds to row (O) the products of the patch of x whose corner is (y,x0).
func (s Conv) pixel(row, x, w []float32, n, y0, x0 int) {
	for ky := range s.K {
		for kx := range s.K {
			iy, ix := y0+ky, x0+kx
			inside := 0 <= iy && iy < s.H && 0 <= ix && ix < s.W
			for c := range s.C {
				var v float32
				if inside {
					v = x[((n*s.H+iy)*s.W+ix)*s.C+c]
				}
				wrow := w[((ky*s.K+kx)*s.C+c)*s.O:][:s.O]
				for o := range row {
					row[o] = fma32(v, wrow[o], row[o])
				}
			}
		}
	}
}

// BackwardData sets dx (N,H,W,C) from dy (N,OH,OW,O):
//
//	dx[n,iy,ix,c] = sum over oy,ox,o of dy[n,oy,ox,o] * w[iy+PadTop-oy*Stride, ix+PadLeft-ox*Stride, c, o]
//
// in increasing (oy,ox,o), by FMA from 0; dy outside its range counts as zeros.
func (s Conv) BackwardData(p *parallel.Pool, dx, dy, w []float32) {
	s.check(dy, dx, w)
	oh, ow := s.OutH(), s.OutW()
	at := func(n, ry, rx, o int) float32 { // dy at row ry/Stride, column rx/Stride
		if ry < 0 || rx < 0 || ry/s.Stride >= oh || rx/s.Stride >= ow {
			return 0
		}
		return dy[((n*oh+ry/s.Stride)*ow+rx/s.Stride)*s.O+o]
	}
	p.Run(s.N*s.H, func(_, piece int) {
		n, iy := piece/s.H, piece%s.H
		for ix := range s.W {
			for c := range s.C {
				var sum float32
				for ky := s.K - 1; ky >= 0; ky-- {
					for kx := s.K - 1; kx >= 0; kx-- {
						ry, rx := iy+s.PadTop-ky, ix+s.PadLeft-kx
						if ry%s.Stride != 0 || rx%s.Stride != 0 {
							continue
						}
						for o := range s.O {
							sum = fma32(at(n, ry, rx, o), w[((ky*s.K+kx)*s.C+c)*s.O+o], sum)
						}
					}
				}
				dx[(piece*s.W+ix)*s.C+c] = sum
			}
		}
	})
}

// BackwardWeight adds the gradient to dw (K,K,C,O):
//
//	dw[ky,kx,c,o] += sum over n,oy,ox of x[n, oy*Stride+ky-PadTop, ox*Stride+kx-PadLeft, c] * dy[n,oy,ox,o]
func (s Conv) BackwardWeight(p *parallel.Pool, dw, x, dy []float32) {
	s.check(dy, x, dw)
	oh, ow := s.OutH(), s.OutW()
	p.Run(s.K*s.K*s.C, func(_, piece int) {
		c, kx, ky := piece%s.C, piece/s.C%s.K, piece/s.C/s.K
		row := dw[piece*s.O:][:s.O]
		for n := range s.N {
			for oy := range oh {
				for ox := range ow {
					iy, ix := oy*s.Stride+ky-s.PadTop, ox*s.Stride+kx-s.PadLeft
					var v float32
					if 0 <= iy && iy < s.H && 0 <= ix && ix < s.W {
						v = x[((n*s.H+iy)*s.W+ix)*s.C+c]
					}
					for o := range row {
						row[o] = fma32(v, dy[((n*oh+oy)*ow+ox)*s.O+o], row[o])
					}
				}
			}
		}
	})
}

func (s Conv) check(y, x, w []float32) {
	if s.N < 0 || s.C < 1 || s.O < 1 || s.K < 1 || s.Stride < 1 || s.OutH() < 1 || s.OutW() < 1 ||
		min(s.PadTop, s.PadLeft, s.PadBottom, s.PadRight) < 0 {
		panic(fmt.Sprintf("kernel: impossible convolution %+v", s))
	}
	checkLen("Conv x", x, s.N*s.H*s.W*s.C, false)
	checkLen("Conv w", w, s.K*s.K*s.C*s.O, false)
	checkLen("Conv y", y, s.N*s.OutH()*s.OutW()*s.O, false)
}

func checkLen(name string, x []float32, want int, mayBeNil bool) {
	if len(x) != want && !(mayBeNil && x == nil) {
		panic(fmt.Sprintf("kernel: %s has %d floats, its shape needs %d", name, len(x), want))
	}
}

package nn

import (
	"fmt"

	"ebb/engine/kernel/elementary"
)

// TimeEmbedding writes each time as sines and cosines of falling frequency:
//
//	t (N) -> dst (N,dim): sin(t r_0) .. sin(t r_{h-1}), cos(t r_0) .. cos(t r_{h-1})
//	r_i = maxPeriod^(-i/(h - freqShift)), h = dim/2
//
// With flip the cosines come first; an odd dim ends in a zero. It is the
// positional encoding of arXiv 1706.03762, section 3.5, as DDPM (freqShift 1)
// and UNet2DModel (flip, freqShift 0) use it, with maxPeriod 10000 as a rule. It is
// computed in float64 and rounded once; a float32 implementation differs by up
// to t times 6e-8, because it rounds the angle.
func TimeEmbedding(dst []float32, t []float64, dim int, flip bool, freqShift, maxPeriod float64) {
	if len(dst) != len(t)*dim {
		panic(fmt.Sprintf("nn: TimeEmbedding of %d times in %d dimensions into %d numbers", len(t), dim, len(dst)))
	}
	half := dim / 2
	rates := make([]float64, half)
	logPeriod := elementary.Log(maxPeriod)
	for i := range rates {
		rates[i] = elementary.Exp(-logPeriod * float64(i) / (float64(half) - freqShift))
	}
	for n, time := range t {
		row := dst[n*dim : (n+1)*dim]
		sin, cos := row[:half], row[half:2*half]
		if flip {
			sin, cos = cos, sin
		}
		for i, r := range rates {
			sin[i] = float32(elementary.Sin(time * r))
			cos[i] = float32(elementary.Cos(time * r))
		}
		clear(row[2*half:])
	}
}

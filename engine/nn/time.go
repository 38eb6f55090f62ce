package nn

import (
	"fmt"

	"ebb/engine/kernel/elementary"
	"ebb/engine/kernel/parallel"
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
func TimeEmbedding(p *parallel.Pool, dst []float32, t []float64, dim int, flip bool, freqShift, maxPeriod float64) {
	if len(dst) != len(t)*dim {
		panic(fmt.Sprintf("nn: TimeEmbedding of %d times in %d dimensions into %d numbers", len(t), dim, len(dst)))
	}
	half := dim / 2
	rates := make([]float64, half)
	logPeriod := elementary.Log(maxPeriod)
	for i := range rates {
		rates[i] = elementary.Exp(-logPeriod * float64(i) / (float64(half) - freqShift))
	}
	const rows = 16 // in a piece: sines in float64 take 1 to 2 µs a row
	p.Run((len(t)+rows-1)/rows, func(_, piece int) {
		for n := piece * rows; n < min(len(t), (piece+1)*rows); n++ {
			timeWaves(dst[n*dim:(n+1)*dim], t[n], rates, flip)
		}
	})
}

// timeWaves is the embedding of one time.
func timeWaves(row []float32, time float64, rates []float64, flip bool) {
	half := len(rates)
	sin, cos := row[:half], row[half:2*half]
	if flip {
		sin, cos = cos, sin
	}
	for i, r := range rates {
		s, c := elementary.SinCos(time * r)
		sin[i], cos[i] = float32(s), float32(c)
	}
	clear(row[2*half:])
}

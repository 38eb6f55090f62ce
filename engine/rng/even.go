package rng

import (
	"ebb/engine/kernel/elementary"
)

// Even are points of the unit cube whose margins are more even than those of random ones: of 256^m
// points from a multiple of 256^m on, each coordinate has one in every interval of length 256^-m. In
// planes and beyond they are as random points are. It is Latin hypercube sampling (McKay, Beckman,
// Conover 1979), which takes from the error of a mean all that is a sum of functions of single
// coordinates (Stein 1987), for every number of points at once.
//
// A coordinate is van der Corput's sequence in base 256: the digits of the point's number, last digit
// first. Each is permuted at random, by those that stand above it in the number and before it in the
// coordinate (Owen 1995, "Randomly permuted (t,m,s)-nets"). The base is that large because in base 2
// every two points would lie in opposite halves of all coordinates, and correlations be less exact
// than with random points. Every point by itself is uniform, and a function of stream and number alone.
type Even struct{ Stream Stream }

// evenStep keys the points: no other draw of a stream has such a step.
const evenStep = 1 << 62

// Uniforms fills dst with the first coordinates of a point, in (0,1).
func (e Even) Uniforms(dst []float64, point uint64) {
	k := e.Stream.key(evenStep | point>>24) // 256^3 points belong together
	i0, i1, i2 := point&255, point>>8&255, point>>16&255
	for j := range dst {
		a, b := block(k, uint64(j), 0)
		d0 := shuffle(i0, mix(a+point>>8))
		d1 := shuffle(i1, mix(a^b+(i2<<8|d0)))
		d2 := shuffle(i2, mix(b+(d0<<8|d1)))
		dst[j] = unit(d0<<56 | d1<<48 | d2<<40 | mix(a^(b+point))>>24)
	}
}

// shuffle permutes the numbers below 256, by a random key.
func shuffle(x, key uint64) uint64 {
	for range 4 {
		x = (x*(key<<1|1) + key>>8) & 255
		x ^= x >> 4
		key >>= 15
	}
	return x
}

// EvenRows is Even as the noise of a batch: row i of the batch is point First+i, and its coordinates
// from Skip on are its uniforms, or by the normal distribution's quantiles its normals. There is one
// draw a row: the step is not looked at.
type EvenRows struct {
	Points Even
	First  uint64
	IDs    []uint64 // if not nil, row i of the batch is point IDs[i]
	Skip   int
}

// Uniforms fills dst with uniforms in (0,1).
func (r EvenRows) Uniforms(dst []float64, _, row int) {
	var all [64]float64
	u := all[:]
	if n := r.Skip + len(dst); n > len(u) {
		u = make([]float64, n)
	} else {
		u = u[:n]
	}
	point := r.First + uint64(row)
	if r.IDs != nil {
		point = r.IDs[row]
	}
	r.Points.Uniforms(u, point)
	copy(dst, u[r.Skip:])
}

// Normals fills dst with unit normals.
func (r EvenRows) Normals(dst []float64, step, row int) {
	r.Uniforms(dst, step, row)
	for i, u := range dst {
		dst[i] = elementary.NormQuantile(u)
	}
}

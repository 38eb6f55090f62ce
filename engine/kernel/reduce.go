package kernel

import "ebb/engine/kernel/parallel"

// A reduction along contiguous memory has 16 virtual lanes: element i goes to lane i mod 16, each
// lane adds its elements in order from +0, and fold joins the lanes. It is the order in which one
// vector of 16, or two of 8, or plain Go can do it alike.

// fold joins 16 lanes by a fixed tree: lane j takes lane j+8, then j+4, j+2, j+1.
func fold(lane *[16]float32) float32 {
	for w := 8; w >= 1; w /= 2 {
		for j := range w {
			lane[j] += lane[j+w]
		}
	}
	return lane[0]
}

// fold64 is fold for float64.
func fold64(lane *[16]float64) float64 {
	for w := 8; w >= 1; w /= 2 {
		for j := range w {
			lane[j] += lane[j+w]
		}
	}
	return lane[0]
}

// reduceBlock elements have their own lanes; the sums of the blocks are added in order.
const reduceBlock = 1 << 16

// Sum is the sum of x in float64, in a fixed order.
func Sum(p *parallel.Pool, x []float32) float64 { return reduce64(p, x, sumSlice) }

// SumSquares is the sum of the squares of x in float64, in a fixed order.
func SumSquares(p *parallel.Pool, x []float32) float64 { return reduce64(p, x, sumSquaresSlice) }

func reduce64(p *parallel.Pool, x []float32, f func(isa ISA, x []float32) float64) float64 {
	isa := active()
	if len(x) <= reduceBlock {
		return f(isa, x)
	}
	part := make([]float64, (len(x)+reduceBlock-1)/reduceBlock)
	p.Run(len(part), func(_, piece int) {
		lo := piece * reduceBlock
		part[piece] = f(isa, x[lo:min(lo+reduceBlock, len(x))])
	})
	sum := part[0]
	for _, v := range part[1:] {
		sum += v
	}
	return sum
}

func sumGeneric(x []float32) float64 {
	var lane [16]float64
	for i, v := range x {
		lane[i&15] += float64(v)
	}
	return fold64(&lane)
}

func sumSquaresGeneric(x []float32) float64 {
	var lane [16]float64
	for i, v := range x {
		lane[i&15] += float64(v) * float64(v) // the product is exact, fused or not
	}
	return fold64(&lane)
}

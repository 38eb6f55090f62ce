package metric

import (
	"fmt"

	"ebb/engine/kernel/parallel"
)

// PRDC says separately how good single samples are and how much of the data
// they cover. The manifold of a set is the union of balls around its points,
// each reaching to the point's k-th nearest neighbour in its own set.
type PRDC struct {
	K         int     `json:"k"`
	Precision float64 `json:"precision"` // share of samples inside the real manifold
	Recall    float64 `json:"recall"`    // share of real points inside the samples' manifold
	Density   float64 `json:"density"`   // real balls around a sample, over k; about 1 if the sets agree, may pass it
	Coverage  float64 `json:"coverage"`  // share of real balls that hold a sample
}

// PrecisionRecall computes improved precision and recall (Kynkäänniemi et al.,
// arXiv 1904.06991, eq. 1-3) and density and coverage (Naeem et al., arXiv
// 2002.09797, eq. 5-6) of samples against real points, with balls to the k-th
// nearest neighbour (they use 3 and 5). A point on a ball's surface is inside.
// Two sets of one distribution have precision = recall < 1, density about 1 and
// coverage about 1 - 2^-k: read the figures beside those of a real set of the
// same size. It panics unless both sets hold more than k points.
func PrecisionRecall(p *parallel.Pool, samples, real *Points, k int) PRDC {
	if k < 1 || samples.N <= k || real.N <= k {
		panic(fmt.Sprintf("metric: %d-th neighbours among %d samples and %d real points", k, samples.N, real.N))
	}
	realRadii, sampleRadii := neighbourRadii(p, real, k), neighbourRadii(p, samples, k)
	inside := make([]int32, samples.N) // real balls around each sample
	covered := make([]bool, real.N)    // balls of real points that hold a sample
	recalled := make([]bool, real.N)   // real points inside a ball of a sample
	eachDistance(p, real, samples, func(i0, rows, j0, cols int, d2 []float32) {
		for i := range rows {
			for j, d := range d2[i*cols : (i+1)*cols] {
				if d <= realRadii[i0+i] {
					covered[i0+i] = true
				}
				if d <= sampleRadii[j0+j] {
					recalled[i0+i] = true
				}
			}
		}
	})
	eachDistance(p, samples, real, func(i0, rows, j0, cols int, d2 []float32) {
		for i := range rows {
			for j, d := range d2[i*cols : (i+1)*cols] {
				if d <= realRadii[j0+j] {
					inside[i0+i]++
				}
			}
		}
	})
	r := PRDC{K: k, Recall: shareTrue(recalled), Coverage: shareTrue(covered)}
	precise, balls := 0, 0
	for _, n := range inside {
		balls += int(n)
		if n > 0 {
			precise++
		}
	}
	r.Precision = float64(precise) / float64(samples.N)
	r.Density = float64(balls) / (float64(k) * float64(samples.N))
	return r
}

// neighbourRadii are the squared distances of each point to its k-th nearest
// other point.
func neighbourRadii(p *parallel.Pool, a *Points, k int) []float32 {
	nearest := make([]float32, a.N*k) // (N,k) increasing
	found := make([]int, a.N)
	eachDistance(p, a, a, func(i0, rows, j0, cols int, d2 []float32) {
		for i := range rows {
			at := i0 + i
			row := nearest[at*k : (at+1)*k]
			for j, d := range d2[i*cols : (i+1)*cols] {
				if j0+j != at {
					found[at] = insertSmallest(row, found[at], d)
				}
			}
		}
	})
	radii := make([]float32, a.N)
	for i := range radii {
		radii[i] = nearest[(i+1)*k-1]
	}
	return radii
}

// insertSmallest puts d in its place among the first n, increasing values of row
// and returns how many there are now; of more than len(row) the largest is lost.
func insertSmallest(row []float32, n int, d float32) int {
	if n < len(row) {
		n++
	} else if d >= row[n-1] {
		return n
	}
	i := n - 1
	for ; i > 0 && row[i-1] > d; i-- {
		row[i] = row[i-1]
	}
	row[i] = d
	return n
}

func shareTrue(flags []bool) float64 {
	n := 0
	for _, f := range flags {
		if f {
			n++
		}
	}
	return float64(n) / float64(len(flags))
}

package metric

import (
	"fmt"
	"math"

	"ebb/data/image"
	"ebb/engine/kernel/parallel"
)

// PixelGaussian is the baseline that knows each pixel but no two together:
// every value an independent Gaussian, as a likelihood of 8-bit values. The
// probability of value k is the exact integral of the density over [k-½, k+½],
// where the bins of 0 and 255 reach to -∞ and +∞, so that the 256
// probabilities add up to 1. Its bits per dimension compare with the
// discretised bound of a diffusion model (DDPM, arXiv 2006.11239, eq. 13, bins
// its last step alike).
//
// Mean and deviation of each pixel have the maximum likelihood under these
// bins, which serves a pixel that is mostly black or white far better than its
// plain moments. A pixel that never changes in training would make every
// change impossible; so one invented image joins the training images, each of
// whose pixels is spread out: half over all 256 values evenly, half over the
// values that all pixels of all images take.
type PixelGaussian struct {
	Mean, Std []float64 // (D) of the Gaussians, in pixel values 0…255; Mean may lie beyond
}

// FitPixelGaussian fits the baseline to one image or more.
func FitPixelGaussian(p *parallel.Pool, train *image.Images) *PixelGaussian {
	d := train.Dim()
	counts := histogram256(train)
	invented := inventedImage(counts)
	g := &PixelGaussian{Mean: make([]float64, d), Std: make([]float64, d)}
	const piece = 8
	p.Run((d+piece-1)/piece, func(_, k int) {
		for j := k * piece; j < min(d, (k+1)*piece); j++ {
			var weights [256]float64
			for v := range weights {
				weights[v] = float64(counts[j*256+v]) + invented[v]
			}
			g.Mean[j], g.Std[j] = fitBinned(&weights)
		}
	})
	return g
}

// inventedImage is the share of each value in the image that joins the others.
func inventedImage(counts []int32) *[256]float64 {
	var pooled [256]float64
	total := 0.0
	for i, c := range counts {
		pooled[i%256] += float64(c)
		total += float64(c)
	}
	for v := range pooled {
		pooled[v] = pooled[v]/total/2 + 0.5/256
	}
	return &pooled
}

// Bits is the mean over images of -log2 P(image)/D, in bits per dimension.
func (g *PixelGaussian) Bits(p *parallel.Pool, m *image.Images) float64 {
	d := len(g.Mean)
	if m.Dim() != d || m.N == 0 {
		panic(fmt.Sprintf("metric: bits of %v under a Gaussian of %d values", m, d))
	}
	counts := histogram256(m) // how often each pixel takes each value is all that counts
	nats := make([]float64, d)
	const piece = 8
	p.Run((d+piece-1)/piece, func(_, k int) {
		for j := k * piece; j < min(d, (k+1)*piece); j++ {
			for v, c := range counts[j*256 : (j+1)*256] {
				if c > 0 {
					nats[j] -= float64(float64(c) * logBin(v, g.Mean[j], g.Std[j]))
				}
			}
		}
	})
	sum := 0.0
	for _, v := range nats {
		sum += v
	}
	return sum / (float64(m.N) * float64(d) * math.Ln2)
}

// logBin is the log of the probability that N(mean, std²) falls into the bin of value v.
func logBin(v int, mean, std float64) float64 {
	lo, hi := binEdges256(v)
	return logNormalInterval((lo-mean)/std, (hi-mean)/std)
}

// binEdges256 are the ends of the bin of value v.
func binEdges256(v int) (lo, hi float64) {
	lo, hi = float64(v)-0.5, float64(v)+0.5
	if v == 0 {
		lo = math.Inf(-1)
	}
	if v == 255 {
		hi = math.Inf(1)
	}
	return lo, hi
}

// histogram256 counts how often each pixel takes each value, (D,256).
func histogram256(m *image.Images) []int32 {
	counts := make([]int32, m.Dim()*256)
	for i := range m.N {
		for j, v := range m.Image(i) {
			counts[j*256+int(v)]++
		}
	}
	return counts
}

package metric

import (
	"ebb/data/image"
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
)

// pixelMoments are the mean (D) and the matrix of second central moments (D,D),
// divided by N, of the pixel values 0…255 of images.
//
// The sums are exact: values less 128 have products of at most 2^14 in size, so
// that 1024 of them add up in float32 without rounding, and float64 holds the
// sums of any number of such blocks.
func pixelMoments(p *parallel.Pool, m *image.Images) (mean, cov []float64) {
	d := m.Dim()
	sums := make([]float64, d)
	cov = make([]float64, d*d)
	part := make([]float32, d*d)
	block := make([]float32, exactTerms*d)
	for first := 0; first < m.N; first += exactTerms {
		rows := min(exactTerms, m.N-first)
		centrePixels(block, m, first, rows)
		for i := range rows {
			for j, v := range block[i*d : (i+1)*d] {
				sums[j] += float64(v)
			}
		}
		g := kernel.Gemm{M: d, N: d, K: rows, A: block, LDA: d, TransA: true, B: block, LDB: d, C: part, LDC: d}
		g.Run(p)
		for i, v := range part {
			cov[i] += float64(v)
		}
	}
	n := float64(m.N)
	for i, si := range sums {
		for j, sj := range sums {
			cov[i*d+j] = (cov[i*d+j] - float64(si*sj)/n) / n
		}
	}
	mean = make([]float64, d)
	for i, s := range sums {
		mean[i] = s/n + pixelCentre
	}
	return mean, cov
}

const (
	pixelCentre = 128  // what pixels are shifted by
	exactTerms  = 1024 // products of shifted pixels that float32 sums exactly: 2^14 * 2^10 = 2^24
)

// centrePixels sets dst (rows,D) to the pixels of images first…, shifted to -128…127.
func centrePixels(dst []float32, m *image.Images, first, rows int) {
	for i, v := range m.Pixels[first*m.Dim() : (first+rows)*m.Dim()] {
		dst[i] = float32(int(v) - pixelCentre)
	}
}

package nn

import (
	"math"

	"ebb/engine/rng"
)

// Init fills a parameter with its initial values, drawn from stream under the
// parameter's own key.
type Init func(dst []float32, stream rng.Stream, key uint64)

// Zeros starts at 0: biases, and the last layer of a residual branch, so that
// the branch begins as the identity.
func Zeros(dst []float32, _ rng.Stream, _ uint64) { clear(dst) }

// Ones starts at 1: the scale of a norm.
func Ones(dst []float32, _ rng.Stream, _ uint64) {
	for i := range dst {
		dst[i] = 1
	}
}

// FanIn is PyTorch's default for linear maps and convolutions, weights and
// biases alike: uniform in ±1/√n, where n counts the inputs of one output. It
// is He's uniform rule with slope √5 (arXiv 1502.01852, eq. 14).
func FanIn(n int) Init { return Uniform(1 / math.Sqrt(float64(max(n, 1)))) }

// Uniform draws from (-bound, bound).
func Uniform(bound float64) Init {
	return func(dst []float32, stream rng.Stream, key uint64) {
		inChunks(dst, func(part []float32, buf []float64, chunk uint64) {
			stream.Uniforms(buf, key, chunk)
			for i, u := range buf {
				part[i] = float32(bound * (float64(2*u) - 1))
			}
		})
	}
}

// Normal draws from N(0, std²): embedding tables.
func Normal(std float64) Init {
	return func(dst []float32, stream rng.Stream, key uint64) {
		inChunks(dst, func(part []float32, buf []float64, chunk uint64) {
			stream.Normals(buf, key, chunk)
			for i, z := range buf {
				part[i] = float32(std * z)
			}
		})
	}
}

// inChunks fills dst in parts of at most 4096 numbers, each a row of the stream,
// so that a large table needs only a small float64 buffer.
func inChunks(dst []float32, fill func(part []float32, buf []float64, chunk uint64)) {
	const size = 4096
	buf := make([]float64, min(size, len(dst)))
	for lo := 0; lo < len(dst); lo += size {
		part := dst[lo:min(lo+size, len(dst))]
		fill(part, buf[:len(part)], uint64(lo/size))
	}
}

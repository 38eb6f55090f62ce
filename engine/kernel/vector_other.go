//go:build !amd64 || purego

package kernel

// Without assembly every inner loop is the generic one. vector_amd64.go has the other set.

func expSlice(_ ISA, dst, x []float32)     { expGeneric(dst, x) }
func sigmoidSlice(_ ISA, dst, x []float32) { sigmoidGeneric(dst, x) }
func tanhSlice(_ ISA, dst, x []float32)    { tanhGeneric(dst, x) }
func siluSlice(_ ISA, y, x []float32)      { siluGeneric(y, x) }

func siluBackwardSlice(_ ISA, dx, dy, x []float32) { siluBackwardGeneric(dx, dy, x) }

func addSlice(_ ISA, dst, a, b []float32)           { addGeneric(dst, a, b) }
func subSlice(_ ISA, dst, a, b []float32)           { subGeneric(dst, a, b) }
func mulSlice(_ ISA, dst, a, b []float32)           { mulGeneric(dst, a, b) }
func scaleSlice(_ ISA, dst, x []float32, c float32) { scaleGeneric(dst, x, c) }
func axpySlice(_ ISA, dst, x []float32, a float32)  { axpyGeneric(dst, x, a) }
func lerpSlice(_ ISA, dst, x []float32, a float32)  { lerpGeneric(dst, x, a) }

func sumSlice(_ ISA, x []float32) float64        { return sumGeneric(x) }
func sumSquaresSlice(_ ISA, x []float32) float64 { return sumSquaresGeneric(x) }

func adamwSlice(_ ISA, k *adamw, w, m, v, g []float32) { adamwGeneric(k, w, m, v, g) }

func addFour(_ ISA, dst, upper, lower []float32) { addFourGeneric(dst, upper, lower) }

func expRow(_ ISA, y, x []float32) (top, sum float32) { return expRowGeneric(y, x) }

func rowSum(_ ISA, x []float32) float32 { return rowSumGeneric(x) }

func rowSquares(_ ISA, x []float32, center float32) float32 { return rowSquaresGeneric(x, center) }

func normalizeRow(_ ISA, silu bool, y, x []float32, mean, rstd float32, w affine) {
	normalizeRowGeneric(silu, y, x, mean, rstd, w)
}

func normRowSums(_ ISA, silu bool, dz, sums, dy, x []float32, mean, rstd float32, w affine) (dot1, dotX float32) {
	return normRowSumsGeneric(silu, dz, sums, dy, x, mean, rstd, w)
}

func normRowGradient(_ ISA, dx, x []float32, mean, rstd float32, gamma []float32, k1, kx float32) {
	normRowGradientGeneric(dx, x, mean, rstd, gamma, k1, kx)
}

func columnSums(_ ISA, c columns, sum, x []float32) { columnSumsGeneric(c, sum, x) }

func columnSquares(_ ISA, c columns, sum, x, center []float32) {
	columnSquaresGeneric(c, sum, x, center)
}

func normalize(_ ISA, c columns, silu bool, y []float32, strideY int, x, center, a, b []float32) {
	normalizeGeneric(c, silu, y, strideY, x, center, a, b)
}

func normSums(_ ISA, c columns, silu bool, dz, dotX, dot1, dy, x, center, a, b []float32) {
	normSumsGeneric(c, silu, dz, dotX, dot1, dy, x, center, a, b)
}

func normGradient(_ ISA, c columns, dx, x, center, a, k0, k1 []float32) {
	normGradientGeneric(c, dx, x, center, a, k0, k1)
}

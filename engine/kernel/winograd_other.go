//go:build !amd64 || purego

package kernel

// Without assembly the transforms are the generic ones. winograd_amd64.go has
// the other set.

func winogradInput(_ ISA, v, x []float32, base int, zero []float32, table []int32) {
	winogradInputGeneric(v, x, base, table, len(zero))
}

func winogradOutput(_ ISA, y, add []float32, base int, _, m, start []float32, table []int32, _, channels int) {
	winogradOutputGeneric(y, add, base, m, start, table, channels)
}

func winogradWeights(_ ISA, u, w []float32, rows, tapStep, rowStep, pointStep int) {
	winogradWeightsGeneric(u, w, rows, tapStep, rowStep, pointStep)
}

func winogradGradient(_ ISA, z, dy []float32, base int, _ []float32, table []int32, _, channels int) {
	winogradGradientGeneric(z, dy, base, table, channels)
}

func winogradFilter(_ ISA, dw, u []float32, rows, tapStep, rowStep, pointStep int) {
	winogradFilterGeneric(dw, u, rows, tapStep, rowStep, pointStep)
}

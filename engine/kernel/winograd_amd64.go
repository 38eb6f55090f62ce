//go:build amd64 && !purego

package kernel

//go:generate go run -C _asm ./winograd -out ../winograd_amd64.s

//go:noescape
func winogradInputAVX512(v, x, zero *float32, table *int32, next, groups int)

//go:noescape
func winogradInputAVX2(v, x, zero *float32, table *int32, next, groups int)

//go:noescape
func winogradOutputAVX512(y, dump, m, start *float32, table *int32, next, groups int)

//go:noescape
func winogradOutputAVX2(y, dump, m, start *float32, table *int32, next, groups int)

//go:noescape
func winogradOutputAddAVX512(y, dump, m, start, add, zero *float32, table *int32, next, groups int)

//go:noescape
func winogradOutputAddAVX2(y, dump, m, start, add, zero *float32, table *int32, next, groups int)

//go:noescape
func winogradWeightsAVX512(u, w *float32, rows, tapStep, rowStep, pointStep int)

//go:noescape
func winogradWeightsAVX2(u, w *float32, rows, tapStep, rowStep, pointStep int)

//go:noescape
func winogradGradientAVX512(z, dy, zero *float32, table *int32, next, groups int)

//go:noescape
func winogradGradientAVX2(z, dy, zero *float32, table *int32, next, groups int)

//go:noescape
func winogradFilterAVX512(dw, u *float32, rows, tapStep, rowStep, pointStep int)

//go:noescape
func winogradFilterAVX2(dw, u *float32, rows, tapStep, rowStep, pointStep int)

// winogradInput is winogradInputGeneric; zero holds as many zeros as there are
// channels. The assembly of the transforms also prefetches the tile to the
// right, winoTile pixels further.
func winogradInput(isa ISA, v, x []float32, base int, zero []float32, table []int32) {
	channels := len(zero)
	switch isa {
	case AVX512:
		winogradInputAVX512(&v[0], &x[base], &zero[0], &table[0], winoTile*channels, channels/winoLanes)
	case AVX2:
		winogradInputAVX2(&v[0], &x[base], &zero[0], &table[0], winoTile*channels, channels/winoLanes)
	default:
		winogradInputGeneric(v, x, base, table, channels)
	}
}

// winogradOutput is winogradOutputGeneric; pixels outside of the image go to
// dump. Pixels are pixelStep apart.
func winogradOutput(isa ISA, y, add []float32, base int, dump, m, start []float32, table []int32, pixelStep, channels int) {
	next, groups := winoTile*pixelStep, channels/winoLanes
	switch {
	case isa == AVX512 && add != nil:
		winogradOutputAddAVX512(&y[base], &dump[0], &m[0], &start[0], &add[base], &zeros[0], &table[0], next, groups)
	case isa == AVX512:
		winogradOutputAVX512(&y[base], &dump[0], &m[0], &start[0], &table[0], next, groups)
	case isa == AVX2 && add != nil:
		winogradOutputAddAVX2(&y[base], &dump[0], &m[0], &start[0], &add[base], &zeros[0], &table[0], next, groups)
	case isa == AVX2:
		winogradOutputAVX2(&y[base], &dump[0], &m[0], &start[0], &table[0], next, groups)
	default:
		winogradOutputGeneric(y, add, base, m, start, table, channels)
	}
}

// winogradWeights is winogradWeightsGeneric.
func winogradWeights(isa ISA, u, w []float32, rows, tapStep, rowStep, pointStep int) {
	_, _ = w[8*tapStep+(rows-1)*rowStep+winoLanes-1], u[(winoPoints-1)*pointStep+(rows-1)*panelCols+winoLanes-1]
	switch isa {
	case AVX512:
		winogradWeightsAVX512(&u[0], &w[0], rows, tapStep, rowStep, pointStep)
	case AVX2:
		winogradWeightsAVX2(&u[0], &w[0], rows, tapStep, rowStep, pointStep)
	default:
		winogradWeightsGeneric(u, w, rows, tapStep, rowStep, pointStep)
	}
}

// winogradGradient is winogradGradientGeneric; zero holds zeros, pixels are
// pixelStep apart.
func winogradGradient(isa ISA, z, dy []float32, base int, zero []float32, table []int32, pixelStep, channels int) {
	switch isa {
	case AVX512:
		winogradGradientAVX512(&z[0], &dy[base], &zero[0], &table[0], winoTile*pixelStep, channels/winoLanes)
	case AVX2:
		winogradGradientAVX2(&z[0], &dy[base], &zero[0], &table[0], winoTile*pixelStep, channels/winoLanes)
	default:
		winogradGradientGeneric(z, dy, base, table, channels)
	}
}

// winogradFilter is winogradFilterGeneric.
func winogradFilter(isa ISA, dw, u []float32, rows, tapStep, rowStep, pointStep int) {
	_, _ = dw[8*tapStep+(rows-1)*rowStep+winoLanes-1], u[(winoPoints-1)*pointStep+(rows-1)*panelCols+winoLanes-1]
	switch isa {
	case AVX512:
		winogradFilterAVX512(&dw[0], &u[0], rows, tapStep, rowStep, pointStep)
	case AVX2:
		winogradFilterAVX2(&dw[0], &u[0], rows, tapStep, rowStep, pointStep)
	default:
		winogradFilterGeneric(dw, u, rows, tapStep, rowStep, pointStep)
	}
}

package kernel

import "math"

// The transforms of Winograd's convolution F(4x4,3x3) (Lavin and Gray,
// arXiv:1509.09308; the algorithm is Toom's and Cook's). A polynomial of degree
// 5 is known from its values at 5 points and its leading coefficient (the point
// ∞), so 4 neighbouring outputs of a filter of 3 taps cost 6 products instead
// of 12; in two dimensions 36 instead of 144.
//
// The usual points 0, ±1, ±2, ∞ lose twice as many digits as 0, ±a, ±b, ∞ with
// a = 5/8 and b = 3/2, whose powers are all exact in float32. What is below is
// the meaning of the transforms: every operation rounds once, to float32, and
// fma32 rounds a product and its sum together. Lanes (channels) never meet.
const (
	winoA, winoB   = 5.0 / 8, 3.0 / 2
	winoA2, winoB2 = winoA * winoA, winoB * winoB
	winoA3, winoB3 = winoA * winoA2, winoB * winoB2
	winoSum        = winoA2 + winoB2
	winoProduct    = winoA2 * winoB2

	// One over the product of a point's distances to the others.
	winoScale0 = 1 / winoProduct
	winoScaleA = 1 / (2 * winoA2 * (winoA2 - winoB2))
	winoScaleB = 1 / (2 * winoB2 * (winoB2 - winoA2))
)

const (
	winoTile   = 4               // outputs of a tile in a row
	winoPatch  = winoTile + 2    // inputs of a tile in a row
	winoPoints = 6 * 6           // products
	winoLanes  = 16              // channels that stand together
	winoGroup  = winoPoints * 16 // floats of a group of channels of a tile
	winoRow    = winoPoints * panelCols
)

// winoOutside marks a place of a table that is not in the image.
const winoOutside = math.MinInt32

// winogradInputLine evaluates the polynomial whose residues d are at the points:
// the rows of B^T.
func winogradInputLine(d [6]float32) [6]float32 {
	evenA, oddA := fma32(-winoB2, d[2], d[4]), fma32(-winoB2, d[1], d[3])
	evenB, oddB := fma32(-winoA2, d[2], d[4]), fma32(-winoA2, d[1], d[3])
	return [6]float32{
		fma32(winoProduct, d[0], fma32(-winoSum, d[2], d[4])),
		fma32(winoA, oddA, evenA),
		fma32(-winoA, oddA, evenA),
		fma32(winoB, oddB, evenB),
		fma32(-winoB, oddB, evenB),
		fma32(winoProduct, d[1], fma32(-winoSum, d[3], d[5])),
	}
}

// winogradOutputLine turns the values at the points into outputs: the rows of A^T.
func winogradOutputLine(m [6]float32) [4]float32 {
	sumA, differenceA := m[1]+m[2], m[1]-m[2]
	sumB, differenceB := m[3]+m[4], m[3]-m[4]
	return [4]float32{
		(m[0] + sumA) + sumB,
		fma32(winoB, differenceB, float32(winoA*differenceA)),
		fma32(winoB2, sumB, float32(winoA2*sumA)),
		fma32(winoB3, differenceB, fma32(winoA3, differenceA, m[5])),
	}
}

// winogradWeightLine evaluates a filter at the points: the rows of G.
func winogradWeightLine(w [3]float32) [6]float32 {
	evenA := fma32(winoScaleA*winoA2, w[2], float32(winoScaleA*w[0]))
	evenB := fma32(winoScaleB*winoB2, w[2], float32(winoScaleB*w[0]))
	return [6]float32{
		float32(winoScale0 * w[0]),
		fma32(winoScaleA*winoA, w[1], evenA),
		fma32(-(winoScaleA * winoA), w[1], evenA),
		fma32(winoScaleB*winoB, w[1], evenB),
		fma32(-(winoScaleB * winoB), w[1], evenB),
		w[2],
	}
}

// winogradGradientLine is the gradient of winogradOutputLine: the rows of A.
func winogradGradientLine(y [4]float32) [6]float32 {
	evenA, oddA := fma32(winoA2, y[2], y[0]), fma32(winoA3, y[3], float32(winoA*y[1]))
	evenB, oddB := fma32(winoB2, y[2], y[0]), fma32(winoB3, y[3], float32(winoB*y[1]))
	return [6]float32{y[0], evenA + oddA, evenA - oddA, evenB + oddB, evenB - oddB, y[3]}
}

// winogradFilterLine is the gradient of winogradWeightLine: the rows of G^T.
func winogradFilterLine(e [6]float32) [3]float32 {
	sumA, differenceA := e[1]+e[2], e[1]-e[2]
	sumB, differenceB := e[3]+e[4], e[3]-e[4]
	return [3]float32{
		fma32(winoScaleB, sumB, fma32(winoScaleA, sumA, float32(winoScale0*e[0]))),
		fma32(winoScaleB*winoB, differenceB, float32(winoScaleA*winoA*differenceA)),
		fma32(winoScaleB*winoB2, sumB, fma32(winoScaleA*winoA2, sumA, e[5])),
	}
}

// winogradInputGeneric transforms the patch of one tile into v (C/16,36,16).
// Pixel i of the patch is at x[base+table[i]:], or zero.
func winogradInputGeneric(v, x []float32, base int, table []int32, channels int) {
	for c := range channels {
		var d, t [6][6]float32
		for i := range winoPoints {
			if table[i] != winoOutside {
				d[i%6][i/6] = x[base+int(table[i])+c]
			}
		}
		for j := range 6 {
			for i, e := range winogradInputLine(d[j]) {
				t[i][j] = e
			}
		}
		out := v[c/winoLanes*winoGroup+c%winoLanes:]
		for i := range 6 {
			for j, e := range winogradInputLine(t[i]) {
				out[(6*i+j)*winoLanes] = e
			}
		}
	}
}

// winogradOutputGeneric transforms m (36,32) of one tile back, adds start, and
// puts pixel i at y[base+table[i]:] if it is in the image, plus what add has
// there if it is not nil. It may overwrite m.
func winogradOutputGeneric(y, add []float32, base int, m, start []float32, table []int32, channels int) {
	for c := range channels {
		var t [4][6]float32
		for j := range 6 {
			var line [6]float32
			for i := range line {
				line[i] = m[(6*i+j)*panelCols+c]
			}
			for i, e := range winogradOutputLine(line) {
				t[i][j] = e
			}
		}
		for i := range 4 {
			for j, e := range winogradOutputLine(t[i]) {
				at := base + int(table[4*i+j]) + c
				switch {
				case table[4*i+j] == winoOutside:
				case add == nil:
					y[at] = e + start[c]
				default:
					y[at] = (e + start[c]) + add[at]
				}
			}
		}
	}
}

// winogradWeightsGeneric transforms 16 columns of some rows of the weights: tap
// (ky,kx) of row r is at w[(3ky+kx)*tapStep + r*rowStep:], point i of it goes to
// u[i*pointStep + r*32:].
func winogradWeightsGeneric(u, w []float32, rows, tapStep, rowStep, pointStep int) {
	for r := range rows {
		for c := range winoLanes {
			var t [6][3]float32
			for kx := range 3 {
				at := w[kx*tapStep+r*rowStep+c:]
				for i, e := range winogradWeightLine([3]float32{at[0], at[3*tapStep], at[6*tapStep]}) {
					t[i][kx] = e
				}
			}
			for i := range 6 {
				for j, e := range winogradWeightLine(t[i]) {
					u[(6*i+j)*pointStep+r*panelCols+c] = e
				}
			}
		}
	}
}

// winogradGradientGeneric transforms the gradient of one tile of outputs into z
// (36,32). Pixel i is at dy[base+table[i]:], or zero.
func winogradGradientGeneric(z, dy []float32, base int, table []int32, channels int) {
	for c := range channels {
		var t [6][4]float32
		for j := range 4 {
			var line [4]float32
			for i := range line {
				if at := table[4*i+j]; at != winoOutside {
					line[i] = dy[base+int(at)+c]
				}
			}
			for i, e := range winogradGradientLine(line) {
				t[i][j] = e
			}
		}
		for i := range 6 {
			for j, e := range winogradGradientLine(t[i]) {
				z[(6*i+j)*panelCols+c] = e
			}
		}
	}
}

// winogradFilterGeneric adds to dw the transform back of 16 columns of some
// rows of its gradient at the points, laid out like winogradWeightsGeneric's.
func winogradFilterGeneric(dw, u []float32, rows, tapStep, rowStep, pointStep int) {
	for r := range rows {
		for c := range winoLanes {
			var t [3][6]float32
			for j := range 6 {
				var line [6]float32
				for i := range line {
					line[i] = u[(6*i+j)*pointStep+r*panelCols+c]
				}
				for i, e := range winogradFilterLine(line) {
					t[i][j] = e
				}
			}
			for ky := range 3 {
				for kx, e := range winogradFilterLine(t[ky]) {
					at := &dw[(3*ky+kx)*tapStep+r*rowStep+c]
					*at = e + *at
				}
			}
		}
	}
}

package table

import "math"

// span fills in a numeric field's range and grid.
func (p *profile) span(f *Field, values []float64, decimals int) {
	lo, hi := math.NaN(), math.NaN()
	for i, v := range values {
		if math.IsNaN(v) {
			continue
		}
		if !(v >= lo) {
			lo, f.Min = v, Text(p.texts[i])
		}
		if !(v <= hi) {
			hi, f.Max = v, Text(p.texts[i])
		}
	}
	f.Step = grid(values, lo, decimals)
}

// grid finds the coarsest step such that all values are lo plus a multiple of it; 0 if that is no
// coarser than the decimals. A few values lie on a coarse grid by chance: gridEvidence of them
// hardly do.
func grid(values []float64, lo float64, decimals int) float64 {
	if decimals > 15 {
		return 0
	}
	scale := pow10(decimals)
	origin := math.Floor(lo*scale + 0.5)
	gcd, distinct := int64(0), 0
	for _, v := range values {
		if math.IsNaN(v) {
			continue
		}
		k := math.Floor(v*scale+0.5) - origin
		if math.Abs(k) >= 1<<53 {
			return 0
		}
		distinct++
		for a, b := gcd, int64(k); ; a, b = b, a%b {
			if b == 0 {
				gcd = a
				break
			}
		}
		if gcd == 1 {
			return 0
		}
	}
	if distinct < gridEvidence || gcd <= 1 {
		return 0
	}
	return float64(gcd) / scale
}

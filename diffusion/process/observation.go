package process

import "fmt"

// Observation is what is known of rows by linear measurements with noise,
//
//	y = A x0 + SD z,   z ~ N(0, I):
//
// single numbers, sums of them, a blurred or coarser picture.
type Observation struct {
	A  [][]float64 // (M, Dim), one measurement each
	Y  *State      // (Rows, M)
	SD float64
}

// Check finds sizes that differ, and a deviation that is none.
func (o Observation) Check(rows, dim int) error {
	if len(o.A) == 0 || o.Y == nil || o.Y.Rows != rows || o.Y.Dim != len(o.A) {
		return fmt.Errorf("process: observations %v of %d measurements for %d rows", o.Y, len(o.A), rows)
	}
	for m, a := range o.A {
		if len(a) != dim {
			return fmt.Errorf("process: measurement %d has %d weights for rows of %d numbers", m, len(a), dim)
		}
	}
	if !(o.SD >= 0) || o.SD-o.SD != 0 {
		return fmt.Errorf("process: the observations' standard deviation is %v; it is at least 0", o.SD)
	}
	return nil
}

// Residual sets r (M) to y - A x0 of a row, and returns the sum of its squares.
func (o Observation) Residual(r []float64, row int, x0 []float64) float64 {
	sum := 0.0
	for m, a := range o.A {
		r[m] = o.Y.Row(row)[m] - Dot(a, x0)
		sum += float64(r[m] * r[m])
	}
	return sum
}

// Dot is the sum of the products of two slices, in order.
func Dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}

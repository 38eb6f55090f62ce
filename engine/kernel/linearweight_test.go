package kernel

import (
	"fmt"
	"math"
	"testing"

	"ebb/engine/kernel/parallel"
)

// dw grows by xᵀ dy, the same bits on every instruction set and number of
// threads. The sums have at most 600 products of about 1: 1e-5 of their size.
func TestLinearWeightIsItsProduct(t *testing.T) {
	for _, c := range [][3]int{{0, 3, 4}, {1, 1, 1}, {7, 5, 33}, {256, 20, 16}, {600, 33, 70}} {
		rows, d, k := c[0], c[1], c[2]
		draw := newDraw(31)
		x, dy, start := draw.floats(rows*d), draw.floats(rows*k), draw.floats(d*k)
		first := append([]float32(nil), start...)
		LinearWeight(nil, first, x, dy, rows, d, k)
		for i := range first {
			want := float64(start[i])
			for r := range rows {
				want += float64(x[r*d+i/k]) * float64(dy[r*k+i%k])
			}
			if math.Abs(float64(first[i])-want) > 1e-5*math.Sqrt(float64(rows+1)) {
				t.Fatalf("%v: dw[%d] = %v, in float64 %v", c, i, first[i], want)
			}
		}
		onEveryISA(func(isa ISA) {
			everyPool(func(name string, p *parallel.Pool) {
				dw := newGuarded(start)
				LinearWeight(p, dw.slice(), x, dy, rows, d, k)
				dw.check(t, name)
				wantSame(t, fmt.Sprintf("%v %v %s", c, isa, name), dw.slice(), first)
			})
		})
	}
}

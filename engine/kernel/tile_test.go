package kernel

import (
	"fmt"
	"testing"
)

// randomTile is the argument of a tile kernel with everything at random: rows
// anywhere in A and C, in any order, steps and jumps of any length, images,
// fewer columns than a panel. n bounds the sizes.
func randomTile(d draw, n int, numbers func(int) []float32) (t tile, rows int) {
	rows = 1 + d.IntN(n)
	t = tile{
		k: d.IntN(n), stepA: 1 + d.IntN(3), stepB: panelCols + d.IntN(3),
		segments: 1 + d.IntN(3), jumpA: d.IntN(5), jumpB: d.IntN(5),
		images: d.IntN(3), leapA: d.IntN(5), leapB: d.IntN(5), cols: 1 + d.IntN(panelCols),
	}
	images := max(1, t.images)
	walk := func(step, jump, leap int) int { return images * (leap + t.segments*(jump+t.k*step)) }
	t.a, t.b = numbers(n+walk(t.stepA, t.jumpA, t.leapA)), numbers(panelCols+walk(t.stepB, t.jumpB, t.leapB))
	stride := t.cols + d.IntN(4)
	order := d.Perm(rows)
	for r := range padRows(rows) {
		r = min(r, rows-1)
		t.rowC = append(t.rowC, int32(order[r]*stride))
		t.rowA = append(t.rowA, int32((r*7+3)%n))
		t.rowS = append(t.rowS, int32(r%2))
	}
	t.c, t.start = numbers((rows-1)*stride+t.cols), numbers(1+t.cols)
	return t, rows
}

// checkTile holds the tile kernels of every instruction set to the generic one,
// from rows of start and from C itself.
func checkTile(t *testing.T, arg tile, rows int) {
	t.Helper()
	for _, own := range []bool{false, true} {
		run := func(isa ISA) []float32 {
			c, start := newGuarded(arg.c), newGuarded(arg.start)
			a := arg
			a.c, a.start = c.slice(), start.slice()
			if own {
				a.start, a.rowS = a.c, a.rowC
			}
			a.run(isa, rows)
			c.check(t, isa.String())
			start.check(t, isa.String())
			return c.slice()
		}
		want := run(Generic)
		for _, isa := range ISAs()[1:] {
			name := fmt.Sprintf("%v: %d rows, %d columns, %d images of %d segments of %d", isa, rows, arg.cols, arg.images, arg.segments, arg.k)
			wantSame(t, name, run(isa), want)
		}
	}
}

func TestTilesOfEveryISA(t *testing.T) {
	d := newDraw(41)
	for i := range 400 {
		numbers := d.floats
		if i%2 == 1 {
			numbers = d.nasty
		}
		arg, rows := randomTile(d, 40, numbers)
		checkTile(t, arg, rows)
	}
}

func FuzzTile(f *testing.F) {
	f.Add(uint64(1), uint8(12), false)
	f.Add(uint64(2), uint8(100), true)
	f.Fuzz(func(t *testing.T, seed uint64, n uint8, nasty bool) {
		d := newDraw(seed)
		numbers := d.floats
		if nasty {
			numbers = d.nasty
		}
		arg, rows := randomTile(d, 1+int(n), numbers)
		checkTile(t, arg, rows)
	})
}

package tensor

import (
	"strings"
	"testing"
)

func TestDimCountsFromBothEnds(t *testing.T) {
	x := New(2, 3, 5)
	for _, c := range []struct{ axis, want int }{{0, 2}, {1, 3}, {2, 5}, {-1, 5}, {-2, 3}, {-3, 2}} {
		if got := x.Dim(c.axis); got != c.want {
			t.Errorf("Dim(%d) = %d, want %d", c.axis, got, c.want)
		}
	}
	if x.Len() != 30 || x.Rows() != 6 || x.Rank() != 3 || x.String() != "(2,3,5)" {
		t.Errorf("Len %d Rows %d Rank %d String %s", x.Len(), x.Rows(), x.Rank(), x)
	}
	if s := New(); s.Len() != 1 || s.Rows() != 1 {
		t.Errorf("the shape () holds %d numbers in %d rows, want one in one", s.Len(), s.Rows())
	}
}

func TestReshapeSharesAndCloneDoesNot(t *testing.T) {
	x := From([]float32{1, 2, 3, 4, 5, 6}, 2, 3)
	y, z := x.Reshape(3, 2), x.Clone()
	x.Data[4] = 50
	if y.Data[4] != 50 {
		t.Error("Reshape copied the numbers")
	}
	if z.Data[4] != 5 {
		t.Error("Clone shares the numbers")
	}
	if SameShape(x, y) || !SameShape(x, z) || SameShape(x, New(2, 3, 1)) {
		t.Error("SameShape does not compare the axes")
	}
	y.Zero()
	if x.Data[0] != 0 {
		t.Error("Zero left a number")
	}
}

func TestWrongShapesPanicWithBothShapes(t *testing.T) {
	for _, c := range []struct {
		name string
		f    func()
		want []string
	}{
		{"From", func() { From(make([]float32, 5), 2, 3) }, []string{"5", "(2,3)"}},
		{"Reshape", func() { New(2, 3).Reshape(4, 2) }, []string{"(2,3)", "(4,2)"}},
		{"New", func() { New(2, -3) }, []string{"(2,-3)"}},
		{"Dim", func() { New(2, 3).Dim(2) }, []string{"(2,3)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				msg, _ := recover().(string)
				for _, w := range c.want {
					if !strings.Contains(msg, w) {
						t.Errorf("panic %q does not name %s", msg, w)
					}
				}
			}()
			c.f()
		})
	}
}

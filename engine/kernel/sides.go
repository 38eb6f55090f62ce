package kernel

import "fmt"

// Sides is a tensor (N,T,C) whose channels may lie in two tensors: x (N,T,A) and, if
// B is not 0, beside (N,T,B), C = A+B. So what reads a UNet's state joined with a skip
// needs no copy of both.
type Sides struct {
	X, Beside []float32
	A, B      int
}

// oneSide is a single tensor of c channels.
func oneSide(x []float32, c int) Sides { return Sides{X: x, A: c} }

// sideStrip is a side's part of a strip of channels: the columns of x, which are
// those of the strip from at on.
type sideStrip struct {
	columns
	at int
	x  []float32
}

// strip is the parts of channels [first,first+width) of an image of t pixels. One of
// them may have no columns.
func (s Sides) strip(image, t, first, width int) [2]sideStrip {
	var out [2]sideStrip
	if n := min(first+width, s.A) - first; n > 0 {
		out[0] = sideStrip{columns{n, t, s.A}, 0, s.X[image*t*s.A+first:]}
	}
	if lo := max(first, s.A); lo < first+width {
		out[1] = sideStrip{columns{first + width - lo, t, s.B}, lo - first, s.Beside[image*t*s.B+lo-s.A:]}
	}
	return out
}

func (s Sides) check(name string, n, t, c int) {
	if s.A+s.B != c {
		panic(fmt.Sprintf("kernel: %s of %d channels has sides of %d and %d", name, c, s.A, s.B))
	}
	checkLen(name, s.X, n*t*s.A, false)
	checkLen(name+" beside", s.Beside, n*t*s.B, s.B == 0)
}

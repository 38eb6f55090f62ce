// Package process holds the forward processes, which turn data into noise
// step by step, and their exact posteriors given the data.
//
// Two processes share one time t in [0, 1]:
//
//   - Numbers follow the Gaussian process (gaussian.go): every step scales the
//     value down and adds independent noise. All of its kernels - one step, a
//     jump over many, the closed form from the data - are of one kind,
//     [Affine], and compose by [Affine.Then].
//   - Categories follow the masked, or absorbing, process (masked.go): a cell
//     keeps its value for a random while and then becomes [Mask] for good.
//
// The functions here are pure: coefficients come from a schedule, noise from
// the caller.
package process

import "fmt"

// State is a batch of diffused rows in float64, which a sampler moves:
// Data (Rows, Dim), row-major. An image is one row in (H,W,C) order.
type State struct {
	Rows, Dim int
	Data      []float64
}

// NewState returns a state of zeros.
func NewState(rows, dim int) *State {
	return &State{Rows: rows, Dim: dim, Data: make([]float64, rows*dim)}
}

// Row is row i, sharing memory.
func (x *State) Row(i int) []float64 { return x.Data[i*x.Dim : (i+1)*x.Dim] }

// Slice is the rows lo..hi-1, sharing memory.
func (x *State) Slice(lo, hi int) *State {
	return &State{Rows: hi - lo, Dim: x.Dim, Data: x.Data[lo*x.Dim : hi*x.Dim]}
}

// Clone copies the state.
func (x *State) Clone() *State {
	return &State{Rows: x.Rows, Dim: x.Dim, Data: append([]float64(nil), x.Data...)}
}

// String names the shape, as (rows, dim).
func (x *State) String() string { return fmt.Sprintf("(%d, %d)", x.Rows, x.Dim) }

// MustMatch panics unless both states have the same shape.
func (x *State) MustMatch(y *State) {
	if x.Rows != y.Rows || x.Dim != y.Dim {
		panic(fmt.Sprintf("process: states of different shapes %v and %v", x, y))
	}
}

package table

import (
	"fmt"
	"math"
	"sort"

	"ebb/engine/kernel/elementary"
)

// Rank is a column's own distribution function, by which its values become standard normal numbers
// and back.
//
// Let the values lie on a grid of step h and let n_i rows hold value v_i. Each value is taken as
// spread evenly over [v_i - h/2, v_i + h/2], so that the distribution function F is a polyline: it
// rises by n_i/N there and is level in the gaps. A row's number is
//
//	z = Φ⁻¹(F(v - h/2 + h U)),  U uniform,
//
// which is exactly N(0,1) over the rows, ties and all; and of a number z the value is the point of
// the grid nearest to F⁻¹(Φ(z)). Of the polyline's corners only as many are kept as hold F within
// Tolerance rows everywhere, and those beside the least and the greatest value, which so keep the
// rows that they have: samples reach as far as the data do, as often. What happened to be drawn within
// a small stretch is evened out, a value that many rows share keeps its step, an empty stretch that
// many rows border stays empty.
//
// Values are kept as X, distribution as rows counted so far: F(X[k]) = Below[k] / Below[last].
type Rank struct {
	X         Floats  `yaml:"x"`
	Below     Ints    `yaml:"below"`
	Tolerance float64 `yaml:"tolerance"` // rows
	Step      float64 `yaml:"step"`      // h; 0: a continuum
}

// maxKnots corners are kept at most.
const maxKnots = 4096

// rankTolerance is how far, as a share of n rows, the polyline may lie from the distribution of the
// data: a twentieth of the scale 1/√n on which two samples of n rows differ anyway, but at least
// one row, so that lone values join.
func rankTolerance(n int) float64 {
	return max(0.05*math.Sqrt(float64(n)), 1)
}

// newRank fits the distribution of values (ascending, distinct), each held by so many rows.
func newRank(values []float64, counts []int, step float64) *Rank {
	x, below := corners(values, counts, step)
	last := len(x) - 1
	n := int(below[last])
	for tol := rankTolerance(n); ; tol *= 2 {
		kx, kb := thin(x[1:last], below[1:last], tol)
		if len(kx) <= maxKnots-2 {
			kx, kb = append(Floats{x[0]}, kx...), append(Ints{below[0]}, kb...)
			return &Rank{X: append(kx, x[last]), Below: append(kb, below[last]), Tolerance: tol, Step: step}
		}
	}
}

// corners lists the corners of the polyline.
func corners(values []float64, counts []int, step float64) (x Floats, below Ints) {
	total := int64(0)
	for i, v := range values {
		left := v - step/2
		joined := i > 0 && v-values[i-1] < 1.5*step
		if !joined {
			x, below = append(x, left), append(below, total)
		}
		total += int64(counts[i])
		right := v + step/2
		if i+1 < len(values) && values[i+1]-v < 1.5*step {
			right = v + (values[i+1]-v)/2
		}
		x, below = append(x, right), append(below, total)
	}
	return x, below
}

// thin keeps a subset of the corners such that the polyline through them passes within tol rows of
// every corner left out. From each corner kept it goes as far as a straight line will: the
// slopes that pass all corners seen so far form a cone, which narrows until it is empty.
func thin(x Floats, below Ints, tol float64) (kx Floats, kb Ints) {
	last := len(x) - 1
	at := 0
	kx, kb = append(kx, x[0]), append(kb, below[0])
	for at < last {
		to := reach(x, below, at, tol)
		kx, kb = append(kx, x[to]), append(kb, below[to])
		at = to
	}
	return kx, kb
}

// reach returns the furthest corner that a straight line from corner at may end in.
func reach(x Floats, below Ints, at int, tol float64) int {
	lo, hi := math.Inf(-1), math.Inf(1)
	best := at + 1
	for k := at + 1; k < len(x); k++ {
		dx := x[k] - x[at]
		dy := float64(below[k] - below[at])
		if dx <= 0 { // straight up: passed within tol, or the end of the line
			if dy > tol {
				break
			}
			continue
		}
		if slope := dy / dx; slope >= lo && slope <= hi && dx <= math.MaxFloat64 {
			best = k
		}
		lo, hi = max(lo, (dy-tol)/dx), min(hi, (dy+tol)/dx)
		if lo > hi {
			break
		}
	}
	return best
}

// total is the number of rows.
func (r *Rank) total() float64 { return float64(r.Below[len(r.Below)-1]) }

// interval returns the ranks in [0,1] between which value v lies; a value outside the range has
// those of the range's end.
func (r *Rank) interval(v float64) (lo, hi float64) {
	last := len(r.X) - 1
	v = min(max(v, r.X[0]+r.Step/2), r.X[last]-r.Step/2)
	lo, hi = r.left(v-r.Step/2), r.right(v+r.Step/2)
	if hi <= lo {
		lo = r.offGap(v, lo)
		hi = lo
	}
	n := r.total()
	return lo / n, hi / n
}

// offGap moves the rank of a single point of a continuum away from a level stretch that begins or
// ends there: the next float64 would decode to the other side of the gap.
func (r *Rank) offGap(v, rank float64) float64 {
	const inside = 1e-9 // of the rising stretch beside it
	k := sort.SearchFloat64s(r.X, v)
	switch {
	case k == 0 || k+1 >= len(r.X) || r.X[k] != v:
	case r.Below[k+1] == r.Below[k]:
		return rank - inside*float64(r.Below[k]-r.Below[k-1])
	case r.Below[k] == r.Below[k-1]:
		return rank + inside*float64(r.Below[k+1]-r.Below[k])
	}
	return rank
}

// left is the rows below x, those at x not counted; right counts them.
func (r *Rank) left(x float64) float64 {
	k := sort.SearchFloat64s(r.X, x) // the first corner not below x
	if k == 0 {
		return float64(r.Below[0])
	}
	if k == len(r.X) {
		return r.total()
	}
	return r.between(k-1, x)
}

func (r *Rank) right(x float64) float64 {
	k := sort.Search(len(r.X), func(i int) bool { return r.X[i] > x })
	if k == 0 {
		return float64(r.Below[0])
	}
	if k == len(r.X) {
		return r.total()
	}
	return r.between(k-1, x)
}

// between is the polyline at x within the stretch from corner k to k+1.
func (r *Rank) between(k int, x float64) float64 {
	y0, y1 := float64(r.Below[k]), float64(r.Below[k+1])
	half := r.X[k+1]/2 - r.X[k]/2 // halves, so that the widest range does not overflow
	if half <= 0 {
		return y1
	}
	share := (x/2 - r.X[k]/2) / half
	return y0 + float64((y1-y0)*min(max(share, 0), 1))
}

// normalBetween is the normal number whose rank lies u of the way from lo to hi, kept off 0 and 1.
func normalBetween(lo, hi, u float64) float64 {
	p := lo + float64((hi-lo)*u)
	return elementary.NormQuantile(min(max(p, minRank), 1-minRank))
}

// minRank keeps the normal numbers finite: Φ⁻¹(2^-53) is about -8.2.
const minRank = 1.0 / (1 << 53)

// value maps a normal number to a value: F⁻¹(Φ(z)), not yet rounded to the grid.
func (r *Rank) value(z float64) float64 {
	y := float64(elementary.NormCDF(z) * r.total())
	// The first corner that has y rows or more below it ends the stretch that y lies in; a level
	// stretch has none.
	k := sort.Search(len(r.Below), func(i int) bool { return float64(r.Below[i]) >= y })
	if k == 0 {
		k = 1
	}
	if k == len(r.Below) {
		return r.X[k-1]
	}
	y0, y1 := float64(r.Below[k-1]), float64(r.Below[k])
	if y1 <= y0 {
		return r.X[k-1]
	}
	share := min(max((y-y0)/(y1-y0), 0), 1)
	return float64(r.X[k-1]*(1-share)) + float64(r.X[k]*share)
}

// snap is the grid point nearest to x, the grid being anchored at origin, within [lo, hi].
func (r *Rank) snap(x, origin, lo, hi float64) float64 {
	if r.Step > 0 {
		x = origin + float64(math.Floor((x-origin)/r.Step+0.5)*r.Step)
	}
	return min(max(x, lo), hi)
}

func (r *Rank) check() error {
	if len(r.X) < 2 || len(r.X) != len(r.Below) {
		return fmt.Errorf("the distribution has %d values and %d counts; it needs two or more, as many of each", len(r.X), len(r.Below))
	}
	for k, x := range r.X {
		if math.IsNaN(x) || math.IsInf(x, 0) || k > 0 && (x < r.X[k-1] || r.Below[k] < r.Below[k-1]) {
			return fmt.Errorf("the distribution does not rise at its value %d", k+1)
		}
	}
	if r.Below[0] != 0 || r.Below[len(r.Below)-1] <= 0 {
		return fmt.Errorf("the distribution's counts must begin with 0 and end above it")
	}
	if r.Step < 0 || math.IsNaN(r.Step) || math.IsInf(r.Step, 0) {
		return fmt.Errorf("the distribution's step is %v", r.Step)
	}
	return nil
}

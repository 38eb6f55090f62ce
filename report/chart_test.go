package report

import (
	"math"
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// Ticks lie in the range, are evenly spaced, about as many as asked for, and
// their labels say their values.
func TestLinearTicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := math.Pow(10, rapid.Float64Range(-9, 12).Draw(t, "size"))
		lo := rapid.Float64Range(-3, 3).Draw(t, "lo") * size
		hi := lo + size*rapid.Float64Range(0.01, 2).Draw(t, "width")
		n := rapid.IntRange(2, 12).Draw(t, "n")
		ticks := linearTicks(lo, hi, n)
		if len(ticks) < n/3 || len(ticks) > 2*n+1 {
			t.Fatalf("%d ticks within [%g,%g], want about %d", len(ticks), lo, hi, n)
		}
		step := 0.0
		for i, k := range ticks {
			if k.at < lo-1e-6*(hi-lo) || k.at > hi+1e-6*(hi-lo) {
				t.Fatalf("tick %g outside [%g,%g]", k.at, lo, hi)
			}
			if i == 1 {
				step = ticks[1].at - ticks[0].at
			}
			if i > 1 && math.Abs(k.at-ticks[i-1].at-step) > 1e-6*step {
				t.Fatalf("uneven ticks %v", ticks)
			}
			if v := parseLabel(t, k.label); math.Abs(v-k.at) > 1e-6*(hi-lo) {
				t.Fatalf("tick %g is labelled %s", k.at, k.label)
			}
		}
	})
}

func TestLogTicks(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := math.Pow(10, rapid.Float64Range(-12, 6).Draw(t, "lo"))
		hi := lo * math.Pow(10, rapid.Float64Range(0.7, 15).Draw(t, "decades"))
		n := rapid.IntRange(4, 9).Draw(t, "n")
		ticks := logTicks(lo, hi, n)
		if len(ticks) < 1 || len(ticks) > 2*n+2 {
			t.Fatalf("%d ticks within [%g,%g], want about %d", len(ticks), lo, hi, n)
		}
		for _, k := range ticks {
			if k.at < lo*0.999 || k.at > hi*1.001 {
				t.Fatalf("tick %g outside [%g,%g]", k.at, lo, hi)
			}
			if v := parseLabel(t, k.label); math.Abs(v/k.at-1) > 1e-9 {
				t.Fatalf("tick %g is labelled %s", k.at, k.label)
			}
		}
	})
}

// parseLabel reads 12k, 0.5, −3, 10⁻⁴, 2×10⁶.
func parseLabel(t interface{ Fatalf(string, ...any) }, s string) float64 {
	unit := 1.0
	switch {
	case strings.HasSuffix(s, "k"):
		unit, s = 1e3, strings.TrimSuffix(s, "k")
	case strings.HasSuffix(s, "M"):
		unit, s = 1e6, strings.TrimSuffix(s, "M")
	}
	plain := strings.NewReplacer("−", "-", "⁻", "-", "⁰", "0", "¹", "1", "²", "2", "³", "3", "⁴", "4",
		"⁵", "5", "⁶", "6", "⁷", "7", "⁸", "8", "⁹", "9")
	if strings.ContainsAny(s, "⁻⁰¹²³⁴⁵⁶⁷⁸⁹") {
		m, e, found := strings.Cut(s, "×10")
		if !found {
			m, e = "1", strings.TrimPrefix(s, "10")
		}
		s = m + "e" + plain.Replace(e)
	}
	v, err := strconv.ParseFloat(plain.Replace(s), 64)
	if err != nil {
		t.Fatalf("label %q: %v", s, err)
	}
	return v * unit
}

func TestScaleMapsEndsToEnds(t *testing.T) {
	for _, c := range []struct {
		s    scale
		mid  float64
		none float64
	}{
		{scale{lo: -2, hi: 4, from: 100, to: 0}, 1, math.NaN()},
		{scale{log: true, lo: 0.01, hi: 100, from: 100, to: 0}, 1, 0},
	} {
		lo, _ := c.s.at(c.s.lo)
		mid, _ := c.s.at(c.mid)
		hi, _ := c.s.at(c.s.hi)
		if lo != 100 || math.Abs(mid-50) > 1e-9 || math.Abs(hi) > 1e-9 {
			t.Errorf("%+v maps its ends and middle to %g, %g, %g", c.s, lo, hi, mid)
		}
		if _, ok := c.s.at(c.none); ok {
			t.Errorf("%+v has a place for %g", c.s, c.none)
		}
	}
}

// Leaving points out must not leave peaks out.
func TestCurveKeepsPeaksAndBreaks(t *testing.T) {
	n := 20000
	xs, ys := make([]float64, n), make([]float64, n)
	for i := range xs {
		xs[i] = float64(i)
	}
	ys[7777], ys[12345] = 1, -1
	p := newPlot(Size{}, Axis{}, Axis{}, scale{lo: 0, hi: float64(n)}, scale{lo: -1, hi: 1})
	d := p.curve(xs, ys)
	if got := strings.Count(d, "L") + strings.Count(d, "M"); got > 4*640 {
		t.Errorf("%d points for 640 pixels", got)
	}
	if !strings.Contains(d, " "+num(p.top)) || !strings.Contains(d, " "+num(p.bottom)) {
		t.Error("a peak is lost")
	}
	ys[100], ys[200] = math.NaN(), math.Inf(1)
	if got := strings.Count(p.curve(xs, ys), "M"); got != 3 {
		t.Errorf("two gaps make %d pieces, want 3", got)
	}
}

func TestSharesCountEveryValueOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Float64Range(-5, 5), 1, 50).Draw(t, "values")
		e := extent{}
		e.add(values...)
		bins := rapid.IntRange(1, 20).Draw(t, "bins")
		sum := 0.0
		for _, s := range shares(append(values, math.NaN()), newScale(Axis{}, e, 0), bins) {
			sum += s
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Fatalf("shares add up to %g", sum)
		}
	})
}

// Whole numbers are binned evenly: uniform ones give a flat histogram.
func TestWholeNumbersAreBinnedEvenly(t *testing.T) {
	for _, count := range []int{3, 17, 60, 100} {
		var v []float64
		for i := range count {
			v = append(v, float64(i), float64(i))
		}
		f := Histogram{Sets: []Values{{"v", v}}}
		e := extent{}
		e.add(v...)
		x, bins := f.bins(e)
		heights := shares(v, x, bins)
		for k, h := range heights[:bins-1] { // the last bin may reach beyond the data
			if math.Abs(h-heights[0]) > 1e-12 {
				t.Errorf("0…%d in %d bins: bin %d holds %g, the first %g", count-1, bins, k, h, heights[0])
			}
		}
		if bins > 30 {
			t.Errorf("0…%d in %d bins", count-1, bins)
		}
		for _, k := range x.ticks(12) {
			if k.at != math.Floor(k.at) {
				t.Errorf("0…%d has a tick at %g", count-1, k.at)
			}
		}
	}
}

// Every point falls into the hexagon whose centre is nearest.
func TestHexCellsAreTheNearest(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	var s Series
	for range 500 {
		s.X, s.Y = append(s.X, r.Float64()), append(s.Y, r.Float64())
	}
	p := newPlot(Small, Axis{}, Axis{}, scale{lo: 0, hi: 1}, scale{lo: 0, hi: 1})
	cells, total := p.hexCells(s)
	sum := 0
	for _, c := range cells {
		sum += c.n
	}
	if total != 500 || sum != 500 {
		t.Fatalf("%d points, %d in cells", total, sum)
	}
	for i := range s.X {
		one, _ := p.hexCells(Series{X: s.X[i : i+1], Y: s.Y[i : i+1]})
		x, _ := p.x.at(s.X[i])
		y, _ := p.y.at(s.Y[i])
		own := math.Hypot(one[0].x-x, one[0].y-y)
		for _, c := range cells {
			if math.Hypot(c.x-x, c.y-y) < own-1e-9 {
				t.Fatalf("point (%g,%g) lies in cell %+v, but %+v is nearer", x, y, one[0], c)
			}
		}
	}
}

func TestNumIsShortAndPlain(t *testing.T) {
	for v, want := range map[float64]string{1: "1", 1.5: "1.5", 1.006: "1.01", -0.001: "0", 100: "100", math.Inf(1): "0"} {
		if got := num(v); got != want {
			t.Errorf("num(%g) = %q, want %q", v, got, want)
		}
	}
}

func TestColumnsOfNumbersStandFlushRight(t *testing.T) {
	html := string(Table{Header: []string{"a", "b", "c"}, Rows: [][]string{{"x", "−1.5 %", "1 of"}, {"y", "—", "z"}}}.HTML())
	if strings.Count(html, `class="number"`) != 3 || !strings.Contains(html, `<td class="number">−1.5 %`) {
		t.Errorf("table %s", html)
	}
}

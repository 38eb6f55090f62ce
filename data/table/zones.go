package table

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"time"
)

// Zones are the offsets from UTC of a column that has several. The moments are learned as points of
// time; the offset of a new one is drawn as often as rows near that time had it. So summer time, where
// the time decides, comes back exactly, and other mixtures by their frequency; that an offset goes
// with another column's value is not learned.
type Zones struct {
	Offsets []int  `yaml:"offsets"` // seconds east of UTC
	From    Floats `yaml:"from"`    // ascending times, in the moment's unit; each begins a stretch
	Counts  []Ints `yaml:"counts"`  // rows of each offset, by stretch
}

const (
	maxOffsets   = 40  // distinct offsets; the world has 38
	maxStretches = 512 // of time
)

// newZones counts the offsets of moments at these times, held by so many rows each.
func newZones(values []float64, offsets, counts []int) *Zones {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(a, b int) bool {
		if i, k := order[a], order[b]; values[i] != values[k] {
			return values[i] < values[k]
		} else {
			return offsets[i] < offsets[k]
		}
	})
	z := &Zones{}
	for _, o := range offsets {
		if !slices.Contains(z.Offsets, o) {
			z.Offsets = append(z.Offsets, o)
		}
	}
	slices.Sort(z.Offsets)
	runs := 1
	for i := 1; i < len(order); i++ {
		if offsets[order[i]] != offsets[order[i-1]] {
			runs++
		}
	}
	each := 0 // texts in a stretch; 0: as long as the offset stays
	if runs > maxStretches {
		each = (len(order) + maxStretches - 1) / maxStretches
	}
	for i, k := range order {
		begins := i == 0 || each == 0 && offsets[k] != offsets[order[i-1]] || each > 0 && i%each == 0
		if begins {
			z.From, z.Counts = append(z.From, values[k]), append(z.Counts, make(Ints, len(z.Offsets)))
		}
		z.Counts[len(z.Counts)-1][slices.Index(z.Offsets, offsets[k])] += int64(counts[k])
	}
	return z
}

// at are the rows of each offset around time v.
func (z *Zones) at(v float64) Ints {
	k := sort.Search(len(z.From), func(i int) bool { return z.From[i] > v })
	return z.Counts[max(k-1, 0)]
}

// usual is the offset that most rows have around time v.
func (z *Zones) usual(v float64) int {
	counts := z.at(v)
	best := 0
	for i, n := range counts {
		if n > counts[best] {
			best = i
		}
	}
	return z.Offsets[best]
}

// draw chooses one of the offsets around time v; intn gives a number below its argument.
func (z *Zones) draw(v float64, intn func(n int) int) int {
	counts := z.at(v)
	total := int64(0)
	for _, n := range counts {
		total += n
	}
	at := int64(intn(int(total)))
	for i, n := range counts {
		if at -= n; at < 0 {
			return z.Offsets[i]
		}
	}
	return z.Offsets[len(z.Offsets)-1]
}

func (z *Zones) check() error {
	if len(z.Offsets) == 0 || len(z.From) == 0 || len(z.From) != len(z.Counts) {
		return fmt.Errorf("its zones have %d offsets, %d times and %d counts", len(z.Offsets), len(z.From), len(z.Counts))
	}
	for k, counts := range z.Counts {
		total := int64(0)
		for _, n := range counts {
			if n < 0 || n > 1<<40 {
				return fmt.Errorf("an offset of its zones occurs %d times", n)
			}
			total += n
		}
		if len(counts) != len(z.Offsets) || total == 0 || math.IsNaN(z.From[k]) || k > 0 && z.From[k] < z.From[k-1] {
			return fmt.Errorf("stretch %d of its zones has %d counts of %d rows", k+1, len(counts), total)
		}
	}
	for _, o := range z.Offsets {
		if o < -secondsPerDay || o > secondsPerDay {
			return fmt.Errorf("an offset of its zones is %d seconds", o)
		}
	}
	return nil
}

// zoned reads moments whatever their offset, and counts the offsets; ok is false if there are too many
// or if all are one.
func (m *Moment) zoned(texts []string, counts []int, skip []bool) (values []float64, rows int, ok bool) {
	values = make([]float64, len(texts))
	var read []float64
	var offsets, held []int
	distinct := map[int]bool{}
	odd := 0
	for i, text := range texts {
		values[i] = math.NaN()
		if skip[i] || counts[i] == 0 {
			continue
		}
		t, err := time.Parse(m.Layout, text)
		if err != nil || t.Format(m.Layout) != text {
			if odd++; odd > oddTexts {
				return nil, 0, false
			}
			continue
		}
		_, offset := t.Zone()
		distinct[offset] = true
		if len(distinct) > maxOffsets {
			return nil, 0, false
		}
		values[i] = m.count(t)
		rows += counts[i]
		read, offsets, held = append(read, values[i]), append(offsets, offset), append(held, counts[i])
	}
	if len(distinct) < 2 {
		return nil, 0, false
	}
	m.Offset, m.Zones = 0, newZones(read, offsets, held)
	return values, rows, true
}

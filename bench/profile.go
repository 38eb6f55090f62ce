package bench

import (
	"cmp"
	"slices"
	"time"
)

// Part is the time that one kind of operation takes in a call.
type Part struct {
	Op      string  `json:"op"`
	Seconds float64 `json:"seconds"`
}

// Profile collects where the time of a call goes. Each lap is charged with all
// that passed since the lap before, so the parts add up to the whole. A nil
// Profile notes nothing.
type Profile struct {
	last  time.Time
	parts []Part
}

// lap charges the time since the last lap to op.
func (f *Profile) lap(op string) {
	if f == nil {
		return
	}
	now := time.Now()
	took := now.Sub(f.last).Seconds()
	f.last = now
	for i := range f.parts {
		if f.parts[i].Op == op {
			f.parts[i].Seconds += took
			return
		}
	}
	f.parts = append(f.parts, Part{op, took})
}

// watch is what a tape calls after each operation; nil for a nil Profile.
func (f *Profile) watch() func(op string, backward bool) {
	if f == nil {
		return nil
	}
	return func(op string, backward bool) {
		if backward {
			op += " backward"
		}
		f.lap(op)
	}
}

// profiled is the number of calls that a profile is the mean of.
const profiled = 3

// profileOf says where the time of a call goes, the longest part first.
func profileOf(w *work) []Part {
	f := &Profile{last: time.Now()}
	for range profiled {
		w.profile(f)
	}
	for i := range f.parts {
		f.parts[i].Seconds /= profiled
	}
	slices.SortStableFunc(f.parts, func(a, b Part) int { return cmp.Compare(b.Seconds, a.Seconds) })
	return f.parts
}

package table

import (
	"fmt"
	"slices"
	"strings"
)

// Categories of very many values. A network holds about 2 width numbers for each state of a cell, and a
// value that a few rows hold can't be learned: its share and what it goes with drown in chance. So a
// column of more than fewStates values keeps those apart that learnable rows or more hold, MaxStates at
// most. The others are sorted and cut into buckets of about bucketRows rows, each of which is one state;
// a row that draws a bucket draws one of its values, as often as it occurred. Neighbours in the
// alphabet share a bucket, since codes that begin alike often mean something alike (post codes,
// diagnoses, articles of one group); where they do not, it is no worse than a hash.
//
// Memory: with K states and buckets, a network of width W holds (2K+1) W weights for the column, in
// training five times (weight, average, gradient, two moments) at 4 bytes, which is 40 W bytes a state:
// 21 MB for the 2048 states at most at width 256. The configuration holds every value once, as text.

const (
	fewStates   = 1024 // values of a category that are all kept, however rare
	learnable   = 16   // rows from which on a value is kept apart where there are more
	bucketRows  = 64   // rows of a bucket, about
	mostBuckets = 256
)

// keep adds words (missing marks last, then the commoner first) as states or, of very many, the rare ones
// in buckets.
func (f *fitter) keep(p *Part, words []int) {
	if len(words) <= min(fewStates, f.options.MaxStates) {
		f.add(p, words...)
		return
	}
	plain := slices.IndexFunc(words, func(i int) bool { return f.field.IsMissing(f.texts[i]) })
	if plain < 0 {
		plain = len(words)
	}
	marks := words[plain:]
	words = words[:plain]
	kept := 0
	for kept < len(words) && f.counts[words[kept]] >= learnable {
		kept++
	}
	rows := 0
	for _, i := range words[kept:] {
		rows += f.counts[i]
	}
	buckets := min(max(rows/bucketRows, 1), mostBuckets, max(f.options.MaxStates/8, 1))
	kept = min(kept, max(f.options.MaxStates-buckets-len(marks), 0))
	f.add(p, words[:kept]...)
	f.add(p, marks...)
	p.addRare(f, words[kept:], buckets)
}

// addRare sorts texts into so many buckets of about equally many rows.
func (p *Part) addRare(f *fitter, texts []int, buckets int) {
	texts = slices.Clone(texts)
	slices.SortFunc(texts, func(a, b int) int { return strings.Compare(f.texts[a], f.texts[b]) })
	total := int64(0)
	for _, i := range texts {
		p.Rare = append(p.Rare, Text(f.texts[i]))
		p.RareCounts = append(p.RareCounts, int64(f.counts[i]))
		total += int64(f.counts[i])
	}
	if buckets < 2 {
		return
	}
	rows, size := int64(0), int64(0)
	for i, n := range p.RareCounts {
		rows += n
		size++
		// The bucket ends where its share of the rows does.
		if end := total * int64(len(p.Buckets)+1) / int64(buckets); rows >= end || i == len(p.RareCounts)-1 {
			p.Buckets = append(p.Buckets, size)
			size = 0
		}
	}
}

// buckets is the number of states that the rare texts share.
func (p *Part) buckets() int {
	if len(p.Rare) > 0 && len(p.Buckets) == 0 {
		return 1
	}
	return len(p.Buckets)
}

// bucket is the range of the rare texts of bucket b.
func (p *Part) bucket(b int) (lo, hi int) {
	if len(p.Buckets) == 0 {
		return 0, len(p.Rare)
	}
	for _, n := range p.Buckets[:b] {
		lo += int(n)
	}
	return lo, lo + int(p.Buckets[b])
}

// rareState is the bucket of a rare text, counted from States[0]; ok is false if it is none.
func (p *Part) rareState(text string) (state int, ok bool) {
	i := slices.Index(p.Rare, Text(text))
	if i < 0 {
		return 0, false
	}
	for b := range p.buckets() {
		if _, hi := p.bucket(b); i < hi {
			return len(p.States) + b, true
		}
	}
	return 0, false
}

// bucketText names a bucket for people.
func (p *Part) bucketText(b int) string {
	lo, hi := p.bucket(b)
	if b >= p.buckets() || hi <= lo {
		return "(a rare value)"
	}
	return fmt.Sprintf("(%s, %s to %s)", count(hi-lo, "rare value"), shorten(string(p.Rare[lo])), shorten(string(p.Rare[hi-1])))
}

func (p *Part) checkBuckets() error {
	texts := int64(0)
	for _, n := range p.Buckets {
		if n < 1 || n > int64(len(p.Rare)) {
			return fmt.Errorf("a bucket of %d rare texts", n)
		}
		texts += n
	}
	if len(p.Buckets) > 0 && texts != int64(len(p.Rare)) {
		return fmt.Errorf("buckets of %d texts for %d rare ones", texts, len(p.Rare))
	}
	return nil
}

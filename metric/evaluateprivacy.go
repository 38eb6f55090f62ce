package metric

import (
	"cmp"
	"context"
	"math"
	"slices"
)

// nearestListed is how many of the synthetic rows closest to a real one a
// report names; maxChunks how many disjoint sets of real rows the share of
// closer rows is averaged over at most; randomRows how long the random table
// of the baseline is at most.
const (
	nearestListed = 10
	maxChunks     = 8
	randomRows    = 4096
)

// searchTerms bounds the work of a search for nearest rows: rows looked up
// times rows looked among times columns, if no row could be skipped. It is a
// minute or two of one core.
const searchTerms = 100_000_000_000

// lookedUp is how many rows are looked up among the reference's.
func (e *tableEvaluation) lookedUp(reference *Frame) int {
	most := int64(searchTerms) / int64(reference.Rows()) / int64(len(reference.Columns))
	return int(min(int64(e.o.maxRows()), max(1000, most)))
}

func (e *tableEvaluation) closest(ctx context.Context) error {
	space, c := gowerSpace(e.Real), &e.out.Closest
	synthetic, rows := e.atMost(e.Synthetic, e.lookedUp(e.Real), sampleSynthetic)
	distance, match := closestIn(ctx, space, synthetic, e.Real, e.o.Pool)
	c.Rows, c.SyntheticToReal = len(rows), newQuantiles(distance)
	c.SyntheticDistances = distance
	random := RandomFrame(e.Real, min(randomRows, len(rows)), e.noise)
	c.Baseline = Figure(min(1, medianOf(distance)/medianOf(closestDistances(ctx, space, random, e.Real, e.o.Pool))))
	order := make([]int, len(distance))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(distance[a], distance[b]) })
	for _, i := range order[:min(nearestListed, len(order))] {
		c.Nearest = append(c.Nearest, ClosestMatch{rows[i], int(match[i]), Figure(distance[i])})
	}
	nan := Figure(math.NaN())
	c.ShareError = nan
	c.Share, c.Ties, c.NearestIsReal, c.Expected, c.Excess = nan, nan, nan, nan, nan
	if e.Holdout != nil {
		holdout, _ := e.atMost(e.Holdout, e.lookedUp(e.Real), sampleHoldout)
		c.HoldoutDistances = closestDistances(ctx, space, holdout, e.Real, e.o.Pool)
		held := newQuantiles(c.HoldoutDistances)
		c.HoldoutToReal = &held
		toHoldout := closestDistances(ctx, space, synthetic, e.Holdout, e.o.Pool)
		share, expected, excess := NearestOfBoth(compareDistances(distance, toHoldout), e.Real.Rows(), e.Holdout.Rows())
		c.NearestIsReal, c.Expected, c.Excess = Figure(share), Figure(expected), Figure(excess)
		e.closerShare(ctx, space, synthetic)
	}
	return nil
}

// closerShare compares the holdout with disjoint sets of real rows of its size.
func (e *tableEvaluation) closerShare(ctx context.Context, space rowSpace, synthetic *Frame) {
	c := &e.out.Closest
	c.ChunkRows = min(e.Real.Rows(), e.Holdout.Rows())
	c.Chunks = min(maxChunks, e.Real.Rows()/c.ChunkRows)
	held, _ := e.atMost(e.Holdout, c.ChunkRows, chunkHoldout)
	toHoldout := closestDistances(ctx, space, synthetic, held, e.o.Pool)
	order := shuffled(e.Real.Rows(), e.noise, chunkReal)
	var all CloserShare
	for k := range c.Chunks {
		chunk := e.Real.Pick(order[k*c.ChunkRows : (k+1)*c.ChunkRows])
		s := compareDistances(closestDistances(ctx, space, synthetic, chunk, e.o.Pool), toHoldout)
		all.Closer, all.Ties, all.Rows = all.Closer+s.Closer, all.Ties+s.Ties, all.Rows+s.Rows
	}
	c.ShareError = Figure(math.Sqrt((1/float64(c.Rows) + 1/float64(c.ChunkRows)) / 4))
	c.Share, c.Ties = Figure(all.Even()), Figure(float64(all.Ties)/float64(all.Rows))
}

func (e *tableEvaluation) copies(context.Context) error {
	c := &e.out.Copies
	found := Matches(e.Synthetic, e.Real, 0, e.o.Pool)
	c.Synthetic, c.SyntheticShare = markedCount(found), markedShare(found)
	c.HoldoutShare = Figure(math.NaN())
	if e.Holdout != nil {
		c.HoldoutShare = markedShare(Matches(e.Holdout, e.Real, 0, e.o.Pool))
	}
	c.WithinReal, c.WithinSynthetic = Figure(RepeatedShare(e.Real)), Figure(RepeatedShare(e.Synthetic))
	score, _ := NewRowSynthesis(e.Real, e.Synthetic, 0.01, e.o.Pool)
	c.NewRows = Figure(score)
	return nil
}

func markedCount(marks []bool) int {
	n := 0
	for _, m := range marks {
		if m {
			n++
		}
	}
	return n
}

func markedShare(marks []bool) Figure {
	return Figure(float64(markedCount(marks)) / float64(len(marks)))
}

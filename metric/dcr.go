package metric

import (
	"context"

	"ebb/engine/kernel/parallel"
)

// DCR returns for each row of a table its distance to the closest record of
// the reference table: the mean over columns of |a-b| divided by the
// reference's range and cut at 1, of 0 or 1 for categories, of 0 where both
// values are missing and 1 where one is. The distance of SDMetrics.
func DCR(rows, reference *Frame, p *parallel.Pool) []float64 {
	d, _ := ClosestRecords(rows, reference, p)
	return d
}

// ClosestRecords returns [DCR] and the closest reference row of each row (the
// first of several).
func ClosestRecords(rows, reference *Frame, p *parallel.Pool) (distance []float64, closest []int32) {
	mustMatch(rows, reference)
	return closestIn(context.Background(), gowerSpace(reference), rows, reference, p)
}

func closestIn(ctx context.Context, space rowSpace, rows, reference *Frame, p *parallel.Pool) ([]float64, []int32) {
	closest, distance := newRowTree(space, reference).nearestRows(ctx, rows, false, p)
	columns := float64(len(reference.Columns))
	for i := range distance {
		distance[i] /= columns
	}
	return distance, closest
}

// closestDistances returns the first result of closestIn.
func closestDistances(ctx context.Context, space rowSpace, rows, reference *Frame, p *parallel.Pool) []float64 {
	d, _ := closestIn(ctx, space, rows, reference, p)
	return d
}

// CloserShare counts how many rows lie closer to one table than to another.
type CloserShare struct {
	Closer, Ties, Rows int
}

// Strict is the share strictly closer; ties count for the other table.
func (c CloserShare) Strict() float64 { return float64(c.Closer) / float64(c.Rows) }

// Even is the share closer where a tie counts half: 0.5 in expectation if the
// two tables are equally large samples of what the rows are a sample of.
func (c CloserShare) Even() float64 {
	return (float64(c.Closer) + float64(float64(c.Ties)/2)) / float64(c.Rows)
}

// NearestOfBoth compares the two tables as they are, of whatever size: which
// share of the rows has its nearest record in the first. Of equally large
// claims a tie is shared by size. If the rows have learned from neither,
// expected is the first's share of all records, and excess, the part of
// (1 - expected) by which share is above it, is 0; it is 1 if every row copies
// the first table.
func NearestOfBoth(c CloserShare, firstRows, secondRows int) (share, expected, excess float64) {
	expected = float64(firstRows) / float64(firstRows+secondRows)
	share = (float64(c.Closer) + float64(float64(c.Ties)*expected)) / float64(c.Rows)
	return share, expected, (share - expected) / (1 - expected)
}

func compareDistances(toFirst, toSecond []float64) CloserShare {
	c := CloserShare{Rows: len(toFirst)}
	for i := range toFirst {
		switch {
		case toFirst[i] < toSecond[i]:
			c.Closer++
		case toFirst[i] == toSecond[i]:
			c.Ties++
		}
	}
	return c
}

// DCROverfittingProtection returns min(1, 2(1-p)), p the share of synthetic
// rows closer to the training table than to a validation table the model has
// not seen; ties count as validation. Both distances are scaled by their own
// reference table, as in SDMetrics. 1 is no sign of copying. The tables should
// be equally large, or the larger one wins by its size alone.
func DCROverfittingProtection(training, synthetic, validation *Frame, p *parallel.Pool) (score float64, share CloserShare) {
	share = compareDistances(DCR(synthetic, training, p), DCR(synthetic, validation, p))
	return min(1, 2*(1-share.Strict())), share
}

// TabSynShare is the "DCR score" of the TabSyn and TabDiff papers (arXiv
// 2310.09656, 2410.20626): which synthetic rows are strictly closer to the
// training rows than to held-out rows, by the sum of |a-b| over the training
// range plus 2 for each differing category. Ideal is 0.5.
func TabSynShare(training, synthetic, validation *Frame, p *parallel.Pool) (share CloserShare, toTraining, toValidation []float64) {
	mustMatch(training, synthetic)
	mustMatch(training, validation)
	space := oneHotSpace(training, false)
	_, toTraining = newRowTree(space, training).nearestRows(context.Background(), synthetic, false, p)
	_, toValidation = newRowTree(space, validation).nearestRows(context.Background(), synthetic, false, p)
	return compareDistances(toTraining, toValidation), toTraining, toValidation
}

package metric

import (
	"context"
	"math"
	"slices"

	"ebb/engine/kernel/parallel"
)

// Support is how the synthetic rows lie in the real rows' support and the
// other way round (Alaa et al., "How faithful is your synthetic data?",
// arXiv 2102.08921), as synthcity's "naive" variant computes them: in the
// space of columns scaled to [0, 1] by the real table and one-hot categories,
// with no learned embedding.
type Support struct {
	// AlphaPrecision compares, over 30 balls around the real mean that hold a
	// share alpha of the real rows, the share of synthetic rows inside: 1 is
	// equal throughout.
	AlphaPrecision float64
	// BetaRecall is the like for real rows that have a synthetic row nearer
	// than any other real row, within balls around the synthetic mean. A
	// bootstrap of the real table reaches about 0.6; 1 is not the target.
	BetaRecall float64
	// Authenticity is synthcity's share of real rows whose synthetic neighbour
	// is not a copy. It compares the distances of two different rows (an index
	// is mixed up in the source, and kept here) and is NaN for tables of
	// different length.
	Authenticity float64
}

const supportRadii = 30

// NaiveSupport measures α-precision, β-recall and authenticity. A missing
// number counts as the real mean, a missing category as one of its own.
func NaiveSupport(real, synthetic *Frame, p *parallel.Pool) Support {
	return naiveSupport(context.Background(), real, synthetic, p)
}

func naiveSupport(ctx context.Context, real, synthetic *Frame, p *parallel.Pool) Support {
	mustMatch(real, synthetic)
	space := oneHotSpace(real, true)
	fromReal := newMeanRow(space, real)
	realRadius, synthRadius := fromReal.distances(real), fromReal.distances(synthetic)
	sorted := present(realRadius)
	var precision [supportRadii]float64
	for k := range precision {
		precision[k] = shareWithin(synthRadius, quantileSorted(sorted, radiusShare(k)))
	}
	tree := newRowTree(space, real)
	_, toReal := tree.nearestRows(ctx, real, true, p)
	closest, toSynth := newRowTree(space, synthetic).nearestRows(ctx, real, false, p)
	s := Support{AlphaPrecision: radiusScore(precision), Authenticity: math.NaN()}
	s.BetaRecall = betaRecall(toReal, toSynth, closest, newMeanRow(space, synthetic).distances(synthetic))
	if len(toReal) == synthetic.Rows() {
		authentic := 0
		for i := range toSynth {
			if toReal[closest[i]] < toSynth[i] {
				authentic++
			}
		}
		s.Authenticity = float64(authentic) / float64(len(toSynth))
	}
	return s
}

// betaRecall takes each real row's squared distance to the nearest other real
// row and to the nearest synthetic one, and that row's distance from the
// synthetic mean.
func betaRecall(toReal, toSynth []float64, closest []int32, synthRadius []float64) float64 {
	around := make([]float64, len(closest))
	for i, s := range closest {
		around[i] = synthRadius[s]
	}
	sorted := slices.Sorted(slices.Values(around))
	var recall [supportRadii]float64
	for k := range recall {
		radius, covered := quantileSorted(sorted, radiusShare(k)), 0
		for i := range around {
			if toSynth[i] <= toReal[i] && around[i] <= radius {
				covered++
			}
		}
		recall[k] = float64(covered) / float64(len(around))
	}
	return radiusScore(recall)
}

func radiusShare(k int) float64 { return float64(k) / (supportRadii - 1) }

// radiusScore returns 1 - (sum |alpha - share|)/(sum alpha).
func radiusScore(share [supportRadii]float64) float64 {
	gap, all := 0.0, 0.0
	for k, s := range share {
		gap += math.Abs(radiusShare(k) - s)
		all += radiusShare(k)
	}
	return 1 - gap/all
}

func shareWithin(values []float64, radius float64) float64 {
	n := 0
	for _, v := range values {
		if v <= radius {
			n++
		}
	}
	return float64(n) / float64(len(values))
}

// meanRow is the mean of a table in the one-hot space.
type meanRow struct {
	space  rowSpace
	number []float64   // (D) means of the numbers
	share  [][]float64 // (D)(levels+1) shares of the categories, missing first
	square []float64   // (D) sums of squared shares
}

func newMeanRow(space rowSpace, f *Frame) *meanRow {
	d := len(f.Columns)
	m := &meanRow{space: space, number: make([]float64, d), share: make([][]float64, d), square: make([]float64, d)}
	n := f.Rows()
	at := space.place(f)
	for j := range f.Columns {
		if f.Columns[j].Kind != Categorical {
			sum := 0.0
			for i := range n {
				sum += at[i*d+j]
			}
			m.number[j] = sum / float64(n)
			continue
		}
		m.share[j] = make([]float64, levels(&f.Columns[j])+1)
		for i := range n {
			m.share[j][int(at[i*d+j])+1]++
		}
		for k := range m.share[j] {
			m.share[j][k] /= float64(n)
			m.square[j] += float64(m.share[j][k] * m.share[j][k])
		}
	}
	return m
}

// distances returns the Euclidean distance of each row from the mean.
func (m *meanRow) distances(f *Frame) []float64 {
	n, d := f.Rows(), len(f.Columns)
	at, out := m.space.place(f), make([]float64, n)
	for i := range out {
		sum := 0.0
		for j, v := range at[i*d : (i+1)*d] {
			if m.share[j] == nil {
				gap := (v - m.number[j]) * m.space.scale[j]
				sum += float64(gap * gap)
				continue
			}
			own := 0.0
			if k := int(v) + 1; k < len(m.share[j]) {
				own = m.share[j][k]
			}
			sum += 1 - 2*own + m.square[j] // |one-hot - mean|²
		}
		out[i] = math.Sqrt(sum)
	}
	return out
}

package metric

import (
	"cmp"
	"math"
	"slices"
)

// TableReport gathers what can be said of a synthetic table. Errors are
// 100 (1 - score), as papers print them; 0 is perfect, but fresh real rows
// have errors too, which stand beside them where a holdout was given.
type TableReport struct {
	Rows       RowCounts        `json:"rows"`
	Shape      ShapeReport      `json:"shape"`
	Trend      TrendReport      `json:"trend"`
	Quality    Figure           `json:"quality_score"` // mean of shape and trend score
	Floor      FloorReport      `json:"noise_floor"`   // shape and trend of a bootstrap of the real rows
	Coverage   CoverageReport   `json:"coverage"`
	Detection  DetectionReport  `json:"detection"`
	Support    SupportReport    `json:"support"`
	Neighbours *NeighbourReport `json:"neighbours,omitempty"` // with rows enough
	Closest    ClosestReport    `json:"closest_records"`
	Copies     CopiesReport     `json:"copies"`
	// With a holdout:
	HoldoutCoverage *CoverageReport   `json:"holdout_coverage,omitempty"`
	Membership      *MembershipReport `json:"membership,omitempty"`
	Disclosure      *DisclosureReport `json:"attribute_disclosure,omitempty"`
	Efficiency      *Efficiency       `json:"efficiency,omitempty"` // with a label and a holdout
	Notes           map[string]string `json:"notes,omitempty"`      // what was left out, and why
}

// RowCounts is how many rows each table has.
type RowCounts struct {
	Real      int `json:"real"`
	Holdout   int `json:"holdout,omitempty"`
	Synthetic int `json:"synthetic"`
}

// ShapeReport is how well single columns were kept: mean over the columns.
type ShapeReport struct {
	Score        Figure         `json:"score"`
	Error        Figure         `json:"error_percent"`
	HoldoutError Figure         `json:"holdout_error_percent"` // of real rows the model has not seen
	Columns      []ColumnReport `json:"columns"`
}

// ColumnReport is how well one column was kept. Figures that its kind does not
// have are null.
type ColumnReport struct {
	Name   string `json:"name"`
	Kind   string `json:"kind"`
	Metric string `json:"metric"` // KSComplement or TVComplement
	Score  Figure `json:"score"`
	Error  Figure `json:"error_percent"`
	// Adherence is the share of synthetic values in the real range or among
	// the real categories, Coverage how much of these synthetic values reach.
	Adherence Figure `json:"adherence"`
	Coverage  Figure `json:"coverage"`
	Missing   Figure `json:"missing_similarity"`
	Mean      Figure `json:"mean_similarity"`
	Deviation Figure `json:"std_similarity"`
	Median    Figure `json:"median_similarity"`
	AtMin     Masses `json:"mass_at_min"`
	AtMax     Masses `json:"mass_at_max"`
}

// Masses is the share of a column's values that sit at one value.
type Masses struct {
	Real      Figure `json:"real"`
	Synthetic Figure `json:"synthetic"`
}

// TrendReport is how well pairs of columns were kept: mean over all pairs, with
// each table's numbers binned by its own range, as papers do.
type TrendReport struct {
	Score         Figure       `json:"score"`
	Error         Figure       `json:"error_percent"`
	HoldoutError  Figure       `json:"holdout_error_percent"`
	RealBinsError Figure       `json:"real_bins_error_percent"` // binned by the real range: no outlier moves the bins
	StrongScore   Figure       `json:"dependent_pairs_score"`   // pairs that depend on each other, as SDMetrics from 0.29
	Pairs         []PairReport `json:"pairs"`
}

// PairReport is how well one pair of columns was kept.
type PairReport struct {
	A           string `json:"a"`
	B           string `json:"b"`
	Metric      string `json:"metric"` // CorrelationSimilarity or ContingencySimilarity
	Score       Figure `json:"score"`
	Error       Figure `json:"error_percent"`
	RealBins    Figure `json:"real_bins_error_percent"`
	Real        Figure `json:"real_correlation"`
	Synthetic   Figure `json:"synthetic_correlation"`
	Association Figure `json:"real_association"` // |correlation| or Cramer's V
}

// DetectionReport is how well classifiers tell the tables apart.
type DetectionReport struct {
	AUC           Figure        `json:"tree_auc"` // 0.5: not at all
	StandardError Figure        `json:"tree_auc_standard_error"`
	FoldAUC       []Figure      `json:"tree_fold_auc"`
	Columns       []ColumnShare `json:"tree_columns"` // most telling first
	Logistic      Figure        `json:"logistic_score"`
	Rows          int           `json:"rows"` // of each table at most
}

// ColumnShare is the share of a column in something.
type ColumnShare struct {
	Name  string `json:"name"`
	Share Figure `json:"share"`
}

// SupportReport is [Support] with the rows it was measured on.
type SupportReport struct {
	AlphaPrecision Figure        `json:"alpha_precision_naive"`
	BetaRecall     Figure        `json:"beta_recall_naive"`
	Authenticity   Figure        `json:"authenticity_naive"`
	Rows           int           `json:"rows"`
	Floor          *SupportFloor `json:"real,omitempty"`
}

// Quantiles sums up distances.
type Quantiles struct {
	Min    Figure `json:"min"`
	P01    Figure `json:"p01"`
	P05    Figure `json:"p05"`
	P25    Figure `json:"p25"`
	Median Figure `json:"median"`
	P75    Figure `json:"p75"`
	P95    Figure `json:"p95"`
	Max    Figure `json:"max"`
}

func newQuantiles(values []float64) Quantiles {
	s := present(values)
	q := func(share float64) Figure { return Figure(quantileSorted(s, share)) }
	return Quantiles{q(0), q(0.01), q(0.05), q(0.25), q(0.5), q(0.75), q(0.95), q(1)}
}

// ClosestReport is how near synthetic rows lie to real ones ([DCR]).
type ClosestReport struct {
	Rows            int        `json:"rows"` // synthetic rows looked up
	SyntheticToReal Quantiles  `json:"synthetic_to_real"`
	HoldoutToReal   *Quantiles `json:"holdout_to_real,omitempty"` // what fresh rows have
	// Share is how many synthetic rows are closer to real rows the model has
	// learned from than to as many it has not seen, a tie counting half: 0.5
	// is no sign of copying. Chunks is over how many disjoint sets of real
	// rows, each as large as the holdout (ChunkRows), it is averaged.
	Share Figure `json:"closer_to_real_share"`
	// ShareError is about the standard error of Share, √(¼(1/Rows + 1/ChunkRows)):
	// of the rows looked up and of the choice of the holdout.
	ShareError Figure `json:"closer_to_real_standard_error"`
	Ties       Figure `json:"ties_share"`
	Chunks     int    `json:"chunks,omitempty"`
	ChunkRows  int    `json:"chunk_rows,omitempty"`
	// NearestIsReal is the share of synthetic rows whose nearest record, among
	// all real and all held-out ones, is one the model learned from; Expected
	// what it would be without copying, Excess the part of the way from there
	// to 1. Where the holdout is small this sees copies better than Share.
	NearestIsReal Figure `json:"nearest_is_real_share"`
	Expected      Figure `json:"nearest_is_real_expected"`
	Excess        Figure `json:"nearest_is_real_excess"`
	// Baseline is the median distance over that of a random table, at most 1:
	// SDMetrics' DCRBaselineProtection, from a random table of at most 4,096
	// rows.
	Baseline Figure         `json:"baseline_protection"`
	Nearest  []ClosestMatch `json:"nearest"`

	// The distances of the quantiles above, for figures.
	SyntheticDistances, HoldoutDistances []float64 `json:"-"`
}

// ClosestMatch is a synthetic row and the real row closest to it, both counted
// from 0.
type ClosestMatch struct {
	Synthetic int    `json:"synthetic_row"`
	Real      int    `json:"real_row"`
	Distance  Figure `json:"distance"`
}

// CopiesReport counts rows equal in every cell.
type CopiesReport struct {
	Synthetic      int    `json:"synthetic_rows_in_real"`
	SyntheticShare Figure `json:"synthetic_share"`
	HoldoutShare   Figure `json:"holdout_share"` // of fresh rows that equal a real row
	// Within are the shares of rows that repeat an earlier row of their own
	// table.
	WithinReal      Figure `json:"repeated_within_real"`
	WithinSynthetic Figure `json:"repeated_within_synthetic"`
	NewRows         Figure `json:"new_row_synthesis"` // SDMetrics' figure, tolerance 1 %
}

// WorstColumns returns the n columns with the largest shape error.
func (r *TableReport) WorstColumns(n int) []ColumnReport {
	return worst(r.Shape.Columns, n, func(c ColumnReport) Figure { return c.Error })
}

// WorstPairs returns the n pairs with the largest trend error.
func (r *TableReport) WorstPairs(n int) []PairReport {
	return worst(r.Trend.Pairs, n, func(p PairReport) Figure { return p.Error })
}

// worst returns the n items of largest error, the earlier of equals first;
// items without one are left out.
func worst[T any](items []T, n int, errorOf func(T) Figure) []T {
	var out []T
	for _, it := range items {
		if !math.IsNaN(float64(errorOf(it))) {
			out = append(out, it)
		}
	}
	slices.SortStableFunc(out, func(a, b T) int { return cmp.Compare(errorOf(b), errorOf(a)) })
	return out[:min(n, len(out))]
}

// Package metric measures how good generated data are against real data.
//
// # Tables
//
// A table is a [Frame]: columns of numbers, dates or categories, each with its
// missing values. [EvaluateTable] computes everything below in one
// [TableReport]; each figure is a function of its own too.
//
//   - single columns: [KSComplement], [TVComplement], and what of the real range
//     or categories is kept ([BoundaryAdherence], [RangeCoverage], …);
//   - pairs of columns: [PairTrends], by correlation and contingency;
//   - whole rows: can a classifier tell real from synthetic ([Detector],
//     [LogisticDetection]); do they cover one another ([NaiveSupport]);
//   - use: [TrainSyntheticTestReal];
//   - privacy: [DCR] and what is built on it, [NewRowSynthesis], [Matches].
//
// Figures that bear a name of the SDMetrics library agree with it to 1e-9, its
// quirks included; testdata/sdmetrics holds the values.
//
// # Pictures
//
// Pictures are compared as points of a feature space, [Points]: Fréchet
// distance, precision and recall, nearest training picture, and the bits per
// dimension of Gaussian models as a yardstick for likelihoods.
//
// # Exactness
//
// Every figure is the same, bit for bit, on every machine and with any number
// of threads: sums run in a fixed order, work is cut by shape alone, and
// whatever is random is a function of a seed.
package metric

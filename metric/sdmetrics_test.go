package metric

import (
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
)

// goldenPair is one pair of tables of testdata/sdmetrics with the values that
// SDMetrics computed for it.
type goldenPair struct {
	real, synthetic, validation *Frame
	values                      map[string]any
}

// loadGolden reads testdata/sdmetrics/<name>_*.
func loadGolden(t *testing.T, name string) goldenPair {
	t.Helper()
	dir := "testdata/sdmetrics"
	var meta struct {
		Columns map[string]struct{ Sdtype string }
	}
	readJSON(t, filepath.Join(dir, name+"_metadata.json"), &meta)
	kinds := map[string]Kind{}
	for column, m := range meta.Columns {
		kinds[column] = map[string]Kind{"numerical": Numeric, "categorical": Categorical, "datetime": Datetime}[m.Sdtype]
	}
	g := goldenPair{values: map[string]any{}}
	readJSON(t, filepath.Join(dir, name+"_values.json"), &g.values)
	frames := loadCSV(t, kinds,
		filepath.Join(dir, name+"_real.csv"),
		filepath.Join(dir, name+"_synthetic.csv"),
		filepath.Join(dir, name+"_validation.csv"))
	g.real, g.synthetic, g.validation = frames[0], frames[1], frames[2]
	return g
}

func readJSON(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, into); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
}

// loadCSV reads tables of the same columns under one coding of categories. A
// column that kinds does not name is numeric if all of its cells are numbers.
func loadCSV(t testing.TB, kinds map[string]Kind, paths ...string) []*Frame {
	t.Helper()
	var tables [][][]string
	for _, path := range paths {
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(f).ReadAll()
		f.Close()
		if err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		tables = append(tables, rows)
	}
	frames := make([]*Frame, len(tables))
	for i := range frames {
		frames[i] = &Frame{}
	}
	for j, name := range tables[0][0] {
		kind, known := kinds[name]
		if !known {
			kind = kindOfCells(tables, j)
		}
		codes := map[string]int32{}
		var labels []string
		for i, rows := range tables {
			c := Column{Name: name, Kind: kind, Integer: true}
			for _, row := range rows[1:] {
				switch kind {
				case Categorical:
					if row[j] == "" {
						c.Code = append(c.Code, -1)
						continue
					}
					if _, ok := codes[row[j]]; !ok {
						codes[row[j]] = int32(len(labels))
						labels = append(labels, row[j])
					}
					c.Code = append(c.Code, codes[row[j]])
				default:
					v := parseCell(t, row[j], kind)
					c.Integer = c.Integer && (math.IsNaN(v) || v == math.Trunc(v))
					c.Num = append(c.Num, v)
				}
			}
			frames[i].Columns = append(frames[i].Columns, c)
		}
		for i := range frames {
			frames[i].Columns[j].Labels = labels
		}
	}
	return frames
}

func kindOfCells(tables [][][]string, j int) Kind {
	for _, rows := range tables {
		for _, row := range rows[1:] {
			if _, err := strconv.ParseFloat(row[j], 64); err != nil && row[j] != "" && row[j] != "NA" {
				return Categorical
			}
		}
	}
	return Numeric
}

func parseCell(t testing.TB, cell string, kind Kind) float64 {
	t.Helper()
	if cell == "" || cell == "NA" {
		return math.NaN()
	}
	if kind == Datetime {
		day, err := time.Parse("2006-01-02", cell)
		if err != nil {
			t.Fatal(err)
		}
		return float64(day.UnixNano())
	}
	v, err := strconv.ParseFloat(cell, 64)
	if err != nil {
		t.Fatal(err)
	}
	return v
}

// at returns the number under a path of keys.
func (g goldenPair) at(t *testing.T, keys ...string) float64 {
	t.Helper()
	var v any = g.values
	for _, k := range keys {
		v = v.(map[string]any)[k]
	}
	f, ok := v.(float64)
	if !ok {
		t.Fatalf("golden %v is %v, not a number", keys, v)
	}
	return f
}

// columns returns the column of each table under a name.
func (g goldenPair) columns(name string) (real, synthetic *Column) {
	j := g.real.Index(name)
	return &g.real.Columns[j], &g.synthetic.Columns[j]
}

// golden1e9 is the tolerance of every recorded value that is not random:
// both sides sum a few hundred float64 in some order.
const golden1e9 = 1e-9

func checkGolden(t *testing.T, what string, got, want float64) {
	t.Helper()
	if !(math.Abs(got-want) <= golden1e9) {
		t.Errorf("%s = %.15g, SDMetrics has %.15g (difference %.2g)", what, got, want, got-want)
	}
}

func eachGolden(t *testing.T, f func(t *testing.T, g goldenPair)) {
	for _, name := range []string{"people", "clean"} {
		t.Run(name, func(t *testing.T) { f(t, loadGolden(t, name)) })
	}
}

func TestColumnFiguresMatchSDMetrics(t *testing.T) {
	num := func(f func(r, s []float64) float64) func(r, s *Column) float64 {
		return func(r, s *Column) float64 { return f(r.Num, s.Num) }
	}
	cat := func(f func(r, s []int32) float64) func(r, s *Column) float64 {
		return func(r, s *Column) float64 { return f(r.Code, s.Code) }
	}
	figures := map[string]func(r, s *Column) float64{
		"KSComplement":           num(KSComplement),
		"TVComplement":           cat(TVComplement),
		"BoundaryAdherence":      num(BoundaryAdherence),
		"RangeCoverage":          num(RangeCoverage),
		"CategoryAdherence":      cat(CategoryAdherence),
		"CategoryCoverage":       cat(CategoryCoverage),
		"MissingValueSimilarity": MissingValueSimilarity,
	}
	eachGolden(t, func(t *testing.T, g goldenPair) {
		for figure, f := range figures {
			for column := range g.values[figure].(map[string]any) {
				r, s := g.columns(column)
				checkGolden(t, figure+" "+column, f(r, s), g.at(t, figure, column))
			}
		}
		for name, statistic := range map[string]Statistic{"mean": Mean, "std": StandardDeviation, "median": Median} {
			for column := range g.values["StatisticSimilarity"].(map[string]any)[name].(map[string]any) {
				r, s := g.columns(column)
				got := StatisticSimilarity(r.Num, s.Num, statistic)
				checkGolden(t, name+" "+column, got, g.at(t, "StatisticSimilarity", name, column))
			}
		}
		checkGolden(t, "column shapes", MeanScore(ColumnShapes(g.real, g.synthetic)), g.at(t, "report_column_shapes"))
	})
}

func TestPairTrendsMatchSDMetrics(t *testing.T) {
	eachGolden(t, func(t *testing.T, g goldenPair) {
		own := PairTrends(g.real, g.synthetic, PairOptions{})
		name := func(p PairScore) string {
			return g.real.Columns[p.A].Name + "|" + g.real.Columns[p.B].Name
		}
		details := g.values["report_pair_details_own_bins"].(map[string]any)
		if len(own) != len(details) {
			t.Errorf("%d pairs, SDMetrics has %d", len(own), len(details))
		}
		for _, p := range own {
			checkGolden(t, "own bins "+name(p), p.Score, g.at(t, "report_pair_details_own_bins", name(p), "score"))
			if v, ok := g.values["report_pair_cramers_v_real"].(map[string]any)[name(p)]; ok {
				checkGolden(t, "Cramer's V "+name(p), p.Association, v.(float64))
			}
		}
		checkCoefficients(t, g, "CorrelationSimilarity_Pearson", own, name)
		checkCoefficients(t, g, "CorrelationSimilarity_Spearman", PairTrends(g.real, g.synthetic, PairOptions{Coefficient: Spearman}), name)
		byReal := PairTrends(g.real, g.synthetic, PairOptions{Binning: RealBins})
		mixed := g.values["ContingencySimilarity_mixed_real_bins"].(map[string]any)
		categories := g.values["ContingencySimilarity"].(map[string]any)
		for _, p := range byReal {
			if v, ok := mixed[name(p)]; ok {
				checkGolden(t, "real bins "+name(p), p.Score, v.(float64))
			}
			if v, ok := categories[name(p)]; ok {
				checkGolden(t, "ContingencySimilarity "+name(p), p.Score, v.(float64))
			}
		}
		checkGolden(t, "mean trend", MeanTrend(own), g.at(t, "report_column_pair_trends_no_threshold"))
		checkGolden(t, "mean trend above thresholds", MeanTrendAbove(own, 0.5, 0.3), g.at(t, "report_column_pair_trends_thresholds_0.5_0.3"))
		checkGolden(t, "quality", QualityScore(g.real, g.synthetic, PairOptions{}), g.at(t, "report_quality_score_no_threshold"))
	})
}

func checkCoefficients(t *testing.T, g goldenPair, key string, pairs []PairScore, name func(PairScore) string) {
	t.Helper()
	want := g.values[key].(map[string]any)
	seen := 0
	for _, p := range pairs {
		if _, ok := want[name(p)]; !ok {
			continue
		}
		seen++
		checkGolden(t, key+" score "+name(p), p.Score, g.at(t, key, name(p), "score"))
		checkGolden(t, key+" real "+name(p), p.Real, g.at(t, key, name(p), "real"))
		checkGolden(t, key+" synthetic "+name(p), p.Synthetic, g.at(t, key, name(p), "synthetic"))
	}
	if seen != len(want) {
		t.Errorf("%s: %d pairs checked, SDMetrics has %d", key, seen, len(want))
	}
}

package train_test

import (
	"path/filepath"
	"testing"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/metric"
	"ebb/model"
	"ebb/train"
)

// demoData holds the tables and pictures of ebb demo.
const demoData = "../cmd/ebb/demodata"

// learn trains so many steps on src and opens the run.
func learn(t *testing.T, src *model.Source, steps int, pool *parallel.Pool) model.Model {
	t.Helper()
	c, err := model.NewConfig(src, "")
	if err != nil {
		t.Fatal(err)
	}
	// So few steps are neither to be judged nor to be averaged over a thousand.
	c.Training.Steps, c.Training.Holdout, c.Training.EMA = steps, 0, 0.98
	dir := filepath.Join(t.TempDir(), "run")
	job, err := train.Start(dir, c, src)
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close()
	m, err := model.New(c, pool)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := job.Fit(t.Context(), m, pool, nil); err != nil {
		t.Fatal(err)
	}
	m, _, err = model.Open(dir, pool)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// everyFifth parts n rows in four fifths and one.
func everyFifth(n int) (most, fifth []int) {
	for i := range n {
		if i%5 == 0 {
			fifth = append(fifth, i)
		} else {
			most = append(most, i)
		}
	}
	return most, fifth
}

// A few seconds of training on the penguins give rows from which trees learn to tell real
// species apart. Independent columns would leave them at the share of the commonest, 44 %, and
// have a trend error above 30 %; a right run has 95 % and more, and about 10 %.
func TestAShortTrainingOnATableIsUseful(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for hundreds of steps")
	}
	pool := parallel.New(0)
	defer pool.Close()
	all, err := table.Open(filepath.Join(demoData, "penguins.csv"))
	if err != nil {
		t.Fatal(err)
	}
	most, fifth := everyFifth(all.Rows())
	real, held := all.Select(most), all.Select(fifth)
	m := learn(t, &model.Source{Path: "penguins.csv", Table: real}, 800, pool).(*model.TableModel)
	synthetic, err := m.Draw(t.Context(), model.DrawOptions{N: real.Rows(), Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	frames, err := metric.FromTables(m.Config.Table.Transform.Schema, real, synthetic, held)
	if err != nil {
		t.Fatal(err)
	}
	r, err := metric.EvaluateTable(t.Context(), metric.Tables{Real: frames[0], Synthetic: frames[1], Holdout: frames[2]},
		metric.TableOptions{Label: "species", Pool: pool})
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("shape error %.1f %%, trend error %.1f %%, accuracy %.3f", float64(r.Shape.Error), float64(r.Trend.Error), float64(r.Efficiency.Synthetic.Accuracy))
	if r.Shape.Error > 10 || r.Trend.Error > 16 || r.Efficiency.Synthetic.Accuracy < 0.9 {
		t.Errorf("shape error %.1f %%, trend error %.1f %%, accuracy %.3f; want at most 10 and 16, at least 0.9",
			float64(r.Shape.Error), float64(r.Trend.Error), float64(r.Efficiency.Synthetic.Accuracy))
	}
}

// A few seconds of training on the digits need fewer bits for unseen ones than a Gaussian of
// full covariance.
func TestAShortTrainingOnPicturesBeatsAGaussian(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for hundreds of steps")
	}
	pool := parallel.New(0)
	defer pool.Close()
	all, err := image.Open(filepath.Join(demoData, "digits-images-idx3-ubyte.gz"), image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	most, fifth := everyFifth(all.N)
	real, held := all.Select(most), all.Select(fifth).Slice(0, 100)
	m := learn(t, &model.Source{Path: "digits", Images: real}, 200, pool).(*model.ImageModel)
	bits, err := m.Bits(t.Context(), held, nil)
	if err != nil {
		t.Fatal(err)
	}
	base, err := metric.BaselineBits(pool, held, real)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%.2f ± %.2f bits per dimension, a full Gaussian %.2f, independent pixels %.2f", bits.Total, bits.StandardError, float64(base.FullGaussian), float64(base.PixelGaussian))
	if bits.Total > float64(base.FullGaussian) {
		t.Errorf("%.2f bits per dimension, a full Gaussian needs %.2f", bits.Total, float64(base.FullGaussian))
	}
}

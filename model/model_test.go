package model_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
	"ebb/model"
)

// people is a table with a number, categories and missing values.
func people(rows int) *table.Table {
	t := table.New("height", "job", "left")
	s := rng.New(1, rng.Test)
	for i := range rows {
		job := []string{"smith", "baker", ""}[s.Intn(3, 0, uint64(i))]
		t.Append(fmt.Sprintf("%.2f", 1.5+s.Uniform(1, uint64(i))/2), job, []string{"no", "yes"}[i%2])
	}
	return t
}

// patches are labelled pictures of 8x8 pixels.
func patches(n int) *image.Images {
	m := image.New(n, 8, 8, 1)
	for i := range m.Pixels {
		m.Pixels[i] = uint8(37 * i)
	}
	m.LabelNames = []string{"a", "b", "c"}
	for i := range n {
		m.Labels = append(m.Labels, int32(i%2)) // no c
	}
	return m
}

// configs are one configuration of each kind, with weights that are not zero anywhere a sample
// could hide behind.
func configs(t *testing.T) map[string]*model.Config {
	t.Helper()
	c := map[string]*model.Config{}
	for name, src := range map[string]*model.Source{"table": {Table: people(200)}, "image": {Images: patches(20)}} {
		config, err := model.NewConfig(src, "tiny")
		if err != nil {
			t.Fatal(err)
		}
		config.Seed = 3
		c[name] = config
	}
	return c
}

// open builds a model whose last layer, zero at first, is random.
func open(t *testing.T, c *model.Config, threads int) model.Model {
	t.Helper()
	pool := parallel.New(threads)
	t.Cleanup(pool.Close)
	m, err := model.New(c, pool)
	if err != nil {
		t.Fatal(err)
	}
	for k, p := range m.Params() {
		if slices.Max(p.Value().Data) == 0 {
			rng.New(9, rng.Test).Normals32(p.Value().Data, 0, uint64(k))
			for i := range p.Value().Data {
				p.Value().Data[i] *= 0.1 // no output so large that all draws are alike
			}
		}
	}
	return m
}

// draw is a sample as bytes.
func draw(t *testing.T, m model.Model, o model.DrawOptions) []byte {
	t.Helper()
	switch m := m.(type) {
	case *model.TableModel:
		rows, err := m.Draw(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		var b bytes.Buffer
		for i := range rows.Rows() {
			b.WriteString(strings.Join(rows.Row(make([]string, 3), i), ",") + "\n")
		}
		return b.Bytes()
	case *model.ImageModel:
		pictures, err := m.Draw(t.Context(), o)
		if err != nil {
			t.Fatal(err)
		}
		return pictures.Pixels
	}
	t.Fatalf("a %T", m)
	return nil
}

// What is written as YAML is read back the same, network and transform included.
func TestConfigurationsComeBack(t *testing.T) {
	for name, c := range configs(t) {
		text, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := model.DecodeConfig(text, "config.yaml")
		if err != nil {
			t.Fatalf("%s: %v\n%s", name, err, text)
		}
		if diff := cmp.Diff(c, back); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A configuration that does not fit itself is an error before anything is built.
func TestConfigurationsThatDisagreeAreErrors(t *testing.T) {
	for name, c := range map[string]struct {
		kind   string
		change func(*model.Config)
		want   string
	}{
		"schedule":   {"image", func(c *model.Config) { c.Process.Schedule = "steep" }, "linear, scaled-linear, cosine"},
		"prediction": {"table", func(c *model.Config) { c.Process.Prediction = "future" }, "epsilon, sample, v_prediction"},
		"variance":   {"image", func(c *model.Config) { c.Process.Variance = "small" }, "learned, learned-direct, fixed-small, fixed-large"},
		"channels":   {"image", func(c *model.Config) { c.Image.UNet.OutChannels = 1 }, "channels"},
		"classes":    {"image", func(c *model.Config) { c.Image.Classes = nil }, "classes"},
		"cards":      {"table", func(c *model.Config) { c.Table.MLP.Cards[0]++ }, "transform"},
		"transform":  {"table", func(c *model.Config) { c.Table.Transform.Version = 99 }, "version"},
	} {
		config := configs(t)[c.kind]
		c.change(config)
		if _, err := model.New(config, nil); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one with %q", name, err, c.want)
		}
	}
}

// A draw has the same bytes on any number of threads and with any instruction set, and its row i
// is row i of a longer draw, the first row of one that begins there, and the row drawn alone: for
// every sampler.
func TestDrawsAreByRow(t *testing.T) {
	for name, c := range configs(t) {
		for _, s := range model.Samplers() {
			o := model.DrawOptions{N: 7, Seed: 5, Steps: 4, Sampler: s.Name, Class: -1}
			whole := draw(t, open(t, c, 1), o)
			for _, threads := range []int{2, 3, 8} {
				if !bytes.Equal(whole, draw(t, open(t, c, threads), o)) {
					t.Errorf("%s, %s: %d threads draw other bytes than one", name, s.Name, threads)
				}
			}
			for _, isa := range kernel.ISAs() {
				if testing.Short() { // Go is slow under the race detector
					break
				}
				restore := kernel.ForceISA(isa)
				if !bytes.Equal(whole, draw(t, open(t, c, 2), o)) {
					t.Errorf("%s, %s: %v draws other bytes than %v", name, s.Name, isa, kernel.Best())
				}
				restore()
			}
			var alone []byte
			for i := range o.N {
				one := o
				one.N, one.First = 1, uint64(i)
				alone = append(alone, draw(t, open(t, c, 1), one)...)
			}
			if !bytes.Equal(whole, alone) {
				t.Errorf("%s, %s: rows drawn alone are not those drawn together", name, s.Name)
			}
			head, tail := o, o
			head.N, tail.N, tail.First = 3, 4, 3
			parts := append(draw(t, open(t, c, 1), head), draw(t, open(t, c, 1), tail)...)
			if !bytes.Equal(whole, parts) {
				t.Errorf("%s, %s: 3 rows and 4 rows are not the 7 drawn together", name, s.Name)
			}
			other := o
			other.Seed++
			if bytes.Equal(whole, draw(t, open(t, c, 1), other)) {
				t.Errorf("%s, %s: another seed draws the same bytes", name, s.Name)
			}
		}
	}
}

// Classes are drawn in the proportions of the training set, and a class that was asked for is
// what comes.
func TestClassesAreDrawnAsTheyOccurred(t *testing.T) {
	m := open(t, configs(t)["image"], 1).(*model.ImageModel)
	const n = 400
	pictures, err := m.Draw(t.Context(), model.DrawOptions{N: n, Steps: 1, Class: -1})
	if err != nil {
		t.Fatal(err)
	}
	var count [3]int
	for _, l := range pictures.Labels {
		count[l]++
	}
	// Half of the training pictures are of class a; four standard deviations of a fair coin.
	if count[2] != 0 || count[0] < n/2-40 || count[0] > n/2+40 {
		t.Errorf("classes %v of %d pictures, want half, half and none", count, n)
	}
	pictures, err = m.Draw(t.Context(), model.DrawOptions{N: 2, Steps: 1, Class: 1})
	if err != nil || pictures.Labels[0] != 1 || pictures.Labels[1] != 1 {
		t.Errorf("asked for class 1, got %v (%v)", pictures.Labels, err)
	}
	if _, err := m.Draw(t.Context(), model.DrawOptions{N: 1, Steps: 1, Class: 3}); err == nil {
		t.Error("class 3 of 3 was drawn")
	}
}

// The bound of a picture does not depend on the others, and its parts add up.
func TestBitsAreByPicture(t *testing.T) {
	m := open(t, configs(t)["image"], 1).(*model.ImageModel)
	set := patches(6)
	all, err := m.Bits(t.Context(), set, nil)
	if err != nil {
		t.Fatal(err)
	}
	if sum := all.Prior + all.Inner + all.Decoder + all.Label; sum < all.Total*(1-1e-9) || sum > all.Total*(1+1e-9) {
		t.Errorf("parts add up to %v, the total is %v", sum, all.Total)
	}
	// Noise is keyed by the picture's place, so only the first is the same alone.
	one, err := m.Bits(t.Context(), set.Slice(0, 1), nil)
	if err != nil {
		t.Fatal(err)
	}
	two, err := m.Bits(t.Context(), set.Slice(0, 2), nil)
	if err != nil {
		t.Fatal(err)
	}
	if one.Total <= 0 || two.Total == one.Total {
		t.Errorf("one picture has %v bits, two have %v", one.Total, two.Total)
	}
	// Coding which of two equally frequent classes: one bit for 64 pixels.
	if all.Label < 1.0/64-1e-12 || all.Label > 1.0/64+1e-12 {
		t.Errorf("the class costs %v bits a pixel, want 1/64", all.Label)
	}
}

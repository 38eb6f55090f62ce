package table

import (
	"bytes"
	"compress/gzip"
	"io"
	"os"
	"testing"

	"ebb/engine/rng"
)

// Drawing a training example allocates nothing.
func TestExampleDoesNotAllocate(t *testing.T) {
	tab := open(t, "adult.csv.gz")
	tr := fit(t, tab)
	d, err := tr.Encode(tab, 1)
	if err != nil {
		t.Fatal(err)
	}
	num, weight, cells := make([]float32, d.Numbers()), make([]float32, d.Numbers()), make([]int32, len(d.Cards()))
	row := 0
	if n := testing.AllocsPerRun(100, func() {
		d.Example(row, 3, num, weight, cells)
		row++
	}); n != 0 {
		t.Errorf("%v allocations an example", n)
	}
}

func BenchmarkRead(b *testing.B) {
	f, err := os.Open("testdata/magic.csv.gz")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		if _, err := Read(bytes.NewReader(text), "magic"); err != nil {
			b.Fatal(err)
		}
	}
}

func benchmarkRows(b *testing.B, file string, run func(tr *Transform, d *Dataset, s Sample)) {
	tab := open(b, file)
	tr := fit(b, tab)
	d, err := tr.Encode(tab, 1)
	if err != nil {
		b.Fatal(err)
	}
	s := Sample{Rows: tab.Rows(), Num: make([]float64, tab.Rows()*tr.Numbers()), Cells: d.Rows(nil, 0).Cells}
	rng.New(1, rng.Test).Normals(s.Num, 0, 0)
	for b.Loop() {
		run(tr, d, s)
	}
	b.ReportMetric(float64(tab.Rows())*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
}

func BenchmarkEncode(b *testing.B) {
	for _, file := range []string{"adult.csv.gz", "magic.csv.gz"} {
		b.Run(file, func(b *testing.B) {
			epoch := uint64(0)
			benchmarkRows(b, file, func(_ *Transform, d *Dataset, _ Sample) { epoch++; d.Rows(nil, epoch) })
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	for _, file := range []string{"adult.csv.gz", "magic.csv.gz"} {
		b.Run(file, func(b *testing.B) {
			benchmarkRows(b, file, func(tr *Transform, _ *Dataset, s Sample) { tr.Decode(s) })
		})
	}
}

// BenchmarkScan reads rows and keeps none.
func BenchmarkScan(b *testing.B) {
	f, err := os.Open("testdata/adult.csv.gz")
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		b.Fatal(err)
	}
	text, err := io.ReadAll(z)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(text)))
	for b.Loop() {
		r, err := NewReader(bytes.NewReader(text), "adult")
		if err != nil {
			b.Fatal(err)
		}
		cells := make([]Cell, len(r.Names))
		for err == nil {
			err = r.Next(cells)
		}
	}
}

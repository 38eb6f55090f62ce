package table

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"ebb/engine/rng"
)

func fit(t testing.TB, tab *Table) *Transform {
	t.Helper()
	tr, err := Fit(Infer(tab), tab, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.Check(); err != nil {
		t.Fatal(err)
	}
	return tr
}

func open(t testing.TB, file string) *Table {
	t.Helper()
	tab, err := Open("testdata/" + file)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// failer is what *testing.T and *rapid.T have in common.
type failer interface {
	Helper()
	Fatal(args ...any)
}

// encode64 encodes all rows with their numbers in float64.
func encode64(t failer, tr *Transform, tab *Table, epoch uint64) Sample {
	t.Helper()
	d, err := tr.Encode(tab, 3)
	if err != nil {
		t.Fatal(err)
	}
	e := d.Rows(nil, epoch)
	s := Sample{Rows: e.Rows, Num: make([]float64, len(e.Num)), Cells: e.Cells}
	for i := range e.Rows {
		for k := range d.Numbers() {
			s.Num[i*d.Numbers()+k] = d.Number64(i, epoch, k)
			if e.Weight[i*d.Numbers()+k] == 0 {
				s.Num[i*d.Numbers()+k] = float64(e.Num[i*d.Numbers()+k])
			}
		}
	}
	return s
}

// generators of one text of a column, by kind of column.
var columnKinds = map[string]func(t *rapid.T) *rapid.Generator[string]{
	"integer":  func(t *rapid.T) *rapid.Generator[string] { return format("%d", rapid.IntRange(-5000, 900_000)) },
	"small":    func(t *rapid.T) *rapid.Generator[string] { return format("%d", rapid.IntRange(0, 8)) },
	"fixed":    func(t *rapid.T) *rapid.Generator[string] { return format("%.2f", rapid.Float64Range(-100, 100)) },
	"shortest": func(t *rapid.T) *rapid.Generator[string] { return format("%.7g", rapid.Float64Range(1, 5000)) },
	"tiny":     func(t *rapid.T) *rapid.Generator[string] { return format("%.6g", rapid.Float64Range(1e-6, 1e-4)) },
	"money": func(t *rapid.T) *rapid.Generator[string] {
		return rapid.Map(rapid.IntRange(0, 9_999_999), func(n int) string { return "$" + group(fmt.Sprint(n), ",") + ".50" })
	},
	"spike": func(t *rapid.T) *rapid.Generator[string] {
		return rapid.OneOf(rapid.Just("0"), format("%d", rapid.IntRange(0, 100_000)))
	},
	"missing": func(t *rapid.T) *rapid.Generator[string] {
		return rapid.OneOf(rapid.SampledFrom([]string{"NA", ""}), format("%d", rapid.IntRange(0, 100_000)))
	},
	"category": func(t *rapid.T) *rapid.Generator[string] {
		return rapid.SampledFrom([]string{"a", "b", "?", " c", "d\ne", "ü", "17"})
	},
	"any text": func(t *rapid.T) *rapid.Generator[string] {
		return rapid.SampledFrom(rapid.SliceOfN(rapid.String(), 2, 9).Draw(t, "texts"))
	},
	"boolean": func(t *rapid.T) *rapid.Generator[string] { return rapid.SampledFrom([]string{"yes", "no"}) },
	"date": func(t *rapid.T) *rapid.Generator[string] {
		return rapid.Map(rapid.IntRange(-40_000, 40_000), func(n int) string { return (&Moment{Layout: "2006-01-02", Unit: "day"}).Format(float64(n)) })
	},
	"time": func(t *rapid.T) *rapid.Generator[string] {
		return rapid.Map(rapid.IntRange(0, 2_000_000_000), func(n int) string {
			return (&Moment{Layout: "2006-01-02 15:04:05", Unit: "second"}).Format(float64(n))
		})
	},
	"constant": func(t *rapid.T) *rapid.Generator[string] { return rapid.Just("x") },
}

func format[V any](f string, g *rapid.Generator[V]) *rapid.Generator[string] {
	return rapid.Map(g, func(v V) string { return fmt.Sprintf(f, v) })
}

// Whatever a column holds comes back as it was spelled, missing marks and all, for every jitter.
// Identifiers alone are made anew.
func TestEveryColumnComesBack(t *testing.T) {
	for kind, generator := range columnKinds {
		t.Run(kind, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				n := rapid.SampledFrom([]int{1, 2, 15, 60, 400}).Draw(t, "rows")
				tab := New("x")
				g := generator(t)
				for range n {
					tab.Append(g.Draw(t, "cell"))
				}
				tr, err := Fit(Infer(tab), tab, Options{})
				if err != nil {
					t.Fatal(err)
				}
				text, err := yaml.Marshal(tr)
				if err != nil {
					t.Fatal(err)
				}
				if tr, err = ParseTransform(text); err != nil {
					t.Fatalf("%v\n%s", err, text)
				}
				if tr.Schema.Columns[0].Kind == Name {
					return
				}
				for epoch := range uint64(2) {
					back := tr.Decode(encode64(t, tr, tab, epoch))
					for i := range n {
						if got, want := cell(back, i), tab.Columns[0].At(i); got != want {
							t.Fatalf("row %d: %q came back as %q; %s", i, want, got, tr.Schema.Columns[0].Reason)
						}
					}
				}
			})
		})
	}
}

// cell is the text of row i of a table of one column, also where nothing of it is modelled.
func cell(t *Table, i int) string { return t.Columns[0].At(i) }

// Numbers of full precision and of any size come back as near as float64 ranks can tell.
func TestFullPrecisionComesBackNearly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tab := New("x")
		numbers := rapid.OneOf(rapid.Just("0.1234567890123"), format("%v", rapid.Float64()), format("%v", rapid.Float64Range(-1, 1)))
		for range rapid.IntRange(2, 100).Draw(t, "rows") {
			tab.Append(numbers.Draw(t, "cell"))
		}
		tr, err := Fit(Infer(tab), tab, Options{})
		if err != nil {
			t.Fatal(err)
		}
		f := &tr.Schema.Columns[0]
		if tr.Numbers() == 0 {
			return
		}
		back := tr.Decode(encode64(t, tr, tab, 0))
		lo, _ := f.Float(string(f.Min))
		hi, _ := f.Float(string(f.Max))
		for i := range tab.Rows() {
			want, _ := f.Float(tab.Columns[0].At(i))
			got, ok := f.Float(back.Columns[0].At(i))
			if !ok || math.Abs(got/2-want/2) > 1e-7*(hi/2-lo/2) {
				t.Fatalf("row %d: %v came back as %v", i, want, got)
			}
		}
	})
}

// A mixed table as a whole: cells and order of columns come back, and so do the bytes of the file.
func TestRealTablesComeBack(t *testing.T) {
	for _, file := range []string{"penguins.csv", "adult.csv.gz", "magic.csv.gz", "california.csv.gz"} {
		tab := open(t, file)
		back := fit(t, tab).Decode(encode64(t, fit(t, tab), tab, 1))
		if d := cmp.Diff(written(t, tab), written(t, back)); d != "" {
			t.Errorf("%s: %s", file, d)
		}
	}
}

func written(t *testing.T, tab *Table) string {
	t.Helper()
	var b strings.Builder
	if err := Write(&b, tab); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// Where the cell says missing or a point mass, the number is fresh noise with weight 0: it does not
// depend on the text, and differs between epochs.
func TestNothingLeaksThroughTheNumber(t *testing.T) {
	tab := New("x")
	for i := range 2000 {
		switch i % 4 {
		case 0:
			tab.Append("0")
		case 1:
			tab.Append("NA")
		default:
			tab.Append(fmt.Sprint(i * i % 100_003))
		}
	}
	tr := fit(t, tab)
	if p := tr.Parts[0]; len(p.States) != 2 || p.Rank == nil {
		t.Fatalf("states %q, rank %v: want 0 and NA beside a number", p.States, p.Rank)
	}
	d, err := tr.Encode(tab, 1)
	if err != nil {
		t.Fatal(err)
	}
	var noise []float64
	for epoch := range uint64(4) {
		e := d.Rows(nil, epoch)
		for i := range e.Rows {
			smooth := i%4 > 1
			if (e.Weight[i] == 1) != smooth || (e.Cells[i] == 0) != smooth {
				t.Fatalf("row %d: weight %v, state %d", i, e.Weight[i], e.Cells[i])
			}
			if !smooth {
				noise = append(noise, float64(e.Num[i]))
			}
		}
	}
	// 4000 draws of N(0,1): the Kolmogorov distance exceeds 1.95/sqrt(n) once in a thousand times.
	if d := distanceToNormal(noise); d > 1.95/63 {
		t.Errorf("the noise is %v away from N(0,1)", d)
	}
	if noise[0] == noise[1000] {
		t.Error("two epochs saw the same noise")
	}
}

// Encoding is a function of seed, epoch and row: not of the order in which rows are asked for.
func TestEncodingIsKeyed(t *testing.T) {
	tab := open(t, "penguins.csv")
	tr := fit(t, tab)
	d, _ := tr.Encode(tab, 5)
	all := d.Rows(nil, 9)
	D := d.Numbers()
	for _, i := range []int{343, 7, 7, 0} {
		one := d.Rows([]int{i}, 9)
		if !cmp.Equal(one.Num, all.Num[i*D:(i+1)*D]) {
			t.Errorf("row %d differs when it is asked for alone", i)
		}
	}
	other, _ := tr.Encode(tab, 6)
	if cmp.Equal(other.Rows(nil, 9).Num, all.Num) || cmp.Equal(d.Rows(nil, 8).Num, all.Num) {
		t.Error("another seed or epoch gave the same jitter")
	}
}

// With the same cells, and N(0,1) for numbers, the spelling of every number is one the column could
// hold: it parses, rounds to itself and lies in the column's range.
func TestNewNumbersKeepFormatAndRange(t *testing.T) {
	for _, file := range []string{"penguins.csv", "adult.csv.gz", "magic.csv.gz", "california.csv.gz"} {
		tab := open(t, file)
		tr := fit(t, tab)
		s := encode64(t, tr, tab, 0)
		rng.New(1, rng.Test).Normals(s.Num, 0, 0)
		back := tr.Decode(s)
		for j := range tr.Parts {
			f := &tr.Schema.Columns[j]
			if !f.Kind.Numeric() {
				continue
			}
			lo, _ := f.Float(string(f.Min))
			hi, _ := f.Float(string(f.Max))
			for _, text := range back.Columns[j].Texts() {
				if f.IsMissing(text) {
					continue
				}
				v, ok := f.Float(text)
				if !ok || f.spell(v) != text || v < lo || v > hi {
					t.Fatalf("%s, %s: %q is no value of the column", file, f.Name, text)
				}
			}
		}
	}
}

func TestUnknownTextsAreReported(t *testing.T) {
	tab := read(t, "a,b\nx,1\ny,2\nx,3\n")
	tr := fit(t, tab)
	d, err := tr.Encode(read(t, "b,a\n1,z\n2,x\n1,z\n"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]Unknown{{"a", "z", 2, false}}, d.Unknown()); diff != "" {
		t.Error(diff)
	}
	e := d.Rows(nil, 0)
	if C := len(e.Card); e.Cells[0] != -1 || e.Cells[C] < 0 {
		t.Errorf("cells %v: a text never seen is -1, others are not", e.Cells)
	}
	if _, err := tr.Encode(read(t, "a,c\nx,1\n"), 0); err == nil || !strings.Contains(err.Error(), `"b"`) {
		t.Errorf("a table without column b: %v", err)
	}
}

func TestWideTable(t *testing.T) {
	var names []string
	for j := range 300 {
		names = append(names, fmt.Sprintf("c%d", j))
	}
	tab := New(names...)
	row := make([]string, 300)
	for i := range 200 {
		for j := range row {
			row[j] = fmt.Sprint((i*i + j*i) % 251)
			if j%2 == 1 {
				row[j] = fmt.Sprintf("k%d", (i+j)%7)
			}
		}
		tab.Append(row...)
	}
	tr := fit(t, tab)
	if tr.Numbers() != 150 || len(tr.Cards()) != 150 {
		t.Fatalf("%d numbers, %d cells", tr.Numbers(), len(tr.Cards()))
	}
	if d := cmp.Diff(rows(tab), rows(tr.Decode(encode64(t, tr, tab, 0)))); d != "" {
		t.Error(d)
	}
}

func TestVerifyFindsWhatADivergedNetworkMakes(t *testing.T) {
	tab := open(t, "penguins.csv")
	tr := fit(t, tab)
	s := encode64(t, tr, tab, 0)
	if err := tr.Verify(s); err != nil {
		t.Error(err)
	}
	s.Num[7*tr.Numbers()+1] = math.NaN()
	if err := tr.Verify(s); err == nil || !strings.Contains(err.Error(), "row 8") || !strings.Contains(err.Error(), "bill_depth_mm") {
		t.Errorf("error %v", err)
	}
}

func TestOutcastsOfFit(t *testing.T) {
	tab := read(t, "a,b\nx,1\ny,2\n")
	s := Infer(tab)
	s.Columns[0].Kind = Constant
	if _, err := Fit(s, tab, Options{}); err == nil || !strings.Contains(err.Error(), "1 (a)") || !strings.Contains(err.Error(), "constant") {
		t.Errorf("two values in a constant column: %v", err)
	}
}

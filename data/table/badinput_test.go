package table

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"

	"ebb/engine/rng"
)

// through takes a table of text all the way: schema, transform, YAML, encoding, decoding, writing, reading.
func through(t *testing.T, text string) (tab, back *Table, tr *Transform) {
	t.Helper()
	tab = read(t, text)
	tr = fit(t, tab)
	saved, err := yaml.Marshal(tr)
	if err != nil {
		t.Fatal(err)
	}
	if tr, err = ParseTransform(saved); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := Write(&b, tr.Decode(encode64(t, tr, tab, 0))); err != nil {
		t.Fatal(err)
	}
	return tab, read(t, b.String()), tr
}

// lines are a header and n rows.
func lines(header string, n int, row func(i int) string) string {
	var b strings.Builder
	b.WriteString(header + "\n")
	for i := range n {
		b.WriteString(row(i) + "\n")
	}
	return b.String()
}

// Input that other tools change on the way comes back as it was, cell by cell.
func TestDelicateValuesComeBack(t *testing.T) {
	for _, c := range []struct {
		name, text string
		kinds      string
	}{
		{"quoted newlines", lines("a,b", 60, func(i int) string { return fmt.Sprintf("\"line\n%d\r\n\",%d", i%3, i%2) }), "category boolean"},
		{"largest and smallest", lines("a", 120, func(i int) string {
			return []string{"1e308", "-1e308", "5e-324", "2.2250738585072014e-308", "0", "1.7976931348623157e+308"}[i%6]
		}), "real"},
		{"beyond float64", lines("a", 90, func(i int) string { return []string{"1e400", "-1e999", "1", "2", "3"}[i%5] }), "category"},
		{"leading zeros", lines("zip,id", 90, func(i int) string { return fmt.Sprintf("%05d,%03d", 501+i%7, i%5) }), "category category"},
		{"beyond 2^53", lines("a", 90, func(i int) string { return fmt.Sprint(9_007_199_254_740_993 + i%40) }), "category"},
		{"largest int64", lines("a", 90, func(i int) string {
			return []string{"9223372036854775807", "-9223372036854775808", "18446744073709551615"}[i%3]
		}), "category"},
		{"dates before 1900", lines("a", 90, func(i int) string { return fmt.Sprintf("%04d-%02d-%02d", 1+i*111, 1+i%12, 1+i%28) }), "date"},
		{"times before 1900", lines("a", 90, func(i int) string { return fmt.Sprintf("1%d45-07-0%d 03:04:05.250000", i%8, 1+i%9) }), "date"},
		{"zeros at the end", lines("a", 90, func(i int) string { return fmt.Sprintf("%d.%d0", i*i, i%10) }), "real"},
		{"blanks and quotes", lines("a,b", 90, func(i int) string { return []string{`" ",1`, `"",1`, `"  ",1`, `"""",2`, `'',2`}[i%5] }), "category integer"},
		{"nothing but quotes", lines("a,b", 30, func(i int) string { return fmt.Sprintf(`"",%d`, i%4) }), "missing integer"},
		{"nothing but blanks", lines("a,b", 30, func(i int) string { return fmt.Sprintf(`%s,%d`, strings.Repeat(" ", 1+i%3), i%4) }), "missing integer"},
		{"one row", "a,b,c\n1,x,2020-01-01\n", "constant constant constant"},
		{"fewer rows than columns", "a,b,c,d,e\n1,x,2.5,,q\n2,y,3.5,NA,q\n", "integer category real missing constant"},
		{"one column", "a\n3\n1\n2\n", "integer"},
		{"one column, one row", "a\n3\n", "constant"},
		{"a column without a name", "a,\n1,x\n2,y\n", "integer category"},
		{"offsets that summer time decides", lines("a", 200, func(i int) string {
			day := time.Date(2021, 1, 1+i, 12, 0, 0, 0, time.FixedZone("", 3600))
			if day.Month() >= 4 && day.Month() <= 10 {
				day = day.In(time.FixedZone("", 7200))
			}
			return day.Format(time.RFC3339)
		}), "date"},
		{"intervals", lines("a,b", 90, func(i int) string { return fmt.Sprintf("PT%dM,%d days 0%d:00:00", 5+i%50, 2+i%7, i%10) }), "interval interval"},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab, back, tr := through(t, c.text)
			for j, kind := range strings.Fields(c.kinds) {
				f := tr.Schema.Columns[j]
				if string(f.Kind) != kind {
					t.Errorf("%s is %s (%s), want %s", f.Name, f.Kind, f.Reason, kind)
				}
				for i := range tab.Rows() {
					if was, is := tab.Columns[j].At(i), back.Columns[j].At(i); was != is {
						t.Fatalf("%s, row %d: %q came back as %q (%s)", f.Name, i, was, is, f.Reason)
					}
				}
			}
		})
	}
}

// Input that is no table is an error that says what, where and what to do.
func TestBadTablesAreRefused(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"empty", "", "bad.csv: the file is empty; a table needs a header"},
		{"blank lines", "\n\n", "the file is empty"},
		{"no row", "a,b\n", "there is a header (2 columns) but no row"},
		{"duplicate name", "a,b,a\n1,2,3\n", `line 1: column 3: it has the same name, "a", as column 1; rename`},
		{"two empty names", "a,,\n1,2,3\n", "line 1: column 3: it has no name, and nor has column 2; name"},
		{"short row", "a,b\n1,2\n3\n", "line 3: row 2: it has 1 field, the header has 2; fill in"},
		{"long row", "a,b\n1,2\n3,4,5\n", "line 3: row 2: it has 3 fields, the header has 2; put fields"},
		{"open quote", "a,b\n1,\"x\n2,y\n", "line 2: row 1: column 2 (b): a quote is opened and never closed; close"},
		{"ragged quote", "a,b\n\"x\"y,1\n", "line 2: row 1: column 1 (a): 'y' follows the closing quote"},
		{"NUL byte", "a,b\n1,x\x00\n", "line 2: "},
		{"NUL byte far on", "a,b\n" + strings.Repeat("1,x\n", 20_000) + "2,y\x00z\n", "line 20002: row 20001: column 2 (b): "},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.text), "bad.csv")
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
}

// Where the type of a column changes midway, nothing is dropped or made a number that is none: it is
// counted, told with the row, and what was read comes back.
func TestTypesThatChangeMidwayAreTold(t *testing.T) {
	number := func(i int) string { return fmt.Sprintf("%.1f", float64(i*7919%3000)/10) }
	word := func(i int) string { return "about " + fmt.Sprint(i*31%700) }
	for _, c := range []struct {
		name          string
		text          func(i int) string
		kind          Kind
		reason, warns string
	}{
		{"a few words at the end", func(i int) string {
			if i >= 480 {
				return "closed"
			}
			return number(i)
		}, Real, `1 other text (such as "closed") kept as states`, "numbers in the first 480 values, then words from row 481 on"},
		{"many words from the middle on", func(i int) string {
			if i >= 300 {
				return word(i)
			}
			return number(i)
		}, Real, "200 other texts", `numbers in the first 300 values, then words from row 301 on ("about 200")`},
		{"words first", func(i int) string {
			if i < 300 {
				return word(i % 40)
			}
			return number(i % 7)
		}, Category, "numbers in 200 of 500 rows, words in the others", "words in the first 300 values, then numbers from row 301 on"},
		{"mixed throughout", func(i int) string {
			if i*7919%10 < 3 {
				return word(i % 13)
			}
			return number(i % 40)
		}, Category, "numbers in 350 of 500 rows", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := New("x", "y")
			for i := range 500 {
				tab.Append(c.text(i), fmt.Sprint(i%3))
			}
			f := Infer(tab).Columns[0]
			if f.Kind != c.kind || !strings.Contains(f.Reason, c.reason) || !strings.Contains(f.Warning, c.warns) || (c.warns == "") != (f.Warning == "") {
				t.Fatalf("%s, reason %q, warning %q; want %s, %q, %q", f.Kind, f.Reason, f.Warning, c.kind, c.reason, c.warns)
			}
			tr := fit(t, tab)
			back := tr.Decode(encode64(t, tr, tab, 0))
			for i := range 500 {
				if was, is := cell(tab, i), cell(back, i); was != is {
					t.Fatalf("row %d: %q came back as %q", i, was, is)
				}
			}
		})
	}
}

// Offsets that time does not decide are drawn as often as they occur.
func TestMixedOffsetsKeepTheirShares(t *testing.T) {
	tab := New("x")
	r := rng.New(1, rng.Test)
	for i := range uint64(2000) {
		zone := time.FixedZone("", []int{0, 3600, 3600, -18000}[r.Intn(4, 0, i)])
		tab.Append(time.Unix(1_500_000_000+int64(r.Intn(1e8, 1, i)), 0).In(zone).Format("2006-01-02 15:04:05-07"))
	}
	tr := fit(t, tab)
	if f := tr.Schema.Columns[0]; f.Kind != Date || !strings.Contains(f.Reason, "at 3 offsets from UTC") {
		t.Fatalf("%s (%s)", f.Kind, f.Reason)
	}
	back := tr.Decode(encode64(t, tr, tab, 0))
	count := map[string]int{}
	for i := range 2000 {
		was, err1 := time.Parse("2006-01-02 15:04:05-07", cell(tab, i))
		is, err2 := time.Parse("2006-01-02 15:04:05-07", cell(back, i))
		if err1 != nil || err2 != nil || !was.Equal(is) {
			t.Fatalf("%s came back as %s", cell(tab, i), cell(back, i))
		}
		count[cell(back, i)[19:]]++
	}
	// Binomial: four standard deviations of 2000 draws are 90 and less.
	if d := count["+01"] - 1000; d > 90 || d < -90 || count["+00"] < 410 || count["-05"] < 410 {
		t.Errorf("%v, want 500, 1000 and 500", count)
	}
}

// More than 10,000 columns of few rows are a table like others.
func TestTenThousandColumns(t *testing.T) {
	const columns = 12_000
	var b strings.Builder
	r := rng.New(1, rng.Test)
	for row := range 9 {
		for j := range columns {
			if j > 0 {
				b.WriteByte(',')
			}
			if row == 0 {
				fmt.Fprintf(&b, "c%d", j)
			} else {
				fmt.Fprint(&b, r.Intn(9, uint64(row), uint64(j)))
			}
		}
		b.WriteByte('\n')
	}
	tab := read(t, b.String())
	tr := fit(t, tab)
	back := tr.Decode(encode64(t, tr, tab, 0))
	for j := range columns {
		for i := range tab.Rows() {
			if tab.Columns[j].At(i) != back.Columns[j].At(i) {
				t.Fatalf("column %d, row %d: %q came back as %q", j, i, tab.Columns[j].At(i), back.Columns[j].At(i))
			}
		}
	}
}

package table

import (
	"fmt"
	"testing"
)

// Lengths of time obey less and sum as numbers do, if they have different decimals of seconds too.
func TestLengthsOfTimeObeyRules(t *testing.T) {
	tab := New("short", "long", "pause", "whole")
	for i := range 200 {
		a, b, c := i*37%5000, i*91%3000, i*53%2900
		tab.Append(clock(a)+".5", clock(a+b+1), clock(c), clock(a+b+1+c))
	}
	tr := ruled(t, tab, "- {less: [short, long], strict: true}\n- sum: {of: [long, pause], is: whole}\n- less: [pause, whole]\n")
	if k := tr.Schema.Columns[0].Kind; k != Interval {
		t.Fatalf("%s", k)
	}
	obeys(t, tr, tr.Decode(anyRows(tr, 500, 1)))
	learned, err := tr.Apply(tab)
	if err != nil {
		t.Fatal(err)
	}
	back, err := tr.Restore(learned)
	if err != nil {
		t.Fatal(err)
	}
	for i := range tab.Rows() {
		if fmt.Sprint(back.Row(nil, i)) != fmt.Sprint(tab.Row(nil, i)) {
			t.Fatalf("row %d: %q comes back as %q", i, tab.Row(nil, i), back.Row(nil, i))
		}
	}
}

func clock(steps int) string {
	seconds := 40 * steps
	return fmt.Sprintf("%02d:%02d:%02d", seconds/3600, seconds/60%60, seconds%60)
}

package table

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"ebb/engine/rng"
)

// names makes the identifiers of the first n rows.
func names(id *Identifier, n int) []string {
	made := make([]string, n)
	namer := newNamer(id, rng.New(1, rng.Decode), 0)
	for i := range made {
		made[i] = namer.name(uint64(i))
	}
	return made
}

func TestSequencesCountOn(t *testing.T) {
	for _, c := range []struct {
		text  func(i int) string
		third string
	}{
		{func(i int) string { return fmt.Sprint(i) }, "2"},
		{func(i int) string { return fmt.Sprint(i - 5) }, "-3"},
		{func(i int) string { return fmt.Sprintf("%05d", i+1) }, "00003"},
		{func(i int) string { return fmt.Sprintf("INV-%d/B", i+8) }, "INV-10/B"},
		{func(i int) string { return fmt.Sprintf("ä%03d", i+98) }, "ä100"},
	} {
		column := texts(20, c.text)
		id, ok := detectSequence(column.Texts())
		if !ok {
			t.Errorf("%q … is no sequence", column.Texts()[:3])
			continue
		}
		if got := names(&id, 20); got[2] != c.third || got[19] != column.At(19) {
			t.Errorf("%q … goes on as %q", column.Texts()[:3], got)
		}
	}
}

func TestWhatIsNoSequence(t *testing.T) {
	for _, column := range []*Column{
		texts(20, func(i int) string { return fmt.Sprint(2 * i) }),
		texts(20, func(i int) string { return strings.Repeat("7", i+1) }),
		texts(20, func(i int) string { return strings.Repeat("x", i+1) }),
		texts(20, func(i int) string { return fmt.Sprintf("%0*d", 1+i%3, i) }),
		texts(20, func(i int) string { return fmt.Sprintf("a%db%d", i, i) }),
	} {
		if id, ok := detectSequence(column.Texts()); ok {
			t.Errorf("%q … was taken for %+v", column.Texts()[:3], id)
		}
	}
}

// Identifiers made by pattern differ from each other and look like those seen: the same length and,
// position by position, the same kind of character.
func TestPatternsMakeDistinctLookalikes(t *testing.T) {
	stream := rng.New(3, rng.Test)
	uuid := func(i int) string {
		a, b := stream.Uint64(0, uint64(i)), stream.Uint64(1, uint64(i))
		return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, b>>48&0xfff, b&0xffffffffffff)
	}
	column := texts(500, uuid)
	id := Identifier{Shapes: shapesOf(column.Texts())}
	if len(id.Shapes) != 1 {
		t.Fatalf("%d shapes of UUIDs", len(id.Shapes))
	}
	seen := map[string]bool{}
	for _, text := range names(&id, 20_000) {
		if seen[text] {
			t.Fatalf("%q was made twice", text)
		}
		seen[text] = true
		if len(text) != 36 || text[14] != '4' || text[19] != '8' || strings.Trim(text, "0123456789abcdef-") != "" {
			t.Fatalf("%q does not look like a UUID", text)
		}
	}
}

// A shape of few texts gives each of them once before it begins again, with a counter.
func TestSmallShapesStayDistinct(t *testing.T) {
	id := Identifier{Shapes: []Shape{{Classes: []Text{"A", "0123456789", "xyz"}, Weight: 1}}}
	seen := map[string]bool{}
	for i, text := range names(&id, 95) {
		if seen[text] {
			t.Fatalf("%q was made twice", text)
		}
		seen[text] = true
		if long := len(text) > 3; long != (i >= 30) {
			t.Fatalf("number %d of 30 texts is %q", i, text)
		}
	}
}

// Texts of several forms keep the forms' shares.
func TestShapesKeepTheirShares(t *testing.T) {
	column := texts(1000, func(i int) string {
		if i%4 == 0 {
			return fmt.Sprintf("%c%c-%d", 'A'+i%26, 'A'+i/26%26, i)
		}
		return fmt.Sprintf("user%d@mail.org", 10_000+i)
	})
	id := Identifier{Shapes: shapesOf(column.Texts())}
	mails := 0
	const n = 4000
	for _, text := range names(&id, n) {
		if strings.Contains(text, "@mail.org") {
			mails++
		}
	}
	// Binomial with p = 3/4: four standard deviations.
	if d := math.Abs(float64(mails) - 0.75*n); d > 4*math.Sqrt(n*0.75*0.25) {
		t.Errorf("%d of %d are mail addresses, want three quarters", mails, n)
	}
}

func TestIdentifiersWithMissingMarksKeepThem(t *testing.T) {
	tab := New("x", "y")
	for i := range 100 {
		text := fmt.Sprintf("%x", 99_991*(i+3))
		if i%10 == 0 {
			text = "NA"
		}
		tab.Append(text, fmt.Sprint(i%3))
	}
	tr := fit(t, tab)
	if k := tr.Schema.Columns[0].Kind; k != Name {
		t.Fatalf("kind %s", k)
	}
	back := tr.Decode(encode64(t, tr, tab, 0))
	for i := range 100 {
		if (back.Columns[0].At(i) == "NA") != (i%10 == 0) {
			t.Errorf("row %d is %q", i, back.Columns[0].At(i))
		}
	}
}

package metric

import (
	"math"
	"strings"
	"testing"

	"ebb/data/table"
)

func readTable(t *testing.T, text string) *table.Table {
	t.Helper()
	tab, err := table.Read(strings.NewReader(text), "test.csv")
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// Two tables whose categories appear in another order get one coding, a missing number is NaN
// and a missing category -1, while a mark that data tools keep is a category.
func TestFramesShareOneCoding(t *testing.T) {
	real := readTable(t, "size,colour,job\n1.5,red,a\n,blue,?\n2.25,,b\n3.5,red,a\n")
	synthetic := readTable(t, "size,colour,job\n2.5,blue,b\n1.5,green,?\n")
	schema := table.Infer(real)
	frames, err := FromTables(schema, real, synthetic)
	if err != nil {
		t.Fatal(err)
	}
	r, s := frames[0].Columns, frames[1].Columns
	if len(r) != 3 || r[0].Kind != Numeric || r[1].Kind != Categorical {
		t.Fatalf("columns %+v", r)
	}
	if !math.IsNaN(r[0].Num[1]) || r[0].Num[2] != 2.25 {
		t.Errorf("numbers %v", r[0].Num)
	}
	if r[1].Code[2] != -1 || r[1].Code[1] != s[1].Code[0] || s[1].Code[1] == r[1].Code[0] {
		t.Errorf("colours %v and %v share no coding", r[1].Code, s[1].Code)
	}
	if r[2].Code[1] < 0 || r[2].Code[1] != s[2].Code[1] {
		t.Errorf("jobs %v and %v: ? is a category", r[2].Code, s[2].Code)
	}
}

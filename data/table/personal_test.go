package table

import (
	"fmt"
	"net/mail"
	"slices"
	"strings"
	"testing"

	"ebb/engine/rng"
)

// pick chooses one of the words by (row, column).
func pick(row, column int, words ...string) string {
	return words[rng.New(5, rng.Test).Intn(len(words), uint64(column), uint64(row))]
}

func number(row, column, below int) int {
	return rng.New(6, rng.Test).Intn(below, uint64(column), uint64(row))
}

// people are columns whose texts point to a person, each by a function of the row.
func people() map[string]func(i int) string {
	first := []string{"Anna", "Bob", "Carla", "Dieter", "Eve", "Zoë", "Максим", "李"}
	last := []string{"Smith", "Miller", "Jones", "Brown", "Nuñez", "Иванов", "王芳"}
	return map[string]func(i int) string{
		"e-mail": func(i int) string {
			domain := pick(i, 0, "gmail.com", "web.de", "yahoo.co.uk", fmt.Sprintf("family%d.org", i))
			return fmt.Sprintf("%s.%s%d@%s", pick(i, 1, "anna", "bob", "eve"), pick(i, 2, "smith", "li", "brown"), i, domain)
		},
		"short e-mail": func(i int) string { return fmt.Sprintf("%c%c@web.de", 'a'+i%26, 'a'+i/26%26) },
		"phone": func(i int) string {
			return fmt.Sprintf("+49 %d %d", 150+number(i, 0, 30), 1_000_000+number(i, 1, 90_000_000))
		},
		"name": func(i int) string {
			return pick(i, 3, first...) + " " + string(rune('A'+i%26)) + ". " + pick(i, 4, last...) + fmt.Sprintf("-%s", strings.Repeat("x", i/26))
		},
		"card": func(i int) string {
			return fmt.Sprintf("%04d-%04d-%04d", number(i, 5, 10_000), number(i, 6, 10_000), number(i, 7, 10_000))
		},
		"remark": func(i int) string { return strings.Repeat(pick(i, 8, first...)+" ", 1+i%9) + fmt.Sprint(i*i) },
		"foreign letters": func(i int) string {
			return pick(i, 9, "李", "王", "张") + strings.Repeat(pick(i, 10, "芳", "伟", "娜"), 1+i%3) + fmt.Sprint(number(i, 11, 1_000_000_000))
		},
	}
}

// Of texts that point to people none comes back, whatever their lengths and letters: new ones are made, of
// the same form.
func TestNoRealPersonComesBack(t *testing.T) {
	for name, text := range people() {
		t.Run(name, func(t *testing.T) {
			column := texts(400, text)
			if f := newProfile(column).field(); f.Kind != Name {
				t.Fatalf("%s (%s)", f.Kind, f.Reason)
			}
			id := Identifier{Shapes: shapesOf(column.Texts())}
			real, seen := map[string]bool{}, map[string]bool{}
			for _, r := range column.Texts() {
				real[r] = true
			}
			for _, made := range names(&id, 20_000) {
				if real[made] {
					t.Fatalf("%q is one of the real ones", made)
				}
				if seen[made] {
					t.Fatalf("%q was made twice", made)
				}
				seen[made] = true
				if strings.Contains(name, "mail") {
					if _, err := mail.ParseAddress(made); err != nil {
						t.Fatalf("%q is no address: %v", made, err)
					}
				}
			}
		})
	}
}

// A mail domain that many share stays; that of a few is replaced by one that is nobody's.
func TestMailDomainsOfAFewAreReplaced(t *testing.T) {
	id := Identifier{Shapes: shapesOf(texts(400, people()["e-mail"]).Texts())}
	domains := map[string]int{}
	for _, made := range names(&id, 2000) {
		_, domain, _ := strings.Cut(made, "@")
		domains[domain]++
	}
	if len(domains) != 4 || domains["gmail.com"] == 0 || domains["web.de"] == 0 || domains["yahoo.co.uk"] == 0 || domains[otherDomain] == 0 {
		t.Errorf("%v", domains)
	}
}

// A column of addresses is made anew even where they repeat; names of people that repeat are kept, and
// that is told.
func TestContactsThatRepeatAreNotKept(t *testing.T) {
	mails := texts(400, func(i int) string { return people()["e-mail"](i % 50) })
	if f := newProfile(mails).field(); f.Kind != Name || !strings.Contains(f.Reason, "50 of 400 texts differ, which look like e-mail addresses") {
		t.Errorf("%s (%s)", f.Kind, f.Reason)
	}
	persons := texts(400, func(i int) string { return fmt.Sprintf("%s Li%c", pick(i%50, 1, "Ann", "Bo"), 'a'+i%26) })
	if f := newProfile(persons).field(); f.Kind != Category || !strings.Contains(f.Warning, "look like names of people") {
		t.Errorf("%s (%s)", f.Kind, f.Warning)
	}
}

// Over many draws no two keys are the same, and all keep the form: a UUID its version, a number
// no zero at its beginning.
func TestMadeKeysDiffer(t *testing.T) {
	uuid := func(i int) string {
		r := rng.New(3, rng.Test)
		a, b := r.Uint64(0, uint64(i)), r.Uint64(1, uint64(i))
		return fmt.Sprintf("%08x-%04x-4%03x-%x%03x-%012x", a>>32, a>>16&0xffff, a&0xfff, 8+b>>62, b>>48&0xfff, b&0xffffffffffff)
	}
	for name, c := range map[string]struct {
		text func(i int) string
		ok   func(text string) bool
	}{
		"UUID": {uuid, func(s string) bool { return len(s) == 36 && s[14] == '4' && strings.Contains("89ab", s[19:20]) }},
		"number of 6 to 9 digits": {func(i int) string { return fmt.Sprint(100_000 + number(i, 0, 900_000_000)) },
			func(s string) bool { return s[0] != '0' }},
		"beyond 2^53": {func(i int) string { return fmt.Sprint(9_007_199_254_740_993 + number(i, 0, 1<<50)) },
			func(s string) bool { return len(s) >= 16 && s[0] != '0' }},
		"code of two forms": {func(i int) string { return pick(i, 1, "A-", "B") + fmt.Sprintf("%05d", number(i, 2, 100_000)) },
			func(s string) bool { return s[0] == 'A' || s[0] == 'B' }},
	} {
		t.Run(name, func(t *testing.T) {
			id := Identifier{Shapes: shapesOf(texts(60, c.text).Texts())}
			const n = 100_000
			made := names(&id, n)
			for _, text := range made[:1000] {
				if !c.ok(text) {
					t.Fatalf("%q does not look like %q", text, c.text(0))
				}
			}
			slices.Sort(made)
			if k := len(slices.Compact(made)); k != n {
				t.Errorf("%d different ones of %d", k, n)
			}
		})
	}
}

// Whole numbers that all differ are keys where their column's name says so, else measurements.
func TestKeysAreFoundByTheirName(t *testing.T) {
	rising := func(i int) string { return fmt.Sprint(1000 + 3*i + i%2) }
	mixed := func(i int) string { return fmt.Sprint(1000 + 7919*i%10_007) }
	for _, c := range []struct {
		name string
		text func(i int) string
		kind Kind
	}{
		{"id", rising, Name}, {"customer_id", mixed, Name}, {"OrderID", mixed, Name}, {"order key", rising, Name}, {"pk", mixed, Name},
		{"price", rising, Integer}, {"paid", mixed, Integer}, {"idle", mixed, Integer},
		{"id", func(i int) string { return fmt.Sprint(i % 50) }, Integer},
		{"id", func(i int) string { return fmt.Sprint(float64(i) * 0.37) }, Real},
	} {
		tab := New(c.name)
		for i := range 300 {
			tab.Append(c.text(i))
		}
		f := Infer(tab).Columns[0]
		if f.Kind != c.kind {
			t.Errorf("%s of %s …: %s (%s), want %s", c.name, c.text(1), f.Kind, f.Reason, c.kind)
		}
	}
}

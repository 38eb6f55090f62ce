package table

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A shape read back from its pattern is the same.
func TestPatternsSurviveYAML(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		class := rapid.OneOf(rapid.SampledFrom([]string{digits, lower, digits + lower[:6], "-", "\\", "[]", "a-", "{}", "ä", "abc", "13579", "é\x00", " "}),
			rapid.StringMatching(`[a-z0-9]`))
		s := Shape{Weight: rapid.IntRange(1, 99).Draw(t, "weight")}
		for _, c := range rapid.SliceOfN(class, 1, 9).Draw(t, "classes") {
			s.Classes = append(s.Classes, Text(c))
		}
		text, err := yaml.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		var back Shape
		if err := yaml.Unmarshal(text, &back); err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if d := cmp.Diff(s, back); d != "" {
			t.Fatalf("%s\n%s", text, d)
		}
	})
}

func TestPatternsAreRead(t *testing.T) {
	for pattern, want := range map[string][]Text{
		`A[0-9]{2}`: {"A", digits, digits}, `[a-c\-x]\.`: {"abc-x", "."}, `\[{3}`: {"[", "[", "["}, `[a-]`: {"a-"},
	} {
		if got, err := parsePattern(pattern); err != nil || !cmp.Equal(got, want) {
			t.Errorf("%s is %q (%v), want %q", pattern, got, err, want)
		}
	}
	for pattern, want := range map[string]string{
		`[abc`: "no end", `[]`: "empty", `a{x}`: "{x}", `{3}`: "behind", `a{3`: "no end", `a\`: "backslash", `[z-a]`: "z-a", `a]`: `\]`,
		`a{1000}b{1000}`: "longer than 1000",
	} {
		if _, err := parsePattern(pattern); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", pattern, err, want)
		}
	}
}

// Runs of older versions have lists of classes.
func TestShapesOfOlderRunsAreRead(t *testing.T) {
	var s Shape
	if err := yaml.Unmarshal([]byte("classes: [\"A\", \"0123456789\"]\nweight: 7\n"), &s); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(Shape{Classes: []Text{"A", digits}, Weight: 7}, s); d != "" {
		t.Error(d)
	}
}

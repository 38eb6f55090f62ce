// Package diffusion_test holds docs/math.md to the tests it names.
package diffusion_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// Every test that docs/math.md gives as a proof exists.
func TestTheProofsOfTheMathematicsExist(t *testing.T) {
	page, err := os.ReadFile("../docs/math.md")
	if err != nil {
		t.Fatal(err)
	}
	exists := map[string]bool{"TestName": true} // how the page says tests are named
	files, err := filepath.Glob("*/*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	declared := regexp.MustCompile(`(?m)^func (Test\w+)\(`)
	for _, file := range files {
		src, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range declared.FindAllSubmatch(src, -1) {
			exists[string(m[1])] = true
		}
	}
	named := regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(string(page), -1)
	if len(named) < 40 {
		t.Errorf("docs/math.md names only %d tests", len(named))
	}
	for _, name := range named {
		if !exists[name] {
			t.Errorf("docs/math.md names %s, which does not exist", name)
		}
	}
}

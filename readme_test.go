package ebb_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The README shows the Example that the tests run, to the letter.
func TestREADMEShowsTheExample(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?s)```go\n(.*?)```").FindSubmatch(page)
	if shown == nil {
		t.Fatal("README.md has no block of Go")
	}
	if want := exampleBody(t); string(shown[1]) != want {
		t.Errorf("README.md shows\n%s\nand the Example in example_test.go is\n%s", shown[1], want)
	}
}

// exampleBody is the text of Example's statements without their indentation and the comment that
// holds its output.
func exampleBody(t *testing.T) string {
	t.Helper()
	src, err := os.ReadFile("example_test.go")
	if err != nil {
		t.Fatal(err)
	}
	set := token.NewFileSet()
	file, err := parser.ParseFile(set, "example_test.go", src, 0)
	if err != nil {
		t.Fatal(err)
	}
	body := file.Scope.Lookup("Example").Decl.(*ast.FuncDecl).Body
	text := string(src[set.Position(body.Lbrace).Offset+2 : set.Position(body.Rbrace).Offset])
	text, _, _ = strings.Cut(text, "\t// Output:")
	return strings.ReplaceAll(strings.TrimPrefix(text, "\t"), "\n\t", "\n")
}

var documents = []string{"README.md", "ARCHITECTURE.md", "CONTRIBUTING.md"}

// The documents name only files and folders that exist.
func TestDocumentsNameFilesThatExist(t *testing.T) {
	named := regexp.MustCompile("`((?:engine|diffusion|data|metric|model|train|bench|report|cmd|docs)/[\\w./]*)`")
	for _, name := range documents {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllSubmatch(page, -1) {
			if _, err := os.Stat(string(m[1])); err != nil {
				t.Errorf("%s names %s: %v", name, m[1], err)
			}
		}
	}
}

// The documents name only tests that exist.
func TestDocumentsNameTestsThatExist(t *testing.T) {
	exists := declaredTests(t)
	named := regexp.MustCompile("`((?:Test|Fuzz)[A-Z]\\w*)`")
	for _, name := range documents {
		page, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range named.FindAllSubmatch(page, -1) {
			if !exists[string(m[1])] {
				t.Errorf("%s names the test %s, which does not exist", name, m[1])
			}
		}
	}
}

// declaredTests are the names of all tests of the module.
func declaredTests(t *testing.T) map[string]bool {
	t.Helper()
	exists := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		src, err := os.ReadFile(path)
		for _, m := range declared.FindAllSubmatch(src, -1) {
			exists[string(m[1])] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return exists
}

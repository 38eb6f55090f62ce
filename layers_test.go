package ebb_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// layers lists the house from its foundation up: a package may import only packages of rows
// above its own, or its own subtree. ARCHITECTURE.md draws the same map.
var layers = []string{
	"engine/kernel", // with cpu, parallel and elementary inside
	"engine/rng",
	"engine/tensor",
	"engine/autograd",
	"engine/nn",
	"engine/optim",
	"diffusion/schedule",
	"diffusion/process",
	"diffusion/gauss",
	"diffusion/denoise",
	"diffusion/likelihood",
	"diffusion/sample",
	"diffusion/network",
	"data", // with table, image and array inside
	"metric",
	"baseline", // copula, mixture, independent columns
	"model",    // with checkpoint and diffusers inside
	"train",
	"bench", // measuring; its folder peers holds programs of others' languages
	"report",
	"server",
	"", // the public face, package ebb
	"cmd/ebb",
}

// barred holds what a row may not reach although it stands below: a sampler moves float64
// states and must not know how a network computes; data and metrics do not know of models.
var barred = map[string][]string{
	"engine/kernel":    {"engine/rng"},
	"diffusion/sample": {"engine/tensor", "engine/autograd", "engine/nn", "engine/optim", "diffusion/denoise"},
	"data":             {"engine/autograd", "engine/nn", "engine/optim", "diffusion"},
	"metric":           {"engine/autograd", "engine/nn", "engine/optim", "diffusion"},
	"baseline":         {"engine/autograd", "engine/nn", "engine/optim", "diffusion", "metric"},
	"server":           {"engine/autograd", "engine/nn", "engine/optim"},
}

// TestImportsPointUp holds the import graph to the table of layers.
func TestImportsPointUp(t *testing.T) {
	for pkg, imports := range importGraph(t) {
		from := layerOf(pkg)
		if from < 0 {
			t.Errorf("package %q stands in no layer: add it to the table", pkg)
			continue
		}
		for _, imp := range imports {
			to := layerOf(imp)
			if to > from {
				t.Errorf("%s imports %s, which stands below it", pkg, imp)
			}
			for _, prefix := range barred[layers[from]] {
				if within(imp, prefix) {
					t.Errorf("%s imports %s, which %s never does", pkg, imp, layers[from])
				}
			}
		}
	}
}

// layerOf returns the row of a package path relative to the module, or -1.
func layerOf(pkg string) int {
	for i, l := range layers {
		if l != "" && within(pkg, l) || l == pkg {
			return i
		}
	}
	return -1
}

func within(pkg, dir string) bool { return pkg == dir || strings.HasPrefix(pkg, dir+"/") }

// importGraph reads the imports of every package of the module, tests left out: a test may
// look anywhere.
func importGraph(t *testing.T) map[string][]string {
	t.Helper()
	graph := map[string][]string{}
	err := filepath.WalkDir(".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name := d.Name()
		if d.IsDir() && p != "." && (name == "testdata" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")) {
			return filepath.SkipDir
		}
		if d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), p, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		pkg := path.Clean(filepath.ToSlash(filepath.Dir(p)))
		if pkg == "." {
			pkg = ""
		}
		graph[pkg] = append(graph[pkg], moduleImports(file.Imports)...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return graph
}

func moduleImports(specs []*ast.ImportSpec) []string {
	var found []string
	for _, spec := range specs {
		p, err := strconv.Unquote(spec.Path.Value)
		if err == nil && strings.HasPrefix(p, "ebb/") {
			found = append(found, strings.TrimPrefix(p, "ebb/"))
		} else if p == "ebb" {
			found = append(found, "")
		}
	}
	return found
}

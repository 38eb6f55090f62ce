package table

import (
	"fmt"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
	"github.com/goccy/go-yaml/token"
)

// unmarshalStrict reads YAML that people write into v; an unknown key is an error. Keys true and false, as
// a boolean column has them, need no quotes: goccy/go-yaml would leave the whole document out over one.
func unmarshalStrict(text []byte, v any) error {
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return err
	}
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		ast.Walk(textKeys{}, doc.Body)
		return yaml.NodeToValue(doc.Body, v, yaml.Strict())
	}
	return fmt.Errorf("it is empty")
}

// textKeys makes keys that are truth values texts.
type textKeys struct{}

func (k textKeys) Visit(n ast.Node) ast.Visitor {
	if pair, ok := n.(*ast.MappingValueNode); ok {
		if key, ok := pair.Key.(*ast.BoolNode); ok {
			t := key.GetToken()
			pair.Key = ast.String(token.String(t.Value, t.Origin, t.Position))
		}
	}
	return k
}

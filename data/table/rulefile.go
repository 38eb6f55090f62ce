package table

import (
	"fmt"
	"os"

	"github.com/goccy/go-yaml"
)

// ParseRules reads rules from YAML: a list of them, alone or under the key rules. An unknown key is an error;
// whether the columns are there is seen when a table is fitted.
func ParseRules(text []byte) ([]Rule, error) {
	var file struct {
		Rules []Rule `yaml:"rules"`
	}
	err := yaml.UnmarshalWithOptions(text, &file, yaml.Strict())
	if err != nil {
		if alone := yaml.UnmarshalWithOptions(text, &file.Rules, yaml.Strict()); alone != nil {
			if yaml.Unmarshal(text, &[]any{}) == nil { // it is a list
				err = alone
			}
			return nil, fmt.Errorf("these are no valid rules: %w", err)
		}
	}
	if len(file.Rules) == 0 {
		return nil, fmt.Errorf("there are no rules; write a list such as\n- less: [start, end]\n- unique: [id]")
	}
	for i := range file.Rules {
		if err := file.Rules[i].shape(); err != nil {
			return nil, err
		}
	}
	return file.Rules, nil
}

// OpenRules reads a file of rules.
func OpenRules(path string) ([]Rule, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	rules, err := ParseRules(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return rules, nil
}

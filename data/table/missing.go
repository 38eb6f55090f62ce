package table

import "strings"

// Marks that stand for a missing value wherever they occur, and those that do only among numbers
// or dates: in a column of words "none" is a word. Upper and lower case are the same.
var (
	missingAnywhere = []string{"", "na", "n/a", "#n/a", "nan", "null", "nil", "?", "<na>", "nat", "#value!", "#div/0!"}
	missingInValues = []string{"-", "--", "---", ".", "..", "none", "missing", "unknown", "*", "x", "not available", "tbd"}
)

// isMissing reports whether a text is a mark of a missing value; among is true among numbers and
// dates, where more marks are.
func isMissing(text string, among bool) bool {
	text = strings.ToLower(strings.TrimSpace(text))
	for _, m := range missingAnywhere {
		if text == m {
			return true
		}
	}
	if !among {
		return false
	}
	for _, m := range missingInValues {
		if text == m {
			return true
		}
	}
	return false
}

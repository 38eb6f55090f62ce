package metric

import (
	"slices"

	"ebb/data/table"
)

// FromTables makes frames of tables that share a schema, under one coding of their categories.
// Real, integer and date columns are compared as numbers, all others as categories;
// identifiers, which no model learns, are left out.
//
// A mark of a missing value is missing in a column of numbers. Among categories it is missing
// if it is one that data tools read as missing (an empty cell, NA, NaN, null, ...); another
// spelling, such as the ? of the Adult table, is a category there, as it is in published
// figures.
func FromTables(s *table.Schema, tables ...*table.Table) ([]*Frame, error) {
	frames := make([]*Frame, len(tables))
	at := make([][]int, len(tables))
	for i, t := range tables {
		var err error
		if at[i], err = s.Match(t); err != nil {
			return nil, err
		}
		frames[i] = &Frame{}
	}
	for j := range s.Columns {
		f := &s.Columns[j]
		if f.Kind == table.Name {
			continue
		}
		columns := make([]*table.Column, len(tables))
		for i, t := range tables {
			columns[i] = t.Columns[at[i][j]]
		}
		for i, c := range fromColumns(f, columns) {
			frames[i].Columns = append(frames[i].Columns, c)
		}
	}
	return frames, nil
}

// fromColumns converts one column of every table.
func fromColumns(f *table.Field, columns []*table.Column) []Column {
	out := make([]Column, len(columns))
	codes, labels := map[string]int32{}, []string(nil)
	for i, c := range columns {
		out[i] = Column{Name: string(f.Name), Kind: Categorical}
		switch {
		case f.Kind == table.Date:
			out[i].Kind, out[i].Num = Datetime, parseNumbers(f, c)
		case f.Kind.Numeric():
			out[i].Kind, out[i].Num, out[i].Integer = Numeric, parseNumbers(f, c), f.Kind == table.Integer
		default:
			out[i].Code, labels = codeCategories(f, c, codes, labels)
		}
	}
	for i := range out {
		out[i].Labels = labels
	}
	return out
}

// parseNumbers parses a column, each distinct text once.
func parseNumbers(f *table.Field, c *table.Column) []float64 {
	values := make([]float64, len(c.Texts()))
	for k, text := range c.Texts() {
		values[k], _ = f.Float(text)
	}
	out := make([]float64, c.Len())
	for i := range out {
		out[i] = values[c.Code(i)]
	}
	return out
}

// codeCategories codes a column, going on with the codes given to the columns before.
func codeCategories(f *table.Field, c *table.Column, codes map[string]int32, labels []string) ([]int32, []string) {
	byText := make([]int32, len(c.Texts()))
	for k, text := range c.Texts() {
		code, known := codes[text]
		switch {
		case f.IsMissing(text) && readAsMissing(text):
			code = -1
		case !known:
			code = int32(len(labels))
			codes[text] = code
			labels = append(labels, text)
		}
		byText[k] = code
	}
	out := make([]int32, c.Len())
	for i := range out {
		out[i] = byText[c.Code(i)]
	}
	return out, labels
}

// readAsMissing tells whether pandas, through which published figures are made, reads a text
// as a missing value.
func readAsMissing(text string) bool {
	return slices.Contains([]string{"", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND",
		"1.#QNAN", "<NA>", "N/A", "NA", "NULL", "NaN", "None", "n/a", "nan", "null"}, text)
}

package metric

import (
	"errors"
	"fmt"
	"math"
)

// Kind says how the values of a column are compared.
type Kind uint8

const (
	Numeric     Kind = iota // Num holds numbers
	Categorical             // Code holds categories
	Datetime                // Num holds instants on one linear scale, by custom nanoseconds since 1970
)

func (k Kind) String() string {
	switch k {
	case Numeric:
		return "numeric"
	case Categorical:
		return "categorical"
	case Datetime:
		return "datetime"
	}
	return fmt.Sprintf("Kind(%d)", uint8(k))
}

// Column is one column of a table as the figures of this package see it.
// Numeric and Datetime columns use Num, where NaN is a missing value;
// Categorical columns use Code, where a negative number is a missing value.
//
// Two columns that are compared share one coding: the same code is the same
// category in the real and in the synthetic table.
type Column struct {
	Name    string
	Kind    Kind
	Integer bool      // every number is whole (random reference tables then are too)
	Num     []float64 // (rows) of Numeric and Datetime columns
	Code    []int32   // (rows) of Categorical columns
	Labels  []string  // the text of each code, for reports; may be nil
}

// Len returns the number of rows.
func (c *Column) Len() int {
	if c.Kind == Categorical {
		return len(c.Code)
	}
	return len(c.Num)
}

// Missing tells whether row i has no value.
func (c *Column) Missing(i int) bool {
	if c.Kind == Categorical {
		return c.Code[i] < 0
	}
	return math.IsNaN(c.Num[i])
}

// MissingShare returns the share of rows without a value; 0 for no rows.
func (c *Column) MissingShare() float64 {
	n, missing := c.Len(), 0
	for i := range n {
		if c.Missing(i) {
			missing++
		}
	}
	if n == 0 {
		return 0
	}
	return float64(missing) / float64(n)
}

// levels returns one more than the largest code of the columns and their labels.
func levels(columns ...*Column) int {
	k := 0
	for _, c := range columns {
		k = max(k, len(c.Labels))
		for _, code := range c.Code {
			k = max(k, int(code)+1)
		}
	}
	return k
}

// pick returns the named rows of the column, in that order.
func (c *Column) pick(rows []int) Column {
	out := Column{Name: c.Name, Kind: c.Kind, Integer: c.Integer, Labels: c.Labels}
	if c.Kind == Categorical {
		out.Code = make([]int32, len(rows))
		for i, r := range rows {
			out.Code[i] = c.Code[r]
		}
		return out
	}
	out.Num = make([]float64, len(rows))
	for i, r := range rows {
		out.Num[i] = c.Num[r]
	}
	return out
}

// Frame is a table: columns of equal length.
type Frame struct {
	Columns []Column
}

// Rows returns the number of rows; 0 without columns.
func (f *Frame) Rows() int {
	if len(f.Columns) == 0 {
		return 0
	}
	return f.Columns[0].Len()
}

// Index returns the position of the named column, or -1.
func (f *Frame) Index(name string) int {
	for j := range f.Columns {
		if f.Columns[j].Name == name {
			return j
		}
	}
	return -1
}

// Pick returns the table of the given rows, in that order.
func (f *Frame) Pick(rows []int) *Frame {
	out := &Frame{Columns: make([]Column, len(f.Columns))}
	for j := range f.Columns {
		out.Columns[j] = f.Columns[j].pick(rows)
	}
	return out
}

// Without returns the table without column j; the other columns are shared.
func (f *Frame) Without(j int) *Frame {
	out := &Frame{Columns: make([]Column, 0, len(f.Columns)-1)}
	out.Columns = append(out.Columns, f.Columns[:j]...)
	out.Columns = append(out.Columns, f.Columns[j+1:]...)
	return out
}

// stack returns the rows of a followed by those of b.
func stack(a, b *Frame) *Frame {
	out := &Frame{Columns: make([]Column, len(a.Columns))}
	for j := range a.Columns {
		ca, cb := &a.Columns[j], &b.Columns[j]
		c := Column{Name: ca.Name, Kind: ca.Kind, Integer: ca.Integer, Labels: ca.Labels}
		if len(cb.Labels) > len(c.Labels) {
			c.Labels = cb.Labels
		}
		c.Num = append(append(c.Num, ca.Num...), cb.Num...)
		c.Code = append(append(c.Code, ca.Code...), cb.Code...)
		out.Columns[j] = c
	}
	return out
}

// Check reports the first fault of the table: no columns, no rows, columns of
// different length, or an infinite number.
func (f *Frame) Check() error {
	if len(f.Columns) == 0 {
		return errors.New("the table has no columns")
	}
	n := f.Rows()
	if n == 0 {
		return errors.New("the table has no rows")
	}
	for j := range f.Columns {
		c := &f.Columns[j]
		if c.Len() != n {
			return fmt.Errorf("column %q has %d rows, column %q has %d", c.Name, c.Len(), f.Columns[0].Name, n)
		}
		for i, v := range c.Num {
			if math.IsInf(v, 0) {
				return fmt.Errorf("column %q, row %d: the number is infinite; leave it empty or remove the row", c.Name, i+1)
			}
		}
	}
	return nil
}

// sameColumns reports the first difference between the columns of two tables.
func sameColumns(real, other *Frame) error {
	if len(real.Columns) != len(other.Columns) {
		return fmt.Errorf("the tables have %d and %d columns; compare tables of the same columns", len(real.Columns), len(other.Columns))
	}
	for j := range real.Columns {
		a, b := &real.Columns[j], &other.Columns[j]
		if a.Name != b.Name {
			return fmt.Errorf("column %d is named %q in one table and %q in the other", j+1, a.Name, b.Name)
		}
		if a.Kind != b.Kind {
			return fmt.Errorf("column %q is %v in one table and %v in the other", a.Name, a.Kind, b.Kind)
		}
	}
	return nil
}

// mustMatch is for figures of two tables, whose columns the caller has to
// have made alike.
func mustMatch(real, other *Frame) {
	if err := sameColumns(real, other); err != nil {
		panic("metric: " + err.Error())
	}
}

// panicLengths reports slices that should have had the same length.
func panicLengths(what string, lengths ...int) {
	panic(fmt.Sprintf("metric: %s: lengths differ: %v", what, lengths))
}

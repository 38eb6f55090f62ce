package metric

import (
	"bytes"
	"encoding/json"
	"math"
)

// Figure is a number of a report. One that is not defined is NaN, and null in
// JSON, which has no NaN.
type Figure float64

// Defined tells whether the figure is a finite number.
func (f Figure) Defined() bool { return !math.IsNaN(float64(f)) && !math.IsInf(float64(f), 0) }

// MarshalJSON writes null for what is not a finite number.
func (f Figure) MarshalJSON() ([]byte, error) {
	if !f.Defined() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(f))
}

// UnmarshalJSON reads null as NaN.
func (f *Figure) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte("null")) {
		*f = Figure(math.NaN())
		return nil
	}
	return json.Unmarshal(text, (*float64)(f))
}

// errorPercent is how papers print a score: 100 (1 - score).
func errorPercent(score float64) Figure { return Figure(100 * (1 - score)) }

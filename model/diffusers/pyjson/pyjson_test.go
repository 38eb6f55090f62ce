package pyjson

import "testing"

// Only words outside of strings are quoted.
func TestOnlyBareWordsAreQuoted(t *testing.T) {
	got := string(Quote([]byte(`{"NaN\"": [-Infinity, NaN,Infinity, "-Infinity"], "a\\": 1}`)))
	if want := `{"NaN\"": ["-Infinity", "NaN","Infinity", "-Infinity"], "a\\": 1}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

package table

// What readers and writers of other packages need to spell values as stored.go wants them.

// AppendBytes appends the text that stands for the bytes b in a column of type bytea.
func AppendBytes(dst, b []byte) []byte { return appendEscaped(dst, b) }

// ParseBytes returns the bytes that a text of a bytea column stands for.
func ParseBytes(text []byte) ([]byte, error) { return unescape(text) }

// AppendFloat appends the text of a number in a column of type double.
func AppendFloat(dst []byte, v float64) []byte { return appendFloat(dst, v, 64) }

// Nearest is the name that a misspelled one may have meant, empty if none is near.
func Nearest(name string, names []string) string { return nearest(name, names) }

package table

// Nearest is the name that a misspelled one may have meant, empty if none is near.
func Nearest(name string, names []string) string { return nearest(name, names) }

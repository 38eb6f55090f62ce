package table

// Watch is told how far a phase of work on a table has come: at its beginning, now and then, and at its end.
// It is called by one goroutine at a time.
type Watch func(phase Phase, done, total int)

// Phase is a piece of work on a whole table.
type Phase string

// The phases whose progress a Watch is told.
const (
	Inferring Phase = "inferring kinds of columns" // Infer
	Fitting   Phase = "fitting columns"            // Fit
	Encoding  Phase = "encoding"                   // Transform.Encode
	Decoding  Phase = "decoding"                   // Transform.Decode
	Writing   Phase = "writing"                    // Write
)

// tellEvery is the number of rows between two calls.
const tellEvery = 4096

// tell is a call that a nil Watch survives.
func (w Watch) tell(phase Phase, done, total int) {
	if w != nil {
		w(phase, done, total)
	}
}

// row tells that row i of some is about to be worked on, if it is its turn.
func (w Watch) row(phase Phase, i, total int) {
	if i%tellEvery == 0 {
		w.tell(phase, i, total)
	}
}

package process

// Noise is a source of random numbers for the rows of a batch, keyed by a
// step and a row: the same key gives the same numbers, whatever was drawn
// before. rng.Rows, which looks up a row's global identity, is the usual one;
// a recorded run is another. Normals and Uniforms of one key may be made of the
// same bits: what needs both draws them under different steps, or different
// streams.
type Noise interface {
	// Normals fills dst with unit normals.
	Normals(dst []float64, step, row int)
	// Uniforms fills dst with uniforms in (0, 1).
	Uniforms(dst []float64, step, row int)
}

// Fill sets every row of x to unit normals of one step. It is how a run starts:
// x_T ~ N(0, I).
func Fill(x *State, noise Noise, step int) {
	for i := range x.Rows {
		noise.Normals(x.Row(i), step, i)
	}
}

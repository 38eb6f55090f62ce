package selftest

// The hashes of this version of Ebb. A change of one is a change of every user's results: it
// needs a reason, and goes into the notes of the version.
const (
	wantElementary   = "0e4483624a2049d9"
	wantRandom       = "668725dac2437b71"
	wantKernels      = "dc8f500ecd86d0c9"
	wantPairs        = "b11bbd0c17b4014a"
	wantTableWeights = "abcdcee9a26b618c"
	wantTableRows    = "363cbce30b6691dc"
	wantImageWeights = "0dd11b387231e9cb"
	wantImages       = "caa739782033ea3b"
)

package selftest

// The hashes of this version of Ebb. A change of one is a change of every user's results: it
// needs a reason, and goes into the notes of the version.
const (
	wantElementary   = "0e4483624a2049d9"
	wantRandom       = "668725dac2437b71"
	wantKernels      = "626f02ef4b8ff0e0"
	wantTableWeights = "58b3314a419fcc60"
	wantTableRows    = "c28460c26b8cd6cd"
	wantImageWeights = "d73eaf9c74b722ce"
	wantImages       = "caa739782033ea3b"
)

package kernel

import (
	"fmt"
	"slices"
	"sync/atomic"
)

// ISA is a set of vector instructions for which kernels exist.
type ISA int

// Generic is portable Go; AVX2 includes FMA3; AVX512 means F, VL, DQ and BW, and
// contains AVX2. NEON, of arm64, has the matrix products; the rest is Go.
const (
	Generic ISA = iota
	AVX2
	AVX512
	NEON
)

// String gives the name that `ebb info` prints.
func (isa ISA) String() string {
	switch isa {
	case Generic:
		return "generic"
	case AVX2:
		return "avx2"
	case AVX512:
		return "avx512"
	case NEON:
		return "neon"
	}
	return fmt.Sprintf("ISA(%d)", int(isa))
}

// ISAs are the instruction sets of this machine that kernels can use, from
// Generic to Best.
func ISAs() []ISA {
	if best == NEON {
		return []ISA{Generic, NEON}
	}
	return []ISA{Generic, AVX2, AVX512}[:best+1]
}

// Best is the widest instruction set of this machine that kernels can use.
func Best() ISA { return best }

var best = detect()

// forced is 1 + the forced ISA, 0 if none is. It exists for tests; a change
// while kernels run is harmless since every ISA gives the same bits.
var forced atomic.Int32

// active is the instruction set to use now. A kernel asks once per call.
func active() ISA {
	if f := forced.Load(); f != 0 {
		return ISA(f - 1)
	}
	return best
}

// ForceISA makes all kernels of the process use isa until restore is called.
// For tests only. It panics if the machine does not have isa.
func ForceISA(isa ISA) (restore func()) {
	if !slices.Contains(ISAs(), isa) {
		panic(fmt.Sprintf("kernel: cannot force %v, this machine has %v", isa, best))
	}
	old := forced.Swap(int32(isa) + 1)
	return func() { forced.Store(old) }
}

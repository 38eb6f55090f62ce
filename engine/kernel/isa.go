package kernel

import (
	"fmt"
	"sync/atomic"
)

// ISA is a set of vector instructions for which kernels exist. Each contains
// those before it.
type ISA int

// Generic is portable Go; AVX2 includes FMA3; AVX512 means F, VL, DQ and BW.
const (
	Generic ISA = iota
	AVX2
	AVX512
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
	}
	return fmt.Sprintf("ISA(%d)", int(isa))
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
	if isa < Generic || isa > best {
		panic(fmt.Sprintf("kernel: cannot force %v, this machine has %v", isa, best))
	}
	old := forced.Swap(int32(isa) + 1)
	return func() { forced.Store(old) }
}

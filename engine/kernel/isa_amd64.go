//go:build amd64 && !purego

package kernel

import "ebb/engine/kernel/cpu"

func detect() ISA {
	switch f := cpu.Detect(); {
	case f.AVX512:
		return AVX512
	case f.AVX2:
		return AVX2
	}
	return Generic
}

// Package cpu tells which vector instructions this machine and its operating
// system support. The kernels choose once per call; tests force a lower set
// with kernel.ForceISA.
package cpu

import "golang.org/x/sys/cpu"

// Features names the instruction sets for which Ebb has kernels.
type Features struct {
	AVX2   bool // AVX2 and FMA3
	AVX512 bool // AVX-512 F, VL, DQ and BW (and AVX2)
	BF16   bool // VDPBF16PS and VCVTNEPS2BF16 on wide registers (and AVX512)
}

// Detect reports what this machine has, including that the operating system
// saves the wide registers. On architectures other than amd64 all are false.
func Detect() Features {
	x := cpu.X86
	avx2 := x.HasAVX2 && x.HasFMA
	avx512 := avx2 && x.HasAVX512F && x.HasAVX512VL && x.HasAVX512DQ && x.HasAVX512BW
	return Features{AVX2: avx2, AVX512: avx512, BF16: avx512 && x.HasAVX512BF16}
}

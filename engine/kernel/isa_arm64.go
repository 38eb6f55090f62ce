//go:build arm64 && !purego

package kernel

// Every arm64 that Go supports has NEON, with fused multiply-adds.
func detect() ISA { return NEON }

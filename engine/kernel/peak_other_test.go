//go:build !amd64 || purego

package kernel

func burn(ISA, int) {}

func burnFLOPs(ISA, int) float64 { return 0 }

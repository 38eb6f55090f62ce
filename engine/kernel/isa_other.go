//go:build (!amd64 && !arm64) || purego

package kernel

func detect() ISA { return Generic }

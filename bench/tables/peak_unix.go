//go:build unix

package main

import (
	"os"
	"runtime"
	"syscall"
)

// peakMiB is the largest memory that a finished process had.
func peakMiB(s *os.ProcessState) float64 {
	if s == nil {
		return 0
	}
	u, ok := s.SysUsage().(*syscall.Rusage)
	if !ok {
		return 0
	}
	unit := 1 << 10 // of Linux and the BSDs: KiB
	if runtime.GOOS == "darwin" {
		unit = 1 // bytes
	}
	return float64(u.Maxrss) * float64(unit) / (1 << 20)
}

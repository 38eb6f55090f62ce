//go:build !amd64 || purego

package rng

import "ebb/engine/kernel"

// Without assembly all numbers are drawn pair by pair.

func normalGroups(kernel.ISA, []float64, philoxKey, uint64, uint64) int   { return 0 }
func normalGroups32(kernel.ISA, []float32, philoxKey, uint64, uint64) int { return 0 }

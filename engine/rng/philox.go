package rng

import "math/bits"

// The multipliers of Philox4x32 and the increments of its key (Weyl sequences of the golden
// ratio and of √3-1), from table 2 of the paper.
const (
	philoxM0 = 0xD2511F53
	philoxM1 = 0xCD9E8D57
	philoxW0 = 0x9E3779B9
	philoxW1 = 0xBB67AE85
)

type (
	philoxKey     [2]uint32
	philoxCounter [4]uint32
)

// philox is Philox4x32-10: 128 bits of a key and a counter.
func philox(k philoxKey, c philoxCounter) philoxCounter {
	for range 10 {
		hi0, lo0 := bits.Mul32(philoxM0, c[0])
		hi1, lo1 := bits.Mul32(philoxM1, c[2])
		c = philoxCounter{hi1 ^ c[1] ^ k[0], lo1, hi0 ^ c[3] ^ k[1], lo0}
		k[0] += philoxW0
		k[1] += philoxW1
	}
	return c
}

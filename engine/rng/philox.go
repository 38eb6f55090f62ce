package rng

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
	c0, c1, c2, c3 := rounds(k[0], k[1], c[0], c[1], c[2], c[3])
	return philoxCounter{c0, c1, c2, c3}
}

// rounds is philox on separate words, which the compiler keeps in registers.
func rounds(k0, k1, c0, c1, c2, c3 uint32) (_, _, _, _ uint32) {
	for range 10 {
		p0, p1 := uint64(c0)*philoxM0, uint64(c2)*philoxM1
		c0, c1, c2, c3 = uint32(p1>>32)^c1^k0, uint32(p1), uint32(p0>>32)^c3^k1, uint32(p0)
		k0 += philoxW0
		k1 += philoxW1
	}
	return c0, c1, c2, c3
}

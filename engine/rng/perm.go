package rng

import "math/bits"

// feistelRounds is the number of rounds of the permutation. Large sets need four; on a few
// elements six were measured to favour some places, twelve not.
const feistelRounds = 12

// Perm is the i-th element of a random permutation of 0..n-1, one for each epoch, found
// without the others: a Feistel network permutes the smallest even power of two that holds n,
// and walks on while it lands outside (Black and Rogaway, "Ciphers with arbitrary finite
// domains", CT-RSA 2002). The walk takes less than four steps on average.
func (s Stream) Perm(i, n int, epoch uint64) int {
	if i < 0 || i >= n {
		panic("rng: Perm of an index outside its range")
	}
	half := uint(bits.Len(uint(n-1))+1) / 2
	k := s.key(epoch)
	x := uint64(i)
	for {
		x = feistel(k, x, half)
		if x < uint64(n) {
			return int(x)
		}
	}
}

// feistel permutes the numbers of 2·half bits.
func feistel(k philoxKey, x uint64, half uint) uint64 {
	mask := uint64(1)<<half - 1
	left, right := x>>half, x&mask
	for round := range uint64(feistelRounds) {
		f, _ := block(k, right, round)
		left, right = right, left^(f&mask)
	}
	return left<<half | right
}

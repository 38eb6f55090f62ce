package rng

import "math/bits"

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
	key := uint64(k[0]) | uint64(k[1])<<32
	x := uint64(i)
	for {
		x = feistel(key, x, half)
		if x < uint64(n) {
			return int(x)
		}
	}
}

// feistel permutes the numbers of 2·half bits. On a few bits many rounds are needed until every
// permutation is as likely; on many, a dozen hide the order.
func feistel(key, x uint64, half uint) uint64 {
	mask := uint64(1)<<half - 1
	left, right := x>>half, x&mask
	rounds := 12
	if half < 6 {
		rounds = 24
	}
	for range rounds {
		key += 0x9e3779b97f4a7c15
		left, right = right, left^(mix(right+key)&mask)
	}
	return left<<half | right
}

// mix is the finaliser of SplitMix64 (Steele, Lea and Flood, "Fast splittable pseudorandom number
// generators", OOPSLA 2014): every input bit reaches every output bit.
func mix(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

package kernel

import (
	"encoding/binary"
	"hash/fnv"
	"math"
	"testing"
)

// bitsOf is a fingerprint of numbers; all NaNs count as one.
func bitsOf(tensors ...[]float32) uint64 {
	h := fnv.New64a()
	var word [4]byte
	for _, x := range tensors {
		for _, v := range x {
			if v != v {
				v = float32(math.NaN())
			}
			binary.LittleEndian.PutUint32(word[:], math.Float32bits(v))
			h.Write(word[:])
		}
	}
	return h.Sum64()
}

// plain numbers come from integer arithmetic, so that they are the same on
// every machine whatever the library does.
func plain(seed uint64) func(n int) []float32 {
	return func(n int) []float32 {
		x := make([]float32, n)
		for i := range x {
			seed = seed*6364136223846793005 + 1442695040888963407
			x[i] = float32(int32(seed>>32)) * 0x1p-31
		}
		return x
	}
}

// Fingerprints recorded on amd64 with AVX-512. Every machine, instruction set
// and build tag must give them: they are what "same bits" means across
// machines. A change of a kernel's meaning changes them; nothing else may.
func TestMatrixKernelsHaveTheRecordedBits(t *testing.T) {
	everyISA(t, func(t *testing.T) {
		check := func(name string, got, want uint64) {
			if got != want {
				t.Errorf("%s: bits %#x, recorded %#x", name, got, want)
			}
		}
		g := gemmCase(newDraw(1), 50, 45, 500, true, false, 1, plain(1))
		g.Run(nil)
		check("Gemm", bitsOf(g.C), 0xa3bcdf2cbb351b8e)

		s := Conv{N: 35, H: 6, W: 5, C: 7, O: 40, K: 3, Stride: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
		v := newConvData(s, plain(2))
		dx, dw := make([]float32, len(v.x)), make([]float32, len(v.w))
		s.BackwardData(nil, dx, v.y, v.w)
		s.BackwardWeight(nil, dw, v.x, v.y)
		s.Forward(nil, v.y, v.x, v.w, v.bias, v.shift)
		check("Conv.Forward", bitsOf(v.y), 0xd07b708cdc8e194a)
		check("Conv.BackwardData", bitsOf(dx), 0x82012fd6f183ce58)
		check("Conv.BackwardWeight", bitsOf(dw), 0x666fc966e21f90b1)

		s = winogradCase(20, 14, 15, 32, 48)
		v = newConvData(s, plain(5))
		dx, dw = make([]float32, len(v.x)), make([]float32, len(v.w))
		s.BackwardData(nil, dx, v.y, v.w)
		s.BackwardWeight(nil, dw, v.x, v.y)
		s.Forward(nil, v.y, v.x, v.w, v.bias, v.shift)
		check("Winograd forward", bitsOf(v.y), 0xb8edc828d0749f66)
		check("Winograd data gradient", bitsOf(dx), 0x42e1c075d98fbc7e)
		check("Winograd weight gradient", bitsOf(dw), 0xffad1a63705bd359)

		a := Attention{N: 2, T: 130, Heads: 2, D: 12}
		r := runAttention(t, nil, a, newAttentionData(a, plain(3)))
		check("Attention.Forward", bitsOf(r.y, r.lse), 0xa1415695d35da7a7)
		check("Attention.Backward", bitsOf(r.dq, r.dk, r.dv), 0xdf04a748ef18ce62)

		x, sums := plain(4)(3000*50), make([]float32, 50)
		SumRows(nil, sums, x, 3000, 50)
		check("SumRows", bitsOf(sums), 0x6a585d084ae3fcda)
	})
}

func FuzzGemm(f *testing.F) {
	f.Add(uint64(1), uint8(12), uint8(33), uint16(400), uint8(0))
	f.Add(uint64(2), uint8(1), uint8(1), uint16(0), uint8(255))
	f.Fuzz(func(t *testing.T, seed uint64, m, n uint8, k uint16, how uint8) {
		d := newDraw(seed)
		numbers := d.floats
		if how&16 != 0 {
			numbers = d.nasty
		}
		g := gemmCase(d, int(m)%120, int(n)%80, int(k)%500, how&1 != 0, how&2 != 0, int(how>>2)%3, numbers)
		checkGemm(t, g)
	})
}

func FuzzConv(f *testing.F) {
	f.Add(uint64(1), uint8(0))
	f.Add(uint64(2), uint8(7))
	f.Add(uint64(3), uint8(15))
	f.Fuzz(func(t *testing.T, seed uint64, how uint8) {
		d := newDraw(seed)
		s := randomConv(d)
		if how&8 != 0 {
			s = randomWinograd(d)
		}
		numbers := d.floats
		if how&4 != 0 {
			numbers = d.nasty
		}
		v := newConvData(s, numbers)
		checkConv(t, s, v, how&1 != 0, how&2 != 0)
	})
}

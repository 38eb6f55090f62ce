//go:build amd64 && !purego

package kernel

import "ebb/engine/kernel/cpu"

//go:generate go run -C _asm ./matrix -bf16 -out ../bf16_amd64.s

// The tile kernels on pairs. BF16 are those by VDPBF16PS; the others do the same
// by two FMAs for each, under a control word that takes denormals as zeros.

//go:noescape
func pairs12x32BF16(t *tile)

//go:noescape
func pairs8x32BF16(t *tile)

//go:noescape
func pairs4x32BF16(t *tile)

//go:noescape
func pairs12x16BF16(t *tile)

//go:noescape
func pairs4x16BF16(t *tile)

//go:noescape
func pairs12x32AVX512(t *tile)

//go:noescape
func pairs8x32AVX512(t *tile)

//go:noescape
func pairs4x32AVX512(t *tile)

//go:noescape
func pairs12x16AVX512(t *tile)

//go:noescape
func pairs4x16AVX512(t *tile)

//go:noescape
func pairs6x16AVX2(t *tile)

//go:noescape
func pairs3x16AVX2(t *tile)

//go:noescape
func roundAlongBF16(dst, src *float32, n int)

//go:noescape
func roundAlongAVX2(dst, src *float32, n int)

//go:noescape
func roundAcrossBF16(dst, even, odd *float32, step, n int)

//go:noescape
func roundAcrossAVX2(dst, even, odd *float32, step, n int)

//go:generate go run -C _asm ./winograd -bf16 -out ../winogradbf16_amd64.s

//go:noescape
func winogradInputBF16(v, x, zero, mem *float32, table *int32, next, groups int)

var hasBF16 = cpu.Detect().BF16

// byPairs says whether isa's kernels can use VDPBF16PS.
func byPairs(isa ISA) bool { return isa == AVX512 && hasBF16 && !emulated.Load() }

// runPairs is run for pairs.
func (t *tile) runPairs(isa ISA, rows int) {
	switch isa {
	case AVX512:
		t.run512(rows)
	case AVX2:
		t.run256(rows)
	default:
		t.runPairsGeneric(rows)
	}
}

// callPairs is call for pairs.
func (t *tile) callPairs(s tileShape) {
	if byPairs(AVX512) && s < avx2x6x16 {
		t.callNative(s)
		return
	}
	switch s {
	case avx512x12x32:
		pairs12x32AVX512(t)
	case avx512x8x32:
		pairs8x32AVX512(t)
	case avx512x4x32:
		pairs4x32AVX512(t)
	case avx512x12x16:
		pairs12x16AVX512(t)
	case avx512x4x16:
		pairs4x16AVX512(t)
	case avx2x6x16:
		pairs6x16AVX2(t)
	case avx2x3x16:
		pairs3x16AVX2(t)
	}
}

func (t *tile) callNative(s tileShape) {
	switch s {
	case avx512x12x32:
		pairs12x32BF16(t)
	case avx512x8x32:
		pairs8x32BF16(t)
	case avx512x4x32:
		pairs4x32BF16(t)
	case avx512x12x16:
		pairs12x16BF16(t)
	case avx512x4x16:
		pairs4x16BF16(t)
	}
}

// roundMost bounds the numbers one call rounds, to return soon.
const roundMost = 64 << 10

// roundAlong is roundAlongGeneric.
func roundAlong(isa ISA, dst, src []float32) {
	i := 0
	if isa >= AVX2 {
		for i+16 <= len(dst) {
			n := min(roundMost, len(dst)-i) / 16
			_ = src[2*i+32*n-1]
			if byPairs(isa) {
				roundAlongBF16(&dst[i], &src[2*i], n)
			} else {
				roundAlongAVX2(&dst[i], &src[2*i], n)
			}
			i += 16 * n
		}
	}
	if i < len(dst) {
		roundAlongGeneric(dst[i:], src[2*i:])
	}
}

// roundAcross is roundAcrossGeneric.
func roundAcross(isa ISA, dst, even, odd []float32, step, cols int) {
	if isa < AVX2 || cols < panelCols {
		roundAcrossGeneric(dst, even, odd, step, cols)
		return
	}
	for i, rows := 0, len(dst)/panelCols; i < rows; {
		n := min(roundMost/panelCols, rows-i)
		last := (i+n-1)*step + panelCols - 1
		_, _ = even[last], odd[last]
		if byPairs(isa) {
			roundAcrossBF16(&dst[i*panelCols], &even[i*step], &odd[i*step], step, n)
		} else {
			roundAcrossAVX2(&dst[i*panelCols], &even[i*step], &odd[i*step], step, n)
		}
		i += n
	}
}

// winogradInputPairs is winogradInputInPairs.
func winogradInputPairs(isa ISA, v, x, mem []float32, base int, zero []float32, table []int32) {
	if byPairs(isa) {
		channels := len(zero)
		_ = mem[24*16-1]
		winogradInputBF16(&v[0], &x[base], &zero[0], &mem[0], &table[0], winoTile*channels, channels/winoLanes)
		return
	}
	winogradInputInPairs(isa, v, x, mem, base, zero, table)
}

//go:build (!amd64 && !arm64) || purego

package kernel

// Only the generic kernels exist here.

type tileShape int

func (s tileShape) rows() int    { return 1 }
func (t *tile) call(tileShape)   { panic("kernel: no assembly") }
func (t *tile) run512(rows int)  { t.runGeneric(rows) }
func (t *tile) run256(rows int)  { t.runGeneric(rows) }
func (t *tile) runNEON(rows int) { t.runGeneric(rows) }

func transposeBlocks(dst, src []float32, stride, cols, rows int) { panic("kernel: no assembly") }

func peakVector(ISA, int) float64 { panic("kernel: no assembly") }

package likelihood

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/engine/kernel/elementary"
	"ebb/engine/kernel/parallel"
)

// evaluation is the sums of a batch of rows.
type evaluation struct {
	pool    *parallel.Pool
	d       MixedDenoiser
	data    Data
	lo, n   int
	offsets []int
	width   int // D + C

	z, known *process.State
	xt, x0   *process.State
	full     *process.Cells // the rows' own
	seen     *process.Cells // what the network sees of them
	logits   []float64
	t        []float64

	gain     []float64 // (n, D+C)
	total    []float64 // (n)
	before   []float64 // (n) the value of the pair's first draw
	variance []float64 // (n)
}

func newEvaluation(pool *parallel.Pool, d MixedDenoiser, data Data, lo, hi int) *evaluation {
	n, D := hi-lo, data.Numbers
	offsets := process.Offsets(data.Card)
	width := D + len(data.Card)
	return &evaluation{pool: pool, d: d, data: data, lo: lo, n: n, offsets: offsets, width: width,
		z: process.NewState(n, D), known: process.NewState(n, D), xt: process.NewState(n, D), x0: process.NewState(n, D),
		full: process.NewCells(n, data.Card), seen: process.NewCells(n, data.Card),
		logits: make([]float64, n*offsets[len(data.Card)]), t: make([]float64, n),
		gain: make([]float64, n*width), total: make([]float64, n), before: make([]float64, n), variance: make([]float64, n)}
}

// add looks at every row once.
func (e *evaluation) add(d *draw) error {
	e.pool.Run(e.n, func(_, i int) { e.noise(d, i) })
	e.d.DenoiseCells(e.x0, e.logits, e.xt, e.seen, e.t)
	values := make([]float64, e.n)
	e.pool.Run(e.n, func(_, i int) {
		if d.term == reveal {
			values[i] = e.revealed(d, i)
		} else {
			values[i] = e.denoised(d, i)
		}
	})
	for i, v := range values {
		if !finite(v) {
			return fmt.Errorf("likelihood: row %d: the network's answer at t = %v gives %v; has its training diverged?", e.lo+i+1, d.t, v)
		}
		e.total[i] += float64(d.weight * v)
		if !d.second {
			e.before[i] = v
			continue
		}
		// Each of count/2 pairs has a mean of variance (a-b)^2/4, and weighs 2/count.
		gap := float64(d.weight * (v - e.before[i]))
		e.variance[i] += float64(gap * gap)
	}
	return nil
}

// noise makes what the network sees of row i.
func (e *evaluation) noise(d *draw, i int) {
	e.t[i] = d.t
	z, full, seen := e.z.Row(i), e.full.Row(i), e.seen.Row(i)
	e.data.Row(e.lo+i, d.number, z, e.known.Row(i), full)
	for j, v := range z {
		e.xt.Row(i)[j] = float64(d.alpha*v) + float64(d.sigma*d.eps[j])
	}
	process.MaskRow(seen, full, d.keep, d.u)
	if d.term != reveal {
		return
	}
	if j := chosen(full, d.choice); j >= 0 {
		seen[j] = process.Mask
	}
}

// chosen is one of the known cells, -1 if there is none.
func chosen(cells []int32, u float64) int {
	n := 0
	for _, v := range cells {
		if v != process.Mask {
			n++
		}
	}
	k := min(int(u*float64(n)), n-1)
	for j, v := range cells {
		if v == process.Mask {
			continue
		}
		if k == 0 {
			return j
		}
		k--
	}
	return -1
}

// denoised is the numbers' value of row i.
func (e *evaluation) denoised(d *draw, i int) float64 {
	shrink := d.alpha / (float64(d.alpha*d.alpha) + float64(d.sigma*d.sigma))
	z, known, xt, x0 := e.z.Row(i), e.known.Row(i), e.xt.Row(i), e.x0.Row(i)
	gain := e.gain[i*e.width:]
	sum := 0.0
	for j, v := range z {
		if known[j] == 0 {
			continue
		}
		alone, model := v-float64(shrink*xt[j]), v-x0[j]
		g := d.scale * (float64(alone*alone) - float64(model*model))
		gain[j] += float64(d.weight * g)
		sum += g
	}
	return sum
}

// revealed is the cells' value of row i. Of n known cells m are masked, a set
// that holds a given one for sure; each of them stands for n/m.
func (e *evaluation) revealed(d *draw, i int) float64 {
	full, seen := e.full.Row(i), e.seen.Row(i)
	n, m := 0, 0
	for j, v := range full {
		if v == process.Mask {
			continue
		}
		n++
		if seen[j] == process.Mask {
			m++
		}
	}
	if n == 0 {
		return 0
	}
	share := float64(n) / float64(m)
	row := e.logits[i*e.offsets[len(full)]:]
	gain := e.gain[i*e.width+e.data.Numbers:]
	sum := 0.0
	for j, v := range full {
		if v == process.Mask || seen[j] != process.Mask {
			continue
		}
		logits := row[e.offsets[j]:e.offsets[j+1]]
		logP := logits[v] - elementary.LogSumExp(logits)
		g := share * (max(logP, leastLog) - e.data.Base[e.offsets[j]+int(v)])
		gain[j] += float64(d.weight * g)
		sum += g
	}
	return sum
}

// leastLog is the log-probability below which a category counts as impossible:
// that of float32's smallest number. A network's logits stay above it.
const leastLog = -104

func (e *evaluation) finish(out []Gain) {
	D := e.data.Numbers
	for i := range out {
		g := e.gain[i*e.width : (i+1)*e.width]
		out[i] = Gain{Total: e.total[i], StandardError: math.Sqrt(e.variance[i]), Numbers: g[:D:D], Cells: g[D:]}
	}
}

package sample

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// Particles draws rows of numbers and categories under conditions: numbers that
// are known, and cells and numbers that shall be among some values. Cells that
// are known need no particles: they stand in Cells from the beginning, as in
// [Mixed], and the network sees them.
//
// A row is chosen among Each candidates, its particles, which go down together
// by ancestral steps:
//
//   - Known numbers follow one path of the forward process that ends in them,
//     drawn from q(x_s | x_t, x_0). A particle weighs as much as its reverse step
//     p(x_s | x_t) expected that path (SMCDiff, Trippe et al. 2022, arXiv
//     2206.04119).
//   - Of what is wanted the network's prediction says how likely it will come
//     about. A particle weighs as that chance changes, and a cell is drawn
//     among the states that will do (twisted diffusion sampling, Wu et al.
//     2023, arXiv 2306.17775, algorithm 1, with a chance in place of a gradient).
//
// When the weights grow uneven the particles are drawn anew by weight. As Each
// grows the rows follow the model's conditional distribution; rows do not
// depend on each other. One evaluation a step, for Each times the rows. At the
// end all particles of a row are the chosen one. A number that misses its
// range at the end, by the error of the last step, is put on its edge.
type Particles struct {
	Each     int             // particles of a row, which stand together
	Known    *process.State  // (Rows/Each, Dim), nil for none
	Hidden   []bool          // (Rows/Each, Dim): the number is not known
	Wanted   []Wanted        // of every row
	Cells    *process.Cells  // (Rows, columns), changed by the run
	Keep     process.Keep    // nil: LinearKeep
	Variance ReverseVariance // of the numbers' steps: FixedSmall or FixedLarge
	// CellNoise and Noise are streams of their own: of the cells' draws, and
	// of known paths and choices among particles.
	CellNoise, Noise process.Noise
}

var (
	_ Sampler = Particles{}
	_ Checker = Particles{}
)

// Check implements [Checker].
func (m Particles) Check(p Plan) error {
	if _, ok := p.Denoiser.(MixedDenoiser); !ok {
		return fmt.Errorf("sample: particles need a model of numbers and categories; this one knows only numbers")
	}
	switch rows := p.Rows / max(m.Each, 1); {
	case m.Each < 1 || p.Rows%m.Each != 0:
		return fmt.Errorf("sample: %d particles a row do not divide %d rows", m.Each, p.Rows)
	case m.Noise == nil || m.CellNoise == nil:
		return fmt.Errorf("sample: particles need two noise streams of their own")
	case m.Variance != FixedSmall && m.Variance != FixedLarge:
		return fmt.Errorf("sample: particles move with the variance fixed-small or fixed-large, not %v", m.Variance)
	case m.Cells.Rows != p.Rows:
		return fmt.Errorf("sample: particles: %d rows of cells beside a state of %d rows", m.Cells.Rows, p.Rows)
	case m.Known != nil && (m.Known.Rows != rows || m.Known.Dim != p.Dim || len(m.Hidden) != rows*p.Dim):
		return fmt.Errorf("sample: particles: known numbers %v and %d marks for %d rows of %d numbers", m.Known, len(m.Hidden), rows, p.Dim)
	}
	for _, w := range m.Wanted {
		if err := w.check(p.Dim, m.Cells.Card); err != nil {
			return err
		}
	}
	if err := m.Cells.Check(); err != nil {
		return err
	}
	for i := range m.Cells.Rows {
		for _, w := range m.Wanted {
			if w.Cell >= 0 && m.Cells.Row(i)[w.Cell] != process.Mask && !w.States[m.Cells.Row(i)[w.Cell]] {
				return fmt.Errorf("sample: particles: row %d has a state in cell %d that is not wanted", i/m.Each, w.Cell)
			}
		}
	}
	return nil
}

// Begin implements [Sampler].
func (m Particles) Begin(p Plan) Step {
	if m.Keep == nil {
		m.Keep = process.LinearKeep{}
	}
	c := &cloud{Particles: m, plan: p, d: p.Denoiser.(MixedDenoiser), offsets: m.Cells.Offsets(),
		x0: p.state(), weight: make([]float64, p.Rows), held: make([]float64, p.Rows*len(m.Wanted)),
		z: make([]float64, p.Dim), u: make([]float64, 2*m.Cells.Cols()), tt: make([]float64, p.Rows), share: make([]float64, m.Each)}
	c.width = c.offsets[len(c.offsets)-1]
	c.logits = make([]float64, p.Rows*c.width)
	c.outlook, c.scratch, c.tilted = make([]float64, c.width+1), make([]float64, c.width+1), make([]float64, c.width)
	if m.Known != nil {
		c.next = process.NewState(m.Known.Rows, p.Dim)
	}
	return func(x *process.State, t, s float64) {
		if c.k == 0 {
			c.enter(x, t)
		}
		if t != s {
			c.step(x, t, s)
		}
		c.k++
		if c.k == p.Steps() {
			c.finish(x)
		}
	}
}

// cloud is a run of Particles.
type cloud struct {
	Particles
	plan    Plan
	d       MixedDenoiser
	offsets []int
	width   int
	k       int // the step

	x0     *process.State
	next   *process.State // (Rows/Each, Dim) where the known numbers go
	logits []float64
	weight []float64 // (Rows) log weights
	held   []float64 // (Rows, Wanted) log chances that the weights contain

	z, u, tt, outlook, scratch, tilted, share []float64
}

// The keys of a step's draws in Noise.
const (
	enterKey = iota
	knownKey
	againKey
	cloudKeys
)

func (c *cloud) key(which int) int { return c.k*cloudKeys + which }

// groups runs over the rows; first is the first particle of each.
func (c *cloud) groups(f func(row, first int)) {
	for row := range c.plan.Rows / c.Each {
		f(row, row*c.Each)
	}
}

// enter puts the known numbers, noised to t, in their place.
func (c *cloud) enter(x *process.State, t float64) {
	alpha, sigma := c.plan.at(t)
	c.path(x, process.Bridge{X0: alpha, Var: float64(sigma * sigma)}, c.key(enterKey))
	c.place(x)
}

// path draws where the known numbers go from x.
func (c *cloud) path(x *process.State, b process.Bridge, key int) {
	if c.Known == nil {
		return
	}
	sd := math.Sqrt(b.Var)
	c.groups(func(row, first int) {
		c.Noise.Normals(c.z, key, first)
		known, at, to := c.Known.Row(row), x.Row(first), c.next.Row(row)
		for j, v := range known {
			if !c.Hidden[row*x.Dim+j] {
				to[j] = float64(b.X0*v) + float64(b.Xt*at[j]) + float64(sd*c.z[j])
			}
		}
	})
}

// place puts the known numbers of all particles where path has drawn them.
func (c *cloud) place(x *process.State) {
	if c.Known == nil {
		return
	}
	for i := range x.Rows {
		row := i / c.Each
		for j, v := range c.next.Row(row) {
			if !c.Hidden[row*x.Dim+j] {
				x.Row(i)[j] = v
			}
		}
	}
}

func (c *cloud) step(x *process.State, t, s float64) {
	c.d.DenoiseCells(c.x0, c.logits, x, c.Cells, times(c.tt, t))
	bridge := process.Posterior(c.d.Schedule(), t, s)
	alpha, sigma := c.plan.at(t)
	// What is left to know of a number of unit variance.
	left := sigma / math.Sqrt(float64(alpha*alpha)+float64(sigma*sigma))
	c.weighWanted(left)
	c.path(x, bridge, c.key(knownKey))
	c.weighPath(x, bridge, bridge.Var+float64(float64(bridge.X0*left)*float64(bridge.X0*left)))
	c.groups(func(_, first int) { c.again(x, first) })
	c.numbers(x, bridge, t, s)
	c.place(x)
	c.reveal(process.Reveal(c.Keep, t, s), left)
}

// weighWanted changes the weights as the chances of what is wanted do. left is
// the standard deviation of a number that is to be told.
func (c *cloud) weighWanted(left float64) {
	for i := range c.plan.Rows {
		for k, w := range c.Wanted {
			logits := c.look(i, w, left)
			cell := process.Mask
			if w.Cell >= 0 {
				cell = c.Cells.Row(i)[w.Cell]
			}
			now := w.chance(c.outlook, cell, logits, c.scratch)
			at := i*len(c.Wanted) + k
			c.weight[i] += now - c.held[at]
			c.held[at] = now
		}
	}
}

// look fills the outlook of particle i for a wish, and returns the logits of its
// cell.
func (c *cloud) look(i int, w Wanted, left float64) []float64 {
	x0 := 0.0
	if w.Number >= 0 {
		x0 = c.x0.Row(i)[w.Number]
	}
	w.outlook(c.outlook, x0, left)
	if w.Cell < 0 {
		return nil
	}
	return c.logits[i*c.width+c.offsets[w.Cell] : i*c.width+c.offsets[w.Cell+1]]
}

// weighPath weighs each particle by the density, of variance v, that its
// reverse step gives to the known numbers' next place.
func (c *cloud) weighPath(x *process.State, b process.Bridge, v float64) {
	if c.Known == nil {
		return
	}
	for i := range x.Rows {
		row := i / c.Each
		x0, at, to := c.x0.Row(i), x.Row(i), c.next.Row(row)
		for j := range x0 {
			if !c.Hidden[row*x.Dim+j] {
				gap := to[j] - float64(b.X0*x0[j]) - float64(b.Xt*at[j])
				c.weight[i] -= float64(gap*gap) / (2 * v)
			}
		}
	}
}

// shares turns the log weights of a row's particles into shares, and tells how
// many particles of equal weight would be as good.
func (c *cloud) shares(first int) (share []float64, effective float64) {
	weight := c.weight[first : first+c.Each]
	total := elementary.LogSumExp(weight)
	share = c.share
	sum := 0.0
	for k, w := range weight {
		share[k] = elementary.Exp(w - total)
		sum += float64(share[k] * share[k])
	}
	return share, 1 / sum
}

// again draws a row's particles anew by weight, evenly spread (systematic
// resampling), if their weights have become uneven.
func (c *cloud) again(x *process.State, first int) {
	share, effective := c.shares(first)
	if effective >= float64(c.Each)/2 {
		return
	}
	var u [1]float64
	c.Noise.Uniforms(u[:], c.key(againKey), first)
	from := make([]int, c.Each)
	k, below := 0, share[0]
	for n := range from {
		for target := (float64(n) + u[0]) / float64(c.Each); below < target && k < c.Each-1; {
			k++
			below += share[k]
		}
		from[n] = k
	}
	c.choose(x, first, from)
}

// choose makes the particles of a row copies of those named.
func (c *cloud) choose(x *process.State, first int, from []int) {
	pick(x.Data, x.Dim, first, from)
	pick(c.x0.Data, x.Dim, first, from)
	pick(c.logits, c.width, first, from)
	pick(c.held, len(c.Wanted), first, from)
	pick(c.Cells.Data, c.Cells.Cols(), first, from)
	clear(c.weight[first : first+c.Each])
}

// pick sets row first+n of width values to what row first+from[n] was.
func pick[T any](data []T, width, first int, from []int) {
	block := data[first*width : (first+len(from))*width]
	old := append([]T(nil), block...)
	for n, k := range from {
		copy(block[n*width:(n+1)*width], old[k*width:(k+1)*width])
	}
}

// numbers takes the numbers' ancestral step.
func (c *cloud) numbers(x *process.State, b process.Bridge, t, s float64) {
	v := b.Var
	if c.Variance == FixedLarge {
		_, v = schedule.Between(c.d.Schedule(), s, t)
	}
	b.Mean(x, c.x0, x)
	if s == 0 {
		return
	}
	sd := math.Sqrt(v)
	for i := range x.Rows {
		c.plan.Noise.Normals(c.z, c.k, i)
		for j, z := range c.z {
			x.Row(i)[j] += float64(sd * z)
		}
	}
}

// reveal takes the cells' step, which draws those that are wanted among the
// states that will do.
func (c *cloud) reveal(reveal, left float64) {
	for i := range c.plan.Rows {
		logits := c.tilted
		copy(logits, c.logits[i*c.width:(i+1)*c.width])
		cells := c.Cells.Row(i)
		for k, w := range c.Wanted {
			if w.Cell < 0 || cells[w.Cell] != process.Mask {
				continue
			}
			own := c.look(i, w, left)
			for n := range own {
				logits[c.offsets[w.Cell]+n] += c.outlook[n]
			}
			// Marks the cell as open, for the second look below.
			c.held[i*len(c.Wanted)+k] = math.NaN()
		}
		c.CellNoise.Uniforms(c.u, c.k, i)
		process.UnmaskRow(cells, logits, c.offsets, reveal, c.u)
		for k, w := range c.Wanted {
			at := i*len(c.Wanted) + k
			if c.held[at] == c.held[at] {
				continue
			}
			own := c.look(i, w, left)
			c.held[at] = w.chance(c.outlook, cells[w.Cell], own, c.scratch)
		}
	}
}

// finish chooses a particle for each row by weight, of those that are as wanted
// if there are any, and makes all the row's particles that one.
func (c *cloud) finish(x *process.State) {
	for i := range x.Rows {
		for k, w := range c.Wanted {
			c.weight[i] -= c.held[i*len(c.Wanted)+k]
			if miss := w.miss(x.Row(i), c.Cells.Row(i)); miss > 0 {
				c.weight[i] -= 1e6 * (1 + min(miss, 1e6))
			}
		}
	}
	c.groups(func(_, first int) {
		share, _ := c.shares(first)
		var u [1]float64
		c.Noise.Uniforms(u[:], c.key(againKey), first)
		k, below := 0, share[0]
		for below < u[0] && k < c.Each-1 {
			k++
			below += share[k]
		}
		from := make([]int, c.Each)
		for n := range from {
			from[n] = k
		}
		c.choose(x, first, from)
	})
	for i := range x.Rows {
		for _, w := range c.Wanted {
			if w.miss(x.Row(i), c.Cells.Row(i)) > 0 && w.Number >= 0 {
				x.Row(i)[w.Number] = min(max(x.Row(i)[w.Number], w.Lo), w.Hi)
			}
		}
	}
}

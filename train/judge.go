package train

import (
	"math"

	"ebb/engine/autograd"
	"ebb/engine/nn"
	"ebb/engine/optim"
)

// Judged is an Objective that keeps some examples out of training, to see when it begins to learn the others
// by heart.
type Judged interface {
	// HeldOut is the number of rows that HeldOutLoss sends through the network, and of the groups that it
	// tells the loss of; 0: none are held out.
	HeldOut() (rows, groups int)
	// HeldOutLoss is the loss of the present weights on each group of held-out examples, by a tape for
	// inference. It depends on nothing else: times and noise are the same each time.
	HeldOutLoss(t *autograd.Tape) []float32
}

// What judging may cost, and what it takes to stop: the held-out loss must be above its least by riseShare of
// it and by more than the rise's standard error, and for long enough (judge.after). Noise that is the same
// each time makes that error small. A loss that only stands still never stops a run, since the falling rate
// at the end of it may well lower it. Prechelt, "Early stopping - but when?" (1998), calls the rise the
// generalisation loss, GL.
const (
	judgeShare   = 0.03   // of the time of training
	forwardShare = 1. / 3 // of the time of a step
	riseShare    = 0.01
	leastWait    = 10 // losses since the least
)

// judge follows the held-out loss of the averaged weights, keeps the best of them, and says when to stop.
// The best are not those of the very least loss: weights give way only to ones that are better by more than
// a standard error (the rule of Breiman et al., "Classification and Regression Trees", 1984, section 3.4.3).
// In small tables the last small gains are bought by learning rows by heart. Only at the end of a run that
// was not stopped, when the rate has fallen, need the last weights not be beyond chance better.
//
// All of it is a function of the steps' numbers and the weights, so a resume goes on in the same way. A nil
// judge sees nothing.
type judge struct {
	objective   Judged
	every       int // steps between two losses
	patience    float64
	falls       bool // the rate falls where the loss stands still
	tape        *autograd.Tape
	best        [][]float32 // the averaged weights that are kept
	kept, least []float32   // the groups' losses with them, and the least ones
	bestStep    int         // of the weights kept; 0: none yet
	leastStep   int         // of the least loss
	now         float64     // the last loss; 0: told already
	stands      bool        // the loss has not been less for long
	stop, ended bool
}

// newJudge is nil where nothing is held out.
func (l *loop) newJudge() *judge {
	j, rows := judged(l.Objective)
	if rows == 0 {
		return nil
	}
	batch := rows
	if d, ok := l.Objective.(Divisible); ok {
		batch = d.Batch()
	}
	_, groups := j.HeldOut()
	g := &judge{objective: j, patience: l.Settings.Patience, falls: l.Settings.Fall > 0, every: judgeEvery(rows, batch), tape: autograd.NewInference(l.Pool),
		kept: make([]float32, groups), least: make([]float32, groups)}
	g.tape.ExactConv, g.tape.Precision = l.tape.ExactConv, l.tape.Precision
	return g
}

// judged is the objective with the number of rows that it holds out, 0 if it has none.
func judged(o Objective) (Judged, int) {
	j, ok := o.(Judged)
	if !ok {
		return nil, 0
	}
	rows, _ := j.HeldOut()
	return j, rows
}

// judgeEvery is the number of steps of a batch between two losses on so many rows.
func judgeEvery(rows, batch int) int {
	return max(1, int(math.Ceil(forwardShare*float64(rows)/(judgeShare*float64(batch)))))
}

// after looks at the weights after a step if it is their turn, keeps them if they are better beyond chance, and
// decides whether to stop: when the loss has risen, and for patience times the steps to its least and
// leastWait losses none was less.
func (g *judge) after(step int, ema *optim.EMA) {
	if g == nil || step%g.every != 0 {
		return
	}
	losses := g.look(step, ema)
	if gain, se := difference(g.kept, losses); g.bestStep == 0 || gain > se {
		g.keep(step, losses, ema)
	}
	wait := float64(g.patience*float64(g.leastStep)) + float64(leastWait*g.every)
	g.stands = g.patience > 0 && float64(step-g.leastStep) >= wait
	rise, se := difference(losses, g.least)
	g.stop = g.stands && !g.falls && rise > max(se, g.tolerance())
}

// tolerance is the rise of the loss above its least that is taken for one.
func (g *judge) tolerance() float64 { return riseShare * math.Abs(mean(g.least)) }

// still tells that the loss has not been less for long.
func (g *judge) still() bool { return g != nil && g.stands }

// end looks at the weights at the end of a run that was not stopped. Its rate has fallen, so they are kept if they
// are no worse than those kept before; in a large table, which is not learned by heart so soon, if their loss has
// not risen above the least.
func (g *judge) end(step int, ema *optim.EMA) {
	if g == nil || g.stop || g.ended {
		return
	}
	g.ended = true
	losses := g.look(step, ema)
	worst := mean(g.kept)
	if g.falls {
		worst = mean(g.least) + g.tolerance()
	}
	if g.bestStep == 0 || g.now <= worst {
		g.keep(step, losses, ema)
	}
}

// look finds the held-out losses of the averaged weights after a step.
func (g *judge) look(step int, ema *optim.EMA) []float32 {
	ema.Swap()
	losses := g.objective.HeldOutLoss(g.tape)
	ema.Swap()
	g.now = mean(losses)
	if g.leastStep == 0 || g.now < mean(g.least) {
		g.leastStep = step
		copy(g.least, losses)
	}
	return losses
}

// keep takes the averaged weights of a step.
func (g *judge) keep(step int, losses []float32, ema *optim.EMA) {
	g.bestStep = step
	copy(g.kept, losses)
	var weights [][]float32
	for _, s := range ema.Slots() {
		weights = append(weights, s.Data)
	}
	g.copy(weights)
}

// copy copies weights into best.
func (g *judge) copy(weights [][]float32) {
	if g.best == nil {
		g.best = make([][]float32, len(weights))
	}
	for i, w := range weights {
		g.best[i] = append(g.best[i][:0], w...)
	}
}

// swap exchanges the parameters and the best weights.
func (g *judge) swap(params nn.Params) {
	for i, p := range params {
		v := p.Value()
		v.Data, g.best[i] = g.best[i], v.Data
	}
}

func (g *judge) found() bool   { return g != nil && g.bestStep > 0 }
func (g *judge) stopped() bool { return g != nil && g.stop }

// tell adds what is known since the last report.
func (g *judge) tell(p *Progress) {
	if g == nil {
		return
	}
	p.HeldOut, p.Best, p.Stopped = g.now, g.bestStep, g.stop
	g.now = 0
	if g.stop {
		p.Part = 1
	}
}

// slots are the part of the state that is no weight: the losses of groups.
func (g *judge) slots() []optim.Slot {
	return []optim.Slot{{Name: "held_out.kept", Data: g.kept}, {Name: "held_out.least", Data: g.least}}
}

// save and restore carry the counters through a checkpoint, whose weights for sampling are the best.
func (g *judge) save(ints map[string]int64) {
	if g == nil {
		return
	}
	ints[keyBest], ints[keyLeast], ints[keyStop] = int64(g.bestStep), int64(g.leastStep), 0
	if g.stop {
		ints[keyStop] = 1
	}
}

func (g *judge) restore(ints map[string]int64, sampling nn.Params) {
	if g == nil {
		return
	}
	g.bestStep, g.leastStep, g.stop = int(ints[keyBest]), int(ints[keyLeast]), ints[keyStop] == 1
	if !g.found() {
		return
	}
	var weights [][]float32
	for _, p := range sampling {
		weights = append(weights, p.Value().Data)
	}
	g.copy(weights)
}

// difference is the mean of a-b and its standard error.
func difference(a, b []float32) (d, se float64) {
	n, square := float64(len(a)), 0.0
	for i := range a {
		v := float64(a[i]) - float64(b[i])
		d += v / n
		square += float64(v*v) / n
	}
	return d, math.Sqrt(max(0, square-float64(d*d)) / max(1, n-1))
}

func mean(x []float32) float64 {
	sum := 0.0
	for _, v := range x {
		sum += float64(v)
	}
	return sum / float64(len(x))
}

package train

import (
	"context"
	"fmt"
	"math"
	"time"

	"ebb/engine/autograd"
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/engine/nn"
	"ebb/engine/optim"
	"ebb/model/checkpoint"
)

// Objective is what a trainer makes small.
type Objective interface {
	// Params are the weights to train.
	Params() nn.Params
	// Loss records the loss of a step, one number. It depends on the weights and the step's
	// number alone, but for an objective that is Remembering: batch, times and noise are drawn
	// by counters.
	Loss(t *autograd.Tape, step int) *autograd.Var
}

// Remembering is an Objective whose loss depends on what earlier steps saw.
type Remembering interface {
	// Memory is all that it remembers, for a checkpoint; a resume writes it back.
	Memory() []optim.Slot
}

// Settings are those of the optimiser and of the loop around it.
type Settings struct {
	Rate        float64          // peak learning rate
	Floor       float64          // last learning rate, as a share of the peak
	Warmup      int              // steps over which the rate rises
	WeightDecay float64          // decoupled
	Clip        float64          // largest norm of the gradient; 0: any
	EMA         float64          // decay of the averaged weights
	Patience    float64          // of a Judged objective: steps without a lesser held-out loss, over those to the least; 0: any
	Fall        float64          // share of the steps taken, over which the rate falls once the held-out loss stands still; 0: a run stops when it has risen
	Budget      Budget           // length of the run
	Checkpoint  time.Duration    // between two checkpoints
	Seed        uint64           // kept in the checkpoint; the objective draws from it
	ExactConv   bool             // convolutions by their definition; see autograd.Tape
	Precision   kernel.Precision // of products and convolutions; see autograd.Tape
	MicroBatch  int              // rows that go through the network at a time, for a Divisible objective; 0: all
	Thrift      autograd.Thrift
	Trim        bool // give the tape's memory back while a preview is drawn
}

// Progress is what a trainer tells about its last steps.
type Progress struct {
	Step     int           `json:"step"`
	Total    int           `json:"total,omitempty"` // 0 while a time budget is being measured
	Loss     float64       `json:"loss"`            // mean since the last report
	GradNorm float64       `json:"grad_norm"`
	Rate     float64       `json:"rate"`                    // learning rate
	PerSec   float64       `json:"steps_per_second"`        // since the last report
	Elapsed  float64       `json:"seconds"`                 // of training, over all resumes
	HeldOut  float64       `json:"held_out_loss,omitempty"` // of a Judged objective, where it was found since the last report
	Best     int           `json:"best_step,omitempty"`     // at which that was least: the weights kept are those of this step
	Stopped  bool          `json:"stopped,omitempty"`       // training ended early, since the held-out loss had risen
	Fell     int           `json:"fell,omitempty"`          // step from which the rate fell, since the held-out loss stood still; 0: not
	Part     float64       `json:"-"`                       // share of the work done
	Left     time.Duration `json:"-"`
}

// Trainer runs one training. Fields are set before Run and not changed by it.
type Trainer struct {
	Objective Objective
	Settings  Settings
	Pool      *parallel.Pool
	Run       *checkpoint.Run   // where checkpoints go
	Metadata  map[string]string // stored with the weights
	Watch     func(Progress)    // called every few steps; may be nil
	// Preview is called after each checkpoint while the averaged weights stand in the
	// parameters, to draw samples; may be nil.
	Preview func(ctx context.Context, step int) error

	// Beside is called when the training is over, with the weights for sampling in the parameters, for
	// what is stored beside them; may be nil.
	Beside func(ctx context.Context) ([]checkpoint.Entry, error)

	now func() time.Time // nil: time.Now; tests set it
}

// reportEvery is the number of steps between two lines of metrics.jsonl.
const reportEvery = 10

// Fit trains from saved, or from the start where saved is nil, until the budget is used up, ctx is
// cancelled, or the held-out loss of a Judged objective has risen or stood still for long (see
// Settings.Fall). In each case it ends with a checkpoint; after a cancel it returns ctx's error.
func (tr *Trainer) Fit(ctx context.Context, saved *checkpoint.Saved) (Progress, error) {
	l, err := tr.begin(saved)
	if err != nil {
		return Progress{}, err
	}
	for !l.over() {
		if ctx.Err() != nil {
			break
		}
		if err := l.advance(); err != nil {
			return l.last, err
		}
		l.judge.after(l.step, l.ema)
		l.settle()
		if l.over() {
			l.judge.end(l.step, l.ema)
		}
		if l.step%reportEvery == 0 {
			if err := l.report(); err != nil {
				return l.last, err
			}
		}
		if l.now().Sub(l.savedAt) >= tr.Settings.Checkpoint && !l.over() {
			if err := l.checkpoint(ctx); err != nil {
				return l.last, err
			}
		}
	}
	if err := l.finish(ctx); err != nil {
		return l.last, err
	}
	return l.last, ctx.Err()
}

// loop is the changing state of one Fit.
type loop struct {
	*Trainer
	params  nn.Params
	parts   Divisible // nil: a step is one part
	tape    *autograd.Tape
	adam    *optim.AdamW
	ema     *optim.EMA
	judge   *judge // nil: nothing is held out
	fall    fall
	clock   *clock
	step    int // steps taken
	sum     float64
	count   int
	norm    float64
	last    Progress
	told    time.Time // of the last report
	savedAt time.Time
	now     func() time.Time
}

func (tr *Trainer) begin(saved *checkpoint.Saved) (*loop, error) {
	params := tr.Objective.Params()
	l := &loop{Trainer: tr, now: tr.now, params: params, tape: autograd.New(tr.Pool),
		adam: optim.NewAdamW(params)}
	if l.now == nil {
		l.now = time.Now
	}
	l.savedAt, l.told = l.now(), l.now()
	l.tape.ExactConv, l.tape.Precision, l.tape.Thrift = tr.Settings.ExactConv, tr.Settings.Precision, tr.Settings.Thrift
	parts, err := tr.inParts()
	if err != nil {
		return nil, err
	}
	l.parts = parts
	l.adam.WeightDecay = float32(tr.Settings.WeightDecay)
	l.ema = optim.NewEMA(params, tr.Settings.EMA)
	l.judge = l.newJudge()
	total, spent := 0, time.Duration(0)
	if saved != nil {
		if err := l.restore(saved); err != nil {
			return nil, err
		}
		if saved.Ints[keyTime] == int64(tr.Settings.Budget.Time) { // else the budget was changed
			total = int(saved.Ints[keyTotal])
		}
		spent, l.fall = time.Duration(saved.Ints[keySpent]), savedFall(saved.Ints)
	}
	if l.judge.stopped() {
		l.judge.tell(&l.last)
	}
	l.clock, err = newClock(tr.Settings.Budget, total, spent, l.now)
	if err == nil && l.fall.from > 0 {
		l.clock.total = l.fall.total
	}
	return l, err
}

// over tells whether the work is finished: the budget is used up, or the judge has seen enough.
func (l *loop) over() bool { return l.judge.stopped() || l.clock.done(l.step) }

// advance takes one step.
func (l *loop) advance() error {
	s := l.Settings
	value := l.gradients()
	norm := optim.GradNorm(l.Pool, l.params)
	if !optim.Finite(norm) || !optim.Finite(value) {
		return l.blownUp(value)
	}
	rate := l.rate(l.step)
	l.adam.Update(l.Pool, optim.Update{Step: l.step, LR: rate, Scale: optim.ClipScale(norm, s.Clip)})
	l.ema.Update(l.Pool, l.step)
	l.params.ZeroGrad()
	l.tape.Reset()
	l.step++
	l.sum += value
	l.count++
	l.norm = norm
	l.last.Rate = rate
	l.clock.tick(l.step)
	return nil
}

// blownUp is the error of a step whose loss or gradient is not finite. The last checkpoint
// stays as it is.
func (l *loop) blownUp(loss float64) error {
	where := "the loss"
	if p := optim.NonFinite(l.params); p != nil {
		where = "the gradient of " + p.Name
	}
	return fmt.Errorf("train: step %d: %s is not finite (loss %g): lower the learning rate (now %g) and go on with --resume, or look for extreme values in the data",
		l.step, where, loss, l.Settings.Rate)
}

// report writes a line of metrics and tells the watcher.
func (l *loop) report() error {
	if l.count == 0 {
		return nil
	}
	now := l.now()
	p := &l.last
	p.Step, p.Total = l.step, l.clock.total
	p.Loss = l.sum / float64(l.count)
	p.GradNorm = l.norm
	p.PerSec = float64(l.count) / math.Max(1e-9, now.Sub(l.told).Seconds())
	p.Elapsed = l.clock.elapsed().Seconds()
	p.Part = l.clock.part(l.step)
	p.Fell = l.fall.from
	l.judge.tell(p)
	l.sum, l.count, l.told = 0, 0, now
	if l.Watch != nil {
		l.Watch(*p)
	}
	return l.Run.Metric(*p)
}

// finish writes the last line of metrics and the last checkpoint. The weights at the end of a run may be its
// best, wherever it ends.
func (l *loop) finish(ctx context.Context) error {
	if l.over() {
		l.judge.end(l.step, l.ema)
	}
	if err := l.report(); err != nil {
		return err
	}
	return l.checkpoint(context.WithoutCancel(ctx))
}

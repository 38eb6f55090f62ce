package train

import (
	"fmt"
	"time"
)

// Budget says how long a training lasts: a number of steps, or a time from which the number
// of steps is worked out while the run goes.
type Budget struct {
	Steps int           // 0: take Time
	Time  time.Duration // wall clock of training, over all its resumes
}

// calibrateShare is the part of a time budget after which the number of steps is fixed. It is
// long enough to average over the machine's moods and short enough that the learning rate has
// not begun to fall.
const calibrateShare = 0.08

// overrun is how far past its time a run may go when the machine became slower after the
// number of steps was fixed.
const overrun = 1.1

// clock follows a budget. Nothing in it reaches the weights but the number of steps, which is
// fixed once and written into the checkpoint: a run of --time 3m that took 5,000 steps has the
// same bytes as a run of --steps 5000.
type clock struct {
	budget Budget
	total  int           // number of steps, 0 while unknown
	spent  time.Duration // before this process started its work
	start  time.Time
	now    func() time.Time

	ticks     int           // steps of this process
	warmSpent time.Duration // elapsed when the first warmSteps of them were done
}

func newClock(b Budget, total int, spent time.Duration, now func() time.Time) (*clock, error) {
	if b.Steps <= 0 && b.Time <= 0 && total <= 0 {
		return nil, fmt.Errorf("train: give a number of steps or a time (got %d steps, %v)", b.Steps, b.Time)
	}
	c := &clock{budget: b, total: total, spent: spent, start: now(), now: now}
	if b.Steps > 0 {
		c.total = b.Steps
	}
	return c, nil
}

// elapsed is the time of training, earlier processes included.
func (c *clock) elapsed() time.Duration { return c.spent + c.now().Sub(c.start) }

// warmSteps is the number of steps before the rate of steps is measured: the first ones fill
// buffers and caches.
const warmSteps = 5

// tick notes that step steps are done and fixes the total when it can be known.
func (c *clock) tick(step int) {
	if c.total > 0 {
		return
	}
	spent := c.elapsed()
	c.ticks++
	if c.ticks == warmSteps {
		c.warmSpent = spent
	}
	if c.ticks < 2*warmSteps || float64(spent) < calibrateShare*float64(c.budget.Time) {
		return
	}
	perStep := float64(spent-c.warmSpent) / float64(c.ticks-warmSteps)
	c.total = step + max(1, int(float64(c.budget.Time-spent)/perStep))
}

// done tells whether the work is finished after step steps.
func (c *clock) done(step int) bool {
	if c.total > 0 && step >= c.total {
		return true
	}
	return c.budget.Steps == 0 && float64(c.elapsed()) > overrun*float64(c.budget.Time)
}

// part is the share of the work that is done, for a progress bar.
func (c *clock) part(step int) float64 {
	if c.total > 0 {
		return min(1, float64(step)/float64(c.total))
	}
	return min(1, float64(c.elapsed())/float64(c.budget.Time))
}

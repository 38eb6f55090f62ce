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
}

func newClock(b Budget, total int, spent time.Duration) (*clock, error) {
	if b.Steps <= 0 && b.Time <= 0 && total <= 0 {
		return nil, fmt.Errorf("train: give a number of steps or a time (got %d steps, %v)", b.Steps, b.Time)
	}
	c := &clock{budget: b, total: total, spent: spent, start: time.Now()}
	if b.Steps > 0 {
		c.total = b.Steps
	}
	return c, nil
}

// elapsed is the time of training, earlier processes included.
func (c *clock) elapsed() time.Duration { return c.spent + time.Since(c.start) }

// tick notes that step steps are done and fixes the total when it can be known. Rates are
// measured after the first steps, which fill caches and buffers.
func (c *clock) tick(step, warm int) {
	if c.total > 0 || step <= warm {
		return
	}
	spent := c.elapsed()
	if float64(spent) < calibrateShare*float64(c.budget.Time) {
		return
	}
	c.total = max(step+1, int(float64(step)*float64(c.budget.Time)/float64(spent)))
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

package bench

import "time"

// meter measures how much others computed since it was started. Figures that
// were taken while others used the processors are worth little, and flatter
// whoever waits more patiently.
type meter struct {
	start    time.Time
	all, own time.Duration
}

func startMeter() meter {
	all, own := busy()
	return meter{time.Now(), all, own}
}

// others is how many processors other programs kept busy, on average.
func (m meter) others() float64 {
	all, own := busy()
	return max(0, float64((all-m.all)-(own-m.own))/float64(time.Since(m.start)))
}

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

// others is how many processors other programs kept busy, on average. Systems
// count in hundredths of a second: a fifth of a second is too short to say, and 0.
func (m meter) others() float64 {
	if time.Since(m.start) < 200*time.Millisecond {
		return 0
	}
	all, own := busy()
	return max(0, float64((all-m.all)-(own-m.own))/float64(time.Since(m.start)))
}

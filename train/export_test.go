package train

import "time"

// SetClock makes a trainer tell the time by now.
func SetClock(tr *Trainer, now func() time.Time) { tr.now = now }

package bench

import (
	"bytes"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// tick is the unit of /proc/stat.
const tick = 10 * time.Millisecond

// busy is the processor time that everybody has used, and of it that of this
// process and of the children it has waited for.
func busy() (all, own time.Duration) {
	text, err := os.ReadFile("/proc/stat")
	if err != nil {
		return 0, 0
	}
	first, _, _ := bytes.Cut(text, []byte("\n"))
	fields := bytes.Fields(first) // cpu user nice system idle iowait irq softirq steal ..
	for i, f := range fields {
		if n, err := strconv.Atoi(string(f)); err == nil && i <= 8 && i != 4 && i != 5 {
			all += time.Duration(n) * tick
		}
	}
	for _, who := range []int{unix.RUSAGE_SELF, unix.RUSAGE_CHILDREN} {
		var u unix.Rusage
		if unix.Getrusage(who, &u) == nil {
			own += time.Duration(u.Utime.Nano() + u.Stime.Nano())
		}
	}
	return all, own
}

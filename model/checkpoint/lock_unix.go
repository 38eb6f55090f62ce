//go:build unix

package checkpoint

import (
	"errors"
	"fmt"
	"os"
	"syscall"
	"time"
)

// lockWait is how long a lock is waited for: a process that was killed a moment ago holds its
// own until the kernel has cleared its memory away.
const lockWait = time.Second

// lock keeps a second trainer out of a run. The kernel drops it when the
// process ends, however it ends, so it needs no file and no cleaning.
func lock(dir string) (*os.File, error) {
	f, err := os.Open(dir)
	if err != nil {
		return nil, err
	}
	for end := time.Now().Add(lockWait); ; time.Sleep(lockWait / 50) {
		err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) || time.Now().After(end) {
			break
		}
	}
	if errors.Is(err, syscall.EWOULDBLOCK) {
		f.Close()
		return nil, fmt.Errorf("the run %s is being trained by another process: wait for it or stop it", dir)
	}
	return f, nil // a file system without locks works without one
}

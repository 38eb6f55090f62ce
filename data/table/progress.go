package table

import (
	"os"
	"sync/atomic"
)

// Progress tells how far the reading of a file is.
type Progress struct {
	Part  float64 // of the whole, 0 to 1
	Bytes int64   // read, of the file as it lies on the disk; 0 where they are not counted
}

// meterStep is how often a meter tells: after so many bytes.
const meterStep = 1 << 20

// meter counts the bytes read of a file.
type meter struct {
	total int64 // to be read, in all passes
	read  atomic.Int64
	next  int64
	watch func(Progress) error
}

// newMeter prepares to read the file at path so many times.
func newMeter(path string, passes int64, watch func(Progress) error) (*meter, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &meter{total: passes * info.Size(), watch: watch}, nil
}

// part is how much of a pass over the file is read; the passes before are left out.
func (m *meter) part(passes int64) float64 {
	size := m.total / passes
	if size == 0 {
		return 1
	}
	return max(0, float64(m.read.Load()-(passes-1)*size)/float64(size))
}

func (m *meter) saw(bytes int) error {
	n := m.read.Add(int64(bytes))
	if m.watch == nil || m.total == 0 || n < m.next && n < m.total {
		return nil
	}
	m.next = n + meterStep
	return m.watch(Progress{Part: min(1, float64(n)/float64(m.total)), Bytes: n})
}

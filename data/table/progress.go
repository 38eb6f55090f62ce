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
	watch func(Progress)
}

// newMeter prepares to read the file at path so many times.
func newMeter(path string, passes int64, watch func(Progress)) (*meter, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	return &meter{total: passes * info.Size(), watch: watch}, nil
}

func (m *meter) saw(bytes int) {
	n := m.read.Add(int64(bytes))
	if m.watch == nil || n < m.next && n < m.total {
		return
	}
	m.next = n + meterStep
	if m.total > 0 {
		m.watch(Progress{Part: min(1, float64(n)/float64(m.total)), Bytes: n})
	}
}

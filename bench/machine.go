package bench

import (
	"bufio"
	"os"
	"runtime"
	"strings"
	"time"

	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
)

// Processor names the processor, as far as the system tells.
func Processor() string {
	f, err := os.Open("/proc/cpuinfo")
	if err != nil {
		return runtime.GOARCH
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if key, value, found := strings.Cut(lines.Text(), ":"); found && strings.TrimSpace(key) == "model name" {
			return strings.TrimSpace(value)
		}
	}
	return runtime.GOARCH
}

// peakRounds take about 75 µs, peakPieces of them about 300 µs on each thread:
// long against the fork and the join around them.
const (
	peakRounds = 20000
	peakPieces = 4
)

// fma keeps every thread's FMA units busy and returns the floating-point
// operations done.
func fma(p *parallel.Pool) float64 {
	done := make([]float64, peakPieces*p.Threads())
	p.Run(len(done), func(_, piece int) { done[piece] = kernel.PeakFMA(peakRounds) })
	sum := 0.0
	for _, flops := range done {
		sum += flops
	}
	return sum
}

// peak is one measurement of the register-only peak, in FLOP/s.
func peak(p *parallel.Pool) float64 {
	start := time.Now()
	flops := fma(p)
	return flops / time.Since(start).Seconds()
}

// streamFloats is the length of the two arrays whose sum measures the memory:
// 64 MiB each, more than the caches that one or two cores own.
const streamFloats = 16 << 20

// stream adds one array to another: two numbers read and one written for each
// addition. Every byte of it crosses the bus; a copy to fresh memory would also
// read what it overwrites, uncounted.
func stream(p *parallel.Pool) *work {
	dst, x := make([]float32, streamFloats), make([]float32, streamFloats)
	return &work{run: func() { kernel.AddTo(p, dst, x) }, bytes: 3 * 4 * streamFloats}
}

// machineCases are the bounds themselves, on one thread and on all.
func machineCases() []Case {
	onlyFMA := func(p *parallel.Pool) (*work, error) {
		return &work{run: func() { fma(p) }, flops: fma(p)}, nil
	}
	onlyMemory := func(p *parallel.Pool) (*work, error) { return stream(p), nil }
	return []Case{
		{Name: "peak/fma/one_thread", one: true, work: onlyFMA},
		{Name: "peak/fma/threads", work: onlyFMA},
		{Name: "peak/memory/one_thread", one: true, work: onlyMemory},
		{Name: "peak/memory/threads", work: onlyMemory},
	}
}

package bench

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"ebb/engine/kernel/parallel"
)

// Every name is there once, and none begins another of its kind: --only NAME
// can always choose one alone.
func TestNamesChooseOne(t *testing.T) {
	for _, c := range Cases() {
		got, err := Select([]string{c.Name})
		if err != nil || len(got) != 1 || got[0].Name != c.Name {
			t.Errorf("%s chooses %q, %v", c.Name, names(got), err)
		}
	}
}

func TestPrefixesChooseInOrder(t *testing.T) {
	got, err := Select([]string{"train/bench_", "kernel/exp"})
	if want := []string{"kernel/exp", "train/bench_small", "train/bench_base", "train/bench_cifar"}; err != nil || !slices.Equal(names(got), want) {
		t.Errorf("chosen %q, %v; want %q", names(got), err, want)
	}
	if _, err := Select([]string{"train/", "tran/"}); err == nil || !strings.Contains(err.Error(), `"tran/"`) {
		t.Errorf("a prefix that fits nothing: %v", err)
	}
}

// The work of a forward pass is what PyTorch's hooks count for the same
// configuration (bench/peers/unet_torch.py, forward_gflop_per_image).
func TestWorkOfANetworkIsWhatPyTorchCounts(t *testing.T) {
	for name, want := range map[string]float64{"bench_small": 0.835600384, "bench_base": 3.17489152, "bench_cifar": 12.443713536} {
		u, err := Model{Net: name}.unet()
		if err != nil {
			t.Fatal(err)
		}
		if got := unetFLOPs(u) / 1e9; math.Abs(got-want) > 1e-9 {
			t.Errorf("%s: %.9f GFLOP, PyTorch counts %.9f", name, got, want)
		}
	}
}

// A share is the least time that the bounds allow over the time taken.
func TestShareOfTheHigherBound(t *testing.T) {
	b := &Bench{bandwidth: map[int]float64{1: 10}} // bytes/s
	for _, c := range []struct {
		flops, bytes float64
		bound        string
		share        float64
	}{
		{100, 0, "fma", 0.5},      // 1 s at 100 FLOP/s, took 2
		{100, 5, "fma", 0.5},      // the memory would take 0.5 s
		{100, 15, "memory", 0.75}, // 1.5 s
		{0, 20, "memory", 1},      // 2 s
	} {
		r := b.result(Case{Name: "x"}, &work{flops: c.flops, bytes: c.bytes}, nil, samples{seconds: []float64{9, 2, 1}, peaks: []float64{100, 100, 7}})
		if r.Bound != c.bound || r.Share != c.share || r.Seconds != 2 {
			t.Errorf("%v flops, %v bytes: %.2f of %s in %v s, want %.2f of %s in 2 s", c.flops, c.bytes, r.Share, r.Bound, r.Seconds, c.share, c.bound)
		}
	}
}

// The parts of a profile add up to the calls it was made of, and a step of
// training has them all.
func TestProfileAddsUp(t *testing.T) {
	pool := parallel.New(1)
	defer pool.Close()
	w, err := Model{Net: mlp, Task: Train, Batch: 8}.work(pool)
	if err != nil {
		t.Fatal(err)
	}
	w.run()
	start := time.Now()
	parts := profileOf(w)
	took := time.Since(start).Seconds()
	sum, ops := 0.0, ""
	for _, p := range parts {
		sum += profiled * p.Seconds
		ops += p.Op + ","
	}
	if sum > took || sum < 0.5*took { // below: what follows the last lap
		t.Errorf("parts of %v s, calls of %v s", sum, took)
	}
	for _, op := range []string{"noise,", "Linear,", "Linear backward,", "LayerNorm backward,", "MSE,", "gradient norm,", "AdamW,"} {
		if !strings.Contains(ops, op) {
			t.Errorf("no part %q in %q", op, ops)
		}
	}
}

// fake is a peer of a fixed speed, or one that fails.
type fake struct {
	seconds, flops float64
	calls          *int
}

func (fake) Name() string      { return "fake" }
func (fake) Does(m Model) bool { return m.Task == Infer }
func (f fake) Time(context.Context, Model, int) (float64, float64, error) {
	*f.calls++
	return f.seconds, f.flops, nil
}

// tiny is a model without a network, for turns.
func tiny(task Task) Case {
	return Case{Name: "tiny", Batch: 2, model: &Model{Net: "tiny", Task: task, Batch: 2}, work: func(*parallel.Pool) (*work, error) {
		return &work{run: func() {}, flops: 200}, nil
	}}
}

// Each round asks the peer once; a ratio is theirs over ours; a peer that
// counts other work runs another network and is left out.
func TestPeersTakeTurns(t *testing.T) {
	b := &Bench{Time: time.Nanosecond}
	var warned []error
	warn := func(err error) { warned = append(warned, err) }
	calls := 0
	r, err := b.Compare(t.Context(), tiny(Infer), []Peer{fake{5, 100, &calls}}, 4, warn)
	if err != nil || len(r) != 1 || calls != 4 || len(warned) != 0 {
		t.Fatalf("%d calls in 4 rounds, results %+v, warnings %v, error %v", calls, r, warned, err)
	}
	if r[0].Peer != "fake" || r[0].PeerSeconds != 5 || r[0].Ratio <= 1 {
		t.Errorf("%+v", r[0])
	}
	calls = 0
	r, err = b.Compare(t.Context(), tiny(Infer), []Peer{fake{5, 90, &calls}}, 4, warn)
	if err != nil || len(r) != 1 || r[0].Peer != "" || calls != 1 || len(warned) != 1 || !strings.Contains(warned[0].Error(), "networks differ") {
		t.Errorf("a peer of other work: %d calls, results %+v, warnings %v, error %v", calls, r, warned, err)
	}
	calls = 0
	if r, err = b.Compare(t.Context(), tiny(Train), []Peer{fake{5, 100, &calls}}, 4, warn); err != nil || len(r) != 1 || r[0].Peer != "" || calls != 0 {
		t.Errorf("a peer that does not train: %d calls, results %+v, error %v", calls, r, err)
	}
}

// What a program prints before its line does not matter; no line is an error
// that shows what came instead.
func TestLastLineOfAProgram(t *testing.T) {
	l, err := lastLine([]byte("warning\n{\"peer\":\"torch\",\"layout\":\"nchw\",\"seconds_per_step\":0.5,\"forward_gflop_per_image\":2}\n"))
	if err != nil || l.Seconds != 0.5 || l.flops() != 2e9 || l.Layout != "nchw" {
		t.Errorf("%+v, %v", l, err)
	}
	for _, text := range []string{"", "Killed", `{"seconds_per_step":0}`} {
		if _, err := lastLine([]byte(text)); err == nil {
			t.Errorf("%q is taken for a result", text)
		}
	}
}

package zq

import (
	"context"
	"os"
	"runtime/pprof"
	"testing"
	"time"

	"ebb/engine/kernel/parallel"
	"ebb/model"
)

func TestProf(t *testing.T) {
	pool := parallel.New(0)
	m, c, err := model.Open(os.Getenv("RUN"), pool)
	if err != nil {
		t.Fatal(err)
	}
	c.Precision = os.Getenv("PREC")
	tm := m.(*model.TableModel)
	f, _ := os.Create("/tmp/cpu.prof")
	pprof.StartCPUProfile(f)
	s := time.Now()
	_, err = tm.Draw(context.Background(), model.DrawOptions{N: 32561, Seed: 1, Sampler: "unipc", Steps: 16})
	pprof.StopCPUProfile()
	t.Log(time.Since(s), err)
}

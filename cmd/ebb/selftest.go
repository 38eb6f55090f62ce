package main

import (
	"context"
	"encoding/json"
	"fmt"
	"runtime"

	"ebb/engine/kernel"
	"ebb/model/selftest"
)

// selfTest prints the hash of every part and fails if one is not the recorded one.
func selfTest(ctx context.Context, s streams, threads int, asJSON bool) error {
	pool, err := newPool(threads)
	if err != nil {
		return err
	}
	defer pool.Close()
	parts, err := selftest.Run(ctx, pool)
	if err != nil {
		return err
	}
	wrong := 0
	for _, p := range parts {
		verdict := "as recorded"
		if !p.OK() {
			verdict = "recorded is " + p.Want
			wrong++
		}
		if !asJSON {
			fmt.Fprintf(s.out, "%-42s %s  %s\n", p.Name, p.Hash, verdict)
		}
	}
	machine := fmt.Sprintf("%s/%s, %v kernels, %d threads, ebb %s, %s", runtime.GOOS, runtime.GOARCH, kernel.Best(), pool.Threads(), version(), runtime.Version())
	if asJSON {
		err = json.NewEncoder(s.out).Encode(map[string]any{"machine": machine, "parts": parts, "ok": wrong == 0})
	} else {
		_, err = fmt.Fprintln(s.out, machine)
	}
	if err == nil && wrong > 0 {
		err = &exitError{exitShort, fmt.Errorf("%d of %d parts have other bits than recorded: do not compare results of this machine with those of others, and report the lines above", wrong, len(parts))}
	}
	return err
}

package selftest

import (
	"fmt"
	"testing"

	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
)

// Every instruction set of the machine and any number of threads give the recorded hashes:
// kernels, twenty training steps and twenty sampling steps of both kinds of model. With -short,
// for emulators and the race detector, the best instruction set and three threads do.
func TestTheBitsAreTheSameEverywhere(t *testing.T) {
	for _, isa := range kernel.ISAs() {
		threads := []int{1, 2, 3, 8}
		switch {
		case isa != kernel.Best() && testing.Short():
			continue
		case isa != kernel.Best():
			threads = []int{2}
		case testing.Short():
			threads = []int{3}
		}
		for _, n := range threads {
			t.Run(fmt.Sprintf("%v, %d threads", isa, n), func(t *testing.T) {
				defer kernel.ForceISA(isa)()
				pool := parallel.New(n)
				defer pool.Close()
				parts, err := Run(t.Context(), pool)
				if err != nil {
					t.Fatal(err)
				}
				for _, p := range parts {
					if !p.OK() {
						t.Errorf("%s: %s, recorded is %s", p.Name, p.Hash, p.Want)
					}
				}
			})
		}
	}
}

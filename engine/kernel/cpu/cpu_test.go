package cpu

import (
	"os"
	"runtime"
	"strings"
	"testing"
)

// On Linux the kernel publishes the same facts; the two must agree.
func TestDetectAgreesWithProc(t *testing.T) {
	info, err := os.ReadFile("/proc/cpuinfo")
	if err != nil || runtime.GOARCH != "amd64" {
		t.Skip("no /proc/cpuinfo of an amd64 machine")
	}
	has := map[string]bool{}
	for _, flag := range strings.Fields(string(info)) {
		has[flag] = true
	}
	want := Features{AVX2: has["avx2"] && has["fma"]}
	want.AVX512 = want.AVX2 && has["avx512f"] && has["avx512vl"] && has["avx512dq"] && has["avx512bw"]
	want.BF16 = want.AVX512 && has["avx512_bf16"]
	if got := Detect(); got != want {
		t.Errorf("Detect() = %+v, /proc/cpuinfo says %+v", got, want)
	}
}

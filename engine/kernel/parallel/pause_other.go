//go:build (!amd64 && !arm64) || purego

package parallel

func pause(n int) {
	for range n {
		procPause()
	}
}

//go:noinline
func procPause() {}

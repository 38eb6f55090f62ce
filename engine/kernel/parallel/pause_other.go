//go:build !amd64 || purego

package parallel

func pause(n int) {
	for range n {
		procPause()
	}
}

//go:noinline
func procPause() {}

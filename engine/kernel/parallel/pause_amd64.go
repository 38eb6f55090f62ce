//go:build amd64 && !purego

package parallel

// pause executes n PAUSE instructions: it leaves the core's resources to its
// other thread and saves power.
//
//go:noescape
func pause(n int)

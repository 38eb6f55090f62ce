//go:build (amd64 || arm64) && !purego

package parallel

// pause executes n PAUSE (arm64: YIELD) instructions: they leave the core's
// resources to its other thread and save power.
//
//go:noescape
func pause(n int)

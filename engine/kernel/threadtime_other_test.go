//go:build !linux

package kernel

import "time"

func threadTime() int64 { return time.Now().UnixNano() }

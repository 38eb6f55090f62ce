//go:build !unix

package checkpoint

import "os"

// lock does nothing where folders cannot be locked.
func lock(dir string) (*os.File, error) { return nil, nil }

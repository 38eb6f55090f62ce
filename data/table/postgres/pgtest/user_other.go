//go:build !unix

package pgtest

import "os/exec"

func (s *Server) unprivileged(cmd *exec.Cmd) error {
	cmd.Dir = s.dir
	return nil
}

package main

import (
	"errors"
	"os/exec"
	"strconv"
)

// codeOf is the exit code behind an error of a script's command.
func codeOf(err error) string {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return strconv.Itoa(exit.ExitCode())
	}
	return err.Error()
}

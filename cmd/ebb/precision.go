package main

import (
	"github.com/spf13/pflag"

	"ebb/model"
)

// addPrecision adds the flag --precision; own is what it is by default, if that is not f32.
func addPrecision(f *pflag.FlagSet, to *string, own string) {
	if own == "" {
		own = "f32"
	}
	f.StringVar(to, "precision", "", "inputs of matrix products and convolutions: f32, or bf16 for speed (default: "+own+")")
}

// checkPrecision says whether the flag names a precision.
func checkPrecision(name string) error {
	if _, err := model.NewPrecision(name); err != nil {
		return &exitError{exitUsage, err}
	}
	return nil
}

// sameNumerics tells whether a name of the flag is what the configuration says anyway.
func sameNumerics(name string, c *model.Config) bool {
	p, err := model.NewPrecision(name)
	return err == nil && p == c.Numerics()
}

// addMemory adds the flag --memory, without the default that would be shown as 0B.
func addMemory(f *pflag.FlagSet, to *model.Bytes, usage string) {
	f.Var(to, "memory", usage)
	f.Lookup("memory").DefValue = ""
}

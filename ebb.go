// Package ebb is the diffusion toolkit for Go.
package ebb

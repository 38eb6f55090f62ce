package ebb

import (
	"os"
	"sync"

	"ebb/engine/kernel/parallel"
	"ebb/model"
)

// Model is a trained model of a table or of pictures. Its methods may be called from several
// goroutines; their draws take turns, and each uses all the threads.
type Model struct {
	turn  sync.Mutex // held by who draws
	model model.Model
	kind  model.Kind
	pool  *parallel.Pool
	brief string // run to be removed in the end; may be empty
}

// Open opens the model of a run directory that [Train] or the command ebb wrote. It computes
// with all processors.
func Open(run string) (*Model, error) { return open(run, parallel.New(0)) }

// open takes the pool over.
func open(run string, pool *parallel.Pool) (*Model, error) {
	m, c, err := model.Open(run, pool)
	if err != nil {
		pool.Close()
		return nil, err
	}
	return &Model{model: m, kind: c.Kind, pool: pool}, nil
}

// Close ends the threads that the model computes with, and removes a run that was to last no longer.
func (m *Model) Close() {
	m.pool.Close()
	if m.brief != "" {
		os.RemoveAll(m.brief) // what can't be removed from a temporary folder is left to the system
	}
}

// Kind tells whether the model makes rows or pictures.
func (m *Model) Kind() model.Kind { return m.kind }

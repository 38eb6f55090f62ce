package ebb

import (
	"context"
	"fmt"
	"sync"

	"ebb/data/image"
	"ebb/data/table"
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

// Close ends the threads that the model computes with.
func (m *Model) Close() { m.pool.Close() }

// Kind tells whether the model makes rows or pictures.
func (m *Model) Kind() model.Kind { return m.kind }

// Rows draws n new rows, with the columns, types and formats of the training table. Row i
// depends on the model, the seed and i alone. A model of pictures is an error.
func (m *Model) Rows(ctx context.Context, n int, seed uint64) (*table.Table, error) {
	t, ok := m.model.(*model.TableModel)
	if !ok {
		return nil, fmt.Errorf("ebb: this model makes pictures, not rows")
	}
	if n < 0 {
		return nil, fmt.Errorf("ebb: %d rows can't be drawn", n)
	}
	m.turn.Lock()
	defer m.turn.Unlock()
	return t.Draw(ctx, model.DrawOptions{N: n, Seed: seed})
}

// Pictures draws n new pictures, of classes in the proportions of the training set where it has
// labels. Picture i depends on the model, the seed and i alone. A model of a table is an error.
func (m *Model) Pictures(ctx context.Context, n int, seed uint64) (*image.Images, error) {
	p, ok := m.model.(*model.ImageModel)
	if !ok {
		return nil, fmt.Errorf("ebb: this model makes rows of a table, not pictures")
	}
	if n < 0 {
		return nil, fmt.Errorf("ebb: %d pictures can't be drawn", n)
	}
	m.turn.Lock()
	defer m.turn.Unlock()
	return p.Draw(ctx, model.DrawOptions{N: n, Seed: seed, Class: -1})
}

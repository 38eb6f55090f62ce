package ebb

import (
	"context"
	"fmt"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/model"
)

// Draw says what to draw from a model of a table, and how. Its methods give changed copies:
//
//	m.Where("age>=40", "job in smith,baker").Seed(7).Sample(ctx, 100)
type Draw struct {
	from *Model
	o    model.DrawOptions
}

// Where asks for rows under conditions on columns, all of which must hold, such as "education=Masters",
// "age>=40", "job in smith,baker" or "job!=smith" (table.Transform.Where has all forms).
func (m *Model) Where(conditions ...string) Draw { return Draw{from: m}.Where(conditions...) }

// Balance asks for rows in which all classes of a column are equally frequent.
func (m *Model) Balance(column string) Draw { return Draw{from: m}.Balance(column) }

// Like asks for rows of which a part is given: columns that t lacks and cells that are missing in it
// are drawn. [Draw.Sample] then draws n rows for each row of t.
func (m *Model) Like(t *table.Table) Draw { return Draw{from: m}.Like(t) }

// Seed asks for other rows: all that is random follows from the seed.
func (m *Model) Seed(seed uint64) Draw { return Draw{from: m}.Seed(seed) }

// Sample draws n new rows of seed 0, with the columns, types and formats of the training table. Row i
// depends on the model, the seed and i alone. A model of pictures is an error.
func (m *Model) Sample(ctx context.Context, n int) (*table.Table, error) {
	return Draw{from: m}.Sample(ctx, n)
}

// Where adds conditions; see [Model.Where].
func (d Draw) Where(conditions ...string) Draw {
	d.o.Where = append(d.o.Where[:len(d.o.Where):len(d.o.Where)], conditions...)
	return d
}

// Balance is [Model.Balance] of a draw.
func (d Draw) Balance(column string) Draw {
	d.o.Balance = column
	return d
}

// Like is [Model.Like] of a draw. It can't be joined with Where and Balance.
func (d Draw) Like(t *table.Table) Draw {
	d.o.Like = t
	return d
}

// Seed is [Model.Seed] of a draw.
func (d Draw) Seed(seed uint64) Draw {
	d.o.Seed = seed
	return d
}

// Steps sets the steps of the sampler; more are slower and a little closer to the model.
func (d Draw) Steps(n int) Draw {
	d.o.Steps = n
	return d
}

// Sample draws n rows, or with [Draw.Like] n for each row given. Conditions that the model can't meet
// are an error that wraps model.ErrCondition.
func (d Draw) Sample(ctx context.Context, n int) (*table.Table, error) {
	t, err := d.from.table()
	if err != nil {
		return nil, err
	}
	if n < 0 {
		return nil, fmt.Errorf("ebb: %d rows can't be drawn", n)
	}
	if d.o.N = n; d.o.Like != nil {
		d.o.N = n * d.o.Like.Rows()
	}
	d.from.turn.Lock()
	defer d.from.turn.Unlock()
	return t.Draw(ctx, d.o)
}

// Fill completes the missing cells of rows and keeps all others as they are: each is drawn given all
// that its row holds. model.TableModel.Fill makes several imputations and best single values.
func (m *Model) Fill(ctx context.Context, d Data) (*table.Table, error) {
	learned, err := m.table()
	if err != nil {
		return nil, err
	}
	t, err := rows(d, "fill")
	if err != nil {
		return nil, err
	}
	m.turn.Lock()
	defer m.turn.Unlock()
	f, err := learned.Fill(ctx, t, model.FillOptions{})
	if err != nil {
		return nil, err
	}
	return f.Tables[0], nil
}

// table is the model, if it is one of a table.
func (m *Model) table() (*model.TableModel, error) {
	t, ok := m.model.(*model.TableModel)
	if !ok {
		return nil, fmt.Errorf("ebb: this model makes pictures, not rows")
	}
	return t, nil
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

package model

import "ebb/data/table"

// HeldOut parts the rows of the table that a run learned from into those it was trained on and those
// that were held out, of which there are none where the run held none out. rows is their number.
func (c *Config) HeldOut(rows int) (train, held []int) {
	return table.Holdout(rows, c.Training.Holdout, c.Seed)
}

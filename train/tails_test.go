package train_test

import (
	"math"
	"strconv"
	"testing"

	"ebb/data/table"
	"ebb/engine/kernel/elementary"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
	"ebb/model"
)

// A model trained for a second or two stacks no rows at the extremes: of a value capped at both ends
// (as house values are at 500001), of one that mostly is zero, and of one without any cap it draws the
// mass at the least and the greatest value that the data has.
func TestTrainedModelsKeepTheMassAtTheEnds(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for hundreds of steps")
	}
	pool := parallel.New(0)
	defer pool.Close()
	tab := table.New("capped", "inflated", "free", "group")
	z := make([]float64, 2)
	for i := range uint64(1500) {
		rng.New(4, rng.Test).Normals(z, 0, i)
		income := 2*z[0] + 0.5*z[1]
		spent := "0"
		if z[1] > 0.3 {
			spent = strconv.FormatFloat(elementary.Exp(2*z[1]), 'f', 2, 64)
		}
		tab.Append(strconv.FormatFloat(min(max(300+100*income, 150), 500.01), 'f', 2, 64), spent,
			strconv.FormatFloat(elementary.Exp(income), 'f', 3, 64), []string{"poor", "rich"}[int(max(min(income, 0.5), -0.5)+0.5)])
	}
	m := learn(t, &model.Source{Path: "capped", Table: tab}, 300, pool).(*model.TableModel)
	rows, err := m.Draw(t.Context(), model.DrawOptions{N: 4000, Seed: 1, Steps: 40})
	if err != nil {
		t.Fatal(err)
	}
	schema := m.Config.Table.Transform.Schema
	for j, name := range tab.Names()[:3] {
		for end, value := range map[string]string{"least": string(schema.Columns[j].Min), "greatest": string(schema.Columns[j].Max)} {
			real, made := shareOf(tab.Columns[j], value), shareOf(rows.Columns[j], value)
			// A network of so few steps knows a probability to some hundredths.
			if math.Abs(real-made) > 0.05 {
				t.Errorf("%s: %.1f %% of the rows drawn hold the %s value %s, %.1f %% of the data", name, 100*made, end, value, 100*real)
			}
		}
	}
}

// shareOf is the share of a column's rows that hold a text.
func shareOf(c *table.Column, text string) float64 {
	n := 0.0
	for i := range c.Len() {
		if c.At(i) == text {
			n++
		}
	}
	return n / float64(c.Len())
}

package scheduler

import (
	"fmt"

	"ebb/diffusion/schedule"
)

// table is the discrete schedule of the configuration.
func (c Config) table() (*schedule.Table, error) {
	table, err := c.betas()
	if err == nil && c.ZeroSNR {
		if table.Steps() < 2 {
			return nil, fmt.Errorf("rescale_betas_zero_snr with %d training step; at least 2 are needed", table.Steps())
		}
		table = table.ZeroTerminal()
	}
	return table, err
}

func (c Config) betas() (*schedule.Table, error) {
	if len(c.TrainedBetas) > 0 {
		return schedule.NewTable(c.TrainedBetas)
	}
	switch c.BetaSchedule {
	case "linear":
		return schedule.Linear(c.TrainTimesteps, c.BetaStart, c.BetaEnd)
	case "scaled_linear":
		return schedule.ScaledLinear(c.TrainTimesteps, c.BetaStart, c.BetaEnd)
	case "squaredcos_cap_v2":
		return schedule.CosineTable(c.TrainTimesteps)
	case "sigmoid":
		return schedule.Sigmoid(c.TrainTimesteps, c.BetaStart, c.BetaEnd)
	}
	return nil, fmt.Errorf("beta_schedule %q is unknown; linear, scaled_linear, squaredcos_cap_v2 and sigmoid are understood", c.BetaSchedule)
}

package bench

import (
	"context"
	"fmt"
)

// torch is PyTorch. layout remembers which order of axes was the faster for a
// model: the first round tries both, the later ones only that.
type torch struct {
	*Programs
	layout map[Model]string
}

func (t *torch) Name() string { return "torch" }

func (t *torch) Does(Model) bool { return true }

func (t *torch) Time(ctx context.Context, m Model, threads int) (seconds, flops float64, err error) {
	from, err := t.weights(ctx, m)
	if err != nil {
		return 0, 0, err
	}
	var out []byte
	if m.Net == mlp {
		out, err = t.torch(ctx, "mlp_torch.py", append(m.arguments(threads), "--what", string(m.Task), "--steps", m.calls(), "--weights", from)...)
	} else {
		count := map[Task]string{Train: "--steps", Infer: "--repeat"}[m.Task]
		args := append([]string{string(m.Task), from, count, m.calls()}, m.arguments(threads)...)
		if layout, known := t.layout[m]; known {
			args = append(args, "--layouts", layout)
		}
		out, err = t.torch(ctx, "unet_torch.py", args...)
	}
	if err != nil {
		return 0, 0, fmt.Errorf("PyTorch: %w", err)
	}
	l, err := lastLine(out)
	if err != nil {
		return 0, 0, fmt.Errorf("PyTorch: %w", err)
	}
	if l.Layout != "" {
		t.layout[m] = l.Layout
	}
	return l.Seconds, l.flops(), nil
}

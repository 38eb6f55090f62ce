package bench

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
)

// onnx is ONNX Runtime under Node. It infers; PyTorch exports the UNets for it.
type onnx struct {
	*Programs
	files map[Model]string // exported so far
}

func (o *onnx) Name() string { return "onnxruntime" }

func (o *onnx) Does(m Model) bool { return m.Task == Infer && m.Net != mlp }

func (o *onnx) Time(ctx context.Context, m Model, threads int) (seconds, flops float64, err error) {
	file, err := o.export(ctx, m)
	if err != nil {
		return 0, 0, err
	}
	args := append([]string{filepath.Join(o.Dir, "ort_bench.js"), file, "--repeat", m.calls()}, m.arguments(threads)...)
	out, err := output(exec.CommandContext(ctx, "node", args...))
	if err != nil {
		return 0, 0, fmt.Errorf("ONNX Runtime: %w", err)
	}
	l, err := lastLine(out)
	if err != nil {
		return 0, 0, fmt.Errorf("ONNX Runtime: %w", err)
	}
	return l.Seconds, l.flops(), nil
}

// export writes the model as ONNX for its batch, once.
func (o *onnx) export(ctx context.Context, m Model) (string, error) {
	if file, done := o.files[m]; done {
		return file, nil
	}
	from, err := o.weights(ctx, m)
	if err != nil {
		return "", err
	}
	file := filepath.Join(o.Temp, fmt.Sprintf("%s_%d.onnx", m.Net, m.Batch))
	if _, err := o.torch(ctx, "unet_torch.py", append([]string{"onnx", from, file}, m.arguments(2)...)...); err != nil {
		return "", fmt.Errorf("PyTorch's export to ONNX: %w", err)
	}
	o.files[m] = file
	return file, nil
}

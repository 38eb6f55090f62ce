package bench

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"ebb/engine/autograd"
	"ebb/engine/tensor"
	"ebb/model/checkpoint"
	"ebb/model/diffusers"
)

// weights writes a model's weights where the peers read them, once for each
// network, with an input and Ebb's output for it, and has PyTorch confirm that
// it computes the same.
func (g *Programs) weights(ctx context.Context, m Model) (string, error) {
	if path, done := g.shared[m.Net]; done {
		return path, nil
	}
	path := filepath.Join(g.Temp, m.Net)
	write := g.writeUNet
	if m.Net == mlp {
		write = g.writeMLP
	}
	if err := write(ctx, m, path); err != nil {
		return "", err
	}
	g.shared[m.Net] = path
	return path, nil
}

// exampleTimes are the times of the input that both sides are compared on.
func exampleTimes() []float64 { return []float64{3, 741} }

func (g *Programs) writeUNet(ctx context.Context, m Model, dir string) error {
	u, err := m.unet()
	if err != nil {
		return err
	}
	if err := diffusers.Save(dir, u); err != nil {
		return err
	}
	c := u.Config
	shape := []int{2, c.SampleSize.H, c.SampleSize.W, c.InChannels}
	x := tensor.From(random(tensor.Size(shape)), shape...)
	tape := autograd.NewInference(nil)
	y := u.Forward(tape, tape.Const(x), exampleTimes(), nil).Value
	entries := []checkpoint.Entry{
		channelsFirst("sample", x), channelsFirst("output", y), checkpoint.Values("timestep", []int64{3, 741}, 2),
	}
	if err := writeTensors(filepath.Join(dir, "io.safetensors"), entries); err != nil {
		return err
	}
	if _, err := g.torch(ctx, "unet_torch.py", "check", dir); err != nil {
		return fmt.Errorf("PyTorch on Ebb's %s: %w", m.Net, err)
	}
	return nil
}

// channelsFirst is a tensor (N,H,W,C) as PyTorch keeps it, (N,C,H,W).
func channelsFirst(name string, x *tensor.Tensor) checkpoint.Entry {
	n, pixels, c := x.Dim(0), x.Dim(1)*x.Dim(2), x.Dim(3)
	out := make([]float32, x.Len())
	for i := range n {
		for p := range pixels {
			for ch := range c {
				out[(i*c+ch)*pixels+p] = x.Data[(i*pixels+p)*c+ch]
			}
		}
	}
	return checkpoint.Values(name, out, n, c, x.Dim(1), x.Dim(2))
}

// writeMLP leaves the check to the program, which makes it at every start.
func (g *Programs) writeMLP(_ context.Context, m Model, path string) error {
	s, err := Model{Net: mlp, Task: m.Task, Batch: 2}.subject()
	if err != nil {
		return err
	}
	times := exampleTimes()
	steps := []int64{int64(times[0]), int64(times[1])}
	for i := range times {
		times[i] /= 1000 // the network reads 1000 t
	}
	tape := autograd.NewInference(nil)
	y := s.net.Forward(tape, tape.Const(s.x), times, nil).Value
	entries := []checkpoint.Entry{
		checkpoint.Values("check.x", s.x.Data, s.x.Shape...), checkpoint.Values("check.y", y.Data, y.Shape...),
		checkpoint.Values("check.t", steps, 2),
	}
	for _, p := range s.net.Params() {
		data := make([]float32, p.Value().Len())
		p.ToFile(data, p.Value().Data)
		entries = append(entries, checkpoint.Values(p.Name, data, p.FileShape()...))
	}
	return writeTensors(path, entries)
}

func writeTensors(path string, entries []checkpoint.Entry) error {
	return checkpoint.WriteFile(path, func(w io.Writer) error { return checkpoint.Write(w, entries, nil) })
}

package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
)

// Programs are the peers' programs, those of bench/peers, and what they need.
type Programs struct {
	Dir    string // where they lie
	Python string // "" for the first of the usual ones that has PyTorch
	Temp   string // for models in the peers' formats; the caller removes it

	shared map[string]string // model files by network, as far as they are written
}

// Find looks for PyTorch and ONNX Runtime. What is missing is an error in
// missing, with the remedy; err is a folder that does not hold the programs.
func (g *Programs) Find(ctx context.Context) (peers []Peer, missing []error, err error) {
	if g.Dir, err = filepath.Abs(g.Dir); err != nil {
		return nil, nil, err
	}
	for _, name := range []string{"unet_torch.py", "mlp_torch.py", "ort_bench.js", "peer_env.sh"} {
		if _, err := os.Stat(filepath.Join(g.Dir, name)); err != nil {
			return nil, nil, fmt.Errorf("the peers' programs: %w: name Ebb's folder bench/peers", err)
		}
	}
	g.shared = map[string]string{}
	if err := g.findPython(ctx); err != nil {
		missing = append(missing, err)
		return nil, append(missing, errors.New("ONNX Runtime needs PyTorch too, to export the models")), nil
	}
	peers = append(peers, &torch{g, map[Model]string{}})
	if err := g.findONNX(ctx); err != nil {
		return peers, append(missing, err), nil
	}
	return append(peers, &onnx{g, map[Model]string{}}), missing, nil
}

// findPython settles on a Python that has PyTorch.
func (g *Programs) findPython(ctx context.Context) error {
	names := []string{g.Python}
	if g.Python == "" {
		names = []string{"/usr/bin/python3", "python3"}
	}
	var last error
	for _, name := range names {
		if last = exec.CommandContext(ctx, name, "-c", "import torch, numpy").Run(); last == nil {
			g.Python = name
			return nil
		}
	}
	return fmt.Errorf("PyTorch is not here (%s: %w): on Debian 'apt-get install python3-torch python3-numpy libopenblas0-openmp', or name another Python",
		strings.Join(names, ", "), last)
}

func (g *Programs) findONNX(ctx context.Context) error {
	const look = `const path = require('path');
require.resolve('onnxruntime-node', {paths: [process.cwd(), process.argv[1], ...(process.env.NODE_PATH || '').split(path.delimiter).filter(Boolean)]});`
	if err := exec.CommandContext(ctx, "node", "-e", look, g.Dir).Run(); err != nil {
		return fmt.Errorf("ONNX Runtime is not here (node: %w): 'apt-get install nodejs npm', then in %s 'ONNXRUNTIME_NODE_INSTALL=skip npm install --no-save onnxruntime-node@1.30.0', or set NODE_PATH to where it is", err, g.Dir)
	}
	return nil
}

// torch runs a Python program of the folder under PyTorch's best settings.
func (g *Programs) torch(ctx context.Context, script string, args ...string) ([]byte, error) {
	call := []string{"-c", `. "$0"; exec "$@"`, filepath.Join(g.Dir, "peer_env.sh"), g.Python, filepath.Join(g.Dir, script)}
	return output(exec.CommandContext(ctx, "sh", append(call, args...)...))
}

// output runs a command; its error tells the last line the command complained in.
func output(cmd *exec.Cmd) ([]byte, error) {
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
		return nil, fmt.Errorf("%w: %s", err, lines[len(lines)-1])
	}
	return out, nil
}

// line is what the programs print, as far as it is read here.
type line struct {
	Layout  string  `json:"layout"`
	Seconds float64 `json:"seconds_per_step"`
	GFLOP   float64 `json:"forward_gflop_per_image"`
	MFLOP   float64 `json:"forward_mflop_per_row"`
}

func (l line) flops() float64 { return l.GFLOP*1e9 + l.MFLOP*1e6 }

// lastLine reads the last line of a program's output that is a JSON object.
func lastLine(out []byte) (line, error) {
	var l line
	lines := bytes.Split(bytes.TrimSpace(out), []byte("\n"))
	text := lines[len(lines)-1]
	if err := json.Unmarshal(text, &l); err != nil || l.Seconds <= 0 {
		return l, fmt.Errorf("expected a line of JSON with seconds_per_step, got %q", text)
	}
	return l, nil
}

// calls is how many calls of a model a peer's round is the median of.
func (m Model) calls() string {
	switch {
	case m.Net == mlp || m.Batch == 1:
		return "30"
	case m.Net == "bench_cifar":
		return "3"
	}
	return "6"
}

func (m Model) arguments(threads int) []string {
	return []string{"--batch", strconv.Itoa(m.Batch), "--threads", strconv.Itoa(threads)}
}

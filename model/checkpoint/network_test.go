package checkpoint_test

import (
	"bytes"
	"math"
	"strings"
	"testing"

	"ebb/diffusion/network"
	"ebb/engine/rng"
	"ebb/model"
	"ebb/model/checkpoint"
)

func mlp(t *testing.T, seed uint64) *network.MLP {
	t.Helper()
	m, err := network.NewMLP(network.MLPConfig{Numeric: 3, Cards: []int{4, 2}, Width: 8, Blocks: 2}, rng.New(seed, rng.Init))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// A network's weights come back from a file bit for bit.
func TestNetworkThroughAFile(t *testing.T) {
	from, to := mlp(t, 1), mlp(t, 2)
	var raw bytes.Buffer
	if err := checkpoint.Write(&raw, model.WeightEntries(from.Params()), nil); err != nil {
		t.Fatal(err)
	}
	f, err := checkpoint.NewReader(bytes.NewReader(raw.Bytes()), int64(raw.Len()), "mlp.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	if err := model.LoadWeights(f, to.Params()); err != nil {
		t.Fatal(err)
	}
	for k, p := range from.Params() {
		for i, v := range p.Value().Data {
			if math.Float32bits(v) != math.Float32bits(to.Params()[k].Value().Data[i]) {
				t.Fatalf("%s[%d] differs", p.Name, i)
			}
		}
	}
	// The file has PyTorch's (out, in).
	if i, _ := f.Info("blocks.0.fc1.weight"); len(i.Shape) != 2 || i.Shape[0] != 16 || i.Shape[1] != 8 {
		t.Errorf("fc1 from 8 to 16 is stored as %v", i.Shape)
	}
	other, _ := network.NewMLP(network.MLPConfig{Numeric: 2, Width: 8, Blocks: 2}, rng.New(0, rng.Init))
	if err := model.LoadWeights(f, other.Params()); err == nil || !strings.Contains(err.Error(), "in.weight") {
		t.Errorf("weights of another table were accepted: %v", err)
	}
}

package diffusers

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ebb/diffusion/network"
	"ebb/engine/autograd"
	"ebb/model/checkpoint"

	"github.com/google/go-cmp/cmp"
)

// Missing fields have diffusers' defaults, and null is not missing: a head
// dimension of null is one head, a missing one is 8.
func TestConfigDefaults(t *testing.T) {
	c, err := ParseConfig([]byte(`{"_class_name": "UNet2DModel", "lambda_min_clipped": null, "sample_size": [8, 16]}`))
	if err != nil {
		t.Fatal(err)
	}
	want := network.DefaultUNet()
	want.SampleSize = network.Size{H: 8, W: 16}
	if d := cmp.Diff(want, c); d != "" || *c.HeadDim != 8 || *c.MidBlock != "UNetMidBlock2D" {
		t.Error(d)
	}
	c, err = ParseConfig([]byte(`{"attention_head_dim": null, "mid_block_type": null, "num_train_timesteps": 1000}`))
	if err != nil || c.HeadDim != nil || c.MidBlock != nil {
		t.Errorf("null is not kept: %v", err)
	}
}

func TestConfigErrors(t *testing.T) {
	for text, want := range map[string]string{
		``:                                       "unexpected end",
		`{`:                                      "unexpected end",
		`[]`:                                     "cannot unmarshal array",
		`{"_class_name":"UNet2DConditionModel"}`: "this version reads UNet2DModel",
		`{"in_channels":"3"}`:                    "in_channels",
		`{"norm_eps":-Infinity}`:                 "norm_eps",
		`{"norm_eps":0}`:                         "norm_eps",
		`{"skip_time_act":true}`:                 "skip_time_act",
		`{"block_out_channels":[8]}`:             "block_out_channels",
		`{"time_embedding_type":"fourier"}`:      "time_embedding_type",
	} {
		if _, err := ParseConfig([]byte(text)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v does not say %q", text, err, want)
		}
	}
}

// A configuration may hold Python's words for what is not finite.
func TestNonFiniteWords(t *testing.T) {
	if _, err := ParseConfig([]byte(`{"_note": -Infinity, "x": null}`)); err != nil {
		t.Error(err)
	}
}

// copyOf makes a folder that a test may damage.
func copyOf(t *testing.T, name string) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "model")
	if err := os.CopyFS(dir, os.DirFS(filepath.Join("testdata", name))); err != nil {
		t.Fatal(err)
	}
	return dir
}

// rewrite changes the tensors of a folder's weights.
func rewrite(t *testing.T, dir string, change func(e checkpoint.Entry, data []float32) (checkpoint.Entry, bool)) {
	t.Helper()
	path := filepath.Join(dir, weightsStem+".safetensors")
	f, err := checkpoint.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	var entries []checkpoint.Entry
	for _, i := range f.Infos() {
		data, err := f.Float32(i.Name)
		if err != nil {
			t.Fatal(err)
		}
		if e, keep := change(checkpoint.Values(i.Name, data, i.Shape...), data); keep {
			entries = append(entries, e)
		}
	}
	if err := checkpoint.WriteFile(path, func(w io.Writer) error { return checkpoint.Write(w, entries, nil) }); err != nil {
		t.Fatal(err)
	}
}

// Attention weights stored as 1x1 convolutions are the linear maps they were.
func TestConvolutionsAsAttention(t *testing.T) {
	const name = "ddpm_cifar_like_legacy_keys"
	dir, changed := copyOf(t, name), 0
	rewrite(t, dir, func(e checkpoint.Entry, data []float32) (checkpoint.Entry, bool) {
		if strings.Contains(e.Name, ".attentions.") && len(e.Shape) == 2 {
			changed++
			return checkpoint.Values(e.Name, data, e.Shape[0], e.Shape[1], 1, 1), true
		}
		return e, true
	})
	u, err := Load(dir)
	if err != nil || changed == 0 {
		t.Fatal(err, changed)
	}
	r := record(t, name)
	if !sameBits(forward(u, r, autograd.NewInference(nil), 0, 2), forward(load(t, name), r, autograd.NewInference(nil), 0, 2)) {
		t.Error("the stored shape changes the output")
	}
}

// A folder that is not what it says is refused by the name of what is wrong,
// before a network as large as it claims is made.
func TestDamagedFolders(t *testing.T) {
	setConfig := func(key string, value any) func(t *testing.T, dir string) {
		return func(t *testing.T, dir string) {
			path := filepath.Join(dir, configName)
			text, err := os.ReadFile(path)
			fields := map[string]any{}
			if err == nil {
				err = json.Unmarshal(text, &fields)
			}
			fields[key] = value
			text, _ = json.Marshal(fields)
			if err = errors.Join(err, os.WriteFile(path, text, 0o666)); err != nil {
				t.Fatal(err)
			}
		}
	}
	weights := weightsStem + ".safetensors"
	for want, damage := range map[string]func(t *testing.T, dir string){
		"is not a diffusers folder": func(t *testing.T, dir string) { os.Remove(filepath.Join(dir, configName)) },
		weights + ": file does not exist": func(t *testing.T, dir string) {
			os.Remove(filepath.Join(dir, weights))
		},
		"Python pickle": func(t *testing.T, dir string) {
			os.Rename(filepath.Join(dir, weights), filepath.Join(dir, weightsStem+".bin"))
		},
		"cut short": func(t *testing.T, dir string) { os.Truncate(filepath.Join(dir, weights), 700_000) },
		`no tensor "down_blocks.0.resnets.1.conv1.weight"`: setConfig("layers_per_block", 1<<30),
		`tensor "conv_in.weight" has shape [16 3 3 3]`:     setConfig("block_out_channels", []int{1 << 30, 1 << 30}),
		`"time_embedding.linear_1.weight" has shape`:       setConfig("time_embedding_dim", 1<<30),
		`no tensor "class_embedding.weight"`:               setConfig("num_class_embeds", 1<<30),
		"tensors that the network does not":                setConfig("add_attention", false),
		"act_fn":                                           setConfig("act_fn", "gelu"),
		"\"conv_out.bias\" has shape [3 1]": func(t *testing.T, dir string) {
			rewrite(t, dir, func(e checkpoint.Entry, data []float32) (checkpoint.Entry, bool) {
				if e.Name == "conv_out.bias" {
					return checkpoint.Values(e.Name, data, 3, 1), true
				}
				return e, true
			})
		},
		`no tensor "mid_block.resnets.1.conv2.bias"`: func(t *testing.T, dir string) {
			rewrite(t, dir, func(e checkpoint.Entry, _ []float32) (checkpoint.Entry, bool) {
				return e, e.Name != "mid_block.resnets.1.conv2.bias"
			})
		},
	} {
		dir := copyOf(t, "ddpm_cifar_like_legacy_keys")
		damage(t, dir)
		_, err := Load(dir)
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dir) {
			t.Errorf("error %v does not name %s and say %q", err, dir, want)
		}
	}
}

func TestMissingShard(t *testing.T) {
	dir := copyOf(t, "unet_sharded")
	os.Remove(filepath.Join(dir, weightsStem+"-00003-of-00004.safetensors"))
	if _, err := Load(dir); !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "00003-of-00004") {
		t.Errorf("got %v", err)
	}
}

// Any text is a configuration that can be built, or an error.
func FuzzParseConfig(f *testing.F) {
	for _, name := range []string{"unet_class_cond/config.json", "ddpm_cifar_like_legacy_keys/config.json"} {
		text, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Add([]byte(`{"a": -Infinity, "block_out_channels": [4], "attention_head_dim": null`))
	f.Fuzz(func(t *testing.T, text []byte) {
		if c, err := ParseConfig(text); err == nil && c.Validate() != nil {
			t.Fatal("a configuration came back that is not valid")
		}
	})
}

package diffusers

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ebb/diffusion/network"
	"ebb/engine/nn"
	"ebb/model/checkpoint"
)

const weightsStem = "diffusion_pytorch_model"

// Load builds the network of a UNet2DModel folder, or of the pipeline folder
// around it, with its weights as float32.
func Load(dir string) (*network.UNet, error) {
	dir, text, err := find(dir)
	if err != nil {
		return nil, err
	}
	path := filepath.Join(dir, configName)
	config, err := ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	f, err := openWeights(dir)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	w := &weights{file: f, names: currentNames(f)}
	if err := w.fit(config); err != nil {
		return nil, fmt.Errorf("%s does not describe the weights beside it: %w", path, err)
	}
	u, err := network.BlankUNet(config)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	if err := w.load(u.Params()); err != nil {
		return nil, fmt.Errorf("%s does not describe the weights beside it: %w", path, err)
	}
	return u, nil
}

// openWeights opens the first that is there: one file, shards, float16.
func openWeights(dir string) (*checkpoint.File, error) {
	stem := filepath.Join(dir, weightsStem)
	for _, c := range []struct {
		suffix string
		open   func(string) (*checkpoint.File, error)
	}{
		{".safetensors", checkpoint.Open},
		{".safetensors.index.json", checkpoint.OpenIndex},
		{".fp16.safetensors", checkpoint.Open},
		{".safetensors.index.fp16.json", checkpoint.OpenIndex},
	} {
		f, err := c.open(stem + c.suffix)
		// A missing shard of an index that is there is an error of its own.
		if _, missing := os.Lstat(stem + c.suffix); !errors.Is(missing, fs.ErrNotExist) {
			return f, err
		}
	}
	if _, err := os.Lstat(stem + ".bin"); err == nil {
		return nil, fmt.Errorf("%s.bin is a Python pickle, which is a program and is not run here: save the model with safe_serialization=True", stem)
	}
	return nil, fmt.Errorf("%s.safetensors: %w", stem, fs.ErrNotExist)
}

// weights are the tensors of a checkpoint by their present names.
type weights struct {
	file  *checkpoint.File
	names map[string]string // present name -> name in the file
}

// currentNames maps the names of today to those in the file.
func currentNames(f *checkpoint.File) map[string]string {
	renamed := strings.NewReplacer(".query.", ".to_q.", ".key.", ".to_k.", ".value.", ".to_v.", ".proj_attn.", ".to_out.0.")
	names := make(map[string]string)
	for _, i := range f.Infos() {
		name := i.Name
		if strings.Contains(name, ".attentions.") {
			name = renamed.Replace(name)
		}
		if _, taken := names[name]; taken {
			name = i.Name // both spellings: one is left over, which load reports
		}
		names[name] = i.Name
	}
	return names
}

// shape is the shape of a tensor by its present name, with the two ones of a
// 1x1 convolution that stands for an attention's linear map taken off.
func (w *weights) shape(name string) ([]int, error) {
	stored, ok := w.names[name]
	if !ok {
		return nil, fmt.Errorf("%s has no tensor %q", w.file.Path(), name)
	}
	info, _ := w.file.Info(stored)
	s := info.Shape
	if len(s) == 4 && s[2] == 1 && s[3] == 1 && strings.Contains(name, ".attentions.") {
		s = s[:2]
	}
	return s, nil
}

// expect checks the first axes of a tensor.
func (w *weights) expect(name string, first ...int) error {
	got, err := w.shape(name)
	if err != nil {
		return err
	}
	if len(got) < len(first) || !slices.Equal(got[:len(first)], first) {
		return fmt.Errorf("%s: tensor %q has shape %v, the configuration asks for %v", w.file.Path(), name, got, first)
	}
	return nil
}

// fit compares every width of the configuration with a tensor of the file,
// before a network of these widths is allocated.
func (w *weights) fit(c network.UNetConfig) error {
	ch := c.BlockOutChannels
	e := 4 * ch[0]
	if c.TimeEmbeddingDim != nil {
		e = *c.TimeEmbeddingDim
	}
	err := errors.Join(
		w.expect("conv_in.weight", ch[0], c.InChannels),
		w.expect("time_embedding.linear_1.weight", e, ch[0]),
		w.expect("conv_out.weight", c.OutChannels, ch[0]))
	if c.Classes != nil {
		err = errors.Join(err, w.expect("class_embedding.weight", *c.Classes, e))
	}
	for i, n := range ch {
		in := ch[max(i-1, 0)]
		for j := 0; j < c.LayersPerBlock && err == nil; j++ {
			err = w.expect(fmt.Sprintf("down_blocks.%d.resnets.%d.conv1.weight", i, j), n, in)
			in = n
		}
	}
	return err
}

// load fills the parameters and demands that no tensor is left over.
func (w *weights) load(params nn.Params) error {
	for _, p := range params {
		got, err := w.shape(p.Name)
		if err != nil {
			return err
		}
		if want := p.FileShape(); !slices.Equal(got, want) {
			return fmt.Errorf("%s: tensor %q has shape %v, the configuration asks for %v", w.file.Path(), p.Name, got, want)
		}
		if err := w.file.Use(w.names[p.Name], func(data []float32) { p.FromFile(p.Value().Data, data) }); err != nil {
			return err
		}
		delete(w.names, p.Name)
	}
	var extra []string
	for _, stored := range w.names {
		extra = append(extra, stored)
	}
	if slices.Sort(extra); len(extra) > 0 {
		return fmt.Errorf("%s has %d tensors that the network does not, the first is %q", w.file.Path(), len(extra), extra[0])
	}
	return nil
}

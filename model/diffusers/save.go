package diffusers

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"ebb/diffusion/network"
	"ebb/model/checkpoint"
)

// Save writes the network to the folder dir, which is made if need be, as
// diffusers' save_pretrained would: config.json and one safetensors file of
// float32.
func Save(dir string, u *network.UNet) error {
	text, err := json.MarshalIndent(configFile{Class: className, Version: version, UNetConfig: u.Config}, "", "  ")
	if err != nil {
		return fmt.Errorf("configuration of the network: %w", err)
	}
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	var entries []checkpoint.Entry
	for _, p := range u.Params() {
		data := make([]float32, p.Value().Len())
		p.ToFile(data, p.Value().Data)
		entries = append(entries, checkpoint.Values(p.Name, data, p.FileShape()...))
	}
	err = checkpoint.WriteFile(filepath.Join(dir, weightsStem+".safetensors"), func(w io.Writer) error {
		return checkpoint.Write(w, entries, map[string]string{"format": "pt"})
	})
	if err != nil {
		return err
	}
	return checkpoint.WriteFile(filepath.Join(dir, configName), func(w io.Writer) error {
		_, err := w.Write(append(text, '\n'))
		return err
	})
}

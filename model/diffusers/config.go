package diffusers

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ebb/diffusion/network"
	"ebb/model/diffusers/pyjson"
)

const (
	configName = "config.json"
	className  = "UNet2DModel"
	version    = "0.35.2" // the diffusers whose meaning of the fields we follow
)

// configFile is config.json: the network's fields and diffusers' own.
type configFile struct {
	Class   string `json:"_class_name"`
	Version string `json:"_diffusers_version"`
	network.UNetConfig
	// TrainTimesteps matters to a learned time embedding only, which is refused.
	TrainTimesteps *int `json:"num_train_timesteps"`
}

// ParseConfig reads the text of a UNet2DModel's config.json. Fields that are
// missing have diffusers' defaults. An unknown field is an error unless it is
// null or false, since it may change what the network computes.
func ParseConfig(text []byte) (network.UNetConfig, error) {
	text = pyjson.Quote(text)
	c := configFile{Class: className, UNetConfig: network.DefaultUNet()}
	if err := json.Unmarshal(text, &c); err != nil {
		return network.UNetConfig{}, err
	}
	if c.Class != className {
		return network.UNetConfig{}, fmt.Errorf("the model is a %s; this version reads %s", c.Class, className)
	}
	if err := refuseUnknown(text); err != nil {
		return network.UNetConfig{}, err
	}
	return c.UNetConfig, c.Validate()
}

// refuseUnknown looks for fields that configFile does not have.
func refuseUnknown(text []byte) error {
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(text, &fields); err != nil {
		return err
	}
	for name, value := range fields {
		if v := string(value); strings.HasPrefix(name, "_") || v == "null" || v == "false" {
			delete(fields, name)
		}
	}
	rest, err := json.Marshal(fields)
	if err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(rest))
	dec.DisallowUnknownFields()
	if err := dec.Decode(new(configFile)); err != nil {
		return fmt.Errorf("%w: this version does not know what it does to the network", err)
	}
	return nil
}

// find returns the folder that holds config.json: dir, or unet inside it.
func find(dir string) (string, []byte, error) {
	text, err := os.ReadFile(filepath.Join(dir, configName))
	if !errors.Is(err, fs.ErrNotExist) {
		return dir, text, err
	}
	sub := filepath.Join(dir, "unet")
	text, err = os.ReadFile(filepath.Join(sub, configName))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil, fmt.Errorf("%s is not a diffusers folder: neither %s nor unet/%s is in it: %w", dir, configName, configName, err)
	}
	return sub, text, err
}

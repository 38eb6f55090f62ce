package checkpoint

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// maxShards bounds the files one index may open.
const maxShards = 4096

// OpenIndex opens the shards of a NAME.safetensors.index.json, whose
// weight_map gives for each tensor the file, beside the index, that holds it.
func OpenIndex(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var index struct {
		WeightMap map[string]string `json:"weight_map"`
	}
	if err := json.Unmarshal(text, &index); err != nil {
		return nil, fmt.Errorf("%s is not valid JSON: %w", path, err)
	}
	if len(index.WeightMap) == 0 {
		return nil, fmt.Errorf("%s has no weight_map, so it names no tensors", path)
	}
	files, err := shardNames(path, index.WeightMap)
	if err != nil {
		return nil, err
	}
	f := &File{path: path}
	for _, name := range files {
		if err := f.addShard(filepath.Join(filepath.Dir(path), name), index.WeightMap); err != nil {
			f.Close()
			return nil, err
		}
	}
	slices.SortFunc(f.infos, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	for name, file := range index.WeightMap {
		if _, ok := f.Info(name); !ok {
			f.Close()
			return nil, fmt.Errorf("%s says that tensor %q is in %s, but it is not", path, name, file)
		}
	}
	return f, nil
}

// shardNames lists the files of a weight map once each, in order. A name that
// leaves the folder of the index is refused.
func shardNames(path string, weights map[string]string) ([]string, error) {
	seen := make(map[string]bool)
	var files []string
	for tensor, name := range weights {
		if name == "" || name != filepath.Base(name) || !filepath.IsLocal(name) {
			return nil, fmt.Errorf("%s: tensor %q is said to be in %q, which is not the name of a file beside it", path, tensor, name)
		}
		if !seen[name] {
			seen[name] = true
			files = append(files, name)
		}
	}
	if len(files) > maxShards {
		return nil, fmt.Errorf("%s names %d files; at most %d are opened", path, len(files), maxShards)
	}
	slices.Sort(files)
	return files, nil
}

// addShard takes over the tensors of one file that the weight map places in it.
func (f *File) addShard(path string, weights map[string]string) error {
	s, err := Open(path)
	if err != nil {
		return fmt.Errorf("%s: shard: %w", f.path, err)
	}
	f.shards = append(f.shards, s.shards[0])
	for _, info := range s.infos {
		if weights[info.Name] == filepath.Base(path) {
			info.source = len(f.shards) - 1
			f.infos = append(f.infos, info)
		}
	}
	return nil
}

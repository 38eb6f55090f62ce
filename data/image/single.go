package image

import (
	"os"
	"path/filepath"
)

// OpenAny is Open, and takes a single PNG or JPEG file as a set of one image:
// for a picture that is to be completed or varied, not learned from.
func OpenAny(path string, o Options) (*Images, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return Open(path, o)
	}
	head, err := firstBytes(path)
	if err != nil {
		return nil, err
	}
	if !isPNG(head) && !isJPEG(head) {
		return Open(path, o)
	}
	m, err := readPictures(os.DirFS(filepath.Dir(path)), []string{filepath.Base(path)})
	if err != nil || o.Channels == 0 {
		return m, err
	}
	return m.WithChannels(o.Channels)
}

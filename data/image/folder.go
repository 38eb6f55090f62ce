package image

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"sort"
	"strings"
)

// FromFS reads every PNG and JPEG file of a folder or archive, in natural order
// of their paths. If the files lie in subfolders, each of these is a class
// (folders further down belong to their first). A folder that wraps everything
// is looked through. Hidden files and files of other kinds (notes, tables) are
// passed over. All pictures must have one size; the set is grey if every pixel
// of every picture is. The name is used in errors.
func FromFS(fsys fs.FS, name string) (*Images, error) {
	fsys, files, err := pictureFiles(fsys)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("%s holds no PNG or JPEG files", name)
	}
	classes, err := classesOf(files)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	m, err := readPictures(fsys, files)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if classes == nil {
		return m, nil
	}
	m.LabelNames = classes
	m.Labels = make([]int32, len(files))
	k := 0
	for i, f := range files {
		for classes[k] != firstFolder(f) { // files and classes are in the same order
			k++
		}
		m.Labels[i] = int32(k)
	}
	return m, nil
}

// pictureFiles lists the pictures by their endings, in natural order of their
// first folders and then of their paths, and steps into folders that wrap all
// of them.
func pictureFiles(fsys fs.FS) (fs.FS, []string, error) {
	var files []string
	err := fs.WalkDir(fsys, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if base := d.Name(); p != "." && (strings.HasPrefix(base, ".") || base == "__MACOSX") {
			if d.IsDir() {
				return fs.SkipDir
			}
			return nil
		}
		return addPicture(fsys, p, d, &files)
	})
	if err != nil {
		return nil, nil, err
	}
	for wrapper := wrapperOf(files); wrapper != ""; wrapper = wrapperOf(files) {
		if fsys, err = fs.Sub(fsys, wrapper); err != nil {
			return nil, nil, err
		}
		for i := range files {
			files[i] = files[i][len(wrapper)+1:]
		}
	}
	sort.SliceStable(files, func(i, j int) bool {
		di, dj := firstFolder(files[i]), firstFolder(files[j])
		if di != dj {
			return naturalLess(di, dj)
		}
		return naturalLess(files[i], files[j])
	})
	return fsys, files, nil
}

// addPicture appends p to files if it is a picture by its ending.
func addPicture(fsys fs.FS, p string, d fs.DirEntry, files *[]string) error {
	if d.Type()&fs.ModeSymlink != 0 {
		if info, err := fs.Stat(fsys, p); err == nil && info.IsDir() {
			return fmt.Errorf("%s is a link to a folder, which is not followed: put the folder in its place", p)
		}
	}
	if d.IsDir() {
		return nil
	}
	switch strings.ToLower(path.Ext(p)) {
	case ".png", ".jpg", ".jpeg":
		*files = append(*files, p)
	case ".gif", ".webp", ".bmp", ".tif", ".tiff", ".avif", ".heic":
		return fmt.Errorf("%s: only PNG and JPEG pictures are read; convert it, or move it away", p)
	}
	return nil
}

// wrapperOf is the first folder of every path if they agree on one, but not if
// it could be meant as the one class there is: it must hold folders only.
func wrapperOf(files []string) string {
	if len(files) == 0 {
		return ""
	}
	folder := firstFolder(files[0])
	for _, f := range files {
		if folder == "" || firstFolder(f) != folder || strings.Count(f, "/") < 2 {
			return ""
		}
	}
	return folder
}

func firstFolder(p string) string {
	folder, _, found := strings.Cut(p, "/")
	if !found {
		return ""
	}
	return folder
}

// classesOf lists the first folders of sorted files; nil if there is but one.
func classesOf(files []string) ([]string, error) {
	var classes []string
	for _, f := range files {
		if c := firstFolder(f); len(classes) == 0 || classes[len(classes)-1] != c {
			classes = append(classes, c)
		}
	}
	if len(classes) == 1 {
		return nil, nil
	}
	if classes[0] == "" {
		return nil, fmt.Errorf("some pictures (%s) lie beside the folders (%s): put every picture into a folder, one for each class, or all into one", files[0], shorten(classes[1:]))
	}
	return classes, nil
}

func readPictures(fsys fs.FS, files []string) (*Images, error) {
	var m *Images
	grey := true
	for i, name := range files {
		p, err := readPicture(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		if m == nil {
			m = &Images{N: len(files), H: p.h, W: p.w, C: 3}
		}
		if p.w != m.W || p.h != m.H {
			return nil, fmt.Errorf("%s is %dx%d pixels, but %s is %dx%d: bring all pictures to one size, for example with ImageMagick: mogrify -resize %dx%d! FILES",
				name, p.w, p.h, files[0], m.W, m.H, m.W, m.H)
		}
		m.Pixels = append(m.Pixels, p.rgb...) // grows with what was read
		grey = grey && p.grey
		if i == 0 && int64(len(files))*int64(len(p.rgb)) > 1<<40 {
			return nil, fmt.Errorf("%d pictures of %dx%d pixels do not fit into memory: use smaller ones", len(files), p.w, p.h)
		}
	}
	if !grey {
		return m, nil
	}
	g := &Images{N: m.N, H: m.H, W: m.W, C: 1, Pixels: m.Pixels[:len(m.Pixels)/3]}
	for i := range g.Pixels {
		g.Pixels[i] = m.Pixels[3*i] // reads ahead of what it writes
	}
	return g, nil
}

// maxFile bounds one picture's file, and with it what an archive's member unpacks to.
const maxFile = 256 << 20

// readPicture reads and decodes one file.
func readPicture(fsys fs.FS, name string) (picture, error) {
	f, err := fsys.Open(name)
	if err != nil {
		return picture{}, unwrapPath(err)
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err != nil {
		return picture{}, unwrapPath(err)
	}
	if len(b) > maxFile {
		return picture{}, fmt.Errorf("the file is larger than %d MiB: use a smaller picture", maxFile>>20)
	}
	return decodePicture(b)
}

// unwrapPath takes the path off an error that will be given one.
func unwrapPath(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

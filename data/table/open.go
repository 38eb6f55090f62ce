package table

import (
	"fmt"
	"io"

	"ebb/data"
)

// Open reads the table in the file at path: delimited text, JSON lines, Parquet, an array of NPY or
// arrays of NPZ, any of them gzipped. The content decides, not the name.
func Open(path string) (*Table, error) { return OpenWith(path, ReadOptions{}) }

// OpenWith is Open with a budget of memory or somebody who watches.
func OpenWith(path string, o ReadOptions) (*Table, error) {
	r, err := OpenRows(path, o.Watch)
	if err != nil {
		return nil, err
	}
	return ReadSample(r, path, o)
}

// OpenRows opens the table in the file at path for reading row by row. watch may be nil; see
// ReadOptions.Watch.
func OpenRows(path string, watch func(Progress) error) (RowReader, error) {
	found, err := data.Sniff(path)
	if err != nil {
		return nil, err
	}
	switch found.Form {
	case data.CSV:
		meter, err := newMeter(path, 1, watch)
		if err != nil {
			return nil, err
		}
		f, err := data.OpenWatched(path, meter.saw)
		if err != nil {
			return nil, err
		}
		r, err := NewReader(f, path)
		if err != nil {
			f.Close()
			return nil, err
		}
		r.closer, r.meter = f, meter
		return r, nil
	case data.JSONLines:
		meter, err := newMeter(path, 2, watch)
		if err != nil {
			return nil, err
		}
		r, err := newJSONReader(func() (io.ReadCloser, error) { return data.OpenWatched(path, meter.saw) }, path)
		if err != nil {
			return nil, err
		}
		r.meter = meter
		return r, nil
	case data.Parquet:
		f, err := data.OpenRandom(path)
		if err != nil {
			return nil, err
		}
		r, err := newParquetReader(f, f.Size, path, f)
		if err != nil {
			f.Close()
			return nil, err
		}
		r.watch = watch
		return r, nil
	case data.NPY, data.NPZ:
		return newArrayReader(path, found.Form)
	}
	return nil, fmt.Errorf("%s is %v, not a table", path, found.Form)
}

package main

import (
	"compress/gzip"
	"io"
	"path/filepath"
	"strings"

	"ebb/data/table"
	"ebb/model/checkpoint"
)

// rowEndings are the forms in which rows are written, by the ending of the file.
var rowEndings = []string{".csv", ".tsv", ".jsonl", ".parquet", ".csv.gz", ".tsv.gz", ".jsonl.gz"}

// rowEnding is the ending of a file of rows, .gz included, in lower case.
func rowEnding(path string) string {
	lower := strings.ToLower(path)
	plain, zipped := strings.CutSuffix(lower, ".gz")
	end := filepath.Ext(plain)
	if zipped {
		end += ".gz"
	}
	return end
}

// saveRows writes rows whose columns are the transform's, all or none, in the form that
// the path's ending names (one of rowEndings): delimited text as the transform's source was laid
// out, JSON lines and Parquet with the types of the schema.
func saveRows(path string, rows table.Blocks, t *table.Transform) error {
	return checkpoint.WriteFile(path, func(w io.Writer) error {
		end, zipped := strings.CutSuffix(rowEnding(path), ".gz")
		if !zipped {
			return writeRows(w, end, rows, t)
		}
		z := gzip.NewWriter(w)
		if err := writeRows(z, end, rows, t); err != nil {
			return err
		}
		return z.Close()
	})
}

func writeRows(w io.Writer, end string, rows table.Blocks, t *table.Transform) error {
	var sink table.RowWriter
	var err error
	switch end {
	case ".parquet":
		sink, err = table.NewParquetWriter(w, t.Headings())
	case ".jsonl":
		sink, err = table.NewJSONWriter(w, t.Headings())
	case ".tsv":
		return table.WriteBlocks(w, tabbed(rows))
	default:
		return table.WriteBlocks(w, rows)
	}
	if err != nil {
		return err
	}
	return t.WriteStoredAs(sink, rows, t.Storage())
}

// tabbed are rows whose delimiter is the tab.
func tabbed(rows table.Blocks) table.Blocks {
	return func(yield func(*table.Table, error) bool) {
		for t, err := range rows {
			if err == nil {
				with := *t
				with.Dialect.Delimiter = "\t"
				t = &with
			}
			if !yield(t, err) {
				return
			}
		}
	}
}

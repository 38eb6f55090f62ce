package model

import (
	"strings"
	"testing"
)

func TestBytesAreReadAndWritten(t *testing.T) {
	for _, c := range []struct {
		text  string
		want  Bytes
		again string
	}{
		{"2GiB", 2 << 30, "2GiB"}, {"512MiB", 512 << 20, "512MiB"}, {"1.5 GiB", 3 << 29, "1536MiB"},
		{"3KiB", 3072, "3KiB"}, {"1GB", 1e9, "1000000000B"}, {"20MB", 2e7, "20000000B"}, {"4kB", 4000, "4000B"}, {"7B", 7, "7B"},
	} {
		var b Bytes
		if err := b.Set(c.text); err != nil || b != c.want || b.String() != c.again {
			t.Errorf("%s: %d, written %s, %v; want %d, %s", c.text, int64(b), b, err, int64(c.want), c.again)
		}
		if again, err := ParseBytes(b.String()); err != nil || again != b {
			t.Errorf("%s is written as %s, which is read as %d, %v", c.text, b, int64(again), err)
		}
	}
	for _, text := range []string{"", "2", "2 gigs", "-1GiB", "0MiB", "NaNGiB", "1e30GiB", "GiB"} {
		if _, err := ParseBytes(text); err == nil || !strings.Contains(err.Error(), "2GiB") {
			t.Errorf("%q: %v, want an error that shows how to write it", text, err)
		}
	}
}

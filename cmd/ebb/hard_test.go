package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// hardTables are tables that are legal but awkward: each must train, sample and come back in
// its own form.
func hardTables() map[string]string {
	var wide, many strings.Builder
	for j := range 300 {
		fmt.Fprintf(&wide, "c%d,", j)
	}
	wide.WriteString("last\n")
	for i := range 40 {
		for j := range 300 {
			fmt.Fprintf(&wide, "%d.%d,", (i*j)%17, i%10)
		}
		wide.WriteString([]string{"x\n", "y\n"}[i%2])
	}
	many.WriteString("town,size\n")
	for i := range 20000 {
		fmt.Fprintf(&many, "t%d,%d\n", i%10000, i%7)
	}
	return map[string]string{
		"300 columns":       wide.String(),
		"10,000 categories": many.String(),
		"missing column":    "a,b,c\n1,,x\n2,,y\n3,,x\n4,,y\n",
		"one value":         "a,b\n1,k\n2,k\n3,k\n5,k\n",
		"semicolons":        "a;b\n1,5;x\n2,5;y\n3,25;x\n",
	}
}

func TestAwkwardTablesTrainAndSample(t *testing.T) {
	for name, text := range hardTables() {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			data, out := filepath.Join(dir, "data.csv"), filepath.Join(dir, "new.csv")
			if err := os.WriteFile(data, []byte(text), 0o666); err != nil {
				t.Fatal(err)
			}
			var stderr bytes.Buffer
			for _, args := range [][]string{
				{"train", data, "-o", filepath.Join(dir, "run"), "--steps", "2", "--batch", "64", "--preset", "tiny"},
				{"sample", filepath.Join(dir, "run"), "-n", "10", "--steps", "3", "-o", out},
			} {
				if code := run(args, nil, &stderr, &stderr); code != 0 {
					t.Fatalf("ebb %v: code %d\n%s", args, code, &stderr)
				}
			}
			header, _, _ := strings.Cut(text, "\n")
			got := string(mustRead(t, out))
			if !strings.HasPrefix(got, header+"\n") || strings.Count(got, "\n") != 11 {
				t.Errorf("sampled\n%.300s", got)
			}
		})
	}
}

package main

import (
	"image"
	"image/color"
	"image/png"
	"os"
	"strconv"

	"github.com/rogpeppe/go-internal/testscript"
)

// drawPicture writes a grey PNG whose leftmost columns are white: picture FILE WIDTH HEIGHT WHITE.
func drawPicture(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 4 {
		ts.Fatalf("usage: picture FILE WIDTH HEIGHT WHITE")
	}
	var size [3]int
	for i := range size {
		n, err := strconv.Atoi(args[i+1])
		ts.Check(err)
		size[i] = n
	}
	m := image.NewGray(image.Rect(0, 0, size[0], size[1]))
	for y := range size[1] {
		for x := range min(size[2], size[0]) {
			m.SetGray(x, y, color.Gray{Y: 255})
		}
	}
	f, err := os.Create(ts.MkAbs(args[0]))
	ts.Check(err)
	defer f.Close()
	ts.Check(png.Encode(f, m))
}

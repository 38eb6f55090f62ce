package ebb_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"ebb"
)

// Learn a table and draw from it. Fifty steps show that it runs; for good rows train some
// minutes.
func Example() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "ebb")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)

	m, err := ebb.Train(ctx, "cmd/ebb/demodata/penguins.csv", filepath.Join(dir, "run"), ebb.Options{Steps: 50})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	rows, err := m.Rows(ctx, 100, 7) // a hundred new penguins, of seed 7
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rows.Rows(), rows.Names()[:3])
	// Output: 100 [species island bill_length_mm]
}

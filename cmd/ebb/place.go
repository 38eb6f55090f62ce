package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"ebb/data"
	"ebb/data/table/postgres"
	"ebb/engine/kernel/parallel"
	"ebb/model"
)

// openRun opens the run at path; what is no run is an error that says what it is.
func openRun(path, precision string, pool *parallel.Pool) (model.Model, *model.Config, error) {
	if err := checkPrecision(precision); err != nil {
		return nil, nil, err
	}
	found, err := data.Sniff(path)
	if err == nil && found.Form != data.Run {
		path = shown(path)
		return nil, nil, usagef("%s is %v, not a run: learn it first with 'ebb train %s -o runs/NAME'", path, found.Form, path)
	}
	if _, missing := os.Stat(path); missing != nil {
		return nil, nil, fmt.Errorf("there is no run at %s: make one with 'ebb train DATA -o %s'", path, path)
	}
	m, config, err := model.Open(path, pool)
	if err == nil && precision != "" {
		config.Precision = precision // the model reads it when it begins to draw
	}
	return m, config, err
}

// checkPlace finds out before any work is done whether what is drawn can be written where it
// shall go, and of which class it is.
func (o *sampleOptions) checkPlace(c *model.Config) error {
	if c.Kind == model.KindTable && postgres.Is(o.out) {
		return o.checkDatabase(c)
	}
	if c.Kind == model.KindTable {
		return o.checkRows()
	}
	var err error
	if o.draw.Class, err = classNumber("class", o.class, c.Image.Classes); err != nil {
		return err
	}
	return o.checkPictures()
}

func (o *sampleOptions) checkRows() error {
	end := rowEnding(o.out)
	switch {
	case o.class != "":
		return usagef("--class is for pictures; %s is a table", o.run)
	case o.out == "" && o.json:
		return usagef("--json reports what was written: say where the rows go with -o FILE.csv")
	case o.out != "" && !slices.Contains(rowEndings, end):
		return usagef("%s: rows are written as %s, not %q", o.out, strings.Join(rowEndings, ", "), end)
	}
	return checkFolder(o.out)
}

func (o *sampleOptions) checkPictures() error {
	end := ending(o.out)
	entries, _ := os.ReadDir(o.out)
	switch {
	case o.out == "":
		return usagef("say where the pictures go: -o grid.png, -o pictures.npy or -o folder/")
	case end != "" && end != ".png" && end != ".npy" && end != ".":
		return usagef("%s: pictures are written as .png, .npy or a folder, not %q", o.out, end)
	case len(entries) > 0:
		return usagef("%s is not empty: name a folder that is, or none yet", o.out)
	}
	return checkFolder(o.out)
}

// checkFolder reports a file whose folder is not there.
func checkFolder(path string) error {
	if path == "" {
		return nil
	}
	dir := filepath.Dir(filepath.Clean(path))
	if _, err := os.Stat(dir); err != nil {
		return fmt.Errorf("%s: there is no folder %s: make it first", path, dir)
	}
	return nil
}

// ending is the file's ending in lower case.
func ending(path string) string { return strings.ToLower(filepath.Ext(path)) }

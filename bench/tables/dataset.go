package main

import (
	"fmt"
	"path/filepath"
	"strings"

	"ebb/data/table"
)

// dataset is a table with its rows for training and for testing.
type dataset struct {
	name        string
	train, test string // files; without test every fifth row of train, from the first, is for testing
	label       string
	score       string // the figure of a model that learned from synthetic rows
}

func datasets() []dataset {
	return []dataset{
		{"adult", "adult_train.csv", "adult_test.csv", "income", scoreAUC},
		{"magic", "magic_train.csv", "magic_test.csv", "class", scoreAUC},
		{"california", "california.csv", "", "median_house_value", scoreR2},
		{"penguins", "penguins.csv", "", "species", scoreAccuracy},
	}
}

func datasetNamed(name string) (dataset, error) {
	var names []string
	for _, d := range datasets() {
		if d.name == name {
			return d, nil
		}
		names = append(names, d.name)
	}
	return dataset{}, fmt.Errorf("there is no table %q: choose one of %s", name, strings.Join(names, ", "))
}

// parts are the rows of a table: a model learns from train and has not seen test.
type parts struct{ train, test *table.Table }

func (d dataset) open(folder string) (parts, error) {
	all, err := table.Open(filepath.Join(folder, d.train))
	if err != nil {
		return parts{}, err
	}
	if d.test == "" {
		train, test := everyNth(all.Rows(), 5)
		return parts{all.Select(train), all.Select(test)}, nil
	}
	test, err := table.Open(filepath.Join(folder, d.test))
	return parts{all, test}, err
}

// halved takes every second training row away, to be the rows that the model has not seen.
func (p parts) halved() parts {
	train, test := everyNth(p.train.Rows(), 2)
	return parts{p.train.Select(train), p.train.Select(test)}
}

// everyNth parts the numbers of n rows into those divisible by nth and the rest.
func everyNth(n, nth int) (rest, divisible []int) {
	for i := range n {
		if i%nth == 0 {
			divisible = append(divisible, i)
		} else {
			rest = append(rest, i)
		}
	}
	return rest, divisible
}

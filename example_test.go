package ebb_test

import (
	"context"
	"fmt"
	"log"

	"ebb"
)

// Learn a table and draw from it. Fifty steps show that it runs; for good rows train some
// minutes, and name a folder for the run to keep it.
func Example() {
	ctx := context.Background()
	m, err := ebb.Train(ctx, ebb.File("cmd/ebb/demodata/penguins.csv"), "", ebb.Options{Steps: 50})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	rows, err := m.Sample(ctx, 100) // a hundred new penguins
	if err != nil {
		log.Fatal(err)
	}
	few, err := m.Where("species=Gentoo", "body_mass_g>=5000").Seed(7).Sample(ctx, 3)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(rows.Rows(), rows.Names()[:3], few.Columns[0].At(2))
	// Output: 100 [species island bill_length_mm] Gentoo
}

// Complete the missing cells of a table. Here the rows lie in memory, as Go structs: a nil pointer is
// a value that is missing.
func ExampleModel_Fill() {
	type visit struct {
		Page    string   `ebb:"page"`
		Minutes *float64 `ebb:"minutes"`
		Bought  bool     `ebb:"bought"`
	}
	var visits []visit
	for i := range 300 {
		minutes := float64(i%40) / 4
		v := visit{Page: []string{"home", "shop"}[i%2], Minutes: &minutes, Bought: i%4 == 3}
		if i%10 == 0 {
			v.Minutes = nil
		}
		visits = append(visits, v)
	}
	ctx := context.Background()
	m, err := ebb.Train(ctx, ebb.Structs(visits), "", ebb.Options{Steps: 50})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	full, err := m.Fill(ctx, ebb.Structs(visits))
	if err != nil {
		log.Fatal(err)
	}
	back, err := ebb.RowsOf[visit](full)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(visits[10].Minutes == nil, back[10].Minutes == nil, *back[11].Minutes, back[11].Bought)
	// Output: true false 2.75 true
}

// Draw new rows as Go structs.
func ExampleSampleAs() {
	type person struct {
		Age  int    `ebb:"age"`
		Job  string `ebb:"job"`
		Note string `ebb:"-"`
	}
	var people []person
	for i := range 400 {
		people = append(people, person{Age: 20 + i*7%50, Job: []string{"smith", "baker", "tailor"}[i%3]})
	}
	ctx := context.Background()
	m, err := ebb.Train(ctx, ebb.Structs(people), "", ebb.Options{Steps: 50})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
	bakers, err := ebb.SampleAs[person](ctx, m.Where("job=baker", "age<30"), 5)
	if err != nil {
		log.Fatal(err)
	}
	for _, p := range bakers {
		fmt.Println(p.Job, p.Age < 30)
	}
	// Output:
	// baker true
	// baker true
	// baker true
	// baker true
	// baker true
}

package kernel

import (
	"fmt"

	"ebb/engine/kernel/parallel"
)

// Gather sets row i of y (len(ids),d) to row ids[i] of table (k,d), or to zeros where ids[i] < 0. An
// id of k or more panics.
func Gather(p *parallel.Pool, y, table []float32, ids []int32, d int) {
	checkIDs("Gather", y, table, ids, d)
	eachRows(p, len(ids), d, func(r int) {
		dst := y[r*d:][:d]
		if id := int(ids[r]); id >= 0 {
			copy(dst, table[id*d:][:d])
			return
		}
		clear(dst)
	})
}

// GatherSum sets row r of y (rows,d) to the sum of the rows of table (k,d) that ids (rows,cols) names
// for it, in the order of the columns; a negative id adds nothing. An id of k or more panics.
func GatherSum(p *parallel.Pool, y, table []float32, ids []int32, cols, d int) {
	if cols < 1 || len(ids)%cols != 0 || len(y) != len(ids)/cols*d {
		panic(fmt.Sprintf("kernel: GatherSum of %d ids in rows of %d: got %d floats for rows of %d", len(ids), cols, len(y), d))
	}
	checkBounds("GatherSum", table, ids, d)
	isa := active()
	eachRows(p, len(ids)/cols, d*cols, func(r int) {
		dst := y[r*d:][:d]
		clear(dst)
		for _, id := range ids[r*cols : (r+1)*cols] {
			if id >= 0 {
				addSlice(isa, dst, dst, table[int(id)*d:][:d])
			}
		}
	})
}

// ScatterAddSum adds row r of dy to every row of dtable that ids (rows,cols) names for it, in increasing
// r. It is the gradient of GatherSum, cut into columns of the table as ScatterAdd is.
func ScatterAddSum(p *parallel.Pool, dtable, dy []float32, ids []int32, cols, d int) {
	if cols < 1 || len(ids)%cols != 0 || len(dy) != len(ids)/cols*d {
		panic(fmt.Sprintf("kernel: ScatterAddSum of %d ids in rows of %d: got %d floats for rows of %d", len(ids), cols, len(dy), d))
	}
	checkBounds("ScatterAddSum", dtable, ids, d)
	const width = 64
	isa := active()
	p.Run((d+width-1)/width, func(_, piece int) {
		lo, hi := piece*width, min(d, (piece+1)*width)
		for i, id := range ids {
			if id >= 0 {
				dst := dtable[int(id)*d:][lo:hi]
				addSlice(isa, dst, dst, dy[i/cols*d:][lo:hi])
			}
		}
	})
}

// ScatterAdd adds row i of dy (len(ids),d) to row ids[i] of dtable (k,d), in increasing i; rows with
// ids[i] < 0 are passed over. It is the gradient of Gather. Pieces own columns of the table, so the
// order is the same for any number of workers.
func ScatterAdd(p *parallel.Pool, dtable, dy []float32, ids []int32, d int) {
	checkIDs("ScatterAdd", dy, dtable, ids, d)
	const width = 64
	isa := active()
	p.Run((d+width-1)/width, func(_, piece int) {
		lo, hi := piece*width, min(d, (piece+1)*width)
		for r, id := range ids {
			if id >= 0 {
				dst := dtable[int(id)*d:][lo:hi]
				addSlice(isa, dst, dst, dy[r*d:][lo:hi])
			}
		}
	})
}

func checkIDs(name string, rows, table []float32, ids []int32, d int) {
	if d < 1 || len(rows) != len(ids)*d || len(table)%d != 0 {
		panic(fmt.Sprintf("kernel: %s of %d rows of %d: got %d floats, table %d", name, len(ids), d, len(rows), len(table)))
	}
	checkBounds(name, table, ids, d)
}

func checkBounds(name string, table []float32, ids []int32, d int) {
	for i, id := range ids {
		if int(id) >= len(table)/d {
			panic(fmt.Sprintf("kernel: %s: id %d at %d is outside of a table of %d rows", name, id, i, len(table)/d))
		}
	}
}

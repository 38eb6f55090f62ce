package metric

import "ebb/engine/kernel/parallel"

// boostTree is one tree. Node 0 is the root.
type boostTree struct{ nodes []boostNode }

// boostNode sends a row left if its bin of the feature is in the set. A leaf
// has no children (left 0) and adds its value.
type boostNode struct {
	feature     int32
	left, right int32
	set         binSet
	value       float64
}

// value returns what the tree adds for row i of binned features.
func (t *boostTree) value(bins [][]uint8, i int) float64 {
	k := int32(0)
	for {
		n := &t.nodes[k]
		if n.left == 0 {
			return n.value
		}
		if n.set.has(bins[n.feature][i]) {
			k = n.left
		} else {
			k = n.right
		}
	}
}

// grower grows trees on binned features, leaf by leaf: the leaf whose cut
// lowers the loss most is cut next, until there are enough (Ke et al.,
// "LightGBM", NeurIPS 2017). Of the two halves of a node only the smaller is
// summed; the other's histogram is the difference.
//
// Work is cut by features, and a feature's rows are summed in one order, so
// that the tree does not depend on the number of threads.
type grower struct {
	splitter splitter
	columns  []columnBins
	bins     [][]uint8 // (D)(N)
	leaves   int       // at most
	pool     *parallel.Pool

	rows   []int32   // rows of the training set; those of a leaf are adjacent
	kept   []int32   // scratch of a cut
	g, h   []float64 // scratch: gradients in the order of a leaf's rows
	open   []growing
	gain   []float64     // (D) what the cuts by each feature gained, over all trees
	unused [][]histogram // histograms to use again
}

// growing is a leaf that may be cut.
type growing struct {
	from, to int
	node     int32
	sum      binSum
	hist     []histogram // (D)
	cut      split
}

func newGrower(s splitter, b *binner, bins [][]uint8, rows []int32, leaves int, pool *parallel.Pool) *grower {
	return &grower{
		splitter: s, columns: b.columns, bins: bins, leaves: leaves, pool: pool,
		rows: append([]int32(nil), rows...), kept: make([]int32, len(rows)),
		g: make([]float64, len(rows)), h: make([]float64, len(rows)),
		gain: make([]float64, len(bins)),
	}
}

// grow fits a tree to the gradient and curvature of each row (by row number).
// After it, g.open holds the leaves and g.rows their rows.
func (g *grower) grow(gradient, curvature []float64) *boostTree {
	for _, l := range g.open {
		g.unused = append(g.unused, l.hist)
	}
	root := growing{to: len(g.rows), hist: g.histograms()}
	g.gather(root, gradient, curvature)
	for i := range g.rows {
		root.sum = root.sum.plus(binSum{g.g[i], g.h[i], 1})
	}
	cuts := make([]split, 2*len(g.columns))
	g.pool.Run(len(g.columns), func(_, j int) {
		root.hist[j].add(g.bins[j], g.rows, g.g, g.h)
		cuts[j] = g.splitter.best(&root.hist[j], root.sum, j, &g.columns[j])
	})
	root.cut = bestOf(cuts[:len(g.columns)])
	t := &boostTree{nodes: []boostNode{{}}}
	g.open = append(g.open[:0], root)
	for len(g.open) < g.leaves {
		next := g.steepest()
		if next < 0 {
			break
		}
		g.divide(t, next, gradient, curvature, cuts)
	}
	for _, l := range g.open {
		t.nodes[l.node].value = g.splitter.leafValue(l.sum)
	}
	return t
}

// steepest returns the leaf with the largest gain, the first of equals; -1 if
// no cut gains anything.
func (g *grower) steepest() int {
	at, most := -1, 0.0
	for i := range g.open {
		if gain := g.open[i].cut.gain; gain > most {
			at, most = i, gain
		}
	}
	return at
}

func bestOf(cuts []split) split {
	best := cuts[0]
	for _, c := range cuts[1:] {
		if c.gain > best.gain {
			best = c
		}
	}
	return best
}

// divide cuts leaf at into two and finds the best cut of each half. cuts is
// scratch (2D).
func (g *grower) divide(t *boostTree, at int, gradient, curvature []float64, cuts []split) {
	parent := g.open[at]
	g.gain[parent.cut.feature] += parent.cut.gain
	mid := g.partition(parent)
	k := int32(len(t.nodes))
	n := &t.nodes[parent.node]
	n.feature, n.set, n.left, n.right = int32(parent.cut.feature), parent.cut.left, k, k+1
	t.nodes = append(t.nodes, boostNode{}, boostNode{})

	left := growing{from: parent.from, to: mid, node: k, sum: parent.cut.sum}
	right := growing{from: mid, to: parent.to, node: k + 1, sum: parent.sum.minus(parent.cut.sum)}
	small, large := &left, &right
	if right.to-right.from < left.to-left.from {
		small, large = &right, &left
	}
	small.hist, large.hist = g.histograms(), parent.hist
	g.gather(*small, gradient, curvature)
	d := len(g.columns)
	g.pool.Run(d, func(_, j int) {
		hs, hl := &small.hist[j], &large.hist[j]
		hs.add(g.bins[j], g.rows[small.from:small.to], g.g, g.h)
		for b := range g.columns[j].count {
			hl[b] = hl[b].minus(hs[b])
		}
		cuts[j] = g.splitter.best(hs, small.sum, j, &g.columns[j])
		cuts[d+j] = g.splitter.best(hl, large.sum, j, &g.columns[j])
	})
	small.cut, large.cut = bestOf(cuts[:d]), bestOf(cuts[d:])
	g.open[at] = left
	g.open = append(g.open, right)
}

// partition moves a leaf's rows that go left before the others, keeping the
// order on each side, and returns where the right side begins.
func (g *grower) partition(l growing) int {
	bins, rows := g.bins[l.cut.feature], g.rows[l.from:l.to]
	left, right := 0, 0
	for _, r := range rows {
		if l.cut.left.has(bins[r]) {
			rows[left] = r
			left++
		} else {
			g.kept[right] = r
			right++
		}
	}
	copy(rows[left:], g.kept[:right])
	return l.from + left
}

// gather copies the gradients of a leaf's rows into scratch, in their order.
func (g *grower) gather(l growing, gradient, curvature []float64) {
	for i, r := range g.rows[l.from:l.to] {
		g.g[i], g.h[i] = gradient[r], curvature[r]
	}
}

// histograms returns empty histograms, one a feature.
func (g *grower) histograms() []histogram {
	if n := len(g.unused); n > 0 {
		h := g.unused[n-1]
		g.unused = g.unused[:n-1]
		for j := range h {
			clear(h[j][:g.columns[j].count])
		}
		return h
	}
	return make([]histogram, len(g.columns))
}

package report

import (
	"fmt"
	"math"
	"slices"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/engine/rng"
	"ebb/metric"
	"ebb/model"
)

// Space is data as the numbers of a diffusion: rows of D dimensions in the units in which the
// noise has variance 1.
type Space struct {
	About []string       // what was done to the data, a sentence each
	Names []string       // of the dimensions
	X     *process.State // (N,D), centred
	// Raw is the same data before it was centred, in units that keep the process what it is.
	// Its rows need not be those of X.
	Raw    *process.State
	Centre []float64 // (D), what was taken from rows to make X
	Blocks *Blocks   // of pictures, nil of a table
	// Examples are some of the pictures, one of each class where there are classes.
	Examples *image.Images
	// project brings other data of the same kind into the space, not centred.
	project func(src *model.Source) (*process.State, error)
}

// Bounds of what a page can show and compute at ease.
const (
	mostRows = 10_000
	mostDims = 64
	fewest   = 10 // rows
)

// pick draws n of rows at random, always the same ones, and keeps their order.
func pick(rows, n int) []int {
	chosen, _ := parted(rows, n)
	return chosen
}

// parted draws n of rows at random and gives them and the others, each in their order.
func parted(rows, n int) (chosen, others []int) {
	n = min(n, rows)
	stream := rng.New(0, rng.Split)
	all := make([]int, rows)
	for i := range all {
		all[i] = stream.Perm(i, rows, 0)
	}
	chosen, others = all[:n], all[n:]
	slices.Sort(chosen)
	slices.Sort(others)
	return chosen, others
}

// take copies the given rows.
func take(x *process.State, rows []int) *process.State {
	out := process.NewState(len(rows), x.Dim)
	for i, r := range rows {
		copy(out.Row(i), x.Row(r))
	}
	return out
}

// centred is x without centre.
func centred(x *process.State, centre []float64) *process.State {
	out := x.Clone()
	for i := range out.Rows {
		row := out.Row(i)
		for j, c := range centre {
			row[j] -= c
		}
	}
	return out
}

// meanOf is the mean of each dimension.
func meanOf(x *process.State) []float64 {
	mean, _ := gauss.Moments(x)
	return mean
}

// Place brings other data of the same kind into the space: centred, at most n rows.
func (s *Space) Place(src *model.Source, n int) (*process.State, error) {
	x, err := s.project(src)
	if err != nil {
		return nil, err
	}
	if x.Rows < fewest {
		return nil, fmt.Errorf("%s: %d complete rows are too few to explain with; at least %d are needed", src.Path, x.Rows, fewest)
	}
	return centred(take(x, pick(x.Rows, n)), s.Centre), nil
}

// finish cuts x to size and centres it.
func (s *Space) finish(path string, x *process.State) (*Space, error) {
	if x.Rows < fewest {
		return nil, fmt.Errorf("%s: %d complete rows are too few to explain with; at least %d are needed", path, x.Rows, fewest)
	}
	total := x.Rows
	x = take(x, pick(x.Rows, mostRows))
	if x.Rows < total {
		s.About = append(s.About, fmt.Sprintf("Of %d rows, %d drawn at random are used.", total, x.Rows))
	}
	s.Centre = meanOf(x)
	s.X = centred(x, s.Centre)
	if s.Raw == nil {
		s.Raw = x
	}
	s.Raw = take(s.Raw, pick(s.Raw.Rows, mostRows))
	return s, nil
}

// columns are the numeric columns of a table that a covariance can be made of.
type columns struct {
	schema *table.Schema
	names  []string
	sd     []float64
}

// numbers is the complete rows of the columns, in units of the standard deviations they had
// when they were chosen.
func (c *columns) numbers(t *table.Table) (*process.State, error) {
	frames, err := metric.FromTables(c.schema, t)
	if err != nil {
		return nil, err
	}
	x := &process.State{Dim: len(c.names)}
	row := make([]float64, len(c.names))
	for i := range frames[0].Rows() {
		whole := true
		for j, name := range c.names {
			column := &frames[0].Columns[frames[0].Index(name)]
			whole = whole && !column.Missing(i)
			row[j] = column.Num[i]
		}
		if !whole {
			continue
		}
		for j, v := range row {
			x.Data = append(x.Data, v/c.sd[j])
		}
		x.Rows++
	}
	return x, nil
}

// chooseColumns finds the numeric columns that vary and are mostly there; only are the names to
// choose from, nil for all.
func chooseColumns(schema *table.Schema, t *table.Table, only map[string]bool) (*columns, []string, error) {
	frames, err := metric.FromTables(schema, t)
	if err != nil {
		return nil, nil, err
	}
	c := &columns{schema: schema}
	var left []string
	for j := range frames[0].Columns {
		column := &frames[0].Columns[j]
		if column.Kind == metric.Categorical || only != nil && !only[column.Name] {
			left = append(left, column.Name)
			continue
		}
		sd := spread(column)
		if sd == 0 || column.MissingShare() > 0.5 || len(c.names) == mostDims {
			left = append(left, column.Name)
			continue
		}
		c.names, c.sd = append(c.names, column.Name), append(c.sd, sd)
	}
	if len(c.names) < 2 {
		return nil, nil, fmt.Errorf("%s: covariance needs at least two numeric columns that vary and are seldom missing; there are %d", t.Source, len(c.names))
	}
	return c, left, nil
}

// spread is the standard deviation of the numbers that are there.
func spread(c *metric.Column) float64 {
	n, sum, square := 0.0, 0.0, 0.0
	for i, v := range c.Num {
		if !c.Missing(i) {
			n++
			sum += v
		}
	}
	for i, v := range c.Num {
		if !c.Missing(i) {
			gap := v - sum/n
			square += float64(gap * gap)
		}
	}
	return math.Sqrt(square / math.Max(1, n))
}

// TableSpace is the numeric columns of a table, standardised.
func TableSpace(src *model.Source) (*Space, error) {
	c, left, err := chooseColumns(table.Infer(src.Table), src.Table, nil)
	if err != nil {
		return nil, err
	}
	x, err := c.numbers(src.Table)
	if err != nil {
		return nil, err
	}
	s := &Space{Names: c.names, project: func(src *model.Source) (*process.State, error) { return c.numbers(src.Table) }}
	s.About = []string{fmt.Sprintf("The %d numeric columns are standardised: each has mean 0 and standard deviation 1, so Σ₀ holds correlations.", len(c.names))}
	if len(left) > 0 {
		s.About = append(s.About, fmt.Sprintf("Left out here, as categories, constants, mostly missing or too many: %s.", shortList(left)))
	}
	if gone := src.Table.Rows() - x.Rows; gone > 0 {
		s.About = append(s.About, fmt.Sprintf("Rows with a missing number are left out (%d of %d).", gone, src.Table.Rows()))
	}
	return s.finish(src.Path, x)
}

// RunTableSpace is the numbers of a table as the network of a run sees them.
func RunTableSpace(m *model.TableModel, src *model.Source) (*Space, error) {
	t := m.Config.Table.Transform
	s := &Space{project: func(src *model.Source) (*process.State, error) {
		x, _, err := m.Numbers(src.Table)
		return x, err
	}}
	only := map[string]bool{}
	for j, p := range t.Places() {
		if p.Num >= 0 {
			s.Names = append(s.Names, string(t.Learned().Columns[j].Name))
			only[s.Names[len(s.Names)-1]] = true
		}
	}
	x, err := s.project(src)
	if err != nil {
		return nil, err
	}
	s.About = []string{fmt.Sprintf("The %d smooth numbers of a row are shown as the network sees them: each column is mapped by rank to a standard normal. Categories and missing marks follow a process of their own (masking) and are not part of Σ₀.", len(s.Names))}
	if gone := src.Table.Rows() - x.Rows; gone > 0 {
		s.About = append(s.About, fmt.Sprintf("Rows with a missing number are left out (%d of %d).", gone, src.Table.Rows()))
	}
	if t.Ruled != nil {
		s.About = append(s.About, "The schema has rules between columns: a column that follows from others is shown as the distance that was learned of it, and columns kept together as one category.")
	} else if c, _, err := chooseColumns(t.Schema, src.Table, only); err == nil && len(c.names) == len(s.Names) {
		if s.Raw, err = c.numbers(src.Table); err != nil {
			return nil, err
		}
	}
	return s.finish(src.Path, x)
}

func shortList(names []string) string {
	const most = 6
	out := ""
	for i, n := range names {
		if i == most {
			return fmt.Sprintf("%s and %d more", out, len(names)-most)
		}
		if i > 0 {
			out += ", "
		}
		out += n
	}
	return out
}

// Blocks is the projection of pictures onto sums of blocks of Side x Side pixels and all
// channels, divided by the root of their number: rows of an orthonormal matrix, so that noise
// N(0, I) on the pixels is N(0, I) on the blocks, and the blocks follow the same process.
type Blocks struct {
	Side, H, W int // pixels of a block; blocks in a picture
	top, left  int // pixels cut off so that whole blocks remain
}

// newBlocks takes the smallest blocks of which there are no more than mostDims.
func newBlocks(m *image.Images) (*Blocks, error) {
	for side := 1; side <= min(m.H, m.W); side++ {
		h, w := m.H/side, m.W/side
		if h*w <= mostDims && h*w >= 2 {
			return &Blocks{Side: side, H: h, W: w, top: (m.H - h*side) / 2, left: (m.W - w*side) / 2}, nil
		}
	}
	return nil, fmt.Errorf("pictures of %s cannot be cut into 2 to %d square blocks", m.Size(), mostDims)
}

// project is the pictures as rows of blocks, not centred.
func (b *Blocks) project(m *image.Images) *process.State {
	x := process.NewState(m.N, b.H*b.W)
	norm := 1 / math.Sqrt(float64(b.Side*b.Side*m.C))
	for i := range m.N {
		px, row := m.Image(i), x.Row(i)
		for y := range b.H * b.Side {
			line := px[((y+b.top)*m.W+b.left)*m.C:]
			for k := range b.W * b.Side * m.C {
				row[y/b.Side*b.W+k/m.C/b.Side] += float64(norm * float64(image.Scale(line[k])))
			}
		}
	}
	return x
}

// pictures draws rows of blocks as grey pictures of H x W pixels; channels are those of the data.
func (b *Blocks) pictures(x *process.State, channels int) *image.Images {
	m := image.New(x.Rows, b.H, b.W, 1)
	scale := 1 / (float64(b.Side) * math.Sqrt(float64(channels)))
	for i, v := range x.Data {
		m.Pixels[i] = image.Unscale(v * scale)
	}
	return m
}

// PictureSpace is pictures as blocks.
func PictureSpace(src *model.Source) (*Space, error) {
	b, err := newBlocks(src.Images)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", src.Path, err)
	}
	size := *src.Images
	s := &Space{Blocks: b, project: func(src *model.Source) (*process.State, error) {
		if err := image.SameSize(&size, src.Images); err != nil {
			return nil, fmt.Errorf("%s: %w", src.Path, err)
		}
		return b.project(src.Images.Sample(mostRows, 0)), nil
	}}
	for y := range b.H {
		for x := range b.W {
			s.Names = append(s.Names, fmt.Sprintf("row %d, column %d", y+1, x+1))
		}
	}
	m := src.Images
	s.Examples = someOf(m)
	if b.Side == 1 && m.C == 1 {
		s.About = []string{fmt.Sprintf("Each picture is %d numbers, its pixels from −1 (black) to 1 (white).", b.H*b.W)}
	} else {
		s.About = []string{fmt.Sprintf("To keep matrices small enough to see, each %s picture is taken as %d x %d numbers: the sum of each block of %d x %d pixels (from −1 to 1), divided by the root of how many values it sums. Noise of variance 1 on the pixels is then noise of variance 1 on the blocks, so the blocks follow exactly the same process as the pixels.", m.Size(), b.W, b.H, b.Side, b.Side)}
	}
	if m.N > mostRows {
		s.About = append(s.About, fmt.Sprintf("Of %d pictures, %d drawn at random are used.", m.N, mostRows))
	}
	x, err := s.project(src)
	if err != nil {
		return nil, err
	}
	return s.finish(src.Path, x)
}

// someOf is a few pictures, of different classes as far as there are.
func someOf(m *image.Images) *image.Images {
	var ids []int
	seen := map[int32]bool{}
	for i := 0; i < m.N && len(ids) < tracedPictures && m.Labels != nil; i++ {
		if !seen[m.Label(i)] {
			seen[m.Label(i)] = true
			ids = append(ids, i)
		}
	}
	for i := 0; i < m.N && len(ids) < tracedPictures; i++ {
		ids = append(ids, i*m.N/tracedPictures%m.N)
	}
	return m.Select(ids[:min(len(ids), m.N)])
}

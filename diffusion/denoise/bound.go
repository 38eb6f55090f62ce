package denoise

import (
	"context"
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// Denoiser is what a bound asks of a model. It is sample.Denoiser, said again
// because sample stands below this package.
type Denoiser interface {
	Schedule() schedule.Schedule
	Denoise(x0, xt *process.State, t []float64)
}

// VarianceDenoiser is sample.Variance: it knows the reverse step's variance.
type VarianceDenoiser interface {
	Denoiser
	DenoiseVariance(x0, v, xt *process.State, t, s []float64)
}

// Bound is the variational bound on the negative log-likelihood of a model
// that samples by DDPM's reverse steps along a grid (DDPM, arXiv 2006.11239,
// eq. 5), in bits per dimension:
//
//	L = L_T + sum over jumps t -> s of KL(q(x_s|x_t,x0) || p(x_s|x_t)) + L_0
//
// with L_T = KL(q(x_1|x0) || N(0, I)) and L_0 = -log p(x0 | x at the grid's last
// time before 0). Each inner term is estimated with one draw of x_t. With Draws
// set, only so many of them are drawn per row, one from each of as many parts of
// the grid, and each stands for its part: near the data, where the terms are
// large and change fast, the parts are short. Either way the estimate of the
// bound is unbiased.
type Bound struct {
	Grid    []float64 // falls from 1 to 0
	Decoder Decoder   // nil: Levels{256}
	Draws   int       // inner terms drawn per row; 0: all of them
	Batch   int       // rows per call of the denoiser; 0: 64
	// Limit bounds a row's predicted x0, as when sampling; nil: not at all.
	Limit func(x0 []float64)
}

// Terms is the bound of one row, in bits per dimension.
type Terms struct {
	Prior   float64 // L_T
	Inner   float64 // the sum of the inner terms
	Decoder float64 // L_0
	Total   float64
	// Steps[k] is the inner term of the jump from Grid[k], as far as it
	// was drawn, else NaN. The last jump's is Decoder.
	Steps []float64
}

// job is one term of one row, and how many terms it stands for.
type job struct {
	row, step int
	weight    float64
}

// Evaluate is the bound of every row of x0. noise is keyed by step of the grid
// and row: its normals make x_t; uniforms under a step beyond the grid choose
// the terms.
func (b Bound) Evaluate(ctx context.Context, d VarianceDenoiser, x0 *process.State, noise process.Noise) ([]Terms, error) {
	if err := b.check(); err != nil {
		return nil, err
	}
	out := make([]Terms, x0.Rows)
	steps := len(b.Grid) - 1
	sch := d.Schedule()
	for i := range out {
		out[i].Prior = b.prior(sch, x0.Row(i))
		out[i].Steps = make([]float64, steps-1)
		for k := range out[i].Steps {
			out[i].Steps[k] = math.NaN()
		}
	}
	jobs := b.jobs(x0.Rows, noise)
	for lo, hi := range chunks(len(jobs), b.batch()) {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("denoise: bound stopped after %d of %d terms: %w", lo, len(jobs), err)
		}
		values := b.terms(d, x0, jobs[lo:hi], noise)
		for n, j := range jobs[lo:hi] {
			if !finite(values[n]) {
				return nil, fmt.Errorf("denoise: bound of row %d: the term at t = %v is %v", j.row, b.Grid[j.step], values[n])
			}
			if j.step == steps-1 {
				out[j.row].Decoder = values[n]
				continue
			}
			out[j.row].Steps[j.step] = values[n]
			out[j.row].Inner += float64(values[n] * j.weight)
		}
	}
	for i := range out {
		out[i].Total = out[i].Prior + out[i].Inner + out[i].Decoder
	}
	return out, nil
}

func (b Bound) check() error {
	steps := len(b.Grid) - 1
	if steps < 1 || b.Grid[steps] != 0 {
		return fmt.Errorf("denoise: a bound needs a grid that ends at 0, got %d times", len(b.Grid))
	}
	for k := range steps {
		if !(b.Grid[k] <= 1 && b.Grid[k] > b.Grid[k+1]) {
			return fmt.Errorf("denoise: the grid of a bound must fall within [0, 1]; time %d is %v, followed by %v", k, b.Grid[k], b.Grid[k+1])
		}
	}
	if b.Draws < 0 || b.Draws > steps-1 {
		return fmt.Errorf("denoise: %d terms drawn of %d", b.Draws, steps-1)
	}
	return nil
}

func (b Bound) batch() int {
	if b.Batch <= 0 {
		return 64
	}
	return b.Batch
}

// jobs lists the terms to evaluate, row by row.
func (b Bound) jobs(rows int, noise process.Noise) []job {
	inner := len(b.Grid) - 2
	var jobs []job
	u := make([]float64, b.Draws)
	parts := parts(inner, b.Draws)
	for i := range rows {
		if b.Draws == 0 {
			for k := range inner {
				jobs = append(jobs, job{i, k, 1})
			}
		} else {
			noise.Uniforms(u, len(b.Grid), i) // a key of its own
			for n, v := range u {
				size := parts[n+1] - parts[n]
				k := parts[n] + min(int(v*float64(size)), size-1)
				// Counted from the data, which the grid ends with.
				jobs = append(jobs, job{i, inner - 1 - k, float64(size)})
			}
		}
		jobs = append(jobs, job{i, inner, 1})
	}
	return jobs
}

// parts cuts terms into n parts, none empty, whose ends grow as the square of
// their number: part i is parts[i] to parts[i+1].
func parts(terms, n int) []int {
	if n == 0 {
		return nil
	}
	out := make([]int, n+1)
	for i := 1; i <= n; i++ {
		share := float64(i*i) / float64(n*n)
		end := int(float64(terms) * share)
		out[i] = min(max(end, out[i-1]+1), terms-(n-i))
	}
	return out
}

// terms evaluates jobs in one call of the denoiser.
func (b Bound) terms(d VarianceDenoiser, x0 *process.State, jobs []job, noise process.Noise) []float64 {
	n, dim := len(jobs), x0.Dim
	sch := d.Schedule()
	xt, pred, v := process.NewState(n, dim), process.NewState(n, dim), process.NewState(n, dim)
	t, s := make([]float64, n), make([]float64, n)
	eps := make([]float64, dim)
	for i, j := range jobs {
		t[i], s[i] = b.Grid[j.step], b.Grid[j.step+1]
		noise.Normals(eps, j.step, j.row)
		process.Perturb(sch, t[i]).ApplyRow(xt.Row(i), x0.Row(j.row), eps)
	}
	d.DenoiseVariance(pred, v, xt, t, s)
	out := make([]float64, n)
	for i, j := range jobs {
		if b.Limit != nil {
			b.Limit(pred.Row(i))
		}
		var decoder Decoder
		if s[i] == 0 {
			decoder = b.decoder()
		}
		l := newTerm(sch, t[i], s[i], decoder)
		sum := 0.0
		for c, x := range x0.Row(j.row) {
			nats, _ := l.at(x, pred.Row(i)[c], elementary.Log(v.Row(i)[c]))
			sum += nats
		}
		out[i] = sum / float64(dim) / ln2
	}
	return out
}

func (b Bound) decoder() Decoder {
	if b.Decoder == nil {
		return Levels{256}
	}
	return b.Decoder
}

// prior is KL(q(x_T | x0) || N(0, I)) of one row.
func (b Bound) prior(sch schedule.Schedule, x0 []float64) float64 {
	sum := 0.0
	for _, x := range x0 {
		sum += float64(x * x)
	}
	return schedule.PriorBits(sch, b.Grid[0], sum/float64(len(x0)))
}

func finite(v float64) bool { return v-v == 0 }

package report

import (
	"cmp"
	"context"
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/gauss"
	"ebb/diffusion/schedule"
)

// MeanPart is what becomes of the mean.
type MeanPart struct {
	Names    []string    `json:"dimensions"` // those shown
	T        []float64   `json:"t"`          // of the measurements
	Start    []float64   `json:"start"`      // the data's means
	Measured [][]float64 `json:"measured"`   // of the noised data, at each of T
	// Miss is the root mean square, over all dimensions and times, of the gap between a measured
	// mean and its prediction, in standard errors: 1 is chance, as only the noise is random.
	Miss float64 `json:"miss"`
	// Gap is the largest distance between the covariances of noised data, centred and not.
	Gap float64 `json:"covariance_gap"`
	// The distance of q(x_1) from N(0, I) in bits per dimension, if the mean stays and if not.
	BitsWith    float64 `json:"bits_with_mean"`
	BitsWithout float64 `json:"bits_without_mean"`
}

// meansShown is the number of means that are drawn, no more than there are marks.
const meansShown = 4

// Times at which noised data is measured.
var shownTimes = [...]float64{0, 0.25, 0.5, 0.75, 1}

func (m *measuring) mean(context.Context) error {
	p, raw := &m.out.Mean, m.Space.Raw
	mean, cov := gauss.Moments(raw)
	g, err := gauss.New(mean, cov)
	if err != nil {
		return err
	}
	shown := largestMeans(mean, meansShown)
	middle, square := centred(raw, mean), 0.0
	for _, j := range shown {
		p.Names, p.Start = append(p.Names, m.Space.Names[j]), append(p.Start, mean[j])
	}
	for k, t := range measured {
		alpha, sigma := m.Sch.At(t)
		got, with := gauss.Moments(m.at(raw, t, k))
		_, without := gauss.Moments(m.at(middle, t, k))
		p.Gap = math.Max(p.Gap, gauss.Distance(with, without))
		row := make([]float64, len(shown))
		for i, j := range shown {
			row[i] = got[j]
		}
		p.T, p.Measured = append(p.T, t), append(p.Measured, row)
		for j, v := range got {
			gap := (v - alpha*mean[j]) / sigma
			square += gap * gap
		}
	}
	p.Miss = math.Sqrt(square * float64(raw.Rows) / float64(len(mean)*len(measured)))
	p.BitsWith = schedule.TerminalBits(m.Sch, 1, mean, g.Eigenvalues())
	p.BitsWithout = schedule.TerminalBits(m.Sch, 1, make([]float64, len(mean)), g.Eigenvalues())
	return nil
}

// largestMeans are n of the half of all dimensions whose means are the larger in size.
func largestMeans(mean []float64, n int) []int {
	order := make([]int, len(mean))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(math.Abs(mean[b]), math.Abs(mean[a])) })
	out := make([]int, min(n, len(order)))
	for i := range out {
		out[i] = order[i*max((len(order)-1)/2, len(out)-1)/max(1, len(out)-1)]
	}
	return out
}

// SharesPart is how much of Σ₀ and of I stands in Σₜ along each eigenvector.
type SharesPart struct {
	T           []float64   `json:"t"`
	Eigenvalues []float64   `json:"eigenvalues"`   // descending
	OfData      [][]float64 `json:"share_of_data"` // of each eigenvalue, at each of T; the rest is of I
	// Half is the time at which an eigenvalue's two shares are equal, 1 if they never are.
	Half []float64 `json:"half"`
	// Measured are the eigenvalues of the noised data's covariance at MeasuredT, descending.
	MeasuredT []float64   `json:"measured_t"`
	Measured  [][]float64 `json:"measured"`
}

// sharePoints is the number of times at which shares are given.
const sharePoints = 101

func (m *measuring) shares(context.Context) error {
	p := &m.out.Shares
	p.Eigenvalues = m.out.Data.Eigenvalues
	for i := range sharePoints {
		p.T = append(p.T, float64(i)/(sharePoints-1))
	}
	for _, e := range p.Eigenvalues {
		row := make([]float64, len(p.T))
		for i, t := range p.T {
			alpha, sigma := m.Sch.At(t)
			if of := float64(alpha*alpha) * e; of > 0 {
				row[i] = of / (of + float64(sigma*sigma))
			}
		}
		p.OfData = append(p.OfData, row)
		half := 0.0 // nothing of Σ₀ ever stands there
		if e > 0 {
			half = m.timeOf(1 / e)
		}
		p.Half = append(p.Half, half)
	}
	for k, t := range measured {
		_, cov := gauss.Moments(m.at(m.Space.X, t, 100+k))
		p.MeasuredT = append(p.MeasuredT, t)
		p.Measured = append(p.Measured, descending(eigenvalues(cov)))
	}
	return nil
}

// FlowPart is Σₜ as predicted and as measured at one time.
type FlowPart struct {
	T         float64     `json:"t"`
	Predicted [][]float64 `json:"predicted"`
	Measured  [][]float64 `json:"measured"`
	// Distance is the root mean square, over Repeats drawings of noise, of the distance
	// |measured - predicted|/|predicted| (Frobenius norm), SE its standard error; Chance is
	// what it is expected to be if the prediction is exact, from the noise being finite.
	Distance float64 `json:"distance"`
	SE       float64 `json:"standard_error"`
	Chance   float64 `json:"chance"`
	Repeats  int     `json:"repeats"`
}

// flowRepeats is how often noise is drawn to measure Σₜ.
const flowRepeats = 8

func (m *measuring) flow(ctx context.Context) error {
	cov := m.gaussian.Cov()
	for k, t := range shownTimes {
		if err := ctx.Err(); err != nil {
			return err
		}
		alpha, sigma := m.Sch.At(t)
		predicted := gauss.Flow(cov, alpha, sigma)
		p := FlowPart{T: t, Predicted: rowsOf(predicted), Repeats: flowRepeats}
		squares := make([]float64, flowRepeats)
		for r := range squares {
			_, got := gauss.Moments(m.at(m.Space.X, t, 200+flowRepeats*k+r))
			if r == 0 {
				p.Measured = rowsOf(got)
			}
			d := gauss.Distance(got, predicted)
			squares[r] = d * d
		}
		p.Distance, p.SE = rootMean(squares)
		p.Chance = noiseAlone(cov, alpha, sigma, m.Space.X.Rows) / mat.Norm(predicted, 2)
		m.out.Flow = append(m.out.Flow, p)
	}
	return nil
}

// rootMean is the root of the mean of squares, and its standard error.
func rootMean(squares []float64) (root, se float64) {
	n := float64(len(squares))
	mean, gaps := 0.0, 0.0
	for _, v := range squares {
		mean += v / n
	}
	for _, v := range squares {
		gaps += (v - mean) * (v - mean) / (n - 1)
	}
	root = math.Sqrt(mean)
	if root > 0 {
		se = math.Sqrt(gaps/n) / 2 / root
	}
	return root, se
}

// noiseAlone is the root of E|S - Σₜ|², where S is the (1/N) covariance of N given, centred rows
// of covariance cov with fresh noise: exact for any data, as only the noise is random. Of
// S - Σₜ, the cross terms ασ(K + K'), K = X'E/N, give 2 α²σ² (D+1) tr(Σ₀)/N, and the noise's own
// covariance, a Wishart matrix of N-1 degrees of freedom over N, σ⁴ (D(D+1)(N-1)/N² + D/N²).
func noiseAlone(cov *mat.SymDense, alpha, sigma float64, rows int) float64 {
	n, d := float64(rows), float64(cov.SymmetricDim())
	a, s := alpha*alpha, sigma*sigma
	cross := 2 * a * s * (d + 1) * mat.Trace(cov) / n
	own := s * s * (d*(d+1)*(n-1) + d) / n / n
	return math.Sqrt(cross + own)
}

// EndPart is how far q(x_t) is from N(0, I), in bits per dimension.
type EndPart struct {
	T      []float64  `json:"t"`
	Lower  []float64  `json:"lower"` // of the Gaussian with the data's moments
	Upper  []float64  `json:"upper"` // the prior term of the variational bound
	Others []EndBound `json:"schedules"`
}

// EndBound is the end of one schedule.
type EndBound struct {
	Schedule string  `json:"schedule"`
	AlphaBar float64 `json:"alpha_bar"`
	Lower    float64 `json:"lower"`
	Upper    float64 `json:"upper"`
}

// endSchedules are shown beside the page's own.
var endSchedules = [...]string{"linear", "scaled-linear", "cosine", "sigmoid", "flow"}

func (m *measuring) end(context.Context) error {
	p := &m.out.End
	mean, eig := make([]float64, m.gaussian.Dim()), m.gaussian.Eigenvalues()
	square := 0.0
	for _, e := range eig {
		square += e / float64(len(eig))
	}
	for i := 1; i < curvePoints; i++ {
		t := float64(i) / (curvePoints - 1)
		lower, upper := schedule.TerminalBits(m.Sch, t, mean, eig), schedule.PriorBits(m.Sch, t, square)
		if math.IsInf(lower, 0) || math.IsInf(upper, 0) {
			continue // so little noise that it is lost in rounding
		}
		p.T, p.Lower, p.Upper = append(p.T, t), append(p.Lower, lower), append(p.Upper, upper)
	}
	bound := func(name string, sch schedule.Schedule) {
		p.Others = append(p.Others, EndBound{name, schedule.AlphaBar(sch, 1),
			schedule.TerminalBits(sch, 1, mean, eig), schedule.PriorBits(sch, 1, square)})
	}
	bound(m.Schedule, m.Sch)
	for _, name := range endSchedules {
		if name == m.Schedule {
			continue
		}
		sch, err := namedSchedule(name)
		if err != nil {
			return err
		}
		bound(name, sch)
	}
	return nil
}

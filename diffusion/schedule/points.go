package schedule

import (
	"fmt"
	"sort"

	"ebb/engine/kernel/elementary"
)

// Points is a schedule given by its values at chosen times: a user's own
// (alpha, sigma) table, or one that another program computed. At a given time
// At returns exactly the given pair. Between two of them alpha is linear, and so
// is lambda = log(alpha/sigma); where lambda is infinite at one end, sigma is
// linear instead.
type Points struct {
	t, alpha, sigma []float64
}

var _ Schedule = (*Points)(nil)

// NewPoints takes rising times in [0, 1] and what alpha and sigma are there:
// alpha > 0 but for the last, which may be 0, sigma >= 0, and sigma/alpha must
// not fall. Time 0 is the data, (1, 0); it is put before a first time above 0.
// After the last time its values stay.
func NewPoints(t, alpha, sigma []float64) (*Points, error) {
	if len(t) == 0 || len(alpha) != len(t) || len(sigma) != len(t) {
		return nil, fmt.Errorf("schedule: points of %d times, %d alphas and %d sigmas; as many of each are needed, at least 1", len(t), len(alpha), len(sigma))
	}
	p := &Points{}
	if !(t[0] >= 0) {
		return nil, fmt.Errorf("schedule: the first time is %v; times lie within [0, 1]", t[0])
	}
	if t[0] > 0 {
		p.t, p.alpha, p.sigma = []float64{0}, []float64{1}, []float64{0}
	}
	if t[0] == 0 && (alpha[0] != 1 || sigma[0] != 0) {
		return nil, fmt.Errorf("schedule: at t = 0 alpha is %v and sigma %v; time 0 is the data, 1 and 0: leave it out, or start above 0", alpha[0], sigma[0])
	}
	p.t, p.alpha, p.sigma = append(p.t, t...), append(p.alpha, alpha...), append(p.sigma, sigma...)
	for i, at := range p.t {
		a, s := p.alpha[i], p.sigma[i]
		if !(a >= 0 && s >= 0 && a+s > 0) || a+s-(a+s) != 0 {
			return nil, fmt.Errorf("schedule: at t = %v alpha is %v and sigma %v; both must be at least 0, finite, and not both 0", at, a, s)
		}
		if a == 0 && i < len(p.t)-1 {
			return nil, fmt.Errorf("schedule: alpha is 0 at t = %v, before the last time; what holds no signal has nothing left to lose: end there", at)
		}
		if i == 0 {
			continue
		}
		if before := p.t[i-1]; !(at > before && at <= 1) {
			return nil, fmt.Errorf("schedule: time %v follows %v; the times must rise within [0, 1]", at, before)
		}
		if s*p.alpha[i-1] < p.sigma[i-1]*a {
			return nil, fmt.Errorf("schedule: sigma/alpha falls from %v at t = %v to %v at t = %v; it must not fall with time",
				p.sigma[i-1]/p.alpha[i-1], p.t[i-1], s/a, at)
		}
	}
	return p, nil
}

// At implements [Schedule].
func (p *Points) At(t float64) (alpha, sigma float64) {
	j := sort.SearchFloat64s(p.t, t)
	switch {
	case j == len(p.t):
		return p.alpha[j-1], p.sigma[j-1]
	case p.t[j] == t || j == 0:
		return p.alpha[j], p.sigma[j]
	}
	i := j - 1
	w := (t - p.t[i]) / (p.t[j] - p.t[i])
	between := func(a, b float64) float64 { return a + float64(w*(b-a)) }
	alpha = between(p.alpha[i], p.alpha[j])
	if p.sigma[i] == 0 || p.alpha[j] == 0 {
		return alpha, between(p.sigma[i], p.sigma[j])
	}
	ratio := between(elementary.Log(p.sigma[i]/p.alpha[i]), elementary.Log(p.sigma[j]/p.alpha[j]))
	return alpha, alpha * elementary.Exp(ratio)
}

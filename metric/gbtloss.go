package metric

import "ebb/engine/kernel/elementary"

// loss is what the trees lower.
type loss interface {
	start(t Target, rows []int32) []float64
	// derivatives sets the gradient and curvature (K,N) of each row's loss by
	// its scores (N,K).
	derivatives(gradient, curvature, scores []float64, t Target, rows []int32)
	// toOutput turns a row's scores into the target's unit.
	toOutput(scores []float64)
}

func newLoss(t Target, rows []int32) loss {
	switch {
	case t.Classes == 0:
		return newSquaredError(t, rows)
	case t.Classes == 2:
		return logLoss{}
	}
	return softmaxLoss{t.Classes}
}

// logLoss is log(1 + exp(-±s)) for two classes; s is the log-odds of class 1.
type logLoss struct{}

func (logLoss) start(t Target, rows []int32) []float64 {
	share := classShares(t, rows)
	return []float64{elementary.Log(share[1] / share[0])}
}

func (logLoss) derivatives(gradient, curvature, scores []float64, t Target, rows []int32) {
	for _, r := range rows {
		p := elementary.Sigmoid(scores[r])
		gradient[r] = p - float64(t.Class[r])
		curvature[r] = p * (1 - p)
	}
}

func (logLoss) toOutput([]float64) {}

// softmaxLoss is -log softmax(s)[class] for several classes, one tree each.
type softmaxLoss struct{ classes int }

func (softmaxLoss) start(t Target, rows []int32) []float64 {
	share := classShares(t, rows)
	for k := range share {
		share[k] = elementary.Log(share[k])
	}
	return share
}

func (l softmaxLoss) derivatives(gradient, curvature, scores []float64, t Target, rows []int32) {
	n := len(t.Class)
	p := make([]float64, l.classes)
	for _, r := range rows {
		s := scores[int(r)*l.classes : (int(r)+1)*l.classes]
		softmax(p, s)
		for k := range p {
			gradient[k*n+int(r)] = p[k]
			curvature[k*n+int(r)] = p[k] * (1 - p[k])
		}
		gradient[int(t.Class[r])*n+int(r)]--
	}
}

func (softmaxLoss) toOutput([]float64) {}

func softmax(p, scores []float64) {
	top, sum := scores[0], 0.0
	for _, s := range scores {
		top = max(top, s)
	}
	for k, s := range scores {
		p[k] = elementary.Exp(s - top)
		sum += p[k]
	}
	for k := range p {
		p[k] /= sum
	}
}

// classShares returns the share of each class, an absent one counting as half
// a row, so that its logarithm is finite.
func classShares(t Target, rows []int32) []float64 {
	share := make([]float64, t.Classes)
	for _, r := range rows {
		share[t.Class[r]]++
	}
	for k := range share {
		share[k] = max(share[k], 0.5) / float64(len(rows))
	}
	return share
}

// squaredError is (s-y)²/2 with y standardised, so that thresholds have no unit.
type squaredError struct{ mean, scale float64 }

func newSquaredError(t Target, rows []int32) squaredError {
	values := make([]float64, len(rows))
	for i, r := range rows {
		values[i] = t.Num[r]
	}
	l := squaredError{mean: meanOf(values), scale: deviationOf(values)}
	if !(l.scale > 0) {
		l.scale = 1
	}
	return l
}

func (squaredError) start(Target, []int32) []float64 { return []float64{0} }

func (l squaredError) derivatives(gradient, curvature, scores []float64, t Target, rows []int32) {
	for _, r := range rows {
		gradient[r] = scores[r] - (t.Num[r]-l.mean)/l.scale
		curvature[r] = 1
	}
}

func (l squaredError) toOutput(s []float64) { s[0] = l.mean + float64(s[0]*l.scale) }

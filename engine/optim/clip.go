package optim

import (
	"math"

	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/engine/nn"
)

// GradNorm is the Euclidean norm of all gradients together, the global norm. It
// is not finite exactly when some gradient is not.
func GradNorm(p *parallel.Pool, params nn.Params) float64 {
	sum := 0.0
	for _, param := range params {
		if g := param.Var.Grad; g != nil {
			sum += kernel.SumSquares(p, g.Data)
		}
	}
	return math.Sqrt(sum)
}

// ClipScale is the factor that brings gradients of this global norm down to
// limit: min(1, limit/norm) (arXiv 1211.5063, algorithm 1). A limit of 0 or less
// means none. A norm that is not finite gives 1: what to do then is the
// caller's decision.
func ClipScale(norm, limit float64) float32 {
	if limit <= 0 || !Finite(norm) || norm <= limit {
		return 1
	}
	return float32(limit / norm)
}

// Finite reports whether x is neither infinite nor NaN.
func Finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// NonFinite is the first parameter whose gradient holds an infinity or a NaN,
// nil when all are finite.
func NonFinite(params nn.Params) *nn.Param {
	for _, p := range params {
		if p.Var.Grad == nil {
			continue
		}
		for _, g := range p.Var.Grad.Data {
			if !Finite(float64(g)) {
				return p
			}
		}
	}
	return nil
}

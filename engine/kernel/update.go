package kernel

import (
	"fmt"
	"math"

	"ebb/engine/kernel/elementary"
	"ebb/engine/kernel/parallel"
)

// AdamW is one step of Adam with decoupled weight decay (Decoupled Weight Decay Regularization,
// arXiv 1711.05101, algorithm 2, in PyTorch's parametrisation). Step counts from 1.
type AdamW struct {
	LR, Beta1, Beta2, Eps, WeightDecay float32
	Step                               int
	GradScale                          float32 // factor on every gradient, from clipping; 0 means 1
}

// adamw holds the constants of a step, worked out in float64.
type adamw struct {
	scale         float32 // on g
	beta1, gain1  float32 // m ← beta1 m + gain1 g
	beta2, gain2  float32 // v ← beta2 v + gain2 g²
	root, eps     float32 // divisor: root √v + eps
	decay, negLR1 float32 // w ← decay w + (negLR1 m) / divisor
}

// Update takes the step:
//
//	g ← GradScale g    m ← β1 m + (1-β1) g    v ← β2 v + (1-β2) g²
//	w ← (1 - LR·WeightDecay) w - LR/(1-β1^Step) · m / (√v/√(1-β2^Step) + Eps)
//
// w, m, v and g are as long; g is left alone.
func (a AdamW) Update(p *parallel.Pool, w, m, v, g []float32) {
	if len(m) != len(w) || len(v) != len(w) || len(g) != len(w) || a.Step < 1 {
		panic(fmt.Sprintf("kernel: AdamW step %d of %d weights with moments of %d and %d and gradient of %d",
			a.Step, len(w), len(m), len(v), len(g)))
	}
	isa, k := active(), a.constants()
	each(p, len(w), func(lo, hi int) { adamwSlice(isa, &k, w[lo:hi], m[lo:hi], v[lo:hi], g[lo:hi]) })
}

func (a AdamW) constants() adamw {
	b1, b2, lr, k := float64(a.Beta1), float64(a.Beta2), float64(a.LR), float64(a.Step)
	scale := a.GradScale
	if scale == 0 {
		scale = 1
	}
	return adamw{
		scale: scale,
		beta1: a.Beta1, gain1: float32(1 - b1),
		beta2: a.Beta2, gain2: float32(1 - b2),
		root: float32(1 / math.Sqrt(1-elementary.Pow(b2, k))), eps: a.Eps,
		decay:  float32(1 - float64(lr*float64(a.WeightDecay))),
		negLR1: float32(-lr / (1 - elementary.Pow(b1, k))),
	}
}

func adamwGeneric(k *adamw, w, m, v, g []float32) {
	for i := range w {
		grad := float32(k.scale * g[i])
		m[i] = fma32(k.beta1, m[i], float32(k.gain1*grad))
		v[i] = fma32(k.beta2, v[i], float32(float32(k.gain2*grad)*grad))
		div := fma32(k.root, float32(math.Sqrt(float64(v[i]))), k.eps)
		w[i] = fma32(k.decay, w[i], float32(k.negLR1*m[i])/div)
	}
}

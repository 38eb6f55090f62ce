package denoise

import (
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

const ln2 = 0.693147180559945309417232121458176568

// term is the variational term of one jump t -> s for one row: for s > 0
//
//	L = KL(q(x_s | x_t, x0) || p(x_s | x_t)),
//
// and for s = 0 the decoder's -log p(x0 | x_t) (DDPM, arXiv 2006.11239, eq. 5).
// Its methods take a number of the row each and answer in nats.
type term struct {
	bridge  process.Bridge
	logVar  float64 // log of the posterior's variance
	decoder Decoder // not nil: the last term
}

func newTerm(sch schedule.Schedule, t, s float64, decoder Decoder) term {
	b := process.Posterior(sch, t, s)
	if s == 0 {
		return term{bridge: b, decoder: decoder}
	}
	return term{bridge: b, logVar: elementary.Log(b.Var)}
}

// at is the term for a number with the model's prediction pred of x0 and log
// variance logV of p(x_s | x_t), and its derivative with respect to logV.
//
//	KL = (logV - logVar - 1 + (Var + (X0 (x0 - pred))^2) / V)/2
//
// because the two means differ only in the x0 they use.
func (l term) at(x0, pred, logV float64) (nats, slope float64) {
	if l.decoder != nil {
		logProb, d := l.decoder.LogProb(x0, pred, logV)
		return -logProb, -d
	}
	gap := float64(l.bridge.X0 * (x0 - pred))
	ratio := float64((l.bridge.Var + float64(gap*gap)) * elementary.Exp(-logV))
	return (logV - l.logVar - 1 + ratio) / 2, (1 - ratio) / 2
}

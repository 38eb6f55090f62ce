package network

import (
	"ebb/engine/autograd"
	"ebb/engine/tensor"
)

// In inference nothing of one image is kept for another, so a large batch goes
// through the network some images at a time: what a layer writes is then still in
// the cache when the next one reads it. Against that stands reading all weights
// anew for each piece. 64 images of 32x32 took in pieces of 16, 32 and 64 of them
// 85, 88 and 98 ms with 1.6 million weights and 32 channels at full size, 286, 275
// and 281 ms with 6.5 million and 64; 32 images with 36 million and 128 took in
// pieces of 16 and 32 of them 480 and 470 ms.
const (
	weightsRepaid   = 3 // a piece's tensors of full size have at least so many times fewer numbers than the weights
	leastImagesOnce = 8 // and it has at least so many images
)

// imagesAtOnce is how many images of x go through the network together.
func (u *UNet) imagesAtOnce(x *autograd.Var) int {
	perImage := x.Value.Dim(1) * x.Value.Dim(2) * u.Config.BlockOutChannels[0]
	return max(leastImagesOnce, (u.params.Count()/weightsRepaid+perImage-1)/perImage)
}

// inPieces is Forward on an inference tape, of about so many images after the
// other. A row of a batch is what it is alone, so it gives the same bits.
func (u *UNet) inPieces(t *autograd.Tape, x *autograd.Var, time []float64, labels []int32, images int) *autograd.Var {
	shape := x.Shape()
	n, pieces := shape[0], (shape[0]+images-1)/images
	y := t.New(n, shape[1], shape[2], u.Config.OutChannels)
	perX, perY := x.Value.Len()/n, y.Len()/n
	for i := range pieces {
		lo, hi := n*i/pieces, n*(i+1)/pieces
		part := t.Const(tensor.From(x.Value.Data[lo*perX:hi*perX], hi-lo, shape[1], shape[2], shape[3]))
		var of []int32
		if labels != nil {
			of = labels[lo:hi]
		}
		out := u.forward(t, part, time[lo:hi], of)
		copy(y.Data[lo*perY:], out.Value.Data)
		t.Release(out)
	}
	return t.Const(y)
}

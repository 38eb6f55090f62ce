// Package bench measures how fast Ebb is on the machine at hand, from the
// multiply-add to the training step, and how fast others are on the same models.
//
// Every figure stands beside a bound that was measured in the same run: the
// peak of fused multiply-adds that never leave the registers, and the bandwidth
// of the memory. A kernel that must do F floating-point operations and move B
// bytes can take no less than
//
//	max(F / peak, B / bandwidth)
//
// seconds (the roofline of Williams, Waterman and Patterson, Communications of
// the ACM 52(4), 2009), and its share is that bound over the time it took. B
// counts every buffer once; a kernel whose buffers stay in the cache from one
// call to the next can come out above 100 %. Whole models are held against the
// peak alone.
//
// Floating-point operations are counted as in bench/peers: two for each
// multiply-add of convolutions, linear layers and the two products of
// attention, nothing for norms, activations and the optimiser; a training step
// counts three forward passes. A convolution counts what its definition says,
// so one that finds the result with fewer multiplications can pass 100 %.
//
// Times are medians of single calls. The peak is measured again and again in
// between, on the same threads, as the clock of a processor varies. What other
// programs used of the processors meanwhile stands beside each result.
package bench

// Package elementary holds the elementary and special functions of Ebb in float64: exponential,
// logarithm, circular functions, error function and the normal distribution.
//
// Go's math.Exp, math.Log, math.Sin and their kind are assembly on some architectures and Go on
// others, so their last bit depends on the machine. Every function here is one sequence of exactly
// rounded operations (+, -, *, /, square root, fused multiply-add and moves of bits), and so gives
// the same bits everywhere. Where the compiler could fuse a product into a following sum, the
// product stands in an explicit float64 conversion, which forbids it, or in math.FMA, which
// demands it.
//
// Errors are stated in ulp, the distance between neighbouring float64 numbers at the result, and
// were measured against 300-bit arithmetic by the package's tests. Below one ulp means faithful:
// one of the two neighbours of the true value.
//
//	Log, Log1p, Log2                        < 0.51 ulp
//	Exp, Sigmoid, Pow                       < 0.6 ulp
//	Tanh, Sin, Cos (every finite argument)  < 0.75 ulp
//	Expm1                                   < 0.8 ulp
//	Erf                                     < 1 ulp
//	Erfc, NormCDF, NormPDF, NormQuantile    < 3.5 ulp, tails included
//	LogGamma                                see its doc
//
// The working form is a double-double: an unevaluated sum hi+lo of two float64, |lo| at most half
// an ulp of hi (T. J. Dekker, "A floating-point technique for extending the available precision",
// Numerische Mathematik 18, 1971).
package elementary

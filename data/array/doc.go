// Package array reads and writes numeric arrays: NumPy's NPY and NPZ, and
// the IDX files of the MNIST family.
//
// An [Array] keeps the elements as the file held them (one [Type], no silent
// conversion), but always in the same arrangement: row-major (the last axis
// varies fastest, NumPy's C order) and little-endian. Fortran order and
// big-endian files are rearranged while reading. The first axis N counts the
// examples; what the others mean is the reader's affair (package data/image
// reads (N,H,W) and (N,H,W,C)).
//
// Formats:
//
//   - NPY 1.0, 2.0, 3.0 (NumPy Enhancement Proposal 1 and numpy.lib.format):
//     a magic string, a version, a header that is the literal of a Python
//     dictionary (descr, fortran_order, shape), the elements.
//   - NPZ: a zip archive of NPY files, stored or deflated.
//   - IDX (LeCun, Cortes, Burges, "The MNIST database"): two zero bytes, a type
//     code, the number of axes, a big-endian uint32 for each, the elements.
//
// Each may lie inside gzip; the content decides, never the name. Headers are
// believed only as far as bytes follow: a file that claims more than it holds,
// or holds more than it claims, is an error that gives both sizes, and memory
// grows with what was read, never with what was claimed.
package array

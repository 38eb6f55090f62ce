// Package image holds sets of equally sized pictures, reads them from the forms
// they come in, and lays them out as pictures again.
//
// [Images] is the set: uint8 pixels (N,H,W,C), N images of H rows and W columns
// with C channels (1 grey, 3 red-green-blue), and optionally a class per image.
// [Open] reads one from
//
//   - an IDX file of the MNIST family, gzipped or not, with the labels in the
//     file beside it that its name implies (train-images-idx3-ubyte.gz and
//     train-labels-idx1-ubyte.gz);
//   - an NPY or NPZ file, (N,H,W), (N,H,W,C) or (N,C,H,W);
//   - a folder or a zip archive of PNG and JPEG files; if they lie in
//     subfolders, each subfolder is a class.
//
// A network does not see pixels but numbers in a [Frame]: padded so that each
// side can be halved often enough, and scaled from 0…255 to [-1,1]. Frame
// encodes and decodes; [Dataset] joins Images and Frame to the random access
// that training needs.
//
// Everything read here may be damaged or hostile: the answer is an error that
// names the file and the remedy, and memory stays within what the file's own
// bytes can hold.
package image

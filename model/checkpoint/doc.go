// Package checkpoint keeps weights and training runs on disk so that a
// process killed at any moment loses nothing that was saved.
//
// # Safetensors
//
// A safetensors file (github.com/huggingface/safetensors, format note in its
// README) is eight bytes, the little-endian length n of the header; n bytes of
// JSON that give each tensor's element type, shape and byte range; then the
// elements, little-endian and row-major, without gaps. [Open] reads the header
// alone and checks all of it against the size of the file, so that nothing
// larger than the file is ever allocated; a tensor is read when it is asked
// for, and [File.Use] reads it out of the mapped file without a copy. [OpenIndex] joins the shards that a model.safetensors.index.json names.
// [Write] writes the tensors widest element type first and then by name, as the
// reference library does, so the same tensors always give the same bytes.
//
// # Files that are never half written
//
// [WriteFile] writes beside the file's place, syncs, renames over the place and
// syncs the folder. A full disk or a kill leaves the old file as it was.
//
// # A run and its checkpoints
//
//	RUN/config.yaml                              how to build the model again
//	RUN/model.safetensors                        weights for sampling (EMA)
//	RUN/metrics.jsonl                            one JSON object a line
//	RUN/samples/                                 drawn while training
//	RUN/state/step-00000400/model.safetensors    the same file as above (hard link)
//	RUN/state/step-00000400/train.safetensors    raw weights, moments of the optimiser
//	RUN/state/step-00000400/state.json           step, seed, counters, sizes and checksums
//
// A checkpoint is several files that belong together. [Run.Save] makes them
// agree after a kill between any two operations:
//
//  1. metrics.jsonl is synced: its lines up to the step are durable.
//  2. The files are written and synced in state/step-00000400.tmp, state.json
//     last. Readers ignore folders that end in .tmp.
//  3. The folder is renamed to state/step-00000400 and state/ is synced. This
//     rename is the moment at which the checkpoint exists.
//  4. RUN/model.safetensors is replaced, by renaming a hard link (a copy where
//     the file system has no hard links).
//  5. Older folders are renamed to end in .tmp and removed.
//
// A kill before 3 leaves the previous checkpoint, a kill after it leaves the
// new one. [Resume] locks the run against a second trainer, removes what ends
// in .tmp, does steps 4 and 5 if they had not happened, and cuts metrics.jsonl
// back to the checkpoint's step. [ReadState] takes the newest folder whose files have
// the sizes that state.json states; an older one is there only while step 5 is
// outstanding.
//
// [Format] counts the versions of this layout. It stands in state.json and in
// the metadata of model.safetensors, and a run of a newer version is refused
// with [ErrNewerFormat].
package checkpoint

package checkpoint

import (
	"encoding/binary"
	"fmt"
	"io"
	"runtime/debug"
	"unsafe"
)

// Use calls f with the elements of a tensor as float32. They are those of
// [File.Float32], but where the file is mapped into memory and has float32
// itself, f reads the file without a copy between: data must not be written,
// nor used after f returns.
func (f *File) Use(name string, use func(data []float32)) (err error) {
	data := f.view(name)
	if data == nil {
		if data, err = f.Float32(name); err == nil {
			use(data)
		}
		return err
	}
	// A file that somebody cuts short meanwhile has no memory behind its map any more.
	old := debug.SetPanicOnFault(true)
	defer func() {
		debug.SetPanicOnFault(old)
		v := recover()
		if v == nil {
			return
		}
		fault, is := v.(interface{ Addr() uintptr })
		if !is || !within(fault.Addr(), data) {
			panic(v)
		}
		err = fmt.Errorf("%s: tensor %q: %w", f.path, name, io.ErrUnexpectedEOF)
	}()
	use(data)
	return nil
}

// view is a tensor of float32 in mapped memory, or nil.
func (f *File) view(name string) []float32 {
	info, ok := f.Info(name)
	if !ok || info.DType != F32 || info.bytes == 0 || binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return nil
	}
	data := f.shards[info.source].data
	if int64(len(data)) < info.offset+info.bytes || info.offset%4 != 0 {
		return nil
	}
	return unsafe.Slice((*float32)(unsafe.Pointer(&data[info.offset])), info.Len())
}

// within reports whether an address lies in data.
func within(address uintptr, data []float32) bool {
	first := uintptr(unsafe.Pointer(unsafe.SliceData(data)))
	return address >= first && address < first+uintptr(4*len(data))
}

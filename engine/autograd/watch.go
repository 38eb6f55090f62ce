package autograd

import (
	"runtime"
	"strings"
)

// Watch has f called at the end of each operation and, in Backward (backward
// true), of each derivative, with the name of the operation. What passed since
// the call before, or since the caller last looked, is what it took: times noted
// in f add up to the whole pass. A nil f ends it.
func (t *Tape) Watch(f func(op string, backward bool)) { t.watch = f }

// opName is the name of the operation that is being recorded: of the function
// that called record or Record.
func opName() string {
	var callers [8]uintptr
	frames := runtime.CallersFrames(callers[:runtime.Callers(2, callers[:])]) // 2: our own caller, record
	for {
		frame, more := frames.Next()
		name := frame.Function[strings.LastIndexByte(frame.Function, '.')+1:]
		if !strings.EqualFold(name, "record") || !more {
			return name
		}
	}
}

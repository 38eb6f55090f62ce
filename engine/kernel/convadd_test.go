package kernel

import (
	"fmt"
	"testing"
)

// ForwardAdd is Forward and then Add, to the bit, by either algorithm.
func TestForwardAddIsForwardThenAdd(t *testing.T) {
	d := newDraw(41)
	for _, numbers := range []func(int) []float32{d.floats, d.nasty} {
		for _, s := range []Conv{
			winogradCase(2, 7, 9, 16, 48), winogradCase(3, 8, 8, 32, 80), winogradCase(1, 4, 4, 16, 16),
			{N: 2, H: 5, W: 6, C: 3, O: 33, K: 3, Stride: 2, PadTop: 1, PadLeft: 1},
		} {
			v := newConvData(s, numbers)
			add, want := numbers(len(v.y)), make([]float32, len(v.y))
			s.Forward(nil, want, v.x, v.w, v.bias, v.shift)
			Add(nil, want, add, want)
			onEveryISA(func(isa ISA) {
				y, from := newGuarded(v.y), newGuarded(add)
				s.ForwardAdd(nil, y.slice(), v.x, v.w, v.bias, v.shift, from.slice())
				name := fmt.Sprintf("%v %+v", isa, s)
				y.check(t, name)
				from.check(t, name+", what is added")
				wantSame(t, name, y.slice(), want)
			})
		}
	}
}

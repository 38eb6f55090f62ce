package image

import (
	"bytes"
	"testing"
)

func TestFlipsDependOnSeedEpochAndRowAlone(t *testing.T) {
	m := rainbow(400, 2, 3, 1)
	plain := &Dataset{Images: m, Frame: NewFrame(m, 4)}
	flipped := &Dataset{Images: m, Frame: plain.Frame, Flip: true, Seed: 7}
	dim := plain.Frame.Dim()
	upright, mirrored, got := make([]float32, dim), make([]float32, dim), make([]float32, dim)
	flips := func(epoch uint64) (pattern []bool) {
		for i := range m.N {
			if label := flipped.Example(i, epoch, got); label != -1 {
				t.Fatalf("label %d without labels", label)
			}
			plain.Example(i, epoch, upright)
			plain.Frame.Encode(mirrored, m.Image(i), true)
			switch {
			case equal(got, upright):
				pattern = append(pattern, false)
			case equal(got, mirrored):
				pattern = append(pattern, true)
			default:
				t.Fatalf("example %d is neither upright nor mirrored", i)
			}
		}
		return pattern
	}
	first, again, second := flips(0), flips(0), flips(1)
	n, moved := 0, 0
	for i := range first {
		if first[i] != again[i] {
			t.Fatalf("example %d changes between two looks", i)
		}
		if first[i] {
			n++
		}
		if first[i] != second[i] {
			moved++
		}
	}
	// Binomial(400, 1/2): standard deviation 10; 5 of them.
	if n < 150 || n > 250 || moved < 150 || moved > 250 {
		t.Errorf("%d of 400 mirrored, %d differently in the next epoch; want about 200", n, moved)
	}
}

func equal(a, b []float32) bool {
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

func TestSplitParts(t *testing.T) {
	m := New(50, 1, 1, 1)
	m.Labels, m.LabelNames = make([]int32, 50), []string{"even", "odd"}
	for i := range 50 {
		m.Pixels[i], m.Labels[i] = uint8(i), int32(i%2)
	}
	train, held, err := m.Split(10, 3)
	if err != nil || train.N != 40 || held.N != 10 {
		t.Fatalf("%v, %v, %v", train, held, err)
	}
	seen := append(bytes.Clone(train.Pixels), held.Pixels...)
	for i := range 50 {
		if bytes.Count(seen, []byte{uint8(i)}) != 1 {
			t.Errorf("image %d is not on exactly one side", i)
		}
	}
	for i, v := range held.Pixels {
		if held.Labels[i] != int32(v)%2 {
			t.Errorf("image %d lost its label", v)
		}
	}
	_, same, _ := m.Split(10, 3)
	_, other, _ := m.Split(10, 4)
	if !bytes.Equal(same.Pixels, held.Pixels) || bytes.Equal(other.Pixels, held.Pixels) {
		t.Error("the split is not a function of the seed")
	}
	for _, n := range []int{0, 50} {
		if _, _, err := m.Split(n, 3); err == nil {
			t.Errorf("holding out %d of 50 is not refused", n)
		}
	}
	if m.Sample(60, 1).N != 50 || m.Sample(7, 1).N != 7 || m.Sample(0, 1).N != 0 {
		t.Error("sizes of Sample")
	}
}

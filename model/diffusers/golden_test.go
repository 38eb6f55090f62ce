package diffusers

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ebb/diffusion/network"
	"ebb/engine/autograd"
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/engine/tensor"
	"ebb/model/checkpoint"
)

var goldens = []string{
	"ddpm_cifar_like", "ddpm_cifar_like_legacy_keys", "unet_class_cond", "unet_sharded", "unet_fp16_variant",
}

// recording is an io.safetensors.
type recording struct {
	t *testing.T
	f *checkpoint.File
}

func record(t *testing.T, name string) recording {
	t.Helper()
	f, err := checkpoint.Open(filepath.Join("testdata", name, "io.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return recording{t, f}
}

func (r recording) values(name string) ([]float64, []int) {
	r.t.Helper()
	v, err := r.f.Float64(name)
	if err != nil {
		r.t.Fatal(err)
	}
	i, _ := r.f.Info(name)
	return v, i.Shape
}

// input gives sample as (N,H,W,C), the times and the labels, nil if there are none.
func (r recording) input() (*tensor.Tensor, []float64, []int32) {
	v, shape := r.values("sample")
	n, c, h, w := shape[0], shape[1], shape[2], shape[3]
	x := tensor.New(n, h, w, c)
	for i, k := range chwOf(x) {
		x.Data[i] = float32(v[k])
	}
	time, _ := r.values("timestep")
	var labels []int32
	if _, ok := r.f.Info("class_labels"); ok {
		ids, _ := r.values("class_labels")
		for _, id := range ids {
			labels = append(labels, int32(id))
		}
	}
	return x, time, labels
}

// chwOf gives for each number of y its place in PyTorch's order: (N,H,W,C) is
// stored as (N,C,H,W), all else as it is.
func chwOf(y *tensor.Tensor) []int {
	place := make([]int, y.Len())
	for i := range place {
		place[i] = i
		if y.Rank() == 4 {
			h, w, c := y.Dim(1), y.Dim(2), y.Dim(3)
			n, hw, ch := i/(h*w*c), i/c%(h*w), i%c
			place[i] = (n*c+ch)*h*w + hw
		}
	}
	return place
}

// distance is the largest difference of y to the recorded tensor.
func (r recording) distance(name string, y *tensor.Tensor) float64 {
	want, _ := r.values(name)
	if len(want) != y.Len() {
		r.t.Fatalf("%s has %d numbers, got %v", name, len(want), y)
	}
	worst := 0.0
	for i, k := range chwOf(y) {
		d := math.Abs(float64(y.Data[i]) - want[k])
		if !(d <= worst) { // NaN counts
			worst = d
		}
	}
	return worst
}

func load(t *testing.T, name string) *network.UNet {
	t.Helper()
	u, err := Load(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// The network gives what diffusers gave, and so does every module that was
// recorded. Sums of some thousand float32 products of size 1 in another order
// differ by about 1e-6; the time embedding of the recording has its angle, up
// to 1000, rounded to float32, which is worth 3e-5.
func TestOutputsAreThoseOfDiffusers(t *testing.T) {
	const tolerance, outputTolerance = 1e-4, 2e-5 // measured: 2e-5 and 4e-6
	for _, name := range goldens {
		u, r := load(t, name), record(t, name)
		x, time, labels := r.input()
		seen, worst := 0, 0.0
		u.Trace = func(module string, y *autograd.Var) {
			if _, ok := r.f.Info("act." + module); !ok {
				return
			}
			seen++
			d := r.distance("act."+module, y.Value)
			worst = max(worst, d)
			if !(d <= tolerance) {
				t.Errorf("%s: %s differs by %.2g", name, module, d)
			}
		}
		tape := autograd.NewInference(nil)
		y := u.Forward(tape, tape.Const(x), time, labels).Value
		d32, d64 := r.distance("output", y), r.distance("output_float64", y)
		t.Logf("%-28s output %.2g, output_float64 %.2g, %d activations %.2g", name, d32, d64, seen, worst)
		if !(d32 <= outputTolerance) || !(d64 <= outputTolerance) {
			t.Errorf("%s: output differs by %.2g from float32, %.2g from float64", name, d32, d64)
		}
		recorded := 0
		for _, i := range r.f.Infos() {
			if strings.HasPrefix(i.Name, "act.") {
				recorded++
			}
		}
		if seen != recorded {
			t.Errorf("%s: %d of %d recorded activations were seen", name, seen, recorded)
		}
	}
}

// forward runs the network on rows lo..hi-1 of its recording.
func forward(u *network.UNet, r recording, tape *autograd.Tape, lo, hi int) []float32 {
	x, time, labels := r.input()
	per := x.Len() / x.Dim(0)
	part := tensor.From(x.Data[lo*per:hi*per], hi-lo, x.Dim(1), x.Dim(2), x.Dim(3))
	if labels != nil {
		labels = labels[lo:hi]
	}
	return u.Forward(tape, tape.Const(part), time[lo:hi], labels).Value.Data
}

func sameBits(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return true
}

// Row i alone is row i of the batch, whatever the threads, the instruction set,
// recording or not.
func TestRowsDoNotSeeBatchThreadsOrISA(t *testing.T) {
	for _, name := range []string{"ddpm_cifar_like", "unet_class_cond"} {
		u, r := load(t, name), record(t, name)
		whole := forward(u, r, autograd.NewInference(nil), 0, 2)
		pool := parallel.New(3)
		defer pool.Close()
		if !sameBits(whole, forward(u, r, autograd.NewInference(pool), 0, 2)) {
			t.Errorf("%s: three threads give other bits than one", name)
		}
		if !sameBits(whole, forward(u, r, autograd.New(pool), 0, 2)) {
			t.Errorf("%s: a training tape gives other bits than inference", name)
		}
		for _, isa := range kernel.ISAs() {
			restore := kernel.ForceISA(isa)
			if !sameBits(whole, forward(u, r, autograd.NewInference(pool), 0, 2)) {
				t.Errorf("%s: instruction set %v gives other bits than %v", name, isa, kernel.Best())
			}
			restore()
		}
		per := len(whole) / 2
		for i := range 2 {
			if !sameBits(whole[i*per:(i+1)*per], forward(u, r, autograd.NewInference(pool), i, i+1)) {
				t.Errorf("%s: row %d alone differs from row %d of the batch", name, i, i)
			}
		}
	}
}

// Save then Load is the same network, and the file holds the same tensors as
// the one diffusers wrote.
func TestSaveThenLoadIsIdentity(t *testing.T) {
	for _, name := range goldens {
		u, r := load(t, name), record(t, name)
		dir := filepath.Join(t.TempDir(), "new", "folder")
		if err := Save(dir, u); err != nil {
			t.Fatal(err)
		}
		back, err := Load(dir)
		if err != nil {
			t.Fatal(err)
		}
		a := forward(u, r, autograd.NewInference(nil), 0, 1)
		if !sameBits(a, forward(back, r, autograd.NewInference(nil), 0, 1)) {
			t.Errorf("%s: a saved network is another network", name)
		}
	}
	sameTensors(t, "ddpm_cifar_like/unet")
}

// sameTensors compares a saved file with the original, tensor by tensor.
func sameTensors(t *testing.T, name string) {
	t.Helper()
	dir := t.TempDir()
	if err := Save(dir, load(t, name)); err != nil {
		t.Fatal(err)
	}
	var files [2]*checkpoint.File
	for i, d := range []string{filepath.Join("testdata", name), dir} {
		f, err := checkpoint.Open(filepath.Join(d, weightsStem+".safetensors"))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[i] = f
	}
	if len(files[0].Infos()) != len(files[1].Infos()) {
		t.Fatalf("%d tensors were saved, diffusers has %d", len(files[1].Infos()), len(files[0].Infos()))
	}
	for i, a := range files[0].Infos() {
		b := files[1].Infos()[i]
		x, errA := files[0].Float32(a.Name)
		y, errB := files[1].Float32(b.Name)
		if a.Name != b.Name || errA != nil || errB != nil || !sameBits(x, y) {
			t.Errorf("%s and %s differ: %v %v", a.Name, b.Name, errA, errB)
		}
	}
	text, err := os.ReadFile(filepath.Join(dir, configName))
	if err != nil || !strings.Contains(string(text), `"_class_name": "UNet2DModel"`) {
		t.Errorf("config.json: %v\n%s", err, text)
	}
}

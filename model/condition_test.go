package model_test

import (
	"bytes"
	"errors"
	"math"
	"strings"
	"testing"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/diffusion/denoise"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/engine/autograd"
	"ebb/model"
)

// leftHalf is a mask that hides the left half.
func leftHalf() *image.Images {
	m := image.New(1, 8, 8, 1)
	for k := range m.Pixels {
		if k%8 < 4 {
			m.Pixels[k] = 255
		}
	}
	return m
}

// conditions are draws under conditions, of each kind of model.
func conditions() map[string]map[string]model.DrawOptions {
	guide := func(against int) *model.Guide {
		return &model.Guide{Guidance: denoise.Guidance{Weight: 3, Most: 20, Rescale: 0.5}, Against: against}
	}
	return map[string]map[string]model.DrawOptions{
		"image": {
			"guided":   {Class: 1, Guide: guide(-1)},
			"negative": {Class: 1, Guide: guide(0)},
			"inpaint":  {Class: -1, Inpaint: &model.Inpaint{Pictures: patches(3), Mask: leftHalf(), Jump: 2, Repeats: 2}},
			"vary":     {Class: -1, Init: &model.Init{Pictures: patches(3), Strength: 0.6}},
			"all":      {Class: -1, Guide: guide(-1), Init: &model.Init{Pictures: patches(2), Strength: 0.6}, Inpaint: &model.Inpaint{Pictures: patches(2), Mask: leftHalf()}},
		},
		"table": {
			"category": {Where: []string{"left=yes"}},
			"range":    {Where: []string{"height>=1.6", "height<1.8"}},
			"balance":  {Where: []string{"height>1.7"}, Balance: "left"},
			"like":     {Like: partial()},
			"one of":   {Where: []string{"job in smith,baker", "height>1.7"}},
		},
	}
}

// partial is a row of which the height is known; the job is missing and the third column absent.
func partial() *table.Table {
	t := table.New("job", "height")
	t.Append("", "1.75")
	return t
}

// Row i of a draw under conditions depends on the seed and on i alone, not on its batch or threads.
func TestConditionedDrawsAreByRow(t *testing.T) {
	for kind, cases := range conditions() {
		c := configs(t)[kind]
		if c.Image != nil {
			c.Image.LabelDrop = 0.1
		}
		for name, o := range cases {
			o.N, o.Seed, o.Steps = 5, 5, 4
			whole := draw(t, open(t, c, 1), o)
			if !bytes.Equal(whole, draw(t, open(t, c, 3), o)) {
				t.Errorf("%s: three threads draw other bytes than one", name)
			}
			var alone []byte
			for i := range o.N {
				one := o
				one.N, one.First = 1, uint64(i)
				alone = append(alone, draw(t, open(t, c, 2), one)...)
			}
			if !bytes.Equal(whole, alone) {
				t.Errorf("%s: rows drawn alone are not those drawn together", name)
			}
		}
	}
}

// What is known of a picture comes out pixel by pixel, what is hidden is drawn.
func TestInpaintingKeepsWhatIsKnown(t *testing.T) {
	m := open(t, configs(t)["image"], 1)
	given, mask := patches(3), leftHalf()
	o := model.DrawOptions{N: 4, Steps: 4, Class: -1, Inpaint: &model.Inpaint{Pictures: given, Mask: mask, Jump: 2, Repeats: 2}}
	pixels, changed := draw(t, m, o), 0
	for i := range o.N {
		for k, v := range given.Image(i % 3) {
			switch got := pixels[64*i+k]; {
			case mask.Pixels[k] == 0 && got != v:
				t.Fatalf("picture %d: the known pixel %d is %d, was %d", i, k, got, v)
			case mask.Pixels[k] != 0 && got != v:
				changed++
			}
		}
	}
	if changed < 32 {
		t.Errorf("only %d of 128 hidden pixels are new", changed)
	}
}

// At strength 0 pictures stay, at 1 nothing of them is left, and between more of them is lost as
// the strength grows.
func TestStrengthRunsFromThePictureToAFreshOne(t *testing.T) {
	m := open(t, configs(t)["image"], 1)
	given := patches(3)
	at := func(strength float64) []byte {
		return draw(t, m, model.DrawOptions{N: 3, Steps: 20, Class: 1, Sampler: "ddim", Init: &model.Init{Pictures: given, Strength: strength}})
	}
	if !bytes.Equal(at(0), given.Pixels) {
		t.Error("at strength 0 the pictures are not those given")
	}
	if !bytes.Equal(at(1), draw(t, m, model.DrawOptions{N: 3, Steps: 20, Class: 1, Sampler: "ddim"})) {
		t.Error("at strength 1 the pictures are not those of a draw without pictures")
	}
	before := 0.0
	for _, s := range []float64{0.02, 0.2, 0.6} {
		gap := 0.0
		for k, v := range at(s) {
			gap += math.Abs(float64(v)-float64(given.Pixels[k])) / float64(len(given.Pixels))
		}
		if gap <= before {
			t.Errorf("at strength %v the pictures are %v off, at a lower one %v", s, gap, before)
		}
		before = gap
	}
}

// Guidance of the whole model is the formula of what the network says with and without the class,
// and the variance of its steps stays the class's.
func TestGuidedModelIsTheFormula(t *testing.T) {
	m := open(t, configs(t)["image"], 1).(*model.ImageModel)
	const rows = 3
	state := func() *process.State { return process.NewState(rows, 64) }
	x := state()
	for i := range x.Data {
		x.Data[i] = float64(i%7)/3 - 1
	}
	at, until := []float64{0.3, 0.5, 0.9}, []float64{0.2, 0.4, 0.8}
	labels := []int32{1, 0, 1}
	say := func(labels []int32) (x0, v *process.State) {
		x0, v = state(), state()
		m.Denoiser(labels).(sample.Variance).DenoiseVariance(x0, v, x, at, until)
		return x0, v
	}
	c, variance := say(labels)
	u, _ := say([]int32{-1, -1, -1})
	got, gotVariance := state(), state()
	guided := denoise.Guide(m.Denoiser(nil).(denoise.Labelled), denoise.Guidance{Weight: 2.5}, labels, nil)
	guided.(sample.Variance).DenoiseVariance(got, gotVariance, x, at, until)
	differs := false
	for i := range got.Data {
		want := u.Data[i] + 2.5*(c.Data[i]-u.Data[i])
		if math.Abs(got.Data[i]-want) > 1e-12 || gotVariance.Data[i] != variance.Data[i] {
			t.Fatalf("value %d: %v, want %v; variance %v, want %v", i, got.Data[i], want, gotVariance.Data[i], variance.Data[i])
		}
		differs = differs || c.Data[i] != u.Data[i]
	}
	if !differs {
		t.Error("the network says the same with and without a class; the test sees no guidance")
	}
}

// Hiding the labels of some pictures changes what the network is trained on; a share of 0 does
// not, and a share that is none is refused.
func TestLabelDropHidesLabels(t *testing.T) {
	c := configs(t)["image"]
	loss := func(share float64) float32 {
		c.Image.LabelDrop = share
		o, err := open(t, c, 1).(*model.ImageModel).Objective(patches(20))
		if err != nil {
			t.Fatal(err)
		}
		return o.Loss(autograd.NewInference(nil), 0).Value.Data[0]
	}
	if none, few, most := loss(0), loss(0.3), loss(0.9); none == few || few == most {
		t.Errorf("losses %v, %v and %v with none, few and most labels hidden", none, few, most)
	}
	c.Image.LabelDrop = 1.2
	if _, err := model.New(c, nil); err == nil || !strings.Contains(err.Error(), "label_drop is 1.2") {
		t.Errorf("error %v for a share of 1.2", err)
	}
	c.Image.LabelDrop, c.Image.Classes, c.Image.UNet.Classes = 0.1, nil, nil
	if _, err := model.New(c, nil); err == nil || !strings.Contains(err.Error(), "no labels to drop") {
		t.Errorf("error %v without classes", err)
	}
}

// What a model can't be asked for is an error that says so.
func TestConditionsThatCantBe(t *testing.T) {
	wide, black := image.New(1, 8, 9, 1), image.New(1, 8, 8, 1)
	for want, o := range map[string]model.DrawOptions{
		"label-drop 0.1":       {Guide: &model.Guide{Guidance: denoise.Guidance{Weight: 2}, Against: -1}},
		"no class 7":           {Guide: &model.Guide{Guidance: denoise.Guidance{Weight: 2}, Against: 7}},
		"weight is -2":         {Guide: &model.Guide{Guidance: denoise.Guidance{Weight: -2}, Against: 0}},
		"strength is 2":        {Init: &model.Init{Pictures: patches(1), Strength: 2}},
		"9x8 grey":             {Init: &model.Init{Pictures: wide, Strength: 0.5}},
		"the mask is 9x8":      {Inpaint: &model.Inpaint{Pictures: patches(1), Mask: wide}},
		"hides nothing":        {Inpaint: &model.Inpaint{Pictures: patches(1), Mask: black}},
		"2 masks for 3":        {Inpaint: &model.Inpaint{Pictures: patches(3), Mask: patches(2)}},
		"needs a mask":         {Inpaint: &model.Inpaint{Pictures: patches(3)}},
		"columns are for tabl": {Where: []string{"a=b"}},
	} {
		o.N, o.Class = 1, -1
		_, err := open(t, configs(t)["image"], 1).(*model.ImageModel).Draw(t.Context(), o)
		if !errors.Is(err, model.ErrCondition) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
	m := open(t, configs(t)["table"], 1).(*model.TableModel)
	for want, o := range map[string]model.DrawOptions{
		"are for pictures":     {Guide: &model.Guide{}},
		"did you mean \"job\"": {Where: []string{"jbo=smith"}},
	} {
		o.N = 1
		if _, err := m.Draw(t.Context(), o); !errors.Is(err, model.ErrCondition) || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}

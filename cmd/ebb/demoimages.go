package main

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"ebb/data/array"
	"ebb/data/image"
	"ebb/metric"
	"ebb/model"
	"ebb/model/checkpoint"
)

// demoPictures is what the demo shows of the digits.
type demoPictures struct {
	run         string
	model       *model.ImageModel
	train, held *image.Images
	samples     *image.Images
	scores      *imageEvaluation
}

// The numbers of digits that the demo draws and measures.
const (
	demoDigits     = 400
	demoBitsDigits = 200
)

// pictures learns the digits, draws new ones and compares them with held-out ones.
func (d *demo) pictures(ctx context.Context) (*demoPictures, error) {
	fmt.Fprintln(d.err, "\ndigits: pictures of 8x8 pixels with a class each")
	all, err := image.Open(filepath.Join(d.dir, "data", "digits-images-idx3-ubyte.gz"), image.Options{})
	if err != nil {
		return nil, err
	}
	train, held := split(all.N)
	p := &demoPictures{run: filepath.Join(d.dir, "digits"), train: all.Select(train), held: all.Select(held)}
	trainPath, err := writeDigits(d.dir, "train", p.train)
	if err != nil {
		return nil, err
	}
	if _, err := writeDigits(d.dir, "test", p.held); err != nil {
		return nil, err
	}
	m, err := d.learn(ctx, trainOptions{data: trainPath, run: p.run, time: d.digits})
	if err != nil {
		return nil, err
	}
	p.model = m.(*model.ImageModel)
	watch, done := drawing(d.streams)
	p.samples, err = p.model.Draw(ctx, model.DrawOptions{N: demoDigits, Seed: d.seed, Class: -1, Watch: watch})
	done()
	if err != nil {
		return nil, err
	}
	if err := writePictures(filepath.Join(d.dir, "digits.png"), byClass(p.samples, demoShown/len(p.samples.LabelNames))); err != nil {
		return nil, err
	}
	return p, d.judgePictures(ctx, p)
}

func (d *demo) judgePictures(ctx context.Context, p *demoPictures) error {
	p.scores = &imageEvaluation{}
	held := p.held.Sample(demoBitsDigits, 0)
	if err := p.scores.bits(ctx, d.streams, p.model, held, p.train, d.pool); err != nil {
		return err
	}
	var err error
	if p.scores.Scores, err = metric.ScoreImages(d.pool, p.samples, p.held, p.train, metric.ImageOptions{}); err != nil {
		return err
	}
	return d.show(p.scores)
}

// byClass is the first n pictures of each class, class by class.
func byClass(m *image.Images, n int) *image.Images {
	var ids []int
	for k := range m.LabelNames {
		left := n
		for i := 0; i < m.N && left > 0; i++ {
			if int(m.Label(i)) == k {
				ids = append(ids, i)
				left--
			}
		}
	}
	return m.Select(ids)
}

// writeDigits writes a part of the digits as the pair of IDX files that ebb reads, and returns
// the path of the pictures.
func writeDigits(dir, part string, m *image.Images) (string, error) {
	labels := make([]uint8, m.N)
	for i, l := range m.Labels {
		labels[i] = uint8(l)
	}
	for name, a := range map[string]*array.Array{
		"images-idx3-ubyte": m.Array(),
		"labels-idx1-ubyte": array.FromUint8(labels, m.N),
	} {
		path := filepath.Join(dir, "data", "digits-"+part+"-"+name)
		if err := checkpoint.WriteFile(path, func(w io.Writer) error { return array.WriteIDX(w, a) }); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "data", "digits-"+part+"-images-idx3-ubyte"), nil
}

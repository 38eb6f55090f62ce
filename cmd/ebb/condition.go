package main

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/pflag"

	"ebb/data/image"
	"ebb/diffusion/denoise"
	"ebb/model"
)

// conditionOptions are the flags of ebb sample that say what to draw more closely.
type conditionOptions struct {
	guidance float64
	interval string
	rescale  float64
	negative string

	inpaint, mask string
	jump, repeats int

	init     string
	strength float64

	where   []string
	balance string
	like    string

	given func(flag string) bool // was set by the command line or the environment
}

const conditionHelp = `Pictures of a run trained with --label-drop can be drawn closer to their class by --guidance W:
1 is none, 2 to 5 are usual, more gives clearer and less varied pictures. --inpaint PICTURE --mask
MASK draws the white part of the mask anew so that it fits the rest; --init PICTURES --strength S
varies pictures, at 0.3 a little, at 0.8 a lot.

Rows of a table can be drawn under conditions, which all must hold:

  --where education=Masters             a category, or a number, as the file spells it
  --where 'education in Masters,PhD'    one of several; --where 'job!=smith' all but one
  --where 'age>=40' --where 'age<65'    a range of numbers or dates
  --balance income                      every class of a column in equally many rows
  --like FILE                           a table of rows of which a part is given: columns that it lacks
                                        and cells that are missing are drawn, -n rows for each (default 1)

Values, sets and one range cost nothing. Where ranges of several columns of numbers meet, rows are drawn
until all hold; if they hardly ever do, that is an error.`

func (c *conditionOptions) flags(f *pflag.FlagSet) {
	f.Float64Var(&c.guidance, "guidance", 1, "weight of the class of pictures: 1 is none, 2 to 5 are usual")
	f.StringVar(&c.interval, "guidance-interval", "", "noise levels sigma/alpha LO,HI between which guidance acts (default: all)")
	f.Float64Var(&c.rescale, "guidance-rescale", 0, "share, 0 to 1, by which the contrast that guidance adds is taken back; 0.7 is usual")
	f.StringVar(&c.negative, "negative", "", "class that guided pictures shall be unlike (default: none)")
	f.StringVar(&c.inpaint, "inpaint", "", "picture or pictures to complete, as a file, folder or array")
	f.StringVar(&c.mask, "mask", "", "picture that is white where --inpaint draws")
	f.IntVar(&c.jump, "inpaint-jump", 0, "steps gone back at once (default 10)")
	f.IntVar(&c.repeats, "inpaint-repeats", 0, "times that each step is gone; more fits better (default 5)")
	f.StringVar(&c.init, "init", "", "picture or pictures to vary, as a file, folder or array")
	f.Float64Var(&c.strength, "strength", 0.6, "how far --init pictures are varied: 0 stays, 1 is free")
	f.StringArrayVar(&c.where, "where", nil, "condition on a column of a table; can be given several times")
	f.StringVar(&c.balance, "balance", "", "column of a table whose classes are to have equal shares")
	f.StringVar(&c.like, "like", "", "table of rows of which a part is given; the rest of them is drawn")
}

// apply puts the conditions into what is drawn from a run.
func (c *conditionOptions) apply(config *model.Config, d *model.DrawOptions) error {
	if err := c.fits(config); err != nil {
		return err
	}
	d.Where, d.Balance = c.where, c.balance
	if config.Kind == model.KindTable {
		return c.imitate(d)
	}
	for _, set := range []func(*model.Config, *model.DrawOptions) error{c.guide, c.complete, c.vary} {
		if err := set(config, d); err != nil {
			return err
		}
	}
	return nil
}

// fits finds flags of the other kind of data, and flags that need another.
func (c *conditionOptions) fits(config *model.Config) error {
	if c.jump < 0 || c.repeats < 0 {
		return usagef("--inpaint-jump and --inpaint-repeats can't be negative")
	}
	pictures := []string{"guidance", "guidance-interval", "guidance-rescale", "negative", "inpaint", "mask", "inpaint-jump", "inpaint-repeats", "init", "strength"}
	tables := []string{"where", "balance", "like"}
	wrong, data := pictures, "pictures; the run is a table"
	if config.Kind == model.KindImage {
		wrong, data = tables, "tables; the run draws pictures"
	}
	for _, name := range wrong {
		if c.given(name) {
			return usagef("--%s is for %s", name, data)
		}
	}
	for _, pair := range [][2]string{{"guidance-interval", "guidance"}, {"guidance-rescale", "guidance"}, {"negative", "guidance"},
		{"mask", "inpaint"}, {"inpaint", "mask"}, {"inpaint-jump", "inpaint"}, {"inpaint-repeats", "inpaint"}, {"strength", "init"}} {
		if c.given(pair[0]) && !c.given(pair[1]) {
			return usagef("--%s needs --%s", pair[0], pair[1])
		}
	}
	return nil
}

// imitate opens the rows of which a part is given.
func (c *conditionOptions) imitate(d *model.DrawOptions) error {
	if c.like == "" {
		return nil
	}
	if c.given("where") || c.given("balance") {
		return usagef("--like can't be joined with --where or --balance: put the values into the columns of %s", c.like)
	}
	src, err := openSource(c.like)
	if err != nil {
		return err
	}
	if src.Table == nil {
		return usagef("--like %s: it holds %s; rows of a table are wanted", c.like, src)
	}
	d.Like = src.Table
	d.N = max(d.N, 1) * src.Rows()
	return nil
}

func (c *conditionOptions) guide(config *model.Config, d *model.DrawOptions) error {
	if !c.given("guidance") {
		return nil
	}
	g := &model.Guide{Guidance: denoise.Guidance{Weight: c.guidance, Rescale: c.rescale}, Against: -1}
	var err error
	if g.Least, g.Most, err = interval(c.interval); err != nil {
		return err
	}
	if c.negative != "" {
		if g.Against, err = classNumber("negative", c.negative, config.Image.Classes); err != nil {
			return err
		}
	}
	d.Guide = g
	return nil
}

// interval reads LO,HI; a missing HI is no upper end.
func interval(text string) (least, most float64, err error) {
	if text == "" {
		return 0, 0, nil
	}
	lo, hi, ok := strings.Cut(text, ",")
	if least, err = strconv.ParseFloat(strings.TrimSpace(lo), 64); err == nil && strings.TrimSpace(hi) != "" {
		most, err = strconv.ParseFloat(strings.TrimSpace(hi), 64)
	}
	if err != nil || !ok {
		return 0, 0, usagef("--guidance-interval %s: write two noise levels, such as 0.3,5", text)
	}
	return least, most, nil
}

func (c *conditionOptions) complete(config *model.Config, d *model.DrawOptions) error {
	if c.inpaint == "" {
		return nil
	}
	pictures, err := openPictures("inpaint", c.inpaint, config.Image.Frame.C)
	if err != nil {
		return err
	}
	mask, err := openPictures("mask", c.mask, 1)
	if err != nil {
		return err
	}
	d.Inpaint = &model.Inpaint{Pictures: pictures, Mask: mask, Jump: c.jump, Repeats: c.repeats}
	if d.N == 0 {
		d.N = pictures.N
	}
	return nil
}

func (c *conditionOptions) vary(config *model.Config, d *model.DrawOptions) error {
	if c.init == "" {
		return nil
	}
	pictures, err := openPictures("init", c.init, config.Image.Frame.C)
	if err != nil {
		return err
	}
	d.Init = &model.Init{Pictures: pictures, Strength: c.strength}
	if d.N == 0 {
		d.N = pictures.N
	}
	return nil
}

// openPictures reads the pictures that a flag names.
func openPictures(flag, path string, channels int) (*image.Images, error) {
	m, err := image.OpenAny(path, image.Options{Channels: channels})
	if err != nil {
		return nil, &exitError{exitUsage, fmt.Errorf("--%s: %w", flag, err)}
	}
	return m, nil
}

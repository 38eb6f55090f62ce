package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	"image"
	"image/png"
)

// Picture shows a PNG, which may be animated. The bytes go into the page.
type Picture struct {
	Caption
	PNG    []byte
	Scale  int  // enlargement of each pixel; 0: 1
	Smooth bool // blur between enlarged pixels instead of showing them
}

// NewPicture encodes img; alt says what it shows.
func NewPicture(img image.Image, title, alt string, scale int) (Picture, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return Picture{}, err
	}
	return Picture{Caption: Caption{Title: title, Alt: alt}, PNG: b.Bytes(), Scale: scale}, nil
}

// HTML embeds the picture.
func (f Picture) HTML() template.HTML {
	class, size, width := "picture", "", 0.0
	if !f.Smooth {
		class += " pixels"
	}
	if c, err := png.DecodeConfig(bytes.NewReader(f.PNG)); err == nil {
		k := max(1, f.Scale)
		size = fmt.Sprintf(` width="%d" height="%d"`, c.Width*k, c.Height*k)
		width = float64(c.Width*k + 2) // and the border
	}
	body := fmt.Sprintf(`<img alt="%s"%s src="data:image/png;base64,%s"/>`,
		template.HTMLEscapeString(f.alt("picture")), size, base64.StdEncoding.EncodeToString(f.PNG))
	return f.wrap(class, width, body)
}

package image

import (
	"bytes"
	"encoding/binary"
	"fmt"
	stdimage "image"
	"image/jpeg"
	"image/png"
)

func isPNG(head []byte) bool  { return bytes.HasPrefix(head, []byte("\x89PNG\r\n\x1a\n")) }
func isJPEG(head []byte) bool { return bytes.HasPrefix(head, []byte{0xff, 0xd8, 0xff}) }

// picture is one decoded file: w*h pixels of red, green, blue.
type picture struct {
	w, h int
	rgb  []uint8
	grey bool // every pixel has equal channels
}

// decodePicture decodes a PNG or JPEG file. Transparent pixels are laid on
// white, 16-bit channels are rounded to 8.
func decodePicture(file []byte) (picture, error) {
	var img stdimage.Image
	var err error
	switch {
	case isPNG(file):
		if err = checkPNG(file); err == nil {
			img, err = png.Decode(bytes.NewReader(file))
			err = damaged(err, file)
		}
	case isJPEG(file):
		if err = checkJPEG(file); err == nil {
			img, err = jpeg.Decode(bytes.NewReader(file))
			err = damaged(err, file)
		}
	case len(file) == 0:
		err = fmt.Errorf("the file is empty")
	default:
		err = fmt.Errorf("it starts with % x, which is neither PNG nor JPEG", file[:min(len(file), 8)])
	}
	if err != nil {
		return picture{}, err
	}
	return onWhite(img), nil
}

// damaged adds the remedy to a decoder's complaint.
func damaged(err error, file []byte) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: the picture (%d bytes) is damaged or cut short; get it again", err, len(file))
}

// deflateGain is the most that deflate can expand: 258 bytes from two bits.
const deflateGain = 1032

// checkPNG refuses a size that the file's bytes cannot possibly hold, before
// the decoder allocates it.
func checkPNG(file []byte) error {
	const headerEnd = 8 + 8 + 13 // signature, length and name of IHDR, IHDR
	if len(file) < headerEnd || string(file[12:16]) != "IHDR" {
		return fmt.Errorf("PNG: the file ends within its header, after %d bytes: it is cut short; get it again", len(file))
	}
	w := int64(binary.BigEndian.Uint32(file[16:]))
	h := int64(binary.BigEndian.Uint32(file[20:]))
	depth, channels := int64(file[24]), int64(1)
	switch file[25] { // colour type
	case 2:
		channels = 3
	case 4:
		channels = 2
	case 6:
		channels = 4
	}
	if most := int64(len(file)) * deflateGain; w > most || h > most || (w*depth*channels+7)/8*h > most {
		return fmt.Errorf("PNG: the header claims %dx%d pixels, more than %d bytes can hold: the file is damaged; get it again", w, h, len(file))
	}
	return nil
}

// jpegGain is the most pixels that a byte of JPEG can stand for: a block of 8x8
// takes at least one bit.
const jpegGain = 8 * 64

func checkJPEG(file []byte) error {
	c, err := jpeg.DecodeConfig(bytes.NewReader(file))
	if err != nil {
		return damaged(err, file)
	}
	if int64(c.Width)*int64(c.Height) > int64(len(file))*jpegGain {
		return fmt.Errorf("JPEG: the header claims %dx%d pixels, more than %d bytes can hold: the file is damaged; get it again", c.Width, c.Height, len(file))
	}
	return nil
}

// onWhite reduces any image to 8-bit red, green, blue on a white ground.
func onWhite(img stdimage.Image) picture {
	b := img.Bounds()
	p := picture{w: b.Dx(), h: b.Dy(), rgb: make([]uint8, 3*b.Dx()*b.Dy()), grey: true}
	i := 0
	for y := b.Min.Y; y < b.Max.Y; y++ {
		for x := b.Min.X; x < b.Max.X; x++ {
			r, g, bl, a := img.At(x, y).RGBA() // 16 bits, multiplied by alpha
			white := 0xffff - a
			px := p.rgb[i : i+3 : i+3]
			px[0], px[1], px[2] = to8(r+white), to8(g+white), to8(bl+white)
			if px[0] != px[1] || px[1] != px[2] {
				p.grey = false
			}
			i += 3
		}
	}
	return p
}

// to8 rounds 0…65535 to 0…255; v*257 gives v back.
func to8(v uint32) uint8 { return uint8((v + 128) / 257) }

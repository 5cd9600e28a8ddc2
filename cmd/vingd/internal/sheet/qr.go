// Package sheet draws QR codes: on a terminal, as pictures, and as a sheet to print and cut.
package sheet

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"strings"

	"rsc.io/qr"
)

// quiet is the width of the white margin that a scanner needs, in modules.
const quiet = 4

func encode(text string) (*qr.Code, error) {
	code, err := qr.Encode(text, qr.M)
	if err != nil {
		return nil, fmt.Errorf("QR code: %w", err)
	}
	return code, nil
}

// Terminal draws a text as a QR code of half blocks. With colours it is dark on light, whatever the terminal's own are.
// Without, it is right on a terminal of light letters on dark.
func Terminal(w io.Writer, text string, colours bool) error {
	code, err := encode(text)
	if err != nil {
		return err
	}
	var b strings.Builder
	for y := -quiet; y < code.Size+quiet; y += 2 {
		if colours {
			b.WriteString("\x1b[38;5;16;48;5;231m") // black on white
		}
		for x := -quiet; x < code.Size+quiet; x++ {
			upper, lower := code.Black(x, y), code.Black(x, y+1)
			if !colours { // the letters are the light part
				upper, lower = !upper, !lower
			}
			b.WriteString([]string{" ", "▄", "▀", "█"}[bit(lower)+2*bit(upper)])
		}
		if colours {
			b.WriteString("\x1b[m")
		}
		b.WriteString("\n")
	}
	_, err = io.WriteString(w, b.String())
	return err
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// SVG returns a text as a QR code in SVG, without a header, so that it also goes into HTML.
func SVG(text string) (string, error) {
	code, err := encode(text)
	if err != nil {
		return "", err
	}
	size := code.Size + 2*quiet
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" shape-rendering="crispEdges">`, size, size)
	fmt.Fprintf(&b, `<path fill="#fff" d="M0 0h%dv%dH0z"/><path d="`, size, size)
	for y := range code.Size {
		for x := 0; x < code.Size; x++ {
			begin := x
			for code.Black(x, y) {
				x++
			}
			if x > begin {
				fmt.Fprintf(&b, "M%d %dh%dv1h-%dz", begin+quiet, y+quiet, x-begin, x-begin)
			}
		}
	}
	b.WriteString(`"/></svg>`)
	return b.String(), nil
}

// scale is the size of a module of a PNG, in pixels.
const scale = 8

// PNG writes a text as a QR code.
func PNG(w io.Writer, text string) error {
	code, err := encode(text)
	if err != nil {
		return err
	}
	size := (code.Size + 2*quiet) * scale
	picture := image.NewPaletted(image.Rect(0, 0, size, size), color.Palette{color.White, color.Black})
	for y := 0; y < size; y += scale {
		for x := range size {
			if code.Black(x/scale-quiet, y/scale-quiet) {
				picture.SetColorIndex(x, y, 1)
			}
		}
		for line := y + 1; line < y+scale; line++ {
			copy(picture.Pix[line*picture.Stride:][:size], picture.Pix[y*picture.Stride:])
		}
	}
	return (&png.Encoder{CompressionLevel: png.BestSpeed}).Encode(w, picture)
}

package main

import (
	"archive/zip"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// unzipped writes the files of an archive with an ending beside it, and returns their names.
func unzipped(t *testing.T, path, ending string) (names []string) {
	t.Helper()
	archive, err := zip.OpenReader(path)
	if err != nil {
		t.Fatal(err)
	}
	defer archive.Close() //nolint:errcheck // it was read
	for _, f := range archive.File {
		if !strings.HasSuffix(f.Name, ending) {
			continue
		}
		from, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(from)
		if err != nil {
			t.Fatal(err)
		}
		name := filepath.Join(filepath.Dir(path), f.Name)
		if err := os.WriteFile(name, content, 0o600); err != nil {
			t.Fatal(err)
		}
		names = append(names, name)
	}
	return names
}

// assertDrawn draws the SVGs of the page and a code of the terminal as pictures, and has them read.
func assertDrawn(t *testing.T, w *world, dir string) {
	t.Helper()
	html, err := os.ReadFile(filepath.Join(dir, "plan-sheet.html"))
	if err != nil {
		t.Fatal(err)
	}
	vouchers := must(w.client.Vouchers.List(t.Context(), vingd.VoucherFilter{}))
	drawings := regexp.MustCompile(`viewBox="0 0 (\d+) \d+"[^>]*><path [^>]*/><path d="([^"]*)"/>`).FindAllStringSubmatch(string(html), -1)
	if len(drawings) != len(vouchers) {
		t.Fatalf("the page has %d codes, want %d", len(drawings), len(vouchers))
	}
	for _, drawing := range drawings {
		var size int
		_, _ = fmt.Sscan(drawing[1], &size)
		black := map[image.Point]bool{}
		for _, run := range regexp.MustCompile(`M(\d+) (\d+)h(\d+)v1`).FindAllStringSubmatch(drawing[2], -1) {
			var x, y, n int
			_, _ = fmt.Sscan(run[1]+" "+run[2]+" "+run[3], &x, &y, &n)
			for i := range n {
				black[image.Pt(x+i, y)] = true
			}
		}
		assertRead(t, w, dir, size, size, black)
	}

	lines := strings.Split(strings.TrimSuffix(string(must(w.vingd(t.Context(), dir, "vouchers", "qr", string(vouchers[0].Code)).Output())), "\n"), "\n")
	black, width := map[image.Point]bool{}, 0
	for y, line := range lines {
		for x, letter := range []rune(line) {
			width = max(width, x+1)
			black[image.Pt(x, 2*y)] = letter == ' ' || letter == '▄' // light letters on dark
			black[image.Pt(x, 2*y+1)] = letter == ' ' || letter == '▀'
		}
	}
	assertRead(t, w, dir, width, 2*len(lines), black)
}

// assertRead draws modules, and fails the test unless a scanner reads the URL of a voucher.
func assertRead(t *testing.T, w *world, dir string, width, height int, black map[image.Point]bool) {
	t.Helper()
	const scale = 6
	picture := image.NewGray(image.Rect(0, 0, width*scale, height*scale))
	for y := range height * scale {
		for x := range width * scale {
			if !black[image.Pt(x/scale, y/scale)] {
				picture.SetGray(x, y, color.Gray{Y: 255})
			}
		}
	}
	file, err := os.Create(filepath.Join(dir, "drawn.png"))
	if err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(file, picture); err != nil {
		t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		t.Fatal(err)
	}
	output, err := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", file.Name()).Output()
	if err != nil || !strings.HasPrefix(string(output), w.server.URL+"/vouchers/") {
		t.Errorf("got %q, %v", output, err)
	}
}

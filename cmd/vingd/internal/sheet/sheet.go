package sheet

import (
	"archive/zip"
	"fmt"
	"html/template"
	"io"
	"path"
	"regexp"
	"strings"
	"unicode"
)

// A Card is a voucher on a sheet.
type Card struct {
	URL     string // in the QR code
	Code    string
	Amount  string
	Message string
	To      string
	Until   string
}

// perPage is how many cards are on a page of A4: three in a row, six rows.
const perPage = 18

var page = template.Must(template.New("sheet").Parse(`<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{.Title}}</title>
<style>
@page { size: A4; margin: 0 }
* { box-sizing: border-box }
body { margin: 0; font: 3mm/1.3 sans-serif; color: #000; background: #fff }
.page { width: 210mm; height: 297mm; padding: 10.5mm 12mm; display: grid; grid-template: repeat(6, 46mm) / repeat(3, 62mm); break-after: page }
.card { position: relative; padding: 3mm; display: flex; gap: 2mm; overflow: hidden }
.card svg { width: 32mm; height: 32mm; flex: none }
.card::before, .card::after { content: ""; position: absolute; width: 3mm; height: 3mm; border: 0 solid #999 }
.card::before { left: 0; top: 0; border-width: .2mm 0 0 .2mm }
.card::after { right: 0; bottom: 0; border-width: 0 .2mm .2mm 0 }
.text { min-width: 0; overflow-wrap: anywhere }
.amount { font-size: 6mm; font-weight: bold }
.code { position: absolute; left: 3mm; bottom: 3mm; font: 3.4mm monospace }
.small { font-size: 2.6mm }
</style></head><body>
{{define "card"}}<div class="card">{{.SVG}}<div class="text"><div class="amount">{{.Amount}}</div>{{with .To}}<div><b>{{.}}</b></div>{{end}}
{{- with .Message}}<div>{{.}}</div>{{end}}{{with .Until}}<div class="small">until {{.}}</div>{{end}}</div><div class="code">{{.Code}}</div></div>
{{end}}`))

var card = template.Must(template.Must(page.Clone()).New("one").Parse(`{{template "card" .}}`))

// HTML writes cards as a page that any browser prints: a grid on A4, with marks to cut along.
func HTML(w io.Writer, title string, cards []Card) error {
	if err := page.Execute(w, struct{ Title string }{title}); err != nil {
		return err
	}
	for i, c := range cards {
		svg, err := SVG(c.URL)
		if err != nil {
			return err
		}
		if i%perPage == 0 {
			if _, err := io.WriteString(w, "<div class=\"page\">\n"); err != nil {
				return err
			}
		}
		err = card.Execute(w, struct {
			Card
			SVG template.HTML
		}{c, template.HTML(svg)}) //nolint:gosec // SVG writes numbers only
		if err != nil {
			return err
		}
		if i%perPage == perPage-1 || i == len(cards)-1 {
			if _, err := io.WriteString(w, "</div>\n"); err != nil {
				return err
			}
		}
	}
	_, err := io.WriteString(w, "</body></html>\n")
	return err
}

// Zip writes a PNG and an SVG for each card, named after the recipient, or else by the card's place.
func Zip(w io.Writer, cards []Card) error {
	archive := zip.NewWriter(w)
	taken := map[string]bool{}
	for i, c := range cards {
		name := fileName(c.To, i+1, taken)
		svg, err := SVG(c.URL)
		if err != nil {
			return err
		}
		file, err := archive.Create(name + ".svg")
		if err != nil {
			return err
		}
		if _, err := io.WriteString(file, svg); err != nil {
			return err
		}
		if file, err = archive.CreateHeader(&zip.FileHeader{Name: name + ".png", Method: zip.Store}); err != nil {
			return err
		}
		if err := PNG(file, c.URL); err != nil {
			return err
		}
	}
	return archive.Close()
}

// device is a name that Windows keeps for devices, with any ending.
var device = regexp.MustCompile(`(?i)^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)

// fileName returns a name for a card that every file system takes, and no other card has.
func fileName(to string, place int, taken map[string]bool) string {
	safe := strings.Map(func(c rune) rune {
		if unicode.IsLetter(c) || unicode.IsDigit(c) || strings.ContainsRune("-_@.+", c) {
			return c
		}
		return '_'
	}, to)
	safe = strings.Trim(safe, "._-")
	if runes := []rune(safe); len(runes) > 60 {
		safe = string(runes[:60])
	}
	if safe == "" {
		safe = fmt.Sprintf("%05d", place)
	}
	if device.MatchString(safe) {
		safe = "_" + safe
	}
	name := path.Base(safe)
	for n := 2; taken[strings.ToLower(name)]; n++ {
		name = fmt.Sprintf("%s-%d", safe, n)
	}
	taken[strings.ToLower(name)] = true
	return name
}

package browser

import (
	"strings"
	"testing"
)

// A Window is how a person looks at the web.
type Window struct {
	Name          string
	JavaScript    bool
	Width, Height int
	// NoPopups makes the browser open none, as those do that block them.
	NoPopups bool
}

// Windows returns the two that every page must be good in.
func Windows() []Window {
	return []Window{
		{Name: "on a desk", JavaScript: true, Width: 1280, Height: 800},
		{Name: "on a phone without JavaScript", Width: 360, Height: 740},
	}
}

// A Visitor is a person with a browser of her own. What she cannot do or see within 20 seconds fails her test.
type Visitor struct {
	Window Window

	t      *testing.T
	driver *Driver
	number int
}

// Visitor returns a person whose browser knows nothing yet. It is closed with the test.
func (d *Driver) Visitor(t *testing.T, in Window) *Visitor {
	t.Helper()
	d.visitors++
	v := &Visitor{Window: in, t: t, driver: d, number: d.visitors}
	v.do(nil, "start", args{"javaScript": in.JavaScript, "width": in.Width, "height": in.Height, "noPopups": in.NoPopups})
	t.Cleanup(func() { v.do(nil, "leave", nil) })
	return v
}

// Visit opens an address, which must answer with this status.
func (v *Visitor) Visit(address string, status int) {
	v.t.Helper()
	v.answered(status, "goto", args{"address": address})
}

// Reload loads the page again, which must answer with this status. It sends the form again that the page came from.
func (v *Visitor) Reload(status int) {
	v.t.Helper()
	v.answered(status, "reload", nil)
}

func (v *Visitor) answered(status int, command string, with args) {
	v.t.Helper()
	var got int
	if v.do(&got, command, with); got != status {
		v.t.Fatalf("%s %v: got %d, want %d", command, with, got, status)
	}
}

// Back goes back to the page before.
func (v *Visitor) Back() {
	v.t.Helper()
	v.do(nil, "back", nil)
}

// Forward goes to the page that she went back from.
func (v *Visitor) Forward() {
	v.t.Helper()
	v.do(nil, "forward", nil)
}

// Click clicks a link or a button, by what it says.
func (v *Visitor) Click(name string) {
	v.t.Helper()
	v.do(nil, "click", args{"name": name})
}

// Popup clicks what opens a window, and goes on there.
func (v *Visitor) Popup(name string) {
	v.t.Helper()
	v.do(nil, "popup", args{"name": name})
}

// Closed waits until the popup has closed itself, and goes on in the window that opened it.
func (v *Visitor) Closed() {
	v.t.Helper()
	v.do(nil, "closed", nil)
}

// Choose ticks a box or a choice, by its label.
func (v *Visitor) Choose(name string) {
	v.t.Helper()
	v.do(nil, "choose", args{"name": name})
}

// Fill writes into a field, by its label.
func (v *Visitor) Fill(name, value string) {
	v.t.Helper()
	v.do(nil, "fill", args{"name": name, "value": value})
}

// Awaits waits for a page that says something.
func (v *Visitor) Awaits(text string) {
	v.t.Helper()
	v.do(nil, "says", args{"text": text})
}

// Says waits for a page that says these things and that fits into the window.
func (v *Visitor) Says(texts ...string) {
	v.t.Helper()
	for _, text := range texts {
		v.Awaits(text)
	}
	var excess int
	if v.do(&excess, "excess", nil); excess > 0 {
		v.t.Errorf("the page that says %q is %d pixels wider than its window", texts, excess)
	}
}

// ScrollsTo is like Awaits, of a page that draws the rest of itself while one scrolls down.
func (v *Visitor) ScrollsTo(text string) {
	v.t.Helper()
	v.do(nil, "scrolls", args{"text": text})
}

// Text returns all that the page says.
func (v *Visitor) Text() (text string) {
	v.t.Helper()
	v.do(&text, "text", nil)
	return text
}

// Address returns where the window is.
func (v *Visitor) Address() (address string) {
	v.t.Helper()
	v.do(&address, "address", nil)
	return address
}

// Complains waits until the browser complains of something, which is then settled.
func (v *Visitor) Complains(text string) {
	v.t.Helper()
	v.do(nil, "complains", args{"text": text})
}

// Quiet fails the test if the browser has complained of anything, such as a script that was not let run.
func (v *Visitor) Quiet() {
	v.t.Helper()
	var complaints []string
	if v.do(&complaints, "complaints", nil); len(complaints) > 0 {
		v.t.Errorf("the browser complains:\n%s", strings.Join(complaints, "\n"))
	}
}

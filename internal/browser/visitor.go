package browser

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// A Window is the size and the abilities of a browser window.
type Window struct {
	Name          string
	JavaScript    bool
	Width, Height int
	// Dark makes the browser ask for dark pages.
	Dark bool
	// NoPopups makes the browser block popups.
	NoPopups bool
}

// Windows returns the two windows in which every page must work.
func Windows() []Window {
	return []Window{
		{Name: "on a desk", JavaScript: true, Width: 1280, Height: 800},
		{Name: "on a phone without JavaScript", Width: 360, Height: 740},
	}
}

// A Visitor is a person with a separate browser. A step that fails for 20 seconds fails the test.
type Visitor struct {
	Window Window

	t      *testing.T
	driver *Driver
	number int
}

// Visitor returns a person with a fresh browser, which closes when the test ends.
func (d *Driver) Visitor(t *testing.T, in Window) *Visitor {
	t.Helper()
	d.visitors++
	v := &Visitor{Window: in, t: t, driver: d, number: d.visitors}
	v.do(nil, "start", args{"javaScript": in.JavaScript, "width": in.Width, "height": in.Height, "dark": in.Dark, "noPopups": in.NoPopups})
	t.Cleanup(func() { v.do(nil, "leave", nil) })
	return v
}

// Visit opens a URL. The response must have this status.
func (v *Visitor) Visit(address string, status int) {
	v.t.Helper()
	v.expectStatus(status, "goto", args{"address": address})
}

// Reload loads the page again. The response must have this status. A page that came from a form sends the form again.
func (v *Visitor) Reload(status int) {
	v.t.Helper()
	v.expectStatus(status, "reload", nil)
}

func (v *Visitor) expectStatus(status int, command string, with args) {
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

// Forward goes to the page from which Back went back.
func (v *Visitor) Forward() {
	v.t.Helper()
	v.do(nil, "forward", nil)
}

// Click clicks a link or a button by its text.
func (v *Visitor) Click(name string) {
	v.t.Helper()
	v.do(nil, "click", args{"name": name})
}

// Popup clicks a link or a button that opens a window, and continues there.
func (v *Visitor) Popup(name string) {
	v.t.Helper()
	v.do(nil, "popup", args{"name": name})
}

// Closed waits until the popup has closed itself, and continues in the window that opened it.
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

// Awaits waits until the page contains text.
func (v *Visitor) Awaits(text string) {
	v.t.Helper()
	v.do(nil, "says", args{"text": text})
}

// Says waits until the page contains each of the texts. The page must fit into the window, and each table and each text
// in a frame into the frame.
func (v *Visitor) Says(texts ...string) {
	v.t.Helper()
	for _, text := range texts {
		v.Awaits(text)
	}
	var excess int
	if v.do(&excess, "excess", nil); excess > 0 {
		v.t.Errorf("%s: the page with %q, or a table or a text on it, is %d pixels too wide", v.Address(), texts, excess)
	}
}

// ScrollsTo is like Awaits, for a page that draws the rest of itself as it scrolls.
func (v *Visitor) ScrollsTo(text string) {
	v.t.Helper()
	v.do(nil, "scrolls", args{"text": text})
}

// Picture saves a picture of the page in the folder that VINGD_BROWSER_PICTURES names, if it names one.
func (v *Visitor) Picture(name string) {
	v.t.Helper()
	if folder := os.Getenv("VINGD_BROWSER_PICTURES"); folder != "" {
		v.do(nil, "picture", args{"path": filepath.Join(folder, name+" "+v.Window.Name+".png")})
	}
}

// InSight fails the test unless all of a link or a button is within the window, without scrolling.
func (v *Visitor) InSight(name string) {
	v.t.Helper()
	var in bool
	if v.do(&in, "inSight", args{"name": name}); !in {
		v.t.Errorf("%s: %q is not in sight", v.Address(), name)
	}
}

// Press presses a key, such as Enter.
func (v *Visitor) Press(key string) {
	v.t.Helper()
	v.do(nil, "press", args{"key": key})
}

// FocusInSight presses Tab through the page. It fails the test if something covers the control that has the focus, or if the
// control is not in the window.
func (v *Visitor) FocusInSight() {
	v.t.Helper()
	var covered []string
	if v.do(&covered, "covered", nil); len(covered) > 0 {
		v.t.Errorf("%s: covered while it has the focus:\n%s", v.Address(), strings.Join(covered, "\n"))
	}
}

// Resize changes the size of the window.
func (v *Visitor) Resize(width, height int) {
	v.t.Helper()
	v.do(nil, "resize", args{"width": width, "height": height})
	v.Window.Width, v.Window.Height = width, height
}

// Accessible fails the test if axe finds a fault on the page. The parts that match the selector without are left out. It
// skips the test if axe is not installed, or fails it in CI.
func (v *Visitor) Accessible(without string) {
	v.t.Helper()
	_, file, _, _ := runtime.Caller(0)
	if _, err := os.Stat(filepath.Join(filepath.Dir(file), "node_modules", "axe-core")); err != nil {
		if os.Getenv("CI") != "" {
			v.t.Fatalf("axe-core: must be installed: %v: run make browser", err)
		}
		v.t.Skip("axe-core is not installed: run make browser")
	}
	var faults []string
	if v.do(&faults, "axe", args{"without": without}); len(faults) > 0 {
		v.t.Errorf("%s: axe finds:\n%s", v.Address(), strings.Join(faults, "\n"))
	}
}

// Text returns the text of the page.
func (v *Visitor) Text() (text string) {
	v.t.Helper()
	v.do(&text, "text", nil)
	return text
}

// Address returns the URL of the window.
func (v *Visitor) Address() (address string) {
	v.t.Helper()
	v.do(&address, "address", nil)
	return address
}

// Leaves waits until the window shows another path.
func (v *Visitor) Leaves(path string) {
	v.t.Helper()
	v.do(nil, "leaves", args{"path": path})
}

// Complains waits until the browser reports a problem with text, and removes that problem.
func (v *Visitor) Complains(text string) {
	v.t.Helper()
	v.do(nil, "complains", args{"text": text})
}

// Quiet fails the test if the browser has reported a problem, such as a blocked script.
func (v *Visitor) Quiet() {
	v.t.Helper()
	var complaints []string
	if v.do(&complaints, "complaints", nil); len(complaints) > 0 {
		v.t.Errorf("the browser reports:\n%s", strings.Join(complaints, "\n"))
	}
}

// Package browser_test does in a real browser what people do on the sandbox's pages, with JavaScript and without.
package browser_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// A driver is a chromium, and the Node.js program that drives it.
type driver struct {
	commands *json.Encoder
	answers  *json.Decoder
}

// startDriver starts a browser. Where there is none it skips the test, or if one is required fails it.
func startDriver(t *testing.T) *driver {
	t.Helper()
	chromium, err := findBrowser()
	if err != nil {
		if os.Getenv("VINGD_BROWSER") == "required" {
			t.Fatalf("no browser: %v", err)
		}
		t.Skipf("no browser: %v, run make browser", err)
	}
	// Not the test's own context: that ends before the browser is told to.
	ctx, cancel := context.WithCancel(context.Background()) //nolint:usetesting // see above
	node := exec.CommandContext(ctx, "node", "driver.mjs", chromium)
	node.Env = append(os.Environ(), "TMPDIR="+t.TempDir()) // where chromium has its user data
	node.Stderr = os.Stderr
	in, inErr := node.StdinPipe()
	out, outErr := node.StdoutPipe()
	if err := errors.Join(inErr, outErr, node.Start()); err != nil {
		cancel()
		t.Fatal(err)
	}
	t.Cleanup(func() {
		defer cancel()
		patience := time.AfterFunc(10*time.Second, cancel)
		defer patience.Stop()
		if err := errors.Join(in.Close(), drained(out), node.Wait()); err != nil {
			t.Errorf("the browser's driver: %v", err)
		}
	})
	return &driver{commands: json.NewEncoder(in), answers: json.NewDecoder(out)}
}

// findBrowser returns where chromium is, if there is all that it takes to drive it.
func findBrowser() (string, error) {
	if _, err := exec.LookPath("node"); err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join("node_modules", "playwright-core")); err != nil {
		return "", err
	}
	return exec.LookPath("chromium")
}

func drained(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

// do makes the browser do something, and fails the test if it cannot. The answer goes into result, unless that is nil.
func (d *driver) do(t *testing.T, result any, command string, args map[string]any) {
	t.Helper()
	message := map[string]any{"do": command}
	for name, value := range args {
		message[name] = value
	}
	var answer struct {
		OK    json.RawMessage
		Error string
	}
	if err := d.commands.Encode(message); err != nil {
		t.Fatalf("%v: %v", message, err)
	}
	if err := d.answers.Decode(&answer); err != nil {
		t.Fatalf("%v: %v", message, err)
	}
	if answer.Error != "" {
		t.Fatalf("%v: %s\nThe page says:\n%s", message, answer.Error, d.text(t, command))
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(answer.OK, result); err != nil {
		t.Fatalf("%v: got %s: %v", message, answer.OK, err)
	}
}

// text returns what the page says, unless it was that which could not be had.
func (d *driver) text(t *testing.T, failed string) (text string) {
	t.Helper()
	if failed != "text" {
		d.do(t, &text, "text", nil)
	}
	return text
}

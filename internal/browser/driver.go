// Package browser lets tests do in a real browser what people do. It is for tests only.
package browser

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"
	"time"
)

// A Driver is a chromium, and the Node.js program that drives it. It is for one goroutine.
type Driver struct {
	commands *json.Encoder
	answers  *json.Decoder
	visitors int
}

// Start starts a browser, which ends with the test. Without VINGD_BROWSER=required it skips the test: a browser takes long,
// and more than Go.
func Start(t *testing.T) *Driver {
	t.Helper()
	if os.Getenv("VINGD_BROWSER") != "required" {
		t.Skip("this takes a browser: run make browser")
	}
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Dir(file)
	chromium, err := find(dir)
	if err != nil {
		t.Fatalf("no browser: %v, run make browser", err)
	}
	// Not the test's own context: that ends before the browser is told to.
	ctx, cancel := context.WithCancel(context.Background())               //nolint:usetesting // see above
	node := exec.CommandContext(ctx, "node", "driver.mjs", chromium)      //nolint:gosec // it is the chromium that was found
	node.Dir, node.Env = dir, append(os.Environ(), "TMPDIR="+t.TempDir()) // where chromium has its user data
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
	return &Driver{commands: json.NewEncoder(in), answers: json.NewDecoder(out)}
}

// find returns where chromium is, if there is all that it takes to drive it.
func find(dir string) (string, error) {
	if _, err := exec.LookPath("node"); err != nil {
		return "", err
	}
	if _, err := os.Stat(filepath.Join(dir, "node_modules", "playwright-core")); err != nil {
		return "", err
	}
	return exec.LookPath("chromium")
}

func drained(r io.Reader) error {
	_, err := io.Copy(io.Discard, r)
	return err
}

// args are what a command takes.
type args map[string]any

// do makes a visitor's browser do something, and fails her test if it cannot. The answer goes into result, unless that
// is nil.
func (v *Visitor) do(result any, command string, with args) {
	v.t.Helper()
	message := args{"do": command, "as": v.number}
	maps.Copy(message, with)
	var answer struct {
		OK    json.RawMessage
		Error string
	}
	if err := v.driver.commands.Encode(message); err != nil {
		v.t.Fatalf("%v: %v", message, err)
	}
	if err := v.driver.answers.Decode(&answer); err != nil {
		v.t.Fatalf("%v: %v", message, err)
	}
	if answer.Error != "" {
		said := ""
		if command != "text" && command != "leave" {
			said = "\nThe page says:\n" + v.Text()
		}
		v.t.Fatalf("%v: %s%s", message, answer.Error, said)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(answer.OK, result); err != nil {
		v.t.Fatalf("%v: got %s: %v", message, answer.OK, err)
	}
}

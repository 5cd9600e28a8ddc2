// Package browser drives a real browser in tests. It is for tests only.
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

// A Driver is a chromium and the Node.js program that drives it. It is for one goroutine.
type Driver struct {
	commands *json.Encoder
	results  *json.Decoder
	visitors int
}

// Start starts a browser, which ends with the test. Without VINGD_BROWSER=required it skips the test, because a browser is
// slow and needs more than Go.
func Start(t *testing.T) *Driver {
	t.Helper()
	if os.Getenv("VINGD_BROWSER") != "required" {
		t.Skip("this test needs a browser: run make browser")
	}
	_, file, _, _ := runtime.Caller(0)
	dir := filepath.Dir(file)
	chromium, err := find(dir)
	if err != nil {
		t.Fatalf("find a browser: %v: run make browser", err)
	}
	// The test's own context ends before the cleanup that stops the browser.
	ctx, cancel := context.WithCancel(context.Background())               //nolint:usetesting // see above
	node := exec.CommandContext(ctx, "node", "driver.mjs", chromium)      //nolint:gosec // the chromium found above
	node.Dir, node.Env = dir, append(os.Environ(), "TMPDIR="+t.TempDir()) // for the user data of chromium
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
	return &Driver{commands: json.NewEncoder(in), results: json.NewDecoder(out)}
}

// find returns the path of chromium. It returns an error if Node.js or the driver is missing.
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

// args are the arguments of a command.
type args map[string]any

// do runs a command in the visitor's browser, and fails the visitor's test if it fails. It decodes the result into result,
// unless result is nil.
func (v *Visitor) do(result any, command string, with args) {
	v.t.Helper()
	message := args{"do": command, "as": v.number}
	maps.Copy(message, with)
	var reply struct {
		OK    json.RawMessage
		Error string
	}
	if err := v.driver.commands.Encode(message); err != nil {
		v.t.Fatalf("%v: %v", message, err)
	}
	if err := v.driver.results.Decode(&reply); err != nil {
		v.t.Fatalf("%v: %v", message, err)
	}
	if reply.Error != "" {
		said := ""
		if command != "text" && command != "leave" {
			said = "\nThe page says:\n" + v.Text()
		}
		v.t.Fatalf("%v: %s%s", message, reply.Error, said)
	}
	if result == nil {
		return
	}
	if err := json.Unmarshal(reply.OK, result); err != nil {
		v.t.Fatalf("%v: got %s: %v", message, reply.OK, err)
	}
}

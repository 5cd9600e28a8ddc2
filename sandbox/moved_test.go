package sandbox_test

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
)

// The controls say that the data file was replaced or renamed, and not that the books are wrong. No call changes anything until
// the file is back.
func TestControls_FileMoved(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not rename an open file")
	}
	dir := t.TempDir()
	data, seed, away := filepath.Join(dir, "shop.db"), filepath.Join(dir, "seed.db"), filepath.Join(dir, "away.db")
	rename := func(from, to string) {
		t.Helper()
		if err := os.Rename(from, to); err != nil {
			t.Fatal(err)
		}
	}
	w := startWorld(t, newClock(), sandbox.Options{Data: data})
	defer closeServer(t, w.Server)
	if err := sandbox.SaveFile(data, seed); err != nil {
		t.Fatal(err)
	}
	const bob = `{"buyers":[{"uid":4712,"name":"Bob","balance":5}]}`
	w.turned("POST", "buyers", `{"name": "Bob", "balance": 5}`, `{"uid":4712,"name":"Bob","balance":5}`)
	refuses := func() {
		t.Helper()
		for _, control := range []string{"GET check", "GET health", "GET buyers", "POST buyers"} {
			method, path, _ := strings.Cut(control, " ")
			status, result := w.turn(method, path, `{"name": "Carl"}`)
			if status != http.StatusInternalServerError || !strings.Contains(result, `"data file shop.db was replaced or renamed while the sandbox runs: `) {
				t.Errorf("%s: got %d %s, want that the data file was replaced", control, status, result)
			}
		}
	}
	rename(data, away)
	refuses()
	rename(seed, data)
	refuses()
	rename(away, data)
	w.turned("GET", "check", "", `{"ok":true}`)
	w.turned("GET", "buyers", "", bob)
}

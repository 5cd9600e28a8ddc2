package command_test

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The ready file replaces a regular file only. The sandbox leaves anything else as it is, and does not start.
func TestSandbox_ReadyFileOfAnotherKind(t *testing.T) {
	dir := t.TempDir()
	target, link, empty := filepath.Join(dir, "target"), filepath.Join(dir, "link"), filepath.Join(dir, "empty")
	if err := os.WriteFile(target, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(empty, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err) // Windows needs a right for it
	}
	for _, path := range []string{link, empty} {
		before, err := os.Lstat(path)
		if err != nil {
			t.Fatal(err)
		}
		code, _, stderr := run(t, "sandbox", "--http", "--listen", "127.0.0.1:99999", "--ready-file", path)
		if code != 2 || !strings.Contains(stderr, "--ready-file "+quoted(t, path)+": must be a regular file") {
			t.Errorf("%s: got %d, %s", path, code, stderr)
		}
		after, err := os.Lstat(path)
		if err != nil || !os.SameFile(before, after) {
			t.Errorf("%s: it is gone: %v", path, err)
		}
	}
}

// A sandbox that ends leaves the ready file of another that has started since.
func TestSandbox_ReadyFileOfLaterSandbox(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready.json")
	older := start(t, "--http", "--listen", "127.0.0.1:0", "--ready-file", ready)
	waitFor(t, ready)
	newer := start(t, "--http", "--listen", "127.0.0.1:0", "--ready-file", ready)
	for api := newer.row(t, "API"); t.Context().Err() == nil; runtime.Gosched() {
		if content, err := os.ReadFile(ready); err == nil && strings.Contains(string(content), api) {
			break
		}
	}
	older.end(t)
	if _, err := os.Stat(ready); err != nil {
		t.Errorf("the ready file of the other is gone: %v", err)
	}
	newer.end(t)
	assertGone(t, ready)
}

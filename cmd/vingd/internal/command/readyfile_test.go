package command_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// The ready file replaces an empty file, or one of an earlier sandbox. The sandbox leaves anything else as it is, and does not start.
func TestSandbox_ReadyFileOfAnotherKind(t *testing.T) {
	dir := t.TempDir()
	target, link, folder, data := filepath.Join(dir, "target"), filepath.Join(dir, "link"), filepath.Join(dir, "folder"), filepath.Join(dir, "data")
	start(t, "--http", "--listen", "127.0.0.1:0", "--data", data).end(t)
	other, fixtures := write(t, `{"api": "mine"}`), write(t, "{}")
	if err := os.WriteFile(target, []byte("mine"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, link); err != nil {
		t.Skip(err) // Windows needs a right for it
	}
	const kind = ": must be a new file, an empty one, or one that a sandbox wrote"
	fresh := filepath.Join(dir, "fresh")
	for path, want := range map[string]string{
		link: kind, folder: kind, target: kind, other: kind, data: ": must not be the file of --data",
		fixtures: ": must not be the file of --fixtures", fresh: ": must not be the file of --data",
	} {
		before, content := state(t, path)
		file := data
		if path == fresh {
			file = filepath.Join(dir, "folder", "..", "fresh")
		}
		code, _, stderr := run(t, "sandbox", "--http", "--listen", "127.0.0.1:99999", "--ready-file", path, "--data", file, "--fixtures", fixtures)
		if code != 2 || !strings.Contains(stderr, "--ready-file "+quoted(t, path)+want) {
			t.Errorf("%s: got %d, %s", path, code, stderr)
		}
		after, now := state(t, path)
		if before != nil && !os.SameFile(before, after) || now != content {
			t.Errorf("%s: it has changed to %v, %s", path, after, now)
		}
	}
	for _, content := range []string{"", `{"api": "http://x", "frontend": "http://x", "controls": "http://x"}`} {
		stale := write(t, content)
		r := start(t, "--http", "--listen", "127.0.0.1:0", "--ready-file", stale)
		api := r.row(t, "API")
		for ; t.Context().Err() == nil; runtime.Gosched() {
			if _, now := state(t, stale); strings.Contains(now, api) {
				break
			}
		}
		if info, _ := state(t, stale); runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
			t.Errorf("others may read the ready file, which has the login: %v", info.Mode())
		}
		r.end(t)
		assertGone(t, stale)
	}
}

// state returns what is at a path, and the content of a regular file.
func state(t *testing.T, path string) (fs.FileInfo, string) {
	t.Helper()
	info, err := os.Lstat(path)
	if err != nil || !info.Mode().IsRegular() {
		return info, ""
	}
	content, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return info, string(content)
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

// A token that a header cannot carry as it is would lock the controls for everybody.
func TestSandbox_InvalidControlToken(t *testing.T) {
	for _, token := range []string{" x", "x\n", "x y", "x\x7f", "\t", "ü"} {
		const want = "--control-token or $VINGD_SANDBOX_TOKEN: must be printable characters of ASCII, without spaces"
		if code, _, stderr := run(t, "sandbox", "--http", "--listen", "127.0.0.1:0", "--control-token", token); code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%q: got %d, %s", token, code, stderr)
		}
		t.Setenv("VINGD_SANDBOX_TOKEN", token)
		if code, _, stderr := run(t, "sandbox", "--http", "--listen", "127.0.0.1:0"); code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%q in the environment: got %d, %s", token, code, stderr)
		}
		t.Setenv("VINGD_SANDBOX_TOKEN", "")
	}
}

func TestSandbox_InvalidFixturesFile(t *testing.T) {
	for content, want := range map[string]string{"": ": is empty, must be a JSON object", " \n": ": is empty, must be a JSON object", "\ufeff{}": ": must not begin with a byte order mark"} {
		file := write(t, content)
		if code, _, stderr := run(t, "sandbox", "--http", "--listen", "127.0.0.1:99999", "--fixtures", file); code != 2 || !strings.Contains(stderr, "--fixtures "+quoted(t, file)+want) {
			t.Errorf("%q: got %d, %s", content, code, stderr)
		}
	}
}

// A sandbox that cannot end well ends with 1, however it was stopped.
func TestSandbox_EndsWithFileMoved(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows does not rename an open file")
	}
	data := filepath.Join(t.TempDir(), "data")
	r := start(t, "--http", "--listen", "127.0.0.1:0", "--data", data)
	if err := os.Rename(data, data+"-away"); err != nil {
		t.Fatal(err)
	}
	r.stop()
	if code := <-r.ended; code != 1 || !strings.Contains(r.stderr.String(), "was replaced or renamed") {
		t.Errorf("it ended with %d, and said\n%s%s", code, r.stdout, r.stderr)
	}
}

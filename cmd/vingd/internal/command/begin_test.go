package command_test

import (
	"encoding/json"
	"errors"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// write returns a file with this content.
func write(t *testing.T, content string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// A data file opens again after its fixtures gave test@vingd.com another password. The screen shows that password, or says
// that only the file has it.
func TestSandbox_FixturesWithPassword(t *testing.T) {
	data := filepath.Join(t.TempDir(), "shop.db")
	fixtures := write(t, `{"sellers": [{"username": "test@vingd.com", "password": "it's $1", "balance": 500}]}`)
	flags := []string{"--http", "--listen", "127.0.0.1:0", "--data", data}
	for range 2 {
		r := start(t, append(flags, "--fixtures", fixtures)...)
		if got := r.row(t, "login"); got != "test@vingd.com, password it's $1" {
			t.Errorf("the login is %s", got)
		}
		for client, want := range map[string]string{
			"Go":    `vingd.Password("test@vingd.com", "it's $1")`,
			"PHP":   `new Vingd("test@vingd.com", "it's \$1", `,
			"C#":    `VingdClient.SHA1("it's $1")`,
			"vingd": `; export VINGD_PASSWORD='it'\''s $1'`,
			"curl":  `$(printf %s 'it'\''s $1' | sha1sum`,
		} {
			if got := r.row(t, client); !strings.Contains(got, want) {
				t.Errorf("%s: got %s, want %s", client, got, want)
			}
		}
		client, err := vingd.New(vingd.Password("test@vingd.com", "it's $1"), vingd.WithLoopbackHTTP(), vingd.WithEndpoint(r.row(t, "API")), vingd.WithFrontend(r.row(t, "frontend")))
		if err != nil {
			t.Fatal(err)
		}
		holds(t, client, 500)
		client.CloseIdleConnections()
		r.end(t)
	}
	without := start(t, flags...)
	if got := without.row(t, "login"); got != "test@vingd.com, with the password of its earlier fixtures" {
		t.Errorf("the login is %s", got)
	}
	if got, want := without.row(t, "Go"), `vingd.Password("test@vingd.com", "PASSWORD")`; !strings.Contains(got, want) {
		t.Errorf("Go: got %s, want %s", got, want)
	}
	without.end(t)

	r := start(t, append(flags, "--json")...)
	var told map[string]string
	if err := json.Unmarshal([]byte(r.stdout.String()), &told); err != nil || told["username"] != "test@vingd.com" {
		t.Errorf("got %v, %v", told, err)
	}
	if password, ok := told["password"]; ok {
		t.Errorf("the password is %q, want none", password)
	}
	r.stop()
	<-r.ended
}

// A start that fails leaves the ready file, which may be that of a sandbox that runs.
func TestSandbox_ReadyFileOfFailedStart(t *testing.T) {
	ready, data := filepath.Join(t.TempDir(), "ready.json"), filepath.Join(t.TempDir(), "data")
	r := start(t, "--http", "--listen", "127.0.0.1:0", "--ready-file", ready, "--data", data)
	waitFor(t, ready)
	taken := strings.TrimPrefix(r.row(t, "frontend"), "http://")
	for _, flags := range [][]string{
		{"--listen", taken},
		{"--listen", "127.0.0.1:0", "--data", data},
		{"--listen", "127.0.0.1:0", "--fixtures", write(t, "{")},
		{"--listen", "127.0.0.1:0", "--data", write(t, "no data file")},
		{"--listen", "127.0.0.1:0", "--fixtures", filepath.Join(t.TempDir(), "none")},
	} {
		if code, _, stderr := run(t, append([]string{"sandbox", "--http", "--ready-file", ready}, flags...)...); code == 0 {
			t.Errorf("%q: it started: %s", flags, stderr)
		}
		if content, err := os.ReadFile(ready); err != nil || !strings.Contains(string(content), taken) {
			t.Errorf("%q: the ready file has %s, %v", flags, content, err)
		}
	}
	r.end(t)
	assertGone(t, ready)
}

// A hangup stops a sandbox as an interrupt does, and so the ready file goes.
func TestSandbox_Hangup(t *testing.T) {
	if runtime.GOOS == "windows" || signal.Ignored(syscall.SIGHUP) {
		t.Skip("there are no hangups here")
	}
	ready := filepath.Join(t.TempDir(), "ready.json")
	r := start(t, "--http", "--listen", "127.0.0.1:0", "--ready-file", ready)
	waitFor(t, ready)
	self, err := os.FindProcess(os.Getpid())
	if err == nil {
		err = self.Signal(syscall.SIGHUP)
	}
	if err != nil {
		t.Fatal(err)
	}
	if code := <-r.ended; code != 0 || !strings.HasSuffix(r.stdout.String(), "\nStopped.\n") {
		t.Errorf("it ended with %d:\n%s%s", code, r.stdout, r.stderr)
	}
	if _, err := os.Stat(ready); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the ready file is left: %v", err)
	}
}

// A sandbox whose user cannot write the configuration directory has its authority in memory, unless --ca names a directory.
func TestSandbox_UnwritableConfiguration(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the configuration directory is found by other variables here")
	}
	file := write(t, "not a directory") // also for root
	t.Setenv("XDG_CONFIG_HOME", file)
	r := start(t, "--listen", "127.0.0.1:0")
	if got, want := r.row(t, "trust"), r.row(t, "frontend")+"/-/ca.pem"; got != want {
		t.Errorf("trust is %s, want %s", got, want)
	}
	r.end(t)
	if code, _, stderr := run(t, "sandbox", "--listen", "127.0.0.1:0", "--ca", filepath.Join(file, "ca")); code == 0 || !strings.Contains(stderr, file) {
		t.Errorf("with --ca: got %d, %s", code, stderr)
	}
}

func TestSandbox_InvalidNames(t *testing.T) {
	for _, name := range []string{"", "x:80", "https://x", "a b", "x/y", "[::1]", "*.x", ".x", "x.", "x..y", "ü.example", "-x", strings.Repeat("a", 64)} {
		want := "--name " + quoted(t, name) + ": must be a host name or an IP address, like sandbox or 192.0.2.7"
		if code, _, stderr := run(t, "sandbox", "--public", "--listen", "127.0.0.1:0", "--name", name); code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%q: got %d, %s, want %s", name, code, stderr, want)
		}
	}
	for _, name := range []string{"sandbox", "my_service", "Sandbox.Test", "192.0.2.7", "2001:db8::7"} {
		r := start(t, "--public", "--listen", "127.0.0.1:0", "--name", name)
		r.end(t)
	}
}

func quoted(t *testing.T, text string) string {
	t.Helper()
	b, err := json.Marshal(text)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

package command_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Help teaches by examples, and every example is of a command that there is.
func TestHelp(t *testing.T) {
	for _, args := range [][]string{{}, {"sandbox"}, {"sandbox", "check"}, {"demo"}} {
		if len(args) == 0 {
			if code, bare, _ := run(t); code != 0 || !strings.Contains(bare, "Examples:") {
				t.Errorf("vingd: got %d and no help:\n%s", code, bare)
			}
		}
		code, stdout, stderr := run(t, append(args, "--help")...)
		if code != 0 || stderr != "" {
			t.Errorf("%q: got %d, %s", args, code, stderr)
		}
		examples := regexp.MustCompile(`(?m)^  (vingd .+)$`).FindAllStringSubmatch(stdout, -1)
		if len(examples) == 0 {
			t.Errorf("%q: its help has no example", args)
		}
		for _, example := range examples {
			words := strings.Fields(example[1])[1:]
			for len(words) > 0 && (strings.HasPrefix(words[0], "[") || strings.HasPrefix(words[0], "-")) {
				words = words[1:]
			}
			if len(words) > 0 {
				if code, _, stderr := run(t, words[0], "--help"); code != 0 {
					t.Errorf("%s: %s", example[1], stderr)
				}
			}
		}
	}
}

func TestMisuse(t *testing.T) {
	for _, test := range []struct{ args, want string }{
		{"sandbx", `vingd: unknown command "sandbx" for vingd: did you mean sandbox? (see vingd --help)`},
		{"frobnicate", `vingd: unknown command "frobnicate" for vingd (see vingd --help)`},
		{"demo now", `vingd: argument "now": vingd demo takes no arguments (see vingd demo --help)`},
		{"sandbox --nope", `vingd: unknown flag: --nope (see vingd sandbox --help)`},
		{"sandbox chek", `vingd: unknown command "chek" for vingd sandbox: did you mean check? (see vingd sandbox --help)`},
		{"sandbox --listen 8443", `vingd: --listen "8443": must be a host and a port, like 127.0.0.1:8443 (see vingd sandbox --help)`},
		{"sandbox --listen :8443", `vingd: --listen ":8443": must be a loopback address, or be given with --public or with --cert and --key (see vingd sandbox --help)`},
		{"sandbox --listen 192.0.2.1:8443 --http", `vingd: --listen "192.0.2.1:8443": must be a loopback address with --http, like 127.0.0.1:8443, or be given with --public (see vingd sandbox --help)`},
		{"sandbox --name x", `vingd: --name: must be given with --public, and without --cert and --key (see vingd sandbox --help)`},
		{"sandbox --public --ca .", `vingd: --ca: must be given without --public, whose authority is kept in memory (see vingd sandbox --help)`},
		{"sandbox --cert a.pem", `vingd: --cert and --key: must be given together (see vingd sandbox --help)`},
		{"sandbox --key a.pem", `vingd: --cert and --key: must be given together (see vingd sandbox --help)`},
		{"sandbox --http --cert a.pem --key b.pem", `vingd: --http: must be given without --cert, --key and --ca (see vingd sandbox --help)`},
		{"sandbox --http --ca .", `vingd: --http: must be given without --cert, --key and --ca (see vingd sandbox --help)`},
		{"sandbox --ca . --cert a.pem --key b.pem", `vingd: --ca: must be given without --cert and --key (see vingd sandbox --help)`},
		{"sandbox --clock noon", `vingd: --clock "noon": must be a time like 2026-01-02T03:04:05Z (see vingd sandbox --help)`},
		{"sandbox check", `vingd: --data: is missing, must name the file to audit (see vingd sandbox check --help)`},
	} {
		code, stdout, stderr := run(t, strings.Fields(test.args)...)
		if code != 2 || stdout != "" || stderr != test.want+"\n" {
			t.Errorf("vingd %s: got %d and\n%s%s, want 2 and\n%s", test.args, code, stdout, stderr, test.want)
		}
	}
}

func TestFailures(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "text")
	if err := os.WriteFile(text, []byte(strings.Repeat("This is no database.\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	empty := filepath.Join(dir, "empty")
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{
		{"sandbox", "check", "--data", filepath.Join(dir, "missing")},
		{"sandbox", "check", "--data", text},
		{"sandbox", "check", "--data", empty},
		{"sandbox", "check", "--data", dir},
		{"sandbox", "--http", "--listen", "127.0.0.1:0", "--data", text},
		{"sandbox", "--http", "--listen", "127.0.0.1:99999"},
		{"sandbox", "--listen", "127.0.0.1:0", "--cert", text, "--key", text},
		{"sandbox", "--listen", "127.0.0.1:0", "--ca", text},
	} {
		code, stdout, stderr := run(t, args...)
		if code != 1 || stdout != "" || !strings.HasPrefix(stderr, "vingd: ") || strings.Count(stderr, "\n") != 1 {
			t.Errorf("vingd %q: got %d and\n%s%s, want 1 and one line", args, code, stdout, stderr)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "missing")); err == nil {
		t.Error("the check made the file that it did not find")
	}
	if content, err := os.ReadFile(empty); err != nil || len(content) > 0 {
		t.Errorf("the check wrote %d bytes into an empty file, %v", len(content), err)
	}
}

func TestVersion(t *testing.T) {
	code, stdout, stderr := run(t, "version")
	if code != 0 || stderr != "" || !regexp.MustCompile(`^vingd \d+\.\d+\.\d+ go\S+ \w+/\w+\n$`).MatchString(stdout) {
		t.Errorf("got %d, %q, %q", code, stdout, stderr)
	}
}

func TestCompletion(t *testing.T) {
	if code, stdout, _ := run(t, "completion", "bash"); code != 0 || !strings.Contains(stdout, "vingd") {
		t.Errorf("got %d and\n%s", code, stdout)
	}
}

func TestDemo(t *testing.T) {
	code, stdout, stderr := run(t, "demo")
	want := regexp.MustCompile(`^A sandbox listens on https://127\.0\.0\.1:\d+/sandbox/broker/v1\.
The seller holds 1000\.00 vingds, and Anna 10\.00\.
The seller offers object \d+ for 2\.00, on https://127\.0\.0\.1:\d+/orders/\d+/add/
Anna pays there\. Anna has 8\.00 left, and returns to http://localhost:666/\.
The seller verifies purchase \d+ of huid [0-9a-f]{40}, and serves\.
The seller commits, and is paid\.
The seller rewards Anna with 0\.75\.
The seller gives Anna voucher \S+\. Anna redeems it, for 1\.00\.
The seller holds 1000\.25 vingds, and Anna 9\.75\.
The books are right\. All that took \d+ ms\.
$`)
	if code != 0 || stderr != "" || !want.MatchString(stdout) {
		t.Errorf("got %d and\n%s%s", code, stdout, stderr)
	}
}

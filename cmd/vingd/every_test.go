package main

import (
	"bytes"
	"errors"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/command"
	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
)

// everyLine has a line for each thing that a command does with the broker. A word with a dollar is made before the line runs.
var everyLine = []string{
	"balance",
	"balance --of $user",
	"whoami",
	"transfers list",
	"transfers list --from me",
	"objects list",
	"objects get $object",
	"objects create --name N --url https://shop.example/n",
	"objects update $object --name M",
	"objects ensure --name N --url https://shop.example/n",
	"objects ensure --name N --url https://shop.example/$named",
	"orders list",
	"orders get $order",
	"orders create $object 2.00",
	"orders create $object 2.00 --context c",
	"orders create $object 2.00 --qr",
	"vouchers list",
	"vouchers get $voucher",
	"vouchers create 5.00",
	"vouchers history",
	"vouchers revoke $voucher --yes",
	"vouchers revoke --group $grouped --yes",
	"vouchers revoke --all --expect 0$one --yes",
	"vouchers qr $voucher",
	"vouchers qr $voucher --out code.png",
	"vouchers sheet --group $grouped",
	"campaign check $plan",
	"campaign run $plan --yes",
	"campaign status $begun",
	"campaign export $begun",
	"campaign sheet $begun --zip codes.zip",
	"campaign revoke $begun --yes",
	"rewards give $user 5.00 --reference r --yes",
	"rewards pay $payroll --yes",
	"rewards pay $payroll --check",
	"purchases commit $purchase",
	"purchases charge $object $rich 2.00 --yes",
	"users create",
	"request GET fort/accounts",
	"request POST registry/objects/ --input body.json --yes",
	"pay $order --as Ann",
	"redeem $voucher --as Ann",
}

// A bench is a world, and a folder and an environment in which commands run in the process of the test.
type bench struct {
	*world

	t    *testing.T
	made map[string]string // by the name in a line

	mu       sync.Mutex
	requests []string // each method and path
	bodies   []string // of the requests
	refused  int      // the request that is refused, from 1
}

// newBench returns a bench, which is the working directory of the test from now on.
func newBench(t *testing.T) *bench {
	t.Helper()
	dir := t.TempDir()
	t.Chdir(dir)
	b := &bench{world: openWorld(t, 1000_00), t: t, made: map[string]string{}}
	b.server.Config.Handler = b
	for name, value := range b.environment() {
		t.Setenv(name, value)
	}
	t.Setenv("XDG_CONFIG_HOME", filepath.Join(dir, "config"))
	b.write("body.json", `{"description": {"name": "Raw", "url": "https://shop.example/raw"}}`)
	return b
}

func (b *bench) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(err)
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	b.mu.Lock()
	b.bodies = append(b.bodies, strings.TrimSpace(string(body)))
	b.requests = append(b.requests, r.Method+" "+strings.TrimPrefix(r.URL.EscapedPath(), "/broker/v1/"))
	refused := len(b.requests) == b.refused
	b.mu.Unlock()
	if refused {
		http.Error(w, `{"message": "no", "context": "Forbidden"}`, http.StatusForbidden)
		return
	}
	b.world.ServeHTTP(w, r)
}

func (b *bench) write(name, text string) {
	b.t.Helper()
	if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
		b.t.Fatal(err)
	}
}

// words returns the words of a line. It makes what the line names.
func (b *bench) words(line string) []string {
	b.t.Helper()
	return strings.Fields(os.Expand(line, func(name string) string {
		b.made[name] = b.makeFor(name)
		return b.made[name]
	}))
}

// makeFor makes what a line names, and returns the words that stand for it.
func (b *bench) makeFor(name string) string {
	b.t.Helper()
	ctx := b.t.Context()
	switch name {
	case "named":
		b.object(ctx, name)
		return name
	case "grouped":
		b.make(ctx, "voucher", name)
		return name
	case "one":
		b.make(ctx, "voucher", name)
		return "1"
	case "plan":
		b.write("plan.csv", "amount,message,to\n1.00,Thank you!,Ann\n")
		return "plan.csv"
	case "begun":
		b.write("plan.csv", "amount,message,to\n1.00,Thank you!,Ann\n")
		if r := b.run("campaign", "run", "plan.csv", "--yes"); r.code != 0 {
			b.t.Fatal(r.stderr)
		}
		return "plan.csv"
	case "payroll":
		b.write("payroll.csv", "huid,amount,reference\n"+b.make(ctx, "user", name)+",1.00,prize no. 1\n")
		return "payroll.csv"
	case "rich":
		user := b.make(ctx, "user", name)
		must(b.client.Rewards.Create(ctx, vingd.HUID(user), vingd.RewardParams{Amount: 10_00, Description: "first"}))
		return user
	case "purchase":
		return b.verified(b.t)
	}
	return b.make(ctx, name, name)
}

// A ran is the outcome of a command.
type ran struct {
	code           int
	stdout, stderr string
	requests       []string
}

// writes reports whether the command requested a change.
func (r *ran) writes() bool {
	for _, request := range r.requests {
		if !strings.HasPrefix(request, http.MethodGet) {
			return true
		}
	}
	return false
}

// run runs a command without a terminal.
func (b *bench) run(words ...string) *ran { return b.runRefused(0, words...) }

// runRefused runs a command. The broker refuses one of its requests, from 1.
func (b *bench) runRefused(number int, words ...string) *ran {
	b.t.Helper()
	return b.runAll(number, "", words)
}

// runStdin runs a command that reads a text.
func (b *bench) runStdin(text string, words ...string) *ran {
	b.t.Helper()
	return b.runAll(0, text, words)
}

func (b *bench) runAll(number int, stdin string, words []string) *ran {
	b.t.Helper()
	b.mu.Lock()
	b.requests, b.bodies, b.refused = nil, nil, number
	b.mu.Unlock()
	var stdout, stderr strings.Builder
	r := &ran{code: command.Run(b.t.Context(), words, strings.NewReader(stdin), &stdout, &stderr)}
	b.mu.Lock()
	defer b.mu.Unlock()
	r.stdout, r.stderr, r.requests = stdout.String(), stderr.String(), b.requests
	b.refused = 0
	return r
}

// forEveryLine runs a test for each line, with a bench of its own.
func forEveryLine(t *testing.T, test func(t *testing.T, b *bench, line string)) {
	t.Helper()
	for _, line := range endure.Part(everyLine, 21) {
		t.Run(line, func(t *testing.T) { test(t, newBench(t), line) })
	}
}

// A command ends with 4 if the broker refuses one of its requests, and requests no change after that. If it was done before, the
// exit code says so.
func TestEvery_RequestRefused(t *testing.T) {
	for _, line := range endure.Part(everyLine, 21) {
		t.Run(line, func(t *testing.T) {
			for number := 1; ; number++ {
				b := newBench(t)
				r := b.runRefused(number, b.words(line)...)
				if len(r.requests) < number {
					if r.code != 0 {
						t.Errorf("got exit code %d, %s", r.code, r.stderr)
					}
					return
				}
				before, after := &ran{requests: r.requests[:number-1]}, &ran{requests: r.requests[number:]}
				want := 4
				if before.writes() && !strings.HasPrefix(r.requests[0], "GET /-/") {
					want = 3
				}
				if r.code != want || !strings.Contains(r.stderr, "403") {
					t.Errorf("%s is refused: got exit code %d, %s, want %d", r.requests[number-1], r.code, r.stderr, want)
				}
				if after.writes() {
					t.Errorf("%s is refused: the command goes on with %q", r.requests[number-1], after.requests)
				}
			}
		})
	}
}

func TestEvery_NoLogin(t *testing.T) {
	forEveryLine(t, func(t *testing.T, b *bench, line string) {
		words := b.words(line)
		for name := range b.environment() {
			t.Setenv(name, "")
		}
		want := "vingd: no login: "
		if r := b.run(words...); r.code != 4 || !strings.HasPrefix(r.stderr, want) || r.stdout != "" {
			t.Errorf("got exit code %d, %s%s, want 4, %s", r.code, r.stdout, r.stderr, want)
		}
	})
}

// A brokenWriter takes nothing.
type brokenWriter struct{ written bool }

var errBroken = errors.New("broken")

func (w *brokenWriter) Write([]byte) (int, error) { w.written = true; return 0, errBroken }

// A command that cannot print ends with 3 if it has changed something, else with 1.
func TestEvery_Unprinted(t *testing.T) {
	forEveryLine(t, func(t *testing.T, b *bench, line string) {
		words := b.words(line)
		b.requests = nil
		var stdout brokenWriter
		var stderr strings.Builder
		code := command.Run(t.Context(), words, strings.NewReader(""), &stdout, &stderr)
		want := 0
		switch r := (&ran{requests: b.requests}); {
		case stdout.written && r.writes():
			want = 3
		case stdout.written:
			want = 1
		}
		if code != want || want != 0 && !strings.Contains(stderr.String(), errBroken.Error()) {
			t.Errorf("got exit code %d, %s, want %d", code, &stderr, want)
		}
	})
}

// A command that asks does nothing without a terminal and without --yes. With --dry-run it says what it would do.
func TestEvery_DryRun(t *testing.T) {
	forEveryLine(t, func(t *testing.T, b *bench, line string) {
		words := b.words(line)
		if strings.HasSuffix(line, " --check") {
			return // it does nothing
		}
		if line, asks := strings.CutSuffix(strings.Join(words, " "), " --yes"); asks {
			words = strings.Fields(line)
			if r := b.run(words...); r.code != 2 || r.writes() || !strings.Contains(r.stderr, ": --yes must be given where there is no terminal to ask on, and with -o json (see vingd ") {
				t.Errorf("without --yes: got exit code %d, %s, and requests %q", r.code, r.stderr, r.requests)
			}
		}
		r := b.run(append(words, "--dry-run")...)
		if strings.Contains(r.stderr, "unknown flag: --dry-run") {
			if w := b.run(words...); w.writes() && words[0] != "pay" && words[0] != "redeem" && words[1] != "commit" {
				t.Errorf("it writes, and has no flag --dry-run: %q", w.requests)
			}
			return
		}
		want := ",\nwith account test@vingd.com (uid " + strconv.FormatInt(int64(b.Seller()), 10) + ") at " + b.endpoint() + ".\nNothing was done (--dry-run).\n"
		if r.code != 0 || r.stdout != "" || !strings.HasSuffix(r.stderr, want) {
			t.Errorf("got exit code %d, %s%s, want 0 and %s", r.code, r.stdout, r.stderr, want)
		}
		if r.writes() {
			t.Errorf("with --dry-run it requests %q", r.requests)
		}
	})
}

// A flag with a value that does not fit is refused before anything is changed.
func TestEvery_BadFlags(t *testing.T) {
	bad := []string{
		"--since soon", "--until soon", "--valid-after soon", "--valid-before soon", "--expires soon", "--from x", "--to x", "--first x", "--last x",
		"--object -1", "--object x", "-o xml", "--columns colour", "--jq .[", "--count 0 --amount 1.00", "--amount x", "--expect x", "--every 99ms --follow", "--input nosuch",
	}
	forEveryLine(t, func(t *testing.T, b *bench, line string) {
		words := b.words(line)
		for _, flag := range bad {
			r := b.run(append(words[:len(words):len(words)], strings.Fields(flag)...)...)
			if strings.Contains(r.stderr, "unknown flag: ") || strings.Contains(r.stderr, "unknown shorthand") {
				continue
			}
			want := 2
			if strings.HasPrefix(flag, "--input") {
				want = 1
			}
			if r.code != want || r.stdout != "" || r.writes() || !strings.HasPrefix(r.stderr, "vingd: ") {
				t.Errorf("%s: got exit code %d, %s%s, want %d, and requests %q", flag, r.code, r.stdout, r.stderr, want, r.requests)
			}
			if name, _, _ := strings.Cut(flag, " "); want == 2 && !strings.Contains(r.stderr, name) {
				t.Errorf("%s: got %s, want the name of the flag", flag, r.stderr)
			}
		}
	})
}

// A command leaves no goroutine, no open file and no temporary file.
func TestEvery_LeavesNothing(t *testing.T) {
	forEveryLine(t, func(t *testing.T, b *bench, line string) {
		temporary := t.TempDir()
		t.Setenv("TMPDIR", temporary)
		words := b.words(line)
		b.run("balance") // the first command opens some files for good
		b.client.CloseIdleConnections()
		running, files := goleak.IgnoreCurrent(), openFiles()
		b.run(words...)
		if err := goleak.Find(running); err != nil {
			t.Error(err)
		}
		if got := openFiles(); got > files {
			t.Errorf("%d files are open, want %d", got, files)
		}
		if left := must(os.ReadDir(temporary)); len(left) > 0 {
			t.Errorf("there is a temporary file %s", left[0].Name())
		}
	})
}

// openFiles returns how many files are open, or zero where that is not known.
func openFiles() int {
	entries, _ := os.ReadDir("/proc/self/fd")
	return len(entries)
}

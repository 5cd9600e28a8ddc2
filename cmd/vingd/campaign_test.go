package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A hunter serves a world, and kills a process at one of its requests: before it is served, after it, or after its response.
type hunter struct {
	*world

	conns *endure.Conns

	mu        sync.Mutex
	victim    *os.Process
	method    string // of the request that a process was killed at
	countdown int
	phase     int
}

// lost is the phase in which a process is killed at a request that the broker does not get.
const lost = 3

// startHunter serves a world that a process is killed in.
func startHunter(t *testing.T, balance vingd.Cents) *hunter {
	t.Helper()
	w := openWorld(t, balance)
	h := &hunter{world: w, conns: endure.NewConns()}
	w.server.Close()
	w.server = httptest.NewUnstartedServer(h)
	w.server.Config.ConnState = h.conns.Count
	w.server.Start()
	w.client = must(vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithLoopbackHTTP(), vingd.WithEndpoint(w.endpoint())))
	return h
}

// settle waits until nothing of a process that was killed is in flight.
func (h *hunter) settle(t *testing.T) {
	t.Helper()
	h.mu.Lock()
	h.victim, h.countdown = nil, -1 // the process may have ended by itself
	h.mu.Unlock()
	if err := h.conns.Settle(t.Context(), h.client); err != nil {
		t.Fatal(err)
	}
}

func (h *hunter) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h.mu.Lock()
	var victim *os.Process
	if h.countdown--; h.countdown == 0 {
		victim, h.victim, h.method = h.victim, nil, r.Method
	}
	phase := h.phase
	h.mu.Unlock()
	if victim == nil {
		h.world.ServeHTTP(w, r)
		return
	}
	body, _ := io.ReadAll(r.Body)
	r.Body = io.NopCloser(bytes.NewReader(body))
	switch phase {
	case 0:
		_ = victim.Kill()
		h.world.ServeHTTP(w, r)
	case 1:
		defer victim.Kill() //nolint:errcheck // also if the sandbox hangs up, by a panic
		h.world.ServeHTTP(httptest.NewRecorder(), r)
	case lost:
		_ = victim.Kill()
	default:
		defer func() { go victim.Kill() }() //nolint:errcheck // while the command writes its journal
		h.world.ServeHTTP(w, r)
	}
}

// vingd returns the command, in a directory of its own.
func (w *world) vingd(ctx context.Context, dir string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, "vingd", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "XDG_CONFIG_HOME="+dir)
	for name, value := range w.environment() {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	return cmd
}

// exitCode returns the exit code of a command that was run.
func exitCode(t *testing.T, err error) int {
	t.Helper()
	var failed *exec.ExitError
	switch {
	case err == nil:
		return 0
	case errors.As(err, &failed):
		return failed.ExitCode()
	}
	t.Fatal(err)
	return 0
}

// A campaign is killed again and again while the broker fails: each row becomes one voucher.
func TestCampaign_Killed(t *testing.T) {
	kills := endure.Number(t, "VINGD_CAMPAIGN_KILLS", 5)
	h := startHunter(t, 1_000_000_00)
	w := h.world
	for _, f := range []sandbox.Fault{{HangUp: true, Fraction: .02}, {HangUp: true, Done: true, Fraction: .02}, {Status: 500, Done: true, Fraction: .02}} {
		if err := w.Fail("createVoucher", f); err != nil {
			t.Fatal(err)
		}
	}
	dir, rows := t.TempDir(), 20+16*kills
	args := []string{"campaign", "run", "plan.csv", "--count", strconv.Itoa(rows), "--amount", "1.00", "--yes"}
	for killed := 0; killed < kills; {
		cmd := w.vingd(t.Context(), dir, args...)
		h.mu.Lock()
		h.countdown, h.phase = 1+rand.IntN(16), rand.IntN(3)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		h.victim = cmd.Process
		h.mu.Unlock()
		err := cmd.Wait()
		h.settle(t)
		if err == nil {
			t.Fatalf("it is done after %d kills, want %d", killed, kills)
		}
		if cmd.ProcessState.ExitCode() == -1 {
			killed++
		}
	}
	var output []byte
	var err error
	for range 10 {
		if output, err = w.vingd(t.Context(), dir, args...).CombinedOutput(); err == nil {
			break
		}
		if code := exitCode(t, err); code != 3 && code != 6 {
			t.Errorf("exit code %d, want 3 or 6 while rows are left\n%s", code, output)
		}
	}
	if err != nil {
		t.Fatalf("it never ends: %v\n%s", err, output)
	}
	w.ClearFaults()
	assertVouchers(t, w, rows, 1_000_000_00)
}

// assertVouchers fails the test unless there are this many vouchers of 1.00, each for a row of its own.
func assertVouchers(t *testing.T, w *world, rows int, before vingd.Cents) {
	t.Helper()
	seen := map[string]bool{}
	made := must(w.client.Vouchers.List(t.Context(), vingd.VoucherFilter{}))
	for _, v := range made {
		if seen[v.Description] || v.Allocated != 1_00 {
			t.Errorf("%s: is there twice, or holds %v", v.Description, v.Allocated)
		}
		seen[v.Description] = true
	}
	if left := must(w.Balance(w.Seller())); len(made) != rows || before-left != vingd.Cents(rows)*100 {
		t.Errorf("there are %d vouchers, and %v are reserved, want %d", len(made), before-left, rows)
	}
}

// Of two runs of one plan at the same time, the second is refused.
func TestCampaign_TwoRuns(t *testing.T) {
	w := openWorld(t, 1000_00)
	arrived, leave := make(chan struct{}), make(chan struct{})
	var once sync.Once
	w.beforeEach(func(r *http.Request) {
		if r.Method == http.MethodPost {
			once.Do(func() { close(arrived); <-leave })
		}
	})
	dir := t.TempDir()
	args := []string{"campaign", "run", "plan.csv", "--count", "20", "--amount", "1.00", "--yes"}
	first := w.vingd(t.Context(), dir, args...)
	if err := first.Start(); err != nil {
		t.Fatal(err)
	}
	<-arrived
	output, err := w.vingd(t.Context(), dir, args...).CombinedOutput()
	if code := exitCode(t, err); code != 3 || !strings.Contains(string(output), "vingd: plan.csv: another run has it open") {
		t.Errorf("the second run: got %d, %s", code, output)
	}
	close(leave)
	if err := first.Wait(); err != nil {
		t.Errorf("the first run: %v", err)
	}
	assertVouchers(t, w, 20, 1000_00)
}

// Ctrl-C ends a run after the calls in flight, and says how to go on.
func TestCampaign_Interrupted(t *testing.T) {
	w := openWorld(t, 1000_00)
	var posts int
	var mu sync.Mutex
	var running *exec.Cmd
	w.beforeEach(func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Method == http.MethodPost {
			if posts++; posts == 10 {
				_ = running.Process.Signal(os.Interrupt)
			}
		}
	})
	dir := t.TempDir()
	args := []string{"campaign", "run", "plan.csv", "--count", "100", "--amount", "0.50", "--yes", "-o", "json"}
	mu.Lock()
	running = w.vingd(t.Context(), dir, args...)
	var stderr strings.Builder
	running.Stderr = &stderr
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	mu.Unlock()
	code := exitCode(t, running.Wait())
	says := "of 100 rows done: interrupt signal received; run the same command again to go on\",\"outcome\":\"partly done\""
	if code != 130 || !strings.Contains(stderr.String(), says) || strings.Contains(stderr.String(), "unknown") {
		t.Errorf("got %d, %s", code, &stderr)
	}
	if output, err := w.vingd(t.Context(), dir, args...).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, output)
	}
	if made := must(w.client.Vouchers.List(t.Context(), vingd.VoucherFilter{})); len(made) != 100 {
		t.Errorf("there are %d vouchers, want 100", len(made))
	}
}

// Scanners read the codes of a sheet back. VINGD_ZBAR=required makes a missing zbarimg a failure.
func TestSheet_IsRead(t *testing.T) {
	if _, err := exec.LookPath("zbarimg"); err != nil {
		if os.Getenv("VINGD_ZBAR") == "required" {
			t.Fatal("zbarimg is missing: install zbar-tools")
		}
		t.Skip("zbarimg is missing: install zbar-tools to have the codes read back")
	}
	w := openWorld(t, 1000_00)
	dir := t.TempDir()
	for _, args := range [][]string{
		{"campaign", "run", "plan.csv", "--count", "6", "--amount", "1.00", "--yes"},
		{"campaign", "sheet", "plan.csv", "--zip", "codes.zip"},
	} {
		if output, err := w.vingd(t.Context(), dir, args...).CombinedOutput(); err != nil {
			t.Fatalf("%v\n%s", err, output)
		}
	}
	want := map[string]bool{}
	for _, v := range must(w.client.Vouchers.List(t.Context(), vingd.VoucherFilter{})) {
		want[fmt.Sprintf("%s/vouchers/%s", w.server.URL, v.Code)] = true
	}
	codes := unzipped(t, filepath.Join(dir, "codes.zip"), ".png")
	if len(codes) != 6 {
		t.Errorf("there are %d pictures, want 6", len(codes))
	}
	for _, picture := range codes {
		output, err := exec.CommandContext(t.Context(), "zbarimg", "--quiet", "--raw", picture).Output()
		if url := strings.TrimSpace(string(output)); err != nil || !want[url] {
			t.Errorf("%s: got %q, %v", picture, url, err)
		} else {
			delete(want, url)
		}
	}
	if len(want) > 0 {
		t.Errorf("%d vouchers are not on the sheet", len(want))
	}
	assertDrawn(t, w, dir)
}

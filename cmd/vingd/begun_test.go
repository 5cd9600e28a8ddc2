package main

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/cmd/vingd/internal/plan"
	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// A plan with a row that expired before it was sent is refused, as long as it can be changed. Once a row was sent, whatever came
// of it, the plan runs on without the expired row.
func TestCampaign_ExpiresBetweenRuns(t *testing.T) {
	cases := map[string]struct {
		fault sandbox.Fault
		code  int
		says  string
	}{
		"nothing sent":  {sandbox.Fault{}, 2, "plan.csv:2: expires \"2020-01-01\": must be in the future"},
		"sent in vain":  {sandbox.Fault{Status: 403}, 6, "batch: 1 of 2 rows done, 1 refused: row 1: expires 2020-01-01T00:00:00"},
		"row refused":   {sandbox.Fault{Status: 409}, 6, "batch: 1 of 2 rows done, 1 refused: row 1: expires 2020-01-01T00:00:00"},
		"row in doubt":  {sandbox.Fault{HangUp: true}, 6, "batch: 1 of 2 rows done, 1 refused: row 1: expires 2020-01-01T00:00:00"},
		"one of each":   {sandbox.Fault{Status: 409, Count: 1}, 6, "batch: 1 of 2 rows done, 1 refused: row 1: expires 2020-01-01T00:00:00"},
		"doubt and one": {sandbox.Fault{HangUp: true, Count: 1}, 6, "batch: 1 of 2 rows done, 1 refused: row 1: expires 2020-01-01T00:00:00"},
	}
	for _, name := range endure.Part(slices.Sorted(maps.Keys(cases)), 4) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := cases[name]
			w, dir := openWorld(t, 1000_00), t.TempDir()
			path := filepath.Join(dir, "plan.csv")
			if err := os.WriteFile(path, []byte("amount,expires\n1.00,2020-01-01\n1.00,\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			p := must(plan.ReadCampaign(path))
			job := must(batch.OpenVouchers(t.Context(), plan.Journal(path), p.Vouchers()))
			if c.fault != (sandbox.Fault{}) {
				w.beforeEach(func(r *http.Request) {
					if r.Method == http.MethodPost {
						_ = w.Fail("listVoucherHistory", sandbox.Fault{Status: 403})
					}
				})
				if err := w.Fail("createVoucher", c.fault); err != nil {
					t.Fatal(err)
				}
				client := must(vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithLoopbackHTTP(), vingd.WithEndpoint(w.endpoint()), vingd.WithSettleTime(0)))
				defer client.CloseIdleConnections()
				if p, err := job.Run(t.Context(), client, batch.Options{}); err == nil {
					t.Fatalf("the first run does %+v, want rows that are left", p)
				}
				w.beforeEach(nil)
				w.ClearFaults()
			}
			if err := job.Close(); err != nil {
				t.Fatal(err)
			}
			run := func(code int, says string, args ...string) {
				t.Helper()
				output, err := w.vingd(t.Context(), dir, append([]string{"campaign"}, args...)...).CombinedOutput()
				if got := exitCode(t, err); got != code || !strings.Contains(string(output), says) {
					t.Errorf("%s: got %d, %s, want %d, %s", args[0], got, output, code, says)
				}
			}
			run(c.code, c.says, "run", "plan.csv", "--yes")
			if c.code != 6 {
				return
			}
			const named = "plan.csv:2: expires \"2020-01-01\": must be in the future\nNot sent: 1 expired row. Put expired rows into another plan.\n"
			run(6, "; expired rows need another plan", "run", "plan.csv", "--yes")
			run(0, named, "run", "plan.csv", "--dry-run")
			run(1, named, "check", "plan.csv")
			run(1, "balance_after   999.00\nvingd: expired rows need another plan\n", "check", "plan.csv")
			run(0, "refused   1     1.00\n", "status", "plan.csv")
			if err := os.WriteFile(filepath.Join(dir, "another.csv"), []byte("amount,expires\n1.00,30d\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			run(0, "done     1", "run", "another.csv", "--yes")
			assertVouchers(t, w, 2, 1000_00)
		})
	}
}

// Ctrl-C while the outcome of a row is unknown ends with 3 and not with 130: money may have moved.
func TestCampaign_InterruptedInDoubt(t *testing.T) {
	w, dir := openWorld(t, 1000_00), t.TempDir()
	if err := w.Fail("createVoucher", sandbox.Fault{HangUp: true, Done: true, Count: 1}); err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var running *exec.Cmd
	var once sync.Once
	w.beforeEach(func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		if r.Method == http.MethodPost {
			once.Do(func() {
				_ = w.Fail("listVoucherHistory", sandbox.Fault{Delay: time.Hour})
				_ = running.Process.Signal(os.Interrupt)
			})
		}
	})
	args := []string{"campaign", "run", "plan.csv", "--count", "1", "--amount", "1.00", "--yes"}
	var stderr strings.Builder
	mu.Lock()
	running = w.vingd(t.Context(), dir, args...)
	running.Stderr = &stderr
	if err := running.Start(); err != nil {
		t.Fatal(err)
	}
	mu.Unlock()
	if code := exitCode(t, running.Wait()); code != 3 || !strings.Contains(stderr.String(), "0 of 1 rows done, 1 unknown") {
		t.Errorf("got %d, %s, want 3 and an unknown row", code, &stderr)
	}
	w.ClearFaults()
	if output, err := w.vingd(t.Context(), dir, args...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, output)
	}
	assertVouchers(t, w, 1, 1000_00)
}

// A plan whose journal is lost is not refused for a row that has expired since: a changed plan would make the vouchers twice.
// It is told that the broker has them, and --adopt takes them up, the expired ones, too.
func TestCampaign_JournalLostAndExpired(t *testing.T) {
	for name, made := range map[string]int{"all": 3, "one": 1} {
		t.Run(name, func(t *testing.T) {
			w, dir := openWorld(t, 1000_00), t.TempDir()
			path := filepath.Join(dir, "plan.csv")
			if err := os.WriteFile(path, []byte("amount,expires\n1.00,2020-01-01\n1.00,30d\n1.00,2020-01-01\n"), 0o600); err != nil {
				t.Fatal(err)
			}
			job := must(batch.OpenVouchers(t.Context(), filepath.Join(dir, "lost"), must(plan.ReadCampaign(path)).Vouchers()))
			for _, row := range job.Rows()[:made] {
				must(w.client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: row.Amount, Description: row.Reference}))
			}
			if err := job.Close(); err != nil {
				t.Fatal(err)
			}
			run := func(code int, says, not string, args ...string) {
				t.Helper()
				output, err := w.vingd(t.Context(), dir, append([]string{"campaign"}, args...)...).CombinedOutput()
				if got := exitCode(t, err); got != code || !strings.Contains(string(output), says) || strings.Contains(string(output), not) {
					t.Errorf("%s: got %d, %s, want %d, %s, and not %s", args, got, output, code, says, not)
				}
			}
			has := fmt.Sprintf("the broker already has %d of the plan's rows", made)
			const future = "must be in the future"
			run(1, has, future, "check", "plan.csv")
			run(1, has, future, "run", "plan.csv", "--dry-run")
			run(1, has, future, "run", "plan.csv", "--yes")
			run(1, `"outcome":"partly done"`, `"not done"`, "run", "plan.csv", "--yes", "-o", "json")
			run(0, "Nothing was done", "another plan", "run", "plan.csv", "--adopt", "--dry-run")
			assertVouchers(t, w, made, 1000_00)
			if made == 3 {
				run(0, "given    3.00", future, "run", "plan.csv", "--adopt", "--yes")
				run(0, "open      3     3.00", future, "status", "plan.csv")
				assertVouchers(t, w, 3, 1000_00)
				return
			}
			run(6, "plan.csv:4: refused: expires 2020-01-01T00:00:00", "another journal", "run", "plan.csv", "--adopt", "--yes")
			run(6, "batch: 2 of 3 rows done, 1 refused", "another journal", "run", "plan.csv", "--yes")
			assertVouchers(t, w, 2, 1000_00)
		})
	}
}

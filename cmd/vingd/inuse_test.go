package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vingd/vingd-api-go/internal/endure"
)

// A second command on a plan or a reward cannot read the journal while a first one pays. It ends with 3: what the first one did
// is unknown to it. It names the plan or the reward, and says what to do.
func TestInUse_EndsWith3(t *testing.T) {
	give := []string{"rewards", "give", "USER", "1.00", "--reference", "prize 2026-11 no. 1", "--yes"}
	for name, c := range map[string]struct {
		first  []string
		others [][]string
		says   string
	}{
		"give": {give, [][]string{
			give, append(slices.Clone(give), "--dry-run"), append(slices.Clone(give), "--nope"), append(slices.Clone(give), "--profile", "missing"),
			{"rewards", "give", "USER", "2.00", "--reference", "prize 2026-11 no. 1", "--yes"},
		}, `reward "prize 2026-11 no. 1": another run has it open`},
		"pay": {[]string{"rewards", "pay", "payroll.csv", "--yes"}, [][]string{
			{"rewards", "pay", "payroll.csv", "--yes"}, {"rewards", "pay", "payroll.csv", "--check"}, {"rewards", "pay", "payroll.csv", "--dry-run"},
			{"rewards", "status", "payroll.csv"}, {"rewards", "pay", "payroll.csv", "--nope"},
		}, "payroll.csv: another run has it open"},
		"campaign": {[]string{"campaign", "run", "plan.csv", "--yes"}, [][]string{
			{"campaign", "run", "plan.csv", "--yes"}, {"campaign", "run", "plan.csv", "--dry-run"}, {"campaign", "check", "plan.csv"},
			{"campaign", "status", "plan.csv"}, {"campaign", "export", "plan.csv"}, {"campaign", "sheet", "plan.csv"},
			{"campaign", "revoke", "plan.csv", "--yes"}, {"campaign", "revoke", "plan.csv"}, {"campaign", "run", "plan.csv", "--nope"},
		}, "plan.csv: another run has it open"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, dir := openWorld(t, 1000_00), t.TempDir()
			user := w.make(t.Context(), "user", "ann")
			for file, text := range map[string]string{"payroll.csv": "huid,amount,reference\n" + user + ",1.00,payroll 2026-11 no. 1\n", "plan.csv": "amount\n1.00\n"} {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			args := func(from []string) (args []string) {
				for _, arg := range from {
					args = append(args, strings.ReplaceAll(arg, "USER", user))
				}
				return args
			}
			pays, goOn := make(chan struct{}), make(chan struct{})
			var once sync.Once
			w.beforeEach(func(r *http.Request) {
				if r.Method == http.MethodPost {
					once.Do(func() {
						close(pays)
						<-goOn
					})
				}
			})
			first := w.vingd(t.Context(), dir, args(c.first)...)
			var said bytes.Buffer
			first.Stdout, first.Stderr = &said, &said
			if err := first.Start(); err != nil {
				t.Fatal(err)
			}
			<-pays
			for _, other := range endure.Part(c.others, 3) {
				for _, format := range [][]string{nil, {"-o", "json"}} {
					if format != nil && (other[1] == "export" || other[1] == "sheet") {
						continue
					}
					var stderr bytes.Buffer
					cmd := w.vingd(t.Context(), dir, slices.Insert(args(other), 2, format...)...)
					cmd.Stderr = &stderr
					code := exitCode(t, cmd.Run())
					text := stderr.String()
					if code != 3 || strings.Count(text, c.says+", so its outcome is unknown: wait until that run has ended, then run the same command again") != 1 && format == nil || strings.Contains(text, ".journal") {
						t.Errorf("%q: got %d, %s, want 3, and %q once", other, code, text, c.says)
					}
					if format == nil {
						continue
					}
					var report struct {
						Error struct{ Message, Outcome string }
					}
					if err := json.Unmarshal(stderr.Bytes(), &report); err != nil || report.Error.Outcome != "unknown" || !strings.Contains(report.Error.Message, c.says) {
						t.Errorf("%q: got %s, %v, want the outcome unknown, and %q", other, text, err, c.says)
					}
				}
			}
			close(goOn)
			if err := first.Wait(); err != nil {
				t.Errorf("%v: %s", err, &said)
			}
			if left := must(w.Balance(w.Seller())); left != 999_00 {
				t.Errorf("the seller has %v, want that 1.00 was paid once", left)
			}
		})
	}
}

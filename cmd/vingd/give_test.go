package main

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// A reward is killed at each of its requests. The same command, run again, gives it once and prints its transfer.
func TestGive_Killed(t *testing.T) {
	h := startHunter(t, 1000_00)
	user, dir := h.make(t.Context(), "user", "ann"), t.TempDir()
	given := map[string]bool{}
	for number, killed := 0, true; killed; number++ {
		killed = false
		for phase := range 3 {
			reference := "prize " + string(rune('a'+number)) + " no. " + string(rune('1'+phase))
			args := []string{"rewards", "give", user, "1.00", "--reference", reference, "--yes", "-o", "id"}
			cmd := h.vingd(t.Context(), dir, args...)
			var stdout strings.Builder
			cmd.Stdout = &stdout
			h.mu.Lock()
			h.countdown, h.phase = 1+number, phase
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			h.victim = cmd.Process
			h.mu.Unlock()
			err := cmd.Wait()
			h.settle(t)
			given[reference] = true
			if err == nil {
				continue
			}
			killed = true
			if h.method == http.MethodPost && phase < 2 && stdout.Len() == 0 { // it pays; a late kill finds it printed
				other, _ := h.vingd(t.Context(), dir, "rewards", "give", user, "2.00", "--reference", "no. 0", "--yes").CombinedOutput()
				given["no. 0"] = true
				if want := "vingd rewards give " + user + " 1.00 --reference '" + reference + "'"; !strings.Contains(string(other), want) {
					t.Errorf("got %s, want that it names %s", other, want)
				}
			}
			again, err := h.vingd(t.Context(), dir, args...).CombinedOutput()
			if code := exitCode(t, err); code != 0 && (stdout.Len() == 0 || !strings.Contains(string(again), "was used already, by transfer "+stdout.String())) {
				t.Errorf("%s: got exit code %d, %s", reference, code, again)
			}
		}
	}
	transfers := must(h.client.Transfers.List(t.Context(), vingd.TransferFilter{From: h.Seller()}))
	if len(transfers) != len(given) {
		t.Errorf("there are %d transfers, want %d", len(transfers), len(given))
	}
	if info := must(os.Stat(filepath.Join(dir, "vingd", "pending"))); runtime.GOOS != "windows" && info.Mode().Perm() != 0o700 {
		t.Errorf("the folder of rewards has mode %v, want that its owner alone enters it", info.Mode())
	}
	if left := must(os.ReadDir(filepath.Join(dir, "vingd", "pending"))); len(left) > 0 {
		t.Errorf("there are %d files of rewards that were given, such as %s", len(left), left[0].Name())
	}
}

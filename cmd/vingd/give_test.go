package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A reward is killed at each of its requests. The same command, run again, gives it once and prints its transfer, or says that
// the outcome stays unknown and what to do.
func TestGive_Killed(t *testing.T) {
	h := startHunter(t, 1000_00)
	user, dir := h.make(t.Context(), "user", "ann"), t.TempDir()
	given, unknown := map[string]bool{}, 0
	for number, killed := 0, true; killed; number++ {
		killed = false
		for _, phase := range endure.Part([]int{number % 4, (number + 1) % 4, (number + 2) % 4, (number + 3) % 4}, 2) {
			reference := "prize " + string(rune('a'+number)) + " no. " + string(rune('1'+phase))
			if phase == lost { // no other transfer has such a reference: nothing shows that the broker keeps it
				reference = "gift " + string(rune('a'+number))
			}
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
			if h.method == http.MethodPost && phase != 2 && stdout.Len() == 0 { // it pays; a late kill finds it printed
				other, _ := h.vingd(t.Context(), dir, "rewards", "give", user, "2.00", "--reference", "no. 0", "--yes").CombinedOutput()
				given["no. 0"] = true
				if want := "vingd rewards give " + user + " 1.00 --reference '" + reference + "'"; !strings.Contains(string(other), want) {
					t.Errorf("got %s, want that it names %s", other, want)
				}
			}
			again, err := h.vingd(t.Context(), dir, args...).CombinedOutput()
			if exitCode(t, err) == 3 && h.takeWayOut(t, reference, string(again)) {
				unknown++
				again, err = h.vingd(t.Context(), dir, args...).CombinedOutput()
			}
			if code := exitCode(t, err); code != 0 && (stdout.Len() == 0 || !strings.Contains(string(again), "was used already, by transfer "+stdout.String())) {
				t.Errorf("%s: got exit code %d, %s", reference, code, again)
			}
		}
	}
	if unknown == 0 && !testing.Short() {
		t.Error("no reward stayed unknown, want those that the broker did not get")
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

// takeWayOut does what the command says of a reward that is not there and stays unknown. It reports whether it is not there.
func (h *hunter) takeWayOut(t *testing.T, reference, said string) bool {
	t.Helper()
	_, after, ok := strings.Cut(said, "Only if the reward is not there, remove ")
	file, _, ok2 := strings.Cut(after, ", and give it anew")
	if !ok || !ok2 {
		return false
	}
	for _, transfer := range must(h.client.Transfers.List(t.Context(), vingd.TransferFilter{From: h.Seller()})) {
		if strings.Contains(transfer.Description, reference) {
			t.Errorf("got %s, want the outcome of a reward that is there", said)
			return false
		}
	}
	if err := os.Remove(file); err != nil {
		t.Error(err)
	}
	return true
}

// A late is a broker that gets the first reward late: after the connection is closed, and its outcome was looked for.
type late struct {
	*world

	mu     sync.Mutex
	held   *http.Request
	looks  int
	posted int
}

func (l *late) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	l.mu.Lock()
	defer l.mu.Unlock()
	isReward := r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/rewards")
	if isReward {
		l.posted++
	}
	if isReward && l.posted == 1 {
		body, _ := io.ReadAll(r.Body)
		l.held = httptest.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, r.URL.String(), bytes.NewReader(body))
		l.held.Header = r.Header.Clone()
		_ = l.Fail("listTransfers", sandbox.Fault{Status: http.StatusForbidden}) // the command ends
		panic(http.ErrAbortHandler)
	}
	if strings.Contains(r.URL.Path, "/fort/transfers") {
		l.looks++
	}
	if l.held != nil && (isReward || l.looks == 5) {
		l.world.ServeHTTP(httptest.NewRecorder(), l.held)
		l.held = nil
	}
	l.world.ServeHTTP(w, r)
}

// A reward in doubt is settled by the same command, however the endpoint, the login and the user are spelled. It is paid once.
func TestGive_DoubtInAnySpelling(t *testing.T) {
	spellings := map[string]func(w *world, args []string) (environment, spelled []string){
		"same": func(*world, []string) ([]string, []string) { return nil, nil },
		"slash": func(w *world, _ []string) ([]string, []string) {
			return []string{"VINGD_ENDPOINT=" + w.endpoint() + "/"}, nil
		},
		"other host": func(w *world, _ []string) ([]string, []string) {
			return []string{"VINGD_ENDPOINT=" + strings.Replace(w.endpoint(), "127.0.0.1", "localhost", 1)}, nil
		},
		"profile": func(w *world, args []string) ([]string, []string) {
			return []string{"VINGD_USERNAME=", "VINGD_ENDPOINT="}, append(slices.Clone(args), "--profile", "shop")
		},
		"upper case": func(_ *world, args []string) ([]string, []string) {
			spelled := slices.Clone(args)
			spelled[2] = strings.ToUpper(args[2])
			return nil, spelled
		},
		"amount": func(_ *world, args []string) ([]string, []string) {
			spelled := slices.Clone(args)
			spelled[3] = "1"
			return nil, spelled
		},
	}
	for _, name := range endure.Part(slices.Sorted(maps.Keys(spellings)), 4) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, dir := openWorld(t, 1000_00), t.TempDir()
			l := &late{world: w}
			w.server.Config.Handler = l
			add := w.vingd(t.Context(), dir, "profile", "add", "shop", "--username", "test@vingd.com", "--password-stdin", "--endpoint", w.endpoint()+"/", "--frontend", w.server.URL)
			add.Stdin = strings.NewReader("123\n")
			if output, err := add.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, output)
			}
			args := []string{"rewards", "give", w.make(t.Context(), "user", "ann"), "1.00", "--reference", "prize 2026-11 no. 1", "--yes"}
			output, err := w.vingd(t.Context(), dir, args...).CombinedOutput()
			if exitCode(t, err) != 3 || !strings.Contains(string(output), "as the same user, with the same home folder") ||
				!strings.Contains(string(output), "Only if the reward is not there, remove "+filepath.Join(dir, "vingd", "pending")) {
				t.Errorf("got %v, %s, want 3, and how to go on", err, output)
			}
			w.ClearFaults()
			environment, spelled := spellings[name](w, args)
			if spelled == nil {
				spelled = args
			}
			run := func(code int, extra ...string) {
				t.Helper()
				cmd := w.vingd(t.Context(), dir, append(slices.Clone(spelled), extra...)...)
				cmd.Env = append(append(cmd.Env, environment...), "VINGD_SETTLE_TIME=1s")
				if output, err := cmd.CombinedOutput(); exitCode(t, err) != code {
					t.Errorf("%s: got %v, %s, want %d", extra, err, output, code)
				}
			}
			run(3, "--dry-run")
			run(3, "--nope")
			run(0)
			if left := must(w.Balance(w.Seller())); left != 999_00 {
				t.Errorf("the seller has %v, want that the reward of 1.00 was paid once", left)
			}
		})
	}
}

// While the outcome of a reward is unknown, its reference is refused for another user or amount, and nothing is paid.
func TestGive_ReferenceInDoubt(t *testing.T) {
	d := leaveDoubt(t, "rewards", "give", "USER", "1.00", "--reference", "prize 2026-11 no. 1")
	for place, value := range map[int]string{2: d.make(t.Context(), "user", "bob"), 3: "2.00"} {
		other := slices.Clone(d.args)
		other[place] = value
		posts := 0
		d.beforeEach(func(r *http.Request) {
			if r.Method == http.MethodPost {
				posts++
			}
		})
		d.failHistory(sandbox.Fault{Status: http.StatusForbidden}) // a look at the history would find it, too
		output, err := d.vingd(t.Context(), d.dir, append(other, "--yes")...).CombinedOutput()
		want := `reference "prize 2026-11 no. 1": belongs to a reward that has no result yet: vingd rewards give ` + d.args[2] + " 1.00 --reference 'prize 2026-11 no. 1'"
		if code := exitCode(t, err); code != 3 || !strings.Contains(string(output), want) || posts > 0 {
			t.Errorf("got %d, %d calls, %s, want 3, no call, and %s", code, posts, output, want)
		}
		d.beforeEach(nil)
		d.ClearFaults()
	}
	d.assertSettles(t)
}

// Another account may have the same reference, also while the outcome of the first one's reward is unknown.
func TestGive_ReferenceOfAnotherAccount(t *testing.T) {
	d := leaveDoubt(t, "rewards", "give", "USER", "1.00", "--reference", "prize 2026-11 no. 1")
	uid := must(d.AddSeller(sandbox.Seller{Username: "other@vingd.com", Password: "123", Balance: 10_00}))
	cmd := d.vingd(t.Context(), d.dir, "users", "create", "-o", "id")
	cmd.Env = append(cmd.Env, "VINGD_USERNAME=other@vingd.com")
	user := strings.TrimSpace(string(must(cmd.Output())))
	for _, reference := range []string{"prize 2026-11 no. 1", "prize 2026-11 no. 2"} {
		cmd = d.vingd(t.Context(), d.dir, "rewards", "give", user, "1.00", "--reference", reference, "--yes")
		cmd.Env = append(cmd.Env, "VINGD_USERNAME=other@vingd.com")
		if output, err := cmd.CombinedOutput(); err != nil || strings.Contains(string(output), "An earlier reward") {
			t.Errorf("got %v, %s, want that it is given, and names no reward of another account", err, output)
		}
	}
	if left := must(d.Balance(uid)); left != 8_00 {
		t.Errorf("the other account has %v, want 8.00", left)
	}
	d.assertSettles(t)
}

package batch_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// open opens a job, which is closed when the test ends.
func open(t *testing.T, l *list, path string) *batch.Job {
	t.Helper()
	job, err := l.open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = job.Close() })
	return job
}

// A plan that is run twice gives nothing twice.
func TestRun_Twice(t *testing.T) {
	for _, kind := range []string{"rewards", "vouchers"} {
		t.Run(kind, func(t *testing.T) {
			s, path := newScene(t, kind, 20), filepath.Join(t.TempDir(), "journal")
			for range 2 {
				job := open(t, s.list, path)
				got, err := job.Run(t.Context(), s.client, batch.Options{})
				if err != nil {
					t.Fatal(err)
				}
				want := batch.Progress{Rows: 20, Done: 20, Sum: 11_90, Given: 11_90}
				if got != want {
					t.Errorf("got %+v, want %+v", got, want)
				}
				for i, row := range job.Rows() {
					if row.Number != i+1 || row.State != batch.Done || row.Transfer == 0 || row.Sent.IsZero() || (row.Code == "") != (kind == "rewards") {
						t.Errorf("got %+v", row)
					}
				}
				if err := job.Close(); err != nil {
					t.Fatal(err)
				}
				s.assertOnce(s.list, s.before)
			}
		})
	}
}

func TestRun_OnProgress(t *testing.T) {
	s := newScene(t, "vouchers", 5)
	var done []int
	_, err := open(t, s.list, filepath.Join(t.TempDir(), "journal")).Run(t.Context(), s.client, batch.Options{
		OnProgress: func(p batch.Progress) { done = append(done, p.Done) },
	})
	if err != nil || len(done) != 5 || done[0] != 1 || done[4] != 5 {
		t.Errorf("got %v, %v", done, err)
	}
}

// A second run of the same plan is refused while the first has the journal open.
func TestOpen_InUse(t *testing.T) {
	l, path := newVouchers(1), filepath.Join(t.TempDir(), "journal")
	first := open(t, l, path)
	if _, err := l.open(t.Context(), path); !errors.Is(err, batch.ErrJournalInUse) {
		t.Errorf("got %v, want ErrJournalInUse", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	open(t, l, path)
}

// A plan cannot be changed any more once a row of it was sent.
func TestOpen_OtherPlan(t *testing.T) {
	s, path := newScene(t, "vouchers", 0), filepath.Join(t.TempDir(), "journal")
	s.fail("createVoucher", sandbox.Fault{Status: 403})
	plan := []batch.Voucher{{Amount: 1, Message: "a", Group: "g", Expires: vingd.In(time.Hour), Note: "n"}, {Amount: 2}}
	job, err := batch.OpenVouchers(t.Context(), path, plan)
	if err != nil {
		t.Fatal(err)
	}
	if got, err := job.Run(t.Context(), s.client, batch.Options{}); err == nil || got.Done > 0 {
		t.Fatalf("got %+v, %v, want a run that does nothing", got, err)
	}
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string]func([]batch.Voucher) []batch.Voucher{
		"amount":  func(v []batch.Voucher) []batch.Voucher { v[0].Amount = 3; return v },
		"message": func(v []batch.Voucher) []batch.Voucher { v[0].Message = "b"; return v },
		"group":   func(v []batch.Voucher) []batch.Voucher { v[0].Group = "h"; return v },
		"expires": func(v []batch.Voucher) []batch.Voucher { v[0].Expires = vingd.In(time.Minute); return v },
		"note":    func(v []batch.Voucher) []batch.Voucher { v[0].Note = "m"; return v },
		"shift":   func(v []batch.Voucher) []batch.Voucher { v[0].Message, v[0].Group = "ag", ""; return v },
		"order":   func(v []batch.Voucher) []batch.Voucher { return []batch.Voucher{v[1], v[0]} },
		"fewer":   func(v []batch.Voucher) []batch.Voucher { return v[:1] },
		"more":    func(v []batch.Voucher) []batch.Voucher { return append(v, v[1]) },
	} {
		_, err := batch.OpenVouchers(t.Context(), path, change(append([]batch.Voucher(nil), plan...)))
		if !errors.Is(err, batch.ErrOtherPlan) {
			t.Errorf("%s: got %v, want ErrOtherPlan", name, err)
		}
	}
	if _, err := batch.OpenRewards(t.Context(), path, []batch.Reward{{"a", 1, "x"}, {"b", 2, "y"}}); !errors.Is(err, batch.ErrOtherPlan) {
		t.Errorf("got %v, want ErrOtherPlan", err)
	}
	if job, err = batch.OpenVouchers(t.Context(), path, plan); err != nil {
		t.Fatal(err)
	}
	if err := job.Close(); err != nil {
		t.Error(err)
	}
}

// A journal belongs to the plan and the account of the first row that is sent, and to none before.
func TestOpen_NothingSentYet(t *testing.T) {
	s, path := newScene(t, "vouchers", 3), filepath.Join(t.TempDir(), "journal")
	other := newScene(t, "rewards", 1)
	first := open(t, other.list, path)
	other.fail("listTransfers", sandbox.Fault{Status: 403})
	if _, err := first.Run(t.Context(), other.client, batch.Options{}); !errors.Is(err, vingd.ErrForbidden) {
		t.Fatalf("got %v, want a run that sends nothing", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	job := open(t, s.list, path)
	if err := job.CheckAccount(t.Context(), s.client); err != nil {
		t.Error(err)
	}
	if _, err := job.Run(t.Context(), s.client, batch.Options{}); err != nil {
		t.Fatal(err)
	}
	if err := job.CheckAccount(t.Context(), s.client); err != nil {
		t.Error(err)
	}
	s.assertOnce(s.list, s.before)
}

func TestOpen_BadFile(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), mode); err != nil {
			t.Fatal(err)
		}
		return path
	}
	other := filepath.Join(dir, "sandbox")
	sb, err := sandbox.New(sandbox.Options{Data: other})
	if err != nil {
		t.Fatal(err)
	}
	if err := sb.Close(); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		write("text", strings.Repeat("This is no journal.\n", 100), 0o600): "not a journal",
		other: "is not a journal, or is one of an earlier version",
		dir:   "must be a regular file",
	} {
		if _, err := newVouchers(1).open(t.Context(), path); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %s", path, err, want)
		}
	}
	if runtime.GOOS == "windows" {
		return // there are no such modes
	}
	open(t, newVouchers(1), filepath.Join(dir, "new"))
	if info, err := os.Stat(filepath.Join(dir, "new")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("got %v, %v, want mode 0600", info, err)
	}
	if _, err := newVouchers(1).open(t.Context(), write("public", "", 0o644)); err == nil || !strings.Contains(err.Error(), "must be 0600") {
		t.Errorf("got %v, want that others may read it", err)
	}
}

func TestOpen_BadRows(t *testing.T) {
	path := filepath.Join(t.TempDir(), "journal")
	const user = "0123456789abcdef"
	for want, rewards := range map[string][]batch.Reward{
		`batch: row 1: user `:                                    {{"", 1, "x"}},
		`row 1: user is "someone", must`:                         {{"someone", 1, "x"}},
		`batch: row 1: amount `:                                  {{user, 0, "x"}},
		`batch: row 2: amount `:                                  {{user, 1, "x"}, {user, -1, "y"}},
		`row 1: reference is empty`:                              {{user, 1, ""}},
		`must not begin or end with`:                             {{user, 1, " x"}},
		`has the character '\n'`:                                 {{user, 1, "x\ny"}},
		`row 2: reference must be UTF-8`:                         {{user, 1, "x"}, {user, 1, "\xff"}},
		`row 2: reference has the character '\u0301'`:            {{user, 1, "x"}, {user, 1, "caf" + "e\u0301"}},
		`must not exceed 100`:                                    {{user, 1, strings.Repeat("x", 101)}},
		`row 3: reference "x": must be unique, is that of row 1`: {{user, 1, "x"}, {user, 1, "y"}, {user, 2, "x"}},
	} {
		if _, err := batch.OpenRewards(t.Context(), path, rewards); !errors.Is(err, vingd.ErrInvalidArgument) || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, err := batch.OpenVouchers(t.Context(), path, []batch.Voucher{{}}); err == nil || !strings.Contains(err.Error(), "row 1: amount") {
		t.Errorf("got %v", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("there is a journal of refused rows")
	}
}

// Rows that were sent to one account are never looked up, or sent, at another.
func TestRun_OtherAccount(t *testing.T) {
	s, path := newScene(t, "vouchers", 3), filepath.Join(t.TempDir(), "journal")
	s.fail("createVoucher", sandbox.Fault{Status: 403})
	var incomplete *batch.IncompleteError
	job := open(t, s.list, path)
	if _, err := job.Run(t.Context(), s.client, batch.Options{}); !errors.As(err, &incomplete) {
		t.Fatalf("got %v", err)
	}
	s.ClearFaults()
	if _, err := s.AddSeller(sandbox.Seller{Username: "other@vingd.com", Password: "123"}); err != nil {
		t.Fatal(err)
	}
	another := newScene(t, "vouchers", 3)
	for name, client := range map[string]*vingd.Client{"another user": s.newClient("other@vingd.com"), "another broker": another.client} {
		if _, err := job.Run(t.Context(), client, batch.Options{}); !errors.Is(err, batch.ErrOtherAccount) {
			t.Errorf("%s: got %v, want ErrOtherAccount", name, err)
		}
		if err := job.CheckAccount(t.Context(), client); !errors.Is(err, batch.ErrOtherAccount) {
			t.Errorf("%s: got %v, want ErrOtherAccount", name, err)
		}
		if made, err := client.Vouchers.List(t.Context(), vingd.VoucherFilter{}); err != nil || len(made) > 0 {
			t.Errorf("%s: got %d vouchers, %v, want none", name, len(made), err)
		}
	}
}

// A row that the broker refuses does not end the run, and is sent again by the next.
func TestRun_RefusedRow(t *testing.T) {
	s, path := newScene(t, "rewards", 5), filepath.Join(t.TempDir(), "journal")
	s.list.Rewards[2].User = "0123456789abcdef0123456789abcdef01234567"
	var sent time.Time // the last request, from which the settle time counts
	for range 2 {
		job := open(t, s.list, path)
		got, err := job.Run(t.Context(), s.client, batch.Options{})
		if got.Done != 4 || got.Refused != 1 || got.Unknown != 0 || errors.Is(err, vingd.ErrOutcomeUnknown) {
			t.Errorf("got %+v, %v", got, err)
		}
		if err == nil || !strings.HasPrefix(err.Error(), "batch: 4 of 5 rows done, 1 refused: row 3: ") {
			t.Errorf("got %v", err)
		}
		row := job.Rows()[2]
		if row.State != batch.Refused || !strings.Contains(row.Problem, "404") || !row.Sent.After(sent) {
			t.Errorf("got %+v, want that it was refused after %v", row, sent)
		}
		sent = row.Sent
		if err := job.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

// Too low a balance ends the run, and the next goes on.
func TestRun_LowBalance(t *testing.T) {
	s, path := newScene(t, "vouchers", 5), filepath.Join(t.TempDir(), "journal")
	s.list.Vouchers[4].Amount = 2_000_000_00
	job := open(t, s.list, path)
	got, err := job.Run(t.Context(), s.client, batch.Options{})
	var failed *vingd.Error
	if got.Done != 4 || got.Refused != 0 || !errors.As(err, &failed) || failed.Status != 402 {
		t.Errorf("got %+v, %v, want four rows and status 402", got, err)
	}
	if row := job.Rows()[4]; row.State != batch.Pending || !strings.Contains(row.Problem, "402") {
		t.Errorf("got %+v", row)
	}
	if err := s.Deposit(s.Seller(), 2_000_000_00); err != nil {
		t.Fatal(err)
	}
	if _, err := job.Run(t.Context(), s.client, batch.Options{}); err != nil {
		t.Fatal(err)
	}
	s.assertOnce(s.list, s.before+2_000_000_00)
}

// A row stays unknown until the broker tells its outcome.
func TestRun_UnknownOutcome(t *testing.T) {
	for _, kind := range []string{"rewards", "vouchers"} {
		for _, done := range []bool{false, true} {
			s, path := newScene(t, kind, 1), filepath.Join(t.TempDir(), "journal")
			s.fail("rewardUser", sandbox.Fault{HangUp: true, Done: done, Count: 1})
			s.fail("createVoucher", sandbox.Fault{HangUp: true, Done: done, Count: 1})
			job := open(t, s.list, path)
			s.atRow(func() {
				s.fail("listTransfers", sandbox.Fault{Status: 403})
				s.fail("listVoucherHistory", sandbox.Fault{Status: 403})
			})
			got, err := job.Run(t.Context(), s.client, batch.Options{})
			if got.Unknown != 1 || got.Done != 0 || !errors.Is(err, vingd.ErrOutcomeUnknown) || !errors.Is(err, vingd.ErrForbidden) {
				t.Errorf("%s: got %+v, %v, want an unknown outcome", kind, got, err)
			}
			if row := job.Rows()[0]; row.State != batch.Unknown || !strings.Contains(row.Problem, "403") {
				t.Errorf("%s: got %+v", kind, row)
			}
			if err := job.Close(); err != nil {
				t.Fatal(err)
			}
			s.ClearFaults()
			if got, err = open(t, s.list, path).Run(t.Context(), s.client, batch.Options{}); err != nil {
				t.Errorf("%s: got %+v, %v", kind, got, err)
			}
			s.assertOnce(s.list, s.before)
		}
	}
}

// A broker has no cause to mask the reference of a voucher as the number of a card.
func TestRun_ReferenceOfVoucher(t *testing.T) {
	s := newScene(t, "vouchers", 0)
	for _, note := range []string{"another plan", "21"} { // the hexadecimal digest of the second has 15 digits in a row
		job, err := batch.OpenVouchers(t.Context(), filepath.Join(t.TempDir(), "journal"), []batch.Voucher{{Amount: 1, Note: note}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = job.Close() })
		if got := job.Rows()[0].Reference; !regexp.MustCompile(`^batch \d{4}(\.\d{4}){4}\.1$`).MatchString(got) {
			t.Errorf("got reference %q", got)
		}
		if got, err := job.Run(t.Context(), s.client, batch.Options{}); err != nil {
			t.Errorf("got %+v, %v", got, err)
		}
		s.fail("createVoucher", sandbox.Fault{HangUp: true, Count: 1})
	}
}

// A row of which the broker cannot tell the outcome does not end the run, and is not paid again by guess.
func TestRun_DoubtfulRow(t *testing.T) {
	s, path := newScene(t, "rewards", 7), filepath.Join(t.TempDir(), "journal")
	for i, name := range []string{"Ann", "Bob", "Cleo", "Dora", "Eve", "Fred", "Gus"} {
		s.list.Rewards[i].Reference = "for " + name // no reference proves that the broker keeps the others
	}
	s.fail("rewardUser", sandbox.Fault{HangUp: true, Count: 1})
	for range 2 {
		job := open(t, s.list, path)
		got, err := job.Run(t.Context(), s.client, batch.Options{})
		if got.Done != 6 || got.Unknown != 1 || !errors.Is(err, vingd.ErrOutcomeUnknown) {
			t.Errorf("got %+v, %v, want one unknown row", got, err)
		}
		if err == nil || !strings.HasPrefix(err.Error(), "batch: 6 of 7 rows done, 1 unknown: row ") {
			t.Errorf("got %v", err)
		}
		if err := job.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if made, err := s.client.Transfers.List(t.Context(), vingd.TransferFilter{From: s.Seller()}); err != nil || len(made) != 6 {
		t.Errorf("there are %d transfers, %v, want 6", len(made), err)
	}
}

// A row whose outcome is in doubt is looked up again after the others were sent. They may show that the broker keeps
// references.
func TestRun_ProofByLaterRow(t *testing.T) {
	s, path := newScene(t, "rewards", 3), filepath.Join(t.TempDir(), "journal")
	params := vingd.RewardParams{Amount: 50, Description: "prize no. 1"} // may be "prize no. 10", cut off
	if _, err := s.client.Rewards.Create(t.Context(), s.list.Rewards[0].User, params); err != nil {
		t.Fatal(err)
	}
	for i := range s.list.Rewards {
		s.list.Rewards[i].Reference = "prize no. 1" + strconv.Itoa(i)
	}
	s.list.Rewards[2].User = "0123456789abcdef0123456789abcdef01234567"
	s.fail("rewardUser", sandbox.Fault{HangUp: true, Count: 1}, sandbox.Fault{Status: 403})
	s.atRow(func() { s.fail("listTransfers", sandbox.Fault{Status: 403}) })
	job := open(t, s.list, path)
	if got, err := job.Run(t.Context(), s.client, batch.Options{}); got.Unknown != 1 || got.Done != 0 {
		t.Fatalf("got %+v, %v, want one unknown row and two that were not done", got, err)
	}
	s.ClearFaults()
	got, err := job.Run(t.Context(), s.client, batch.Options{})
	if got.Done != 2 || got.Refused != 1 || !strings.HasPrefix(err.Error(), "batch: 2 of 3 rows done, 1 refused: row 3: ") {
		t.Errorf("got %+v, %v, want that row 3 alone is not done", got, err)
	}
}

// A broker that does everything and says nothing is not sent the whole plan.
func TestRun_ManyDoubts(t *testing.T) {
	s, path := newScene(t, "rewards", 60), filepath.Join(t.TempDir(), "journal")
	for i := range s.list.Rewards {
		s.list.Rewards[i].Reference = string(rune('a'+i%26)) + strings.Repeat("x", i/26)
	}
	s.fail("rewardUser", sandbox.Fault{HangUp: true, Done: true, Fraction: .5}, sandbox.Fault{HangUp: true})
	got, err := open(t, s.list, path).Run(t.Context(), s.client, batch.Options{})
	if got.Unknown < 10 || got.Unknown > 14 || !errors.Is(err, vingd.ErrOutcomeUnknown) {
		t.Errorf("got %+v, %v", got, err)
	}
}

// A context that ends lets the calls in flight complete.
func TestRun_Interrupted(t *testing.T) {
	s, path := newScene(t, "vouchers", 50), filepath.Join(t.TempDir(), "journal")
	job := open(t, s.list, path)
	ctx, cancel := context.WithCancel(t.Context())
	got, err := job.Run(ctx, s.client, batch.Options{OnProgress: func(p batch.Progress) {
		if p.Done == 7 {
			cancel()
		}
	}})
	if !errors.Is(err, context.Canceled) || got.Done < 7 || got.Done > 12 || got.Unknown != 0 {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := job.Run(t.Context(), s.client, batch.Options{}); err != nil {
		t.Fatal(err)
	}
	s.assertOnce(s.list, s.before)
}

// Without its journal, a plan gives nothing twice either.
func TestRun_JournalLost(t *testing.T) {
	for _, kind := range []string{"rewards", "vouchers"} {
		s, dir := newScene(t, kind, 20), t.TempDir()
		ctx, cancel := context.WithCancel(t.Context())
		first, err := open(t, s.list, filepath.Join(dir, "1")).Run(ctx, s.client, batch.Options{OnProgress: func(batch.Progress) { cancel() }})
		if first.Done == 0 || first.Done == first.Rows {
			t.Fatalf("the first run did %d rows, %v", first.Done, err)
		}
		second := open(t, s.list, filepath.Join(dir, "2"))
		var earlier *batch.EarlierError
		if _, err := second.Run(t.Context(), s.client, batch.Options{}); !errors.As(err, &earlier) || earlier.Rows != first.Done || earlier.Transfer == 0 {
			t.Fatalf("%s: got %v, want that %d rows were given out", kind, err, first.Done)
		}
		if _, err := second.Run(t.Context(), s.client, batch.Options{Adopt: true}); err != nil {
			t.Fatal(err)
		}
		for _, row := range second.Rows() {
			if row.State != batch.Done || row.Transfer == 0 || (row.Code == "") != (kind == "rewards") {
				t.Errorf("%s: got %+v", kind, row)
			}
		}
		s.assertOnce(s.list, s.before)
	}
}

// A reference that was used since the last run is not paid again.
func TestRun_ReferenceUsedBetweenRuns(t *testing.T) {
	for _, fault := range []sandbox.Fault{{Status: 403}, {Status: 404}} { // the row is pending, or refused
		s, path := newScene(t, "rewards", 2), filepath.Join(t.TempDir(), "journal")
		s.fail("rewardUser", fault)
		first := open(t, s.list, path)
		if got, err := first.Run(t.Context(), s.client, batch.Options{}); got.Done > 0 || got.Unknown > 0 {
			t.Fatalf("got %+v, %v, want two rows that were not done", got, err)
		}
		if err := first.Close(); err != nil {
			t.Fatal(err)
		}
		s.ClearFaults()
		row := s.list.Rewards[1]
		if _, err := s.client.Rewards.Create(t.Context(), row.User, vingd.RewardParams{Amount: row.Amount, Description: row.Reference}); err != nil {
			t.Fatal(err)
		}
		job := open(t, s.list, path)
		var earlier *batch.EarlierError
		if _, err := job.Run(t.Context(), s.client, batch.Options{}); !errors.As(err, &earlier) || earlier.Rows != 1 || earlier.Reference != row.Reference {
			t.Errorf("status %d: got %v, want that row 2 was given out", fault.Status, err)
		}
		if _, err := job.Run(t.Context(), s.client, batch.Options{Adopt: true}); err != nil {
			t.Error(err)
		}
		s.assertOnce(s.list, s.before)
	}
}

// A hookedContext calls a function when it is first asked whether it has ended.
type hookedContext struct {
	context.Context

	once sync.Once
	hook func()
}

func (c *hookedContext) Err() error {
	c.once.Do(c.hook)
	return c.Context.Err()
}

// A run may remove its journal before it closes it. A run that opens the file at that time is refused, and makes no file
// that others can read.
func TestOpen_RemovedByAnother(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("an open file cannot be removed here")
	}
	l, path := newVouchers(1), filepath.Join(t.TempDir(), "journal")
	first := open(t, l, path)
	ctx := &hookedContext{Context: t.Context(), hook: func() {
		if err := errors.Join(os.Remove(path), first.Close()); err != nil {
			t.Error(err)
		}
	}}
	if _, err := l.open(ctx, path); !errors.Is(err, batch.ErrJournalInUse) {
		t.Errorf("got %v, want ErrJournalInUse", err)
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("there is a journal, of a run that was refused")
	}
	open(t, l, path)
}

func TestState_String(t *testing.T) {
	for state, want := range map[batch.State]string{
		batch.Pending: "pending", batch.Refused: "refused", batch.Unknown: "unknown", batch.Done: "done", 7: "State(7)",
	} {
		if got := state.String(); got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}

// Run tells of each row whose outcome it looks up, before it does.
func TestRun_OnReconcile(t *testing.T) {
	s := startBroker(t, nil)
	job, err := batch.OpenVouchers(t.Context(), filepath.Join(t.TempDir(), "journal"), []batch.Voucher{{Amount: 1_00}})
	if err != nil {
		t.Fatal(err)
	}
	defer job.Close() //nolint:errcheck // it was run
	s.fail("createVoucher", sandbox.Fault{HangUp: true, Count: 1})
	var asked []batch.Row
	if _, err := job.Run(t.Context(), s.client, batch.Options{OnReconcile: func(row batch.Row) { asked = append(asked, row) }}); err != nil {
		t.Fatal(err)
	}
	if len(asked) != 1 || asked[0].Number != 1 || asked[0].State != batch.Unknown || !strings.Contains(asked[0].Problem, "outcome unknown") {
		t.Errorf("got %+v, want row 1 once, unknown", asked)
	}
}

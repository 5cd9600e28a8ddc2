package batch_test

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// kills returns how often TestRun_KilledAtRandom kills each job. VINGD_BATCH_KILLS overrides it.
func kills(t *testing.T) int { return endure.Number(t, "VINGD_BATCH_KILLS", endure.Rounds(8, 3)) }

func rewardRow(user vingd.HUID, i int) batch.Reward {
	return batch.Reward{User: user, Amount: vingd.Cents(50 + i%50), Reference: "January's reward no. " + strconv.Itoa(i+1)}
}

func newVouchers(n int) *list {
	l := new(list)
	for i := range n {
		l.Vouchers = append(l.Vouchers, voucherRow{Amount: vingd.Cents(50 + i%50), Message: "Enjoy!", Group: "spring"})
	}
	return l
}

// A scene is a broker with a list of rows for it, of one kind.
type scene struct {
	*broker

	list   *list
	before vingd.Cents // the seller's balance
}

func newScene(t *testing.T, kind string, rows int) *scene {
	t.Helper()
	return newSceneAt(t, kind, rows, nil)
}

// newSceneAt returns a scene where the broker has a clock of its own.
func newSceneAt(t *testing.T, kind string, rows int, clock func() time.Time) *scene {
	t.Helper()
	s := &scene{broker: startBroker(t, clock), list: newVouchers(rows)}
	if kind == "rewards" {
		s.list = s.newRewards(rows)
	}
	var err error
	if s.before, err = s.Balance(s.Seller()); err != nil {
		t.Fatal(err)
	}
	return s
}

// However often a job is killed, and however the broker fails, each row is done once.
func TestRun_KilledAtRandom(t *testing.T) {
	n := kills(t)
	for _, kind := range []string{"rewards", "vouchers"} {
		t.Run(kind, func(t *testing.T) {
			s, dir := newScene(t, kind, 20+16*n), t.TempDir()
			s.list.write(t, dir)
			s.failOften()
			for done := 0; done < n; {
				killed, err := s.run(dir, phases[done%len(phases)], 0)
				if killed {
					done++
				} else if err == nil {
					t.Fatalf("it is done after %d kills, want %d", done, n)
				}
			}
			for tries := 0; ; tries++ {
				if _, err := s.run(dir, "", 0); err == nil {
					break
				} else if tries == 10 {
					t.Fatalf("it never ends: %v", err)
				}
			}
			s.assertOnce(s.list, s.before)
		})
	}
}

// The journal is one file. A user who moves the journal of a killed run moves every row that was sent. Another journal that
// is moved to that name keeps its own rows.
func TestRun_JournalMovedAfterKill(t *testing.T) {
	const rows = 14 // of each plan; a child is killed at its twelfth at the latest
	for round := range kills(t) {
		for _, kind := range []string{"rewards", "vouchers"} {
			t.Run(kind, func(t *testing.T) {
				s := newScene(t, kind, 2*rows)
				first, second := s.list.split(rows)
				here, there := t.TempDir(), t.TempDir()
				for dir, l := range map[string]*list{here: first, there: second} {
					l.write(t, dir)
					if killed, err := s.run(dir, phases[(2+round)%len(phases)], 0); !killed {
						t.Fatalf("it was not killed: %v", err)
					}
					if files, err := filepath.Glob(filepath.Join(dir, "journal*")); err != nil || len(files) != 1 {
						t.Errorf("the killed run leaves %q, %v, want one file", files, err)
					}
				}
				moved := filepath.Join(t.TempDir(), "moved")
				if err := errors.Join(os.Rename(filepath.Join(here, "journal"), moved), os.Rename(filepath.Join(there, "journal"), filepath.Join(here, "journal"))); err != nil {
					t.Fatal(err)
				}
				given := map[vingd.TransferID]int{}
				for path, l := range map[string]*list{filepath.Join(here, "journal"): second, moved: first} {
					job := open(t, l, path)
					if got, err := job.Run(t.Context(), s.client, batch.Options{}); err != nil || got.Done != rows {
						t.Errorf("got %+v, %v, want %d rows done", got, err, rows)
					}
					for _, row := range job.Rows() {
						given[row.Transfer]++
					}
				}
				if len(given) != 2*rows {
					t.Errorf("the journals have %d transfers, want %d", len(given), 2*rows)
				}
				s.assertOnce(s.list, s.before, first, second)
			})
		}
	}
}

// A job is killed at each of its steps in turn, and the next run completes it.
func TestRun_KilledAtEachStep(t *testing.T) {
	const rows = 2
	for _, kind := range []string{"rewards", "vouchers"} {
		for step, killed := int64(1), true; killed; step++ {
			t.Run(kind, func(t *testing.T) {
				s, dir := newScene(t, kind, rows), t.TempDir()
				s.list.write(t, dir)
				var err error
				if killed, err = s.run(dir, "", step); !killed {
					if err != nil {
						t.Fatal(err)
					}
					if want := int64(2 + 2*2 + 3*rows); step-1 < want {
						t.Errorf("it has %d steps, want %d or more", step-1, want)
					}
				} else if _, err := s.run(dir, "", 0); err != nil {
					t.Fatal(err)
				}
				s.assertOnce(s.list, s.before)
			})
		}
	}
}

// referencesOf returns the references of a list, by a journal that is not used.
func referencesOf(t *testing.T, l *list) (references []string) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "journal")
	job, err := l.open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range job.Rows() {
		references = append(references, row.Reference)
	}
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	return references
}

package journaltest

import (
	"errors"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

var states = []paywall.State{
	paywall.StateClaimed, paywall.StateVerified, paywall.StateDue, paywall.StateCommitted, paywall.StateExpired, paywall.StateRefused, paywall.StateNoted,
}

func (s *suite) unfinished() {
	want := make(map[paywall.Key]paywall.Entry)
	var all sync.WaitGroup
	for i := range 2500 { // many, as a journal may read them in batches
		state := states[i%len(states)]
		to := entry(key("unfinished", i), 0, state)
		all.Go(func() { s.race(to) })
		if now := to; !state.Final() {
			now.Version++
			want[now.Key] = now
		}
	}
	all.Wait()
	for now, err := range s.j.Unfinished(s.t.Context()) {
		if err != nil {
			s.t.Fatalf("Unfinished: %v", err)
		}
		if want[now.Key] != now {
			s.t.Errorf("Unfinished: got %+v, want %+v", now, want[now.Key])
		}
		delete(want, now.Key)
	}
	if len(want) > 0 {
		s.t.Errorf("Unfinished lacks %d entries", len(want))
	}
	calls := 0
	s.j.Unfinished(s.t.Context())(func(paywall.Entry, error) bool { calls++; return false })
	if calls != 1 {
		s.t.Errorf("Unfinished goes on after a break: %d entries", calls)
	}
}

// race stores an entry beside others.
func (s *suite) race(to paywall.Entry) {
	if swapped, err := s.j.Swap(s.t.Context(), to); err != nil || !swapped {
		s.t.Errorf("Swap: got %t, %v", swapped, err)
	}
}

// unfinishedIsUsable changes the journal while it is read.
func (s *suite) unfinishedIsUsable() {
	const n = 30
	for i := range n {
		s.must(entry(key("due", i), 0, paywall.StateDue))
	}
	for now, err := range s.j.Unfinished(s.t.Context()) {
		if err != nil {
			s.t.Fatalf("Unfinished: %v", err)
		}
		now.State = paywall.StateCommitted
		s.must(now)
	}
	for now, err := range s.j.Unfinished(s.t.Context()) {
		s.t.Errorf("Unfinished: got %+v, %v, want nothing", now, err)
	}
}

func (s *suite) purge() {
	old, young := make(map[paywall.State]paywall.Entry), make(map[paywall.State]paywall.Entry)
	for _, state := range states {
		old[state] = s.must(entry(key("old", state), 0, state))
		later := entry(key("young", state), 0, state)
		later.Until = noon.Add(time.Second)
		young[state] = s.must(later)
	}
	if err := s.j.Purge(s.t.Context(), noon); err != nil {
		s.t.Fatalf("Purge: %v", err)
	}
	for _, state := range states {
		s.holds(old[state])
	}
	if err := s.j.Purge(s.t.Context(), noon.Add(time.Second)); err != nil {
		s.t.Fatalf("Purge: %v", err)
	}
	for _, state := range states {
		s.holds(young[state])
		if state == paywall.StateDue {
			s.holds(old[state])
		} else {
			s.holds(paywall.Entry{Key: old[state].Key})
		}
	}
}

// purgeOfMany purges more than fits in a batch, while entries change.
func (s *suite) purgeOfMany() {
	const n = 2500
	var all sync.WaitGroup
	for i := range n {
		all.Go(func() { // concurrent writes may share one write to the disk
			to := entry(key("many", i), 0, paywall.StateRefused)
			to.Until = noon.Add(time.Duration(i%2) * time.Hour)
			s.race(to)
		})
	}
	all.Wait()
	purged := make(chan error)
	go func() { purged <- s.j.Purge(s.t.Context(), noon.Add(time.Minute)) }()
	changed := entry(key("many", 1), 1, paywall.StateVerified)
	changed.Until = noon.Add(time.Hour)
	changed = s.must(changed)
	if err := <-purged; err != nil {
		s.t.Fatalf("Purge: %v", err)
	}
	s.holds(changed)
	left := 0
	for i := range n {
		now, err := s.j.Find(s.t.Context(), key("many", i))
		if err = errors.Join(err, s.t.Context().Err()); err != nil {
			s.t.Fatalf("Find: %v", err)
		}
		if now.Version != 0 {
			left++
		}
	}
	if left != n/2 {
		s.t.Errorf("%d entries are left, want %d", left, n/2)
	}
}

// Package journaltest tests implementations of [paywall.Journal].
package journaltest

import (
	"context"
	"crypto/sha256"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// Run tests a journal. For each test, open returns an empty one, which the test does not close.
func Run(t *testing.T, open func(t *testing.T) paywall.Journal) {
	for name, test := range map[string]func(*suite){
		"Find":               (*suite).find,
		"Swap":               (*suite).swap,
		"SwapRemoves":        (*suite).swapRemoves,
		"SwapKeepsFields":    (*suite).swapKeepsFields,
		"SwapHasOneWinner":   (*suite).swapHasOneWinner,
		"SwapCountsEach":     (*suite).swapCountsEach,
		"SwapAfterCancel":    (*suite).swapAfterCancel,
		"Unfinished":         (*suite).unfinished,
		"UnfinishedIsUsable": (*suite).unfinishedIsUsable,
		"Purge":              (*suite).purge,
		"PurgeOfMany":        (*suite).purgeOfMany,
	} {
		t.Run(name, func(t *testing.T) { test(&suite{t, open(t)}) })
	}
}

type suite struct {
	t *testing.T
	j paywall.Journal
}

// noon is a time as the paywall writes it: in whole seconds, in UTC.
var noon = time.Date(2026, 1, 2, 12, 0, 0, 0, time.UTC)

func key(of ...any) paywall.Key { return sha256.Sum256([]byte(fmt.Sprint(of...))) }

func entry(k paywall.Key, version int64, state paywall.State) paywall.Entry {
	return paywall.Entry{Key: k, Version: version, State: state, Object: 5, Until: noon}
}

// must stores an entry, and returns it as it is stored.
func (s *suite) must(to paywall.Entry) paywall.Entry {
	s.t.Helper()
	if swapped, err := s.j.Swap(s.t.Context(), to); err != nil || !swapped {
		s.t.Fatalf("Swap(version %d, %q): got %t, %v, want true", to.Version, to.State, swapped, err)
	}
	to.Version++
	return to
}

func (s *suite) refuse(to paywall.Entry) {
	s.t.Helper()
	if swapped, err := s.j.Swap(s.t.Context(), to); err != nil || swapped {
		s.t.Errorf("Swap(version %d, %q): got %t, %v, want false", to.Version, to.State, swapped, err)
	}
}

func (s *suite) holds(want paywall.Entry) {
	s.t.Helper()
	if got, err := s.j.Find(s.t.Context(), want.Key); err != nil || got != want {
		s.t.Errorf("Find: got %+v, %v, want %+v", got, err, want)
	}
}

func (s *suite) find() {
	s.holds(paywall.Entry{Key: key("nothing")})
}

// swap walks an entry through its states.
func (s *suite) swap() {
	k := key("walk")
	s.refuse(entry(k, 1, paywall.StateVerified))
	s.holds(paywall.Entry{Key: k})
	now := s.must(entry(k, 0, paywall.StateClaimed))
	s.holds(now)
	s.refuse(entry(k, 0, paywall.StateClaimed))
	s.refuse(entry(k, 2, paywall.StateRefused))
	for _, state := range []paywall.State{paywall.StateClaimed, paywall.StateRefused, paywall.StateVerified, paywall.StateDue, paywall.StateExpired, paywall.StateCommitted} {
		s.holds(now)
		before := now
		now.State = state
		now = s.must(now)
		before.State = paywall.StateRefused
		s.refuse(before)
		s.holds(now)
	}
	s.holds(paywall.Entry{Key: key("another")})
}

func (s *suite) swapRemoves() {
	k := key("removed")
	for _, state := range []paywall.State{paywall.StateClaimed, paywall.StateCommitted} {
		now := s.must(entry(k, 0, state))
		now.State = paywall.StateAbsent
		stale := now
		stale.Version++
		s.refuse(stale)
		s.must(now)
		s.holds(paywall.Entry{Key: k})
		s.refuse(now)
	}
	s.refuse(entry(key("nothing"), 3, paywall.StateAbsent))
	if _, err := s.j.Swap(s.t.Context(), entry(key("nothing"), 0, paywall.StateAbsent)); err != nil {
		s.t.Errorf("Swap(version 0) of an entry to remove that is not there: got %v", err)
	}
	s.holds(paywall.Entry{Key: key("nothing")})
}

// maxContext is how long the Context of an entry may be, in bytes.
const maxContext = 4 << 10

// swapKeepsFields stores an entry of which every field is set.
func (s *suite) swapKeepsFields() {
	full := entry(key("full"), 0, paywall.StateVerified)
	fields := reflect.ValueOf(&full).Elem()
	for i := range fields.NumField() {
		switch field := fields.Field(i); fields.Type().Field(i).Name {
		case "Key", "Version", "State":
		default:
			switch v := field.Addr().Interface().(type) {
			case *paywall.Key:
				*v = key("of", i)
			case *time.Time:
				*v = noon.Add(time.Duration(i) * time.Second)
			case *bool:
				*v = true
			default:
				switch field.Kind() {
				case reflect.String:
					field.SetString(fmt.Sprintf("%d \x00 ' \" \\ \u2028 ü 😀", i))
				default:
					field.SetInt(1<<52 + int64(i))
				}
			}
		}
	}
	full.Context = (full.Context + strings.Repeat("x", maxContext))[:maxContext]
	s.holds(s.must(full))
}

// swapHasOneWinner has many callers change the same version.
func (s *suite) swapHasOneWinner() {
	const keys, racers = 40, 16
	for _, version := range []int64{0, 1} {
		var won [keys]atomic.Int32
		var race sync.WaitGroup
		for i := range keys * racers {
			to := entry(key("race", i%keys), version, paywall.StateClaimed)
			to.Nonce = fmt.Sprint(i)
			race.Go(func() {
				swapped, err := s.j.Swap(s.t.Context(), to)
				if err != nil {
					s.t.Errorf("Swap: %v", err)
				}
				if swapped {
					won[i%keys].Add(1)
				}
			})
		}
		race.Wait()
		for i := range won {
			if n := won[i].Load(); n != 1 {
				s.t.Errorf("of %d callers with version %d, %d succeed, want 1", racers, version, n)
			}
		}
	}
}

// swapCountsEach has many callers change an entry again and again: no change may get lost.
func (s *suite) swapCountsEach() {
	const callers, each = 8, 20
	k := key("count")
	s.must(entry(k, 0, paywall.StateClaimed))
	var all sync.WaitGroup
	for range callers {
		all.Go(func() {
			for done := 0; done < each; {
				now, err := s.j.Find(s.t.Context(), k)
				if err != nil {
					s.t.Errorf("Find: %v", err)
					return
				}
				now.Price++
				swapped, err := s.j.Swap(s.t.Context(), now)
				if err != nil {
					s.t.Errorf("Swap: %v", err)
					return
				}
				if swapped {
					done++
				}
			}
		})
	}
	all.Wait()
	if now, err := s.j.Find(s.t.Context(), k); err != nil || now.Price != callers*each || now.Version != 1+callers*each {
		s.t.Errorf("after %d changes: got %+v, %v", callers*each, now, err)
	}
}

// swapAfterCancel uses a context that is done. "Not swapped" would be a lie: it says that the version is another one.
func (s *suite) swapAfterCancel() {
	ctx, cancel := context.WithCancel(s.t.Context())
	cancel()
	to := entry(key("cancelled"), 0, paywall.StateClaimed)
	swapped, err := s.j.Swap(ctx, to)
	if err == nil && !swapped {
		s.t.Error("Swap with a context that is done: got false, want true or an error")
	}
	if err == nil {
		to.Version++
		s.holds(to)
	}
}

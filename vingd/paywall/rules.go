package paywall

import (
	"context"
	"slices"
	"time"
)

// overwrites lists the states that a state may be written over, whatever the version. A state that is not listed is
// written only over the version that its writer has seen.
//
// The broker's yes wins: StateVerified is written over StateRefused, and StateCommitted over any other state. A journal that has lost
// changes may have an earlier state, or no entry.
var overwrites = map[State][]State{
	StateVerified:  {StateClaimed, StateRefused},
	StateDue:       {StateVerified},
	StateCommitted: {StateAbsent, StateClaimed, StateVerified, StateDue, StateExpired, StateRefused},
	StateExpired:   {StateDue},
}

// How long the journal is waited for.
const (
	journalTimeout = 5 * time.Second       // one call
	firstLook      = 20 * time.Millisecond // after a call that failed; doubled each time
	lastLook       = time.Second
)

// put writes an entry over the one that it may overwrite, and returns the entry that the journal then has.
// It tries until the journal says which entry that is, or ctx is done.
func (p *Paywall) put(ctx context.Context, to Entry) (Entry, error) {
	for {
		now, err := p.swap(ctx, to)
		if err != nil || now.is(to) || !slices.Contains(overwrites[to.State], now.State) {
			return now, err
		}
		to.Version = now.Version
	}
}

// swap writes an entry over its own version, and returns the entry that the journal then has. A write that failed may
// have been done, so swap looks again until the journal responds or ctx is done.
func (p *Paywall) swap(ctx context.Context, to Entry) (Entry, error) {
	for wait := firstLook; ; wait = min(2*wait, lastLook) {
		swapped, failed := p.swapOnce(ctx, to)
		if swapped && failed == nil {
			to.Version++
			return to, nil
		}
		now, err := p.find(ctx, to.Key)
		if err == nil && now.Version != to.Version {
			return now, nil
		}
		if !sleep(ctx, wait) {
			return Entry{}, journalError(also(failed, also(err, ctx.Err())))
		}
	}
}

// is reports whether an entry is what a write of to stores.
func (e Entry) is(to Entry) bool {
	if to.State == StateAbsent {
		return e.State == StateAbsent
	}
	to.Version++
	return e == to
}

func (p *Paywall) swapOnce(ctx context.Context, to Entry) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, journalTimeout)
	defer cancel()
	return p.options.Journal.Swap(ctx, to)
}

// find returns an entry.
func (p *Paywall) find(ctx context.Context, key Key) (Entry, error) {
	ctx, cancel := context.WithTimeout(ctx, journalTimeout)
	defer cancel()
	entry, err := p.options.Journal.Find(ctx, key)
	return entry, journalError(err)
}

// until returns a time from now on as a journal keeps it.
func (p *Paywall) until(d time.Duration) time.Time { return p.now().Add(d).UTC().Truncate(time.Second) }

// journalError marks a failure of the journal.
func journalError(err error) error {
	if err == nil {
		return nil
	}
	return &failedJournal{err}
}

type failedJournal struct{ cause error }

func (f *failedJournal) Error() string { return "the journal failed: " + f.cause.Error() }
func (f *failedJournal) Unwrap() error { return f.cause }

// sleep waits, and reports whether ctx let it.
func sleep(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

package paywall

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"time"
)

// purgeAfter is how long an entry is kept whose buyer does not return.
const purgeAfter = 24 * time.Hour

// sweep takes up what other processes have left, and purges the journal. A purchase is committed that is due, and has not
// changed between two readings of the journal. At the first reading, all that is due is committed at once: a single
// process finds there what it had not finished when it ended. OnCommit is called after the second reading, because another
// process may be calling it at the first one. When the paywall closes, it takes up what the last reading found.
func (p *Paywall) sweep() {
	defer p.commits.leave()
	due := p.takeUp(nil)
	p.purge()
	sweep, purge := time.Tick(p.times.sweep), time.Tick(p.times.purge)
	for {
		select {
		case <-p.tasks.closing:
			for key, entry := range due {
				if known, ok := p.settled.get(key); !ok || known.entry.State != StateCommitted {
					p.commit(context.Background(), entry, swept)
				}
			}
			p.commits.hurry()
			return
		case <-sweep:
			if !p.tasks.isClosing() {
				due = p.takeUp(due)
			}
		case <-purge:
			p.purge()
		}
	}
}

// takeUp has the purchases committed that were due with the same version at the last reading, or all that are due if
// before is nil. It returns those that are due now. They are nil if a first reading did not reach the end of the journal.
func (p *Paywall) takeUp(before map[Key]Entry) map[Key]Entry {
	doubts := p.commits.doubted()
	due, unreadable, err := p.sweepOnce(before)
	switch {
	case err == nil:
		p.commits.wereRead(unreadable, doubts)
	case errors.Is(err, errClosed):
		maps.Copy(before, due)
		return before
	default:
		p.commits.wereRead(err, nil)
		if before == nil {
			return nil
		}
	}
	return due
}

var (
	errUnread = errors.New("its reading was cut off")
	errBusy   = errors.New("too many purchases are due")
)

// sweepOnce is takeUp. It also returns why it could not read an entry, which may be due, and why it did not reach the end of
// the journal.
func (p *Paywall) sweepOnce(before map[Key]Entry) (due map[Key]Entry, unreadable, failed error) {
	due = make(map[Key]Entry)
	for entry, err := range p.options.Journal.Unfinished(p.tasks.life) {
		switch {
		case p.tasks.isClosing() && before != nil:
			return due, nil, errClosed
		case err != nil:
			if entry.Key == (Key{}) {
				failed = err
			} else if unreadable == nil {
				unreadable = fmt.Errorf("entry %v: %w", entry.Key, err)
			}
			p.options.Logger.Error("paywall: an entry of the journal cannot be read", "key", entry.Key.String(), "error", err)
			continue
		case entry.State != StateDue:
			continue
		case p.commits.busy():
			return due, nil, errBusy
		}
		due[entry.Key] = entry
		if before == nil {
			p.commit(context.Background(), entry, seen)
		} else if before[entry.Key].Version == entry.Version {
			p.commit(context.Background(), entry, swept)
		}
	}
	if failed == nil && p.tasks.life.Err() != nil {
		failed = errUnread // an iterator may end without an error
	}
	return due, unreadable, failed
}

// purge removes from the journal what is over.
func (p *Paywall) purge() {
	if err := p.options.Journal.Purge(p.tasks.life, p.now()); err != nil && !p.tasks.cutOff("a purge of the journal") {
		p.options.Logger.Error("paywall: the journal is not purged", "error", err)
	}
}

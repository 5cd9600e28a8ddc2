package paywall

import (
	"context"
	"errors"
	"time"
)

// purgeAfter is how long an entry is kept whose buyer does not return.
const purgeAfter = 24 * time.Hour

// sweep takes up what other processes have left, and purges the journal. A purchase is committed that is due, and has not
// changed between two readings of the journal. At the first reading, all that is due is committed at once: a single
// process finds there what it had not finished when it ended.
func (p *Paywall) sweep() {
	due := p.takeUp(nil)
	p.purge()
	sweep, purge := time.Tick(p.times.sweep), time.Tick(p.times.purge)
	for {
		select {
		case <-p.tasks.closing:
			return
		case <-sweep:
			due = p.takeUp(due)
		case <-purge:
			p.purge()
		}
	}
}

// takeUp has the purchases committed that were due with the same version at the last reading, or all that are due if
// before is nil. It returns those that are due now. They are nil if a first reading did not reach the end of the journal.
func (p *Paywall) takeUp(before map[Key]int64) map[Key]int64 {
	due, err := p.sweepOnce(before)
	if before == nil {
		p.commits.wereRead(err)
		if err != nil {
			return nil
		}
	}
	return due
}

// errBusy is returned while too many purchases wait to be committed.
var errBusy = errors.New("too many purchases are due")

// sweepOnce is takeUp. It returns an error if it did not reach the end of the journal.
func (p *Paywall) sweepOnce(before map[Key]int64) (due map[Key]int64, failed error) {
	due = make(map[Key]int64)
	for entry, err := range p.options.Journal.Unfinished(p.tasks.life) {
		switch {
		case p.tasks.isClosing() && before != nil:
			return due, nil
		case err != nil:
			if entry.Key == (Key{}) {
				failed = err
			}
			p.options.Logger.Error("paywall: an entry of the journal cannot be read", "key", entry.Key.String(), "error", err)
			continue
		case entry.State != StateDue:
			continue
		case p.commits.busy():
			return due, errBusy
		}
		due[entry.Key] = entry.Version
		if before == nil || before[entry.Key] == entry.Version {
			p.commit(context.Background(), entry, time.Now(), true)
		}
	}
	return due, failed
}

// purge removes from the journal what is over.
func (p *Paywall) purge() {
	if err := p.options.Journal.Purge(p.tasks.life, p.now()); err != nil && p.tasks.life.Err() == nil {
		p.options.Logger.Error("paywall: the journal is not purged", "error", err)
	}
}

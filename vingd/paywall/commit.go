package paywall

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// How purchases are committed: so many at once, waiting up to the first wait doubled each time. A commit is given up when
// the broker has not been there for so long after the reservation ended; before, its answer tells how it went.
const (
	commitsAtOnce = 16
	firstWait     = 200 * time.Millisecond
	mostWait      = time.Minute
	givenUpAfter  = 24 * time.Hour
)

// commits are the purchases that are due, and are being committed.
type commits struct {
	mu   sync.Mutex
	of   map[Key]*commit
	room chan struct{}
}

// A commit goes on until the broker has said yes or no.
type commit struct {
	tried chan struct{} // closed after the first attempt
	over  chan struct{} // closed when it is over; with the paywall's life it is left to the next one
}

func newCommits() commits {
	return commits{of: make(map[Key]*commit), room: make(chan struct{}, commitsAtOnce)}
}

// commit begins to commit a purchase that is due, unless that is under way, and does not wait for it. What it cannot
// begin any more is left to the journal.
func (p *Paywall) commit(ctx context.Context, entry Entry) *commit {
	p.commits.mu.Lock()
	defer p.commits.mu.Unlock()
	if c := p.commits.of[entry.Key]; c != nil {
		return c
	}
	c := &commit{tried: make(chan struct{}), over: make(chan struct{})}
	if p.tasks.start(func() { p.commitUntilDone(ctx, c, entry) }) {
		p.commits.of[entry.Key] = c
	} else {
		close(c.tried)
		close(c.over)
	}
	return c
}

func (p *Paywall) commitUntilDone(ctx context.Context, c *commit, entry Entry) {
	ctx, ended := p.tasks.lend(ctx)
	defer ended()
	defer func() {
		p.commits.mu.Lock()
		delete(p.commits.of, entry.Key)
		p.commits.mu.Unlock()
		close(c.over)
	}()
	for n := 0; ; n++ {
		done := p.tryCommit(ctx, entry)
		if n == 0 {
			close(c.tried)
		}
		if done || !sleep(p.tasks.life, rand.N(min(firstWait<<min(n, 16), mostWait))) { //nolint:gosec // jitter needs no secrecy
			return
		}
	}
}

// pay commits a purchase before it is served, and returns its entry after the first attempt.
func (p *Paywall) pay(ctx context.Context, entry Entry) (Entry, error) {
	if entry.State == Verified {
		lasting, cancel := p.lasting(ctx)
		defer cancel()
		due := entry
		due.State = Due
		swapped, err := p.options.Journal.Swap(lasting, Verified, due)
		if err == nil && !swapped { // another request was faster, or it has lapsed
			due, err = p.options.Journal.Find(lasting, entry.Key)
		}
		if err != nil {
			return entry, journalError(err)
		}
		entry = due
	}
	if entry.State != Due {
		return entry, nil
	}
	select {
	case <-p.commit(ctx, entry).tried:
	case <-ctx.Done():
		return entry, ctx.Err()
	}
	entry, err := p.options.Journal.Find(ctx, entry.Key)
	return entry, journalError(err)
}

// tryCommit does one attempt, and reports whether that was the last.
func (p *Paywall) tryCommit(ctx context.Context, entry Entry) (done bool) {
	select {
	case p.commits.room <- struct{}{}:
		defer func() { <-p.commits.room }()
	case <-p.tasks.life.Done():
		return false
	}
	err := p.client.Purchases.Commit(ctx, entry.Purchase, entry.Transfer)
	now := p.now()
	switch {
	case err == nil:
		entry.State = Committed
	case p.tasks.life.Err() != nil:
		return false
	case isOver(err, now.Sub(entry.Until)):
		entry.State = Lapsed
	default:
		p.log(entry).Warn("paywall: a commit failed, and is repeated", "error", err)
		return false
	}
	entry.Until = now.Add(p.options.AccessFor)
	ctx, cancel := p.lasting(p.tasks.life)
	defer cancel()
	if _, failed := p.options.Journal.Swap(ctx, Due, entry); failed != nil { // the broker will say the same again
		p.log(entry).Error("paywall: a commit is not in the journal, and is repeated", "error", journalError(failed))
		return false
	}
	if entry.State == Lapsed {
		p.log(entry).Error("paywall: a purchase is not committed: its buyer is refunded", "error", err)
	} else {
		p.log(entry).Info("paywall: committed")
	}
	return true
}

// isOver reports whether a commit that failed will never succeed. past is for how long the reservation has been over,
// below zero before.
func isOver(failed error, past time.Duration) bool {
	if past > givenUpAfter {
		return true
	}
	var answer *vingd.Error
	if !errors.As(failed, &answer) || answer.Outcome != vingd.OutcomeNotDone || answer.Status == 0 {
		return false
	}
	switch answer.Status {
	case http.StatusNotFound, http.StatusConflict, http.StatusGone:
		return true
	case http.StatusTooManyRequests:
		return false
	default: // such as a permission that the seller lacks, and can be given
		return past > 0
	}
}

// recover goes on with what the last paywall left in the journal.
func (p *Paywall) recover() error {
	unfinished, err := p.options.Journal.Unfinished(p.tasks.life)
	if err != nil {
		return journalError(err)
	}
	for _, entry := range unfinished {
		if entry.State == Due {
			p.commit(p.tasks.life, entry)
		}
	}
	if err := p.lapse(unfinished); err != nil {
		return err
	}
	return journalError(p.options.Journal.Purge(p.tasks.life, p.now()))
}

// sweep keeps the journal tidy.
func (p *Paywall) sweep() {
	const purgeEvery = 60 // minutes
	every := time.NewTicker(time.Minute)
	defer every.Stop()
	for minute := 1; ; minute++ {
		select {
		case <-p.tasks.closing:
			return
		case <-every.C:
		}
		unfinished, err := p.options.Journal.Unfinished(p.tasks.life)
		if err == nil {
			err = p.lapse(unfinished)
		}
		if err == nil && minute%purgeEvery == 0 {
			err = p.options.Journal.Purge(p.tasks.life, p.now())
		}
		if err != nil && p.tasks.life.Err() == nil {
			p.options.Logger.Error("paywall: the journal is not tidied", "error", err)
		}
	}
}

// lapse ends the entries of purchases that nobody was served for, and whose reservation is over.
func (p *Paywall) lapse(unfinished []Entry) error {
	now := p.now()
	for _, entry := range unfinished {
		if entry.State != Due && now.After(entry.Until) {
			from := entry.State
			entry.State, entry.Until = Lapsed, now.Add(p.options.AccessFor)
			if _, err := p.options.Journal.Swap(p.tasks.life, from, entry); err != nil {
				return journalError(err)
			}
			p.log(entry).Info("paywall: a purchase was never served: its buyer is refunded")
		}
	}
	return nil
}

// sleep waits, and reports whether ctx let it.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

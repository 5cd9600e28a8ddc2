package paywall

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// How purchases are committed: this many at once. A failed attempt is retried after a wait, which is doubled each time. Until
// the reservation ends, mostWait leaves time for several attempts. After that, lateWait is the limit.
const (
	committers = 16
	firstWait  = 200 * time.Millisecond
	mostWait   = 30 * time.Second
	lateWait   = 10 * time.Minute
	maxJobs    = 100_000 // of the sweep; requests are not refused
)

// A step is what follows an attempt.
type step int

const (
	again  step = iota // another attempt
	untold             // a call of OnCommit, and another attempt
	over               // nothing
)

// A verdict is what the broker says of a commit.
type verdict int

const (
	unknown  verdict = iota // the outcome is unknown, or the broker was not reached
	paid                    // yes
	expired                 // no: the reservation is over
	withheld                // no, for another reason, such as a permission that the seller lacks
)

// A finding is how this process knows that a purchase is due.
type finding int

const (
	made  finding = iota // it has made it due
	met                  // a request has found it due: the process that made it due may be in OnCommit, or is about to be
	seen                 // the first reading has found it due: the process that made it due may be in OnCommit, or has ended
	swept                // a later reading has found it due again: the process that made it due has likely ended
)

// commit has a purchase committed that is due, and returns its job. A request's job is done before those of the sweep.
func (p *Paywall) commit(ctx context.Context, entry Entry, how finding) *job {
	c := &p.commits
	c.mu.Lock()
	defer c.mu.Unlock()
	if j := c.of[entry.Key]; j != nil {
		if how == swept || how == made {
			c.take(j)
		}
		return j
	}
	if known, ok := p.settled.get(entry.Key); ok && known.entry.State == StateCommitted && how == made {
		j := &job{tried: make(chan struct{}), said: paid} // the sweep was faster
		close(j.tried)
		return j
	}
	j := &job{ctx: context.WithoutCancel(ctx), entry: entry, found: how != made, begun: time.Now(), tried: make(chan struct{})}
	if how == met || how == seen {
		j.after = j.begun.Add(p.times.call + p.times.journalWait)
	}
	if how == seen || how == swept {
		j.at = j.begun
	}
	c.of[entry.Key] = j
	c.push(j)
	return j
}

// await waits for the first attempt, for so long at most, and returns what the broker has said.
func (p *Paywall) await(j *job, most time.Duration) verdict {
	select {
	case <-j.tried:
	case <-time.After(most):
	case <-p.tasks.life.Done():
	}
	p.commits.mu.Lock()
	defer p.commits.mu.Unlock()
	return j.said
}

// work commits purchases, until the paywall is closed and none is left. It never runs the seller's code.
func (p *Paywall) work() {
	for closing := p.tasks.closing; ; {
		j, wait, more := p.commits.next()
		switch {
		case j != nil:
			if next := p.attempt(j); next == untold {
				p.callSeller(j)
			} else {
				p.commits.end(j, next == over)
			}
			continue
		case !more && closing == nil:
			p.commits.signal() // another worker ends, too
			return
		}
		select {
		case <-time.After(wait):
		case <-p.commits.wake:
		case <-closing:
			closing = nil
		case <-p.tasks.life.Done():
			return
		}
	}
}

// attempt commits a purchase once, and returns what follows.
func (p *Paywall) attempt(j *job) step {
	ctx, end := p.tasks.attach(j.ctx)
	defer end()
	if (j.found || j.tries > 0) && p.isOver(ctx, j) {
		return over
	}
	said, failed := j.said, error(nil)
	if said != paid {
		failed = p.client.Purchases.Commit(ctx, &vingd.Purchase{ID: j.entry.Purchase, Transfer: j.entry.Transfer})
		said = verdictOf(failed)
		if said == unknown && p.tasks.life.Err() != nil {
			return again
		}
		p.commits.tell(j, said)
	}
	if said != paid && said != expired {
		p.counters.failedCommits.Add(1)
		p.log(j.entry).Error("paywall: a commit failed, and is retried", "attempt", j.tries+1, "error", failed)
		return again
	}
	to := p.paidEntry(j)
	if said == expired {
		to.State, to.DueAt = StateExpired, j.entry.DueAt
	} else if p.options.OnCommit != nil && !j.told {
		return untold
	}
	writing, cancel := context.WithTimeout(ctx, p.times.journalWait)
	defer cancel()
	begin := time.Now()
	now, err := p.put(writing, to)
	switch {
	case err != nil:
		p.log(to).Error("paywall: the journal lacks what the broker said of a commit; it is written later", "error", err)
		return again
	case said == expired:
		p.counters.expired.Add(1)
		p.log(now).Warn("paywall: the reservation ended before the commit; the buyer is not charged", "error", failed)
	default:
		if now.Version <= j.entry.Version && p.options.Access == nil {
			p.noteAgain(writing, now)
		}
		p.settled.put(now.Key, known{now, begin})
		p.counters.committed.Add(1)
		p.log(now).Info("paywall: committed")
	}
	return over
}

// paidEntry returns the entry of a purchase that is paid.
func (p *Paywall) paidEntry(j *job) Entry {
	to := j.entry
	to.Nonce = ""
	to.State, to.Until, to.DueAt = StateCommitted, p.until(p.options.AccessFor), p.until(0)
	return to
}

// noteAgain notes a purchase for its browser, because the journal has lost changes: it may have lost the note, too.
func (p *Paywall) noteAgain(ctx context.Context, entry Entry) {
	p.log(entry).Error("paywall: the journal has lost changes of a purchase; it is written again")
	if err := p.noteFor(ctx, entry.Browser, entry); err != nil {
		p.log(entry).Error("paywall: access is not remembered", "error", err)
	}
}

// isOver reports whether the journal says that a job is done: by another process, or by another job of this one.
func (p *Paywall) isOver(ctx context.Context, j *job) bool {
	now, err := p.find(ctx, j.entry.Key)
	switch {
	case err != nil:
		return false
	case now.State == StateCommitted:
		p.commits.tell(j, paid)
		return true
	case now.State == StateExpired && j.said != paid:
		p.commits.tell(j, expired)
		return true
	default:
		return false
	}
}

// verdictOf returns what the broker has said by a commit that ended like this.
func verdictOf(failed error) verdict {
	var response *vingd.Error
	switch {
	case failed == nil:
		return paid
	case !errors.As(failed, &response) || response.Outcome != vingd.OutcomeNotDone || response.Status == 0:
		return unknown
	}
	switch response.Status {
	case http.StatusNotFound, http.StatusConflict, http.StatusGone:
		return expired
	case http.StatusTooManyRequests:
		return unknown
	default:
		return withheld
	}
}

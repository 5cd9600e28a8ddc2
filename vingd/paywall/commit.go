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

// A verdict is what the broker says of a commit.
type verdict int

const (
	unknown  verdict = iota // the outcome is unknown, or the broker was not reached
	paid                    // yes
	expired                 // no: the reservation is over
	withheld                // no, for another reason, such as a permission that the seller lacks
)

// commit has a purchase committed that is due, and returns its job. A request's job is done before those of the sweep.
func (p *Paywall) commit(ctx context.Context, entry Entry, at time.Time) *job {
	c := &p.commits
	c.mu.Lock()
	defer c.mu.Unlock()
	if j := c.of[entry.Key]; j != nil {
		return j
	}
	j := &job{ctx: context.WithoutCancel(ctx), entry: entry, begun: time.Now(), at: at, tried: make(chan struct{})}
	c.of[entry.Key] = j
	c.push(j)
	return j
}

// await waits for the first attempt, for so long at most, and returns what the broker has said.
func (p *Paywall) await(j *job, most time.Duration) verdict {
	timer := time.NewTimer(most)
	defer timer.Stop()
	select {
	case <-j.tried:
	case <-timer.C:
	case <-p.tasks.life.Done():
	}
	p.commits.mu.Lock()
	defer p.commits.mu.Unlock()
	return j.said
}

// work commits purchases, until the paywall is closed and none waits.
func (p *Paywall) work() {
	for closing := p.tasks.closing; ; {
		j, wait, more := p.commits.next()
		switch {
		case j != nil:
			p.commits.end(j, p.attempt(j))
			continue
		case !more && closing == nil:
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-p.commits.wake:
		case <-closing:
			closing = nil
		case <-p.tasks.life.Done():
			return
		}
		timer.Stop()
	}
}

// attempt commits a purchase once, and reports whether that was the last attempt.
func (p *Paywall) attempt(j *job) (done bool) {
	ctx, end := p.tasks.lend(j.ctx)
	defer end()
	if j.tries > 0 { // another process may have done it
		now, err := p.find(ctx, j.entry.Key)
		if err == nil && (now.State == Committed || now.State.Final() && j.said != paid) {
			return true
		}
	}
	said, failed := j.said, error(nil)
	if said != paid {
		failed = p.client.Purchases.Commit(ctx, &vingd.Purchase{ID: j.entry.Purchase, Transfer: j.entry.Transfer})
		said = verdictOf(failed)
		if said == unknown && p.tasks.life.Err() != nil {
			return false
		}
		p.commits.tell(j, said)
	}
	if said != paid && said != expired {
		p.counters.failedCommits.Add(1)
		p.log(j.entry).Error("paywall: a commit failed, and is retried", "attempt", j.tries+1, "error", failed)
		return false
	}
	to := j.entry
	to.State, to.Until = Committed, p.until(p.options.AccessFor)
	if said == expired {
		to.State = Expired
	} else if err := p.tellSeller(ctx, j, to); err != nil {
		p.log(to).Error("paywall: OnCommit failed, and is called again", "error", err)
		return false
	}
	writing, cancel := context.WithTimeout(ctx, p.times.patience)
	defer cancel()
	now, err := p.put(writing, to)
	switch {
	case err != nil:
		p.log(to).Error("paywall: the journal lacks what the broker said of a commit; it is written later", "error", err)
		return false
	case said == expired:
		p.counters.expired.Add(1)
		p.log(now).Warn("paywall: the reservation ended before the commit; the buyer is not charged", "error", failed)
	default:
		p.counters.committed.Add(1)
		p.log(now).Info("paywall: committed")
	}
	return true
}

// tellSeller calls the seller's OnCommit before the journal has the commit: a process that takes over calls it again.
func (p *Paywall) tellSeller(ctx context.Context, j *job, entry Entry) error {
	if p.options.OnCommit == nil || j.told {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, p.times.patience)
	defer cancel()
	err := p.options.OnCommit(ctx, entry)
	j.told = err == nil
	return err
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

package paywall

import (
	"container/heap"
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// How purchases are committed: this many at once. An attempt that fails is repeated after a wait, which is doubled each
// time, up to one that leaves time for several attempts before a reservation ends. After that it may be longer.
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
	unanswered verdict = iota // the outcome is unknown, or the broker was not reached
	paid                      // yes
	lapsed                    // no: the reservation is over
	withheld                  // no, for another reason, such as a permission that the seller lacks
)

// A job commits a purchase. It is repeated until the broker has said yes or no, and the journal has it.
type job struct {
	ctx   context.Context // has the values of the request's context, such as its trace
	entry Entry
	begun time.Time
	at    time.Time     // of the next attempt
	tries int           // attempts that have ended
	tried chan struct{} // closed after the first one
	said  verdict       // guarded by commits.mu
}

// commits are the purchases that this process commits.
type commits struct {
	mu      sync.Mutex
	of      map[Key]*job
	waiting jobs
	wake    chan struct{} // one worker looks again
}

func newCommits() commits { return commits{of: make(map[Key]*job), wake: make(chan struct{}, 1)} }

// jobs are a heap, by the times of their next attempts.
type jobs []*job

func (j jobs) Len() int           { return len(j) }
func (j jobs) Less(a, b int) bool { return j[a].at.Before(j[b].at) }
func (j jobs) Swap(a, b int)      { j[a], j[b] = j[b], j[a] }
func (j *jobs) Push(x any)        { *j = append(*j, x.(*job)) }
func (j *jobs) Pop() any {
	last := (*j)[len(*j)-1]
	*j = (*j)[:len(*j)-1]
	return last
}

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
	heap.Push(&c.waiting, j)
	c.signal()
	return j
}

func (c *commits) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// busy reports whether the sweep must wait.
func (c *commits) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.of) >= maxJobs
}

// next returns the job that is to be done now, or nil and how long to wait. It reports whether any job waits.
func (c *commits) next() (j *job, wait time.Duration, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		return nil, time.Hour, false
	}
	if wait = time.Until(c.waiting[0].at); wait > 0 {
		return nil, wait, true
	}
	j = heap.Pop(&c.waiting).(*job)
	if len(c.waiting) > 0 {
		c.signal()
	}
	return j, 0, true
}

// tell notes what the broker said.
func (c *commits) tell(j *job, said verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	j.said = said
	if j.tries++; j.tries == 1 {
		close(j.tried)
	}
}

// end forgets a job that is done, or has it repeated.
func (c *commits) end(j *job, done bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if done {
		delete(c.of, j.entry.Key)
		return
	}
	most := mostWait
	if time.Since(j.begun) > reservation+mostWait {
		most = lateWait
	}
	j.at = time.Now().Add(rand.N(min(firstWait<<min(j.tries, 16), most))) //nolint:gosec // jitter needs no secrecy
	heap.Push(&c.waiting, j)
	c.signal()
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
		if now, err := p.find(ctx, j.entry.Key); err == nil && now.State.Final() {
			return true
		}
	}
	said, failed := j.said, error(nil)
	if said != paid {
		failed = p.client.Purchases.Commit(ctx, j.entry.Purchase, j.entry.Transfer)
		said = verdictOf(failed)
		if said == unanswered && p.tasks.life.Err() != nil {
			return false
		}
		p.commits.tell(j, said)
	}
	if said != paid && said != lapsed {
		p.log(j.entry).Error("paywall: a commit failed, and is repeated", "attempt", j.tries, "error", failed)
		return false
	}
	to := j.entry
	to.State, to.Until = Committed, p.until(p.options.AccessFor)
	if said == lapsed {
		to.State = Lapsed
	}
	writing, cancel := context.WithTimeout(ctx, p.times.patience)
	defer cancel()
	now, err := p.put(writing, to)
	switch {
	case err != nil:
		p.log(to).Error("paywall: the journal lacks what the broker said of a commit; it is written later", "error", err)
		return false
	case said == lapsed:
		p.log(now).Warn("paywall: the reservation ended before the commit; the buyer is not charged", "error", failed)
	default:
		p.log(now).Info("paywall: committed")
	}
	return true
}

// verdictOf returns what the broker has said by a commit that ended like this.
func verdictOf(failed error) verdict {
	var response *vingd.Error
	switch {
	case failed == nil:
		return paid
	case !errors.As(failed, &response) || response.Outcome != vingd.OutcomeNotDone || response.Status == 0:
		return unanswered
	}
	switch response.Status {
	case http.StatusNotFound, http.StatusConflict, http.StatusGone:
		return lapsed
	case http.StatusTooManyRequests:
		return unanswered
	default:
		return withheld
	}
}

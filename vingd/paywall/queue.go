package paywall

import (
	"cmp"
	"container/heap"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// A job commits a purchase. It is repeated until the broker has said yes or no, and the journal has it.
type job struct {
	ctx   context.Context // has the values of the request's context, such as its trace
	entry Entry
	found bool // the journal is read before the first attempt
	begun time.Time
	at    time.Time     // of the next attempt
	after time.Time     // until then, OnCommit is left to the process that made it due; guarded by commits.mu
	tries int           // attempts that have ended
	tried chan struct{} // closed when the broker was asked for the first time
	asked bool          // guarded by commits.mu
	said  verdict       // guarded by commits.mu
	told  bool          // Options.OnCommit has it
}

// commits are the purchases that this process commits.
type commits struct {
	mu      sync.Mutex
	of      map[Key]*job
	waiting jobs
	wake    chan struct{} // one worker looks again
	untold  []*job        // wait for a call of OnCommit
	calls   int           // of OnCommit, without those that are late
	coming  int           // the sweep, and requests that may add jobs
	unread  error         // why the journal may have purchases that are due, and that this process does not know
	doubts  map[Key]error // why a purchase may be due: the journal has not said whether it has written so
}

// newCommits returns commits to which the sweep may add.
func newCommits() commits {
	return commits{of: make(map[Key]*job), wake: make(chan struct{}, 1), coming: 1, unread: errUnread, doubts: make(map[Key]error)}
}

// jobs are a heap, by the times of their next attempts.
type jobs []*job

func (j jobs) Len() int           { return len(j) }
func (j jobs) Less(a, b int) bool { return j[a].at.Before(j[b].at) }
func (j jobs) Swap(a, b int)      { j[a], j[b] = j[b], j[a] }
func (j *jobs) Push(x any)        { *j = append(*j, x.(*job)) }
func (j *jobs) Pop() any {
	last := (*j)[len(*j)-1]
	(*j)[len(*j)-1] = nil // else the request's context is kept
	*j = (*j)[:len(*j)-1]
	return last
}

// push adds a job that waits.
func (c *commits) push(j *job) {
	heap.Push(&c.waiting, j)
	c.signal()
}

func (c *commits) signal() {
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// busy reports whether the sweep must wait.
func (c *commits) busy() bool { return c.len() >= maxJobs }

// len returns how many purchases are not committed yet.
func (c *commits) len() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.of)
}

// next returns the job that is to be done now, or nil and how long to wait. It reports whether any job is left.
func (c *commits) next() (j *job, wait time.Duration, more bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if len(c.waiting) == 0 {
		return nil, time.Hour, c.coming > 0 || len(c.of) > 0
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

// enter notes that the caller may add jobs, and calls leave then. The workers wait for it. It reports false if the paywall is
// closing.
func (p *Paywall) enter() bool {
	c := &p.commits
	c.mu.Lock()
	defer c.mu.Unlock()
	if p.tasks.isClosing() {
		return false
	}
	c.coming++
	return true
}

// leave notes that a caller of enter adds no more jobs.
func (c *commits) leave() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.coming--
	c.signal()
}

// doubt notes why the journal may say that a purchase is due, or nil.
func (c *commits) doubt(key Key, why error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if why == nil {
		delete(c.doubts, key)
		return
	}
	c.doubts[key] = why
}

// doubted returns the doubts that a reading of the journal ends.
func (c *commits) doubted() map[Key]error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return maps.Clone(c.doubts)
}

// wereRead notes what a reading of the journal could not read, and ends doubts.
func (c *commits) wereRead(unread error, doubts map[Key]error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.unread = unread
	for key, why := range doubts {
		if c.doubts[key] == why { //nolint:errorlint // not a later one
			delete(c.doubts, key)
		}
	}
}

// left returns how many purchases are due that this process knows, or are becoming due, when the sweep has ended. It also
// returns why the journal may have more.
func (c *commits) left() (due int, unsure error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if unsure = c.unread; unsure != nil {
		unsure = fmt.Errorf("it was not read: %w", unsure)
	}
	for _, why := range c.doubts {
		unsure = cmp.Or(unsure, why)
	}
	return len(c.of) + c.coming, unsure
}

// tell notes what the broker said.
func (c *commits) tell(j *job, said verdict) {
	c.mu.Lock()
	defer c.mu.Unlock()
	j.said = said
	if !j.asked {
		j.asked = true
		close(j.tried)
	}
}

// called notes whether a call of OnCommit has succeeded. The job is repeated, at once if so.
func (c *commits) called(j *job, told bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if j.told = told; told {
		c.push(j)
		return
	}
	c.retry(j)
}

// take has this process call OnCommit for a purchase that it has left to another one. The other one has likely ended, or this
// process turns out to have made the purchase due. The caller holds mu.
func (c *commits) take(j *job) {
	if j.after.IsZero() {
		return
	}
	j.after = time.Time{}
	if i := slices.Index(c.waiting, j); i >= 0 {
		j.at = time.Now()
		heap.Fix(&c.waiting, i)
		c.signal()
	}
}

// hurry has this process call OnCommit for all purchases that it has left to others, because it closes.
func (c *commits) hurry() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, j := range c.of {
		c.take(j)
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
	c.retry(j)
}

// retry has a job repeated after a while. The caller holds mu.
func (c *commits) retry(j *job) {
	j.tries++
	most := mostWait
	if time.Since(j.begun) > reservation {
		most = lateWait
	}
	j.at = time.Now().Add(rand.N(min(firstWait<<min(j.tries, 16), most))) //nolint:gosec // jitter needs no secrecy
	c.push(j)
}

package paywall

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"time"
)

// maxCalls is how many calls of OnCommit are made at once. A call that is late does not count.
const maxCalls = 32

// callSeller has OnCommit called for a purchase that is paid. The journal has the commit after the call, so that a process that
// takes over calls it again. The job stays in commits.of until then: no other call is made for its purchase. A purchase that another
// process has made due is left to that one first. The next attempt sees in the journal whether the call was made.
func (p *Paywall) callSeller(j *job) {
	c := &p.commits
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Now().Before(j.after) && !p.tasks.isClosing() {
		j.at = j.after
		c.push(j)
		return
	}
	c.untold = append(c.untold, j)
	p.startCalls()
}

// startCalls begins the calls that there is room for. The caller holds commits.mu.
func (p *Paywall) startCalls() {
	c := &p.commits
	for c.calls < maxCalls && len(c.untold) > 0 && p.tasks.life.Err() == nil {
		j := c.untold[0]
		c.untold[0] = nil
		c.untold = c.untold[1:]
		c.calls++
		go p.call(j)
	}
}

// endCall makes room for another call.
func (p *Paywall) endCall() {
	c := &p.commits
	c.mu.Lock()
	defer c.mu.Unlock()
	c.calls--
	p.startCalls()
}

// call calls OnCommit, and gives the job back to the workers. The seller's code may go on though its context has ended. Close
// waits for the job until the tasks end. Afterwards no worker takes it.
func (p *Paywall) call(j *job) {
	ctx, end := p.tasks.attach(j.ctx)
	defer end()
	ctx, cancel := context.WithTimeout(ctx, p.times.call)
	defer cancel()
	inTime := context.AfterFunc(ctx, func() {
		if p.tasks.life.Err() == nil {
			p.log(j.entry).Error("paywall: OnCommit takes too long; it is not called again before it returns", "limit", p.times.call)
		}
		p.endCall()
	})
	err := errors.New("it has ended its goroutine")
	defer func() {
		if inTime() {
			p.endCall()
		}
		if err != nil {
			p.log(j.entry).Error("paywall: OnCommit failed, and is called again", "error", err)
		}
		p.commits.called(j, err == nil)
	}()
	err = p.callOnCommit(ctx, p.paidEntry(j))
}

// callOnCommit calls OnCommit. A panic is an error.
func (p *Paywall) callOnCommit(ctx context.Context, entry Entry) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			err = fmt.Errorf("panic: %v\n%s", cause, debug.Stack())
		}
	}()
	return p.options.OnCommit(ctx, entry)
}

package paywall

import (
	"context"
	"crypto/rand"
	"errors"
	"net/http"
)

// Why content that is ready is not served.
var (
	errExpired  = errors.New("the reservation is over")
	errWithheld = errors.New("the broker does not commit the purchase yet")
	errGone     = errors.New("the request has ended before its content was ready")
)

// deliver serves what a purchase bought. If it is not due yet, its content is made ready first, and then charged for.
// secret says that the request's address holds a token.
func (p *page) deliver(w http.ResponseWriter, r, clean *http.Request, entry Entry, browser Key, secret bool) {
	a := p.holdResponse(w, r, secret, true)
	if entry.State == StateDue {
		if err := p.confirm(p.commit(r.Context(), entry, met)); err != nil {
			a.refuse(err)
			return
		}
	}
	clean = bought(clean, entry)
	a.unpaid = entry.State == StateVerified && r.Method == http.MethodHead
	if entry.State == StateVerified && !a.unpaid {
		clean = whole(clean)
		a.charge = func() error { return p.charge(r.Context(), entry, browser) }
	}
	returned := false
	defer func() {
		if !returned && !a.out { // content panics: handlers around the paywall may respond
			a.restore()
		}
	}()
	p.content.ServeHTTP(a, clean)
	returned = true
	if !a.ready() {
		p.log(entry).Warn("paywall: the content was not ready; the buyer is not charged", "status", a.status)
	}
}

func (p *page) holdResponse(w http.ResponseWriter, r *http.Request, secret, paid bool) *heldResponse {
	return &heldResponse{
		ResponseWriter: w, hold: p.options.Buffer, secret: secret, paid: paid,
		stream: r.ProtoMajor > 1, before: w.Header().Clone(),
		refuse: func(err error) { p.fail(w, r, reasonOf(err), err) },
	}
}

// charge makes a purchase due whose content is ready, and has it committed. It returns an error unless the content may
// be served.
func (p *Paywall) charge(ctx context.Context, entry Entry, browser Key) error {
	if ctx.Err() != nil {
		return errGone // the server would not send it
	}
	j, err := p.makeDue(ctx, entry, browser)
	if err != nil || j == nil {
		return err
	}
	return p.confirm(j)
}

// makeDue writes that a purchase is due, and returns its job. The job is nil if the purchase is committed. Close waits for it.
// After Close has begun, it returns errClosed.
func (p *Paywall) makeDue(ctx context.Context, entry Entry, browser Key) (*job, error) {
	if !p.enter() {
		return nil, errClosed
	}
	defer p.commits.leave()
	writing, cancel := p.detach(ctx, p.times.journalWait)
	defer cancel()
	entry.State, entry.Browser, entry.DueAt, entry.Until = StateDue, browser, p.until(0), p.until(p.options.AccessFor)
	entry.Nonce = rand.Text()
	now, err := p.put(writing, entry)
	p.commits.doubt(entry.Key, err)
	switch {
	case err != nil:
		return nil, err
	case now.State == StateCommitted:
		return nil, nil
	case now.State != StateDue:
		return nil, errExpired
	case now.Nonce != entry.Nonce:
		return p.commit(ctx, now, met), nil // another process was faster
	default:
		return p.commit(ctx, now, made), nil
	}
}

// confirm waits for the commit of a purchase that is due. It returns an error if its content may not be served: the broker
// refuses the commit, or does not respond and RequireCommit is set.
func (p *Paywall) confirm(j *job) error {
	switch p.await(j, p.options.CommitTimeout) {
	case paid:
		return nil
	case expired:
		return errExpired
	case withheld:
		return errWithheld
	default:
		if p.options.RequireCommit {
			return errWithheld
		}
		return nil
	}
}

package vingd

import (
	"context"
	"io"
	"time"
)

// patience ends a request whose server lets one wait too long for the next row. It counts only the waiting for the
// server, not the time in which the rows that came are put to use.
type patience struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	most   time.Duration
	waited time.Duration // since the last row
}

// newPatience starts to wait for a server.
func newPatience(ctx context.Context, most time.Duration) *patience {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(most, func() { cancel(&timeoutError{most}) })
	return &patience{ctx: ctx, cancel: cancel, timer: timer, most: most}
}

// body makes the patience one for each row of an answer.
func (p *patience) body(body io.ReadCloser) io.ReadCloser {
	p.timer.Stop()
	return &awaitedBody{body, p}
}

// renew begins to wait for another row.
func (p *patience) renew() { p.waited = 0 }

// end stops waiting, and the request with it.
func (p *patience) end() {
	p.timer.Stop()
	p.cancel(nil)
}

type awaitedBody struct {
	io.ReadCloser
	patience *patience
}

func (b *awaitedBody) Read(buf []byte) (int, error) {
	p := b.patience
	start := time.Now()
	p.timer.Reset(p.most - p.waited)
	n, err := b.ReadCloser.Read(buf)
	p.timer.Stop()
	p.waited += time.Since(start)
	return n, err
}

package vingd

import (
	"context"
	"io"
	"time"
)

// silence ends a request whose server stays silent for too long. It counts only while somebody waits for the server,
// not while the rows that came are put to use.
type silence struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	timer  *time.Timer
	most   time.Duration
}

// guardSilence starts to wait for a server.
func guardSilence(ctx context.Context, most time.Duration) *silence {
	ctx, cancel := context.WithCancelCause(ctx)
	timer := time.AfterFunc(most, func() { cancel(&timeoutError{most}) })
	return &silence{ctx, cancel, timer, most}
}

// body makes each read of an answer's body a wait of its own.
func (s *silence) body(body io.ReadCloser) io.ReadCloser {
	s.timer.Stop()
	return &silentBody{body, s}
}

// end stops waiting, and the request with it.
func (s *silence) end() {
	s.timer.Stop()
	s.cancel(nil)
}

type silentBody struct {
	io.ReadCloser
	silence *silence
}

func (b *silentBody) Read(p []byte) (int, error) {
	b.silence.timer.Reset(b.silence.most)
	defer b.silence.timer.Stop()
	return b.ReadCloser.Read(p)
}

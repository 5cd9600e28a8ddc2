// Package calls keeps the last calls of a sandbox with their bodies, and logs each call. Passwords and tokens are redacted.
package calls

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"
)

// A Call is a request to the sandbox and its response.
type Call struct {
	Number    int64
	At        time.Time // by the sandbox's clock
	Method    string
	Path      string
	Operation string // of the API, as the specification names it, or empty
	Status    int    // zero if the connection was closed without a response
	Took      time.Duration
	Fault     string // the injected fault, or empty
	Failure   string // the cause if the sandbox itself failed, or empty
	Request   string
	Response  string
}

// kept is how many calls a log keeps.
const kept = 100

// A Log keeps the last calls. It is safe for concurrent use.
type Log struct {
	now    func() time.Time
	logger *slog.Logger // or nil

	mu    sync.Mutex
	last  []Call
	count int64
}

// New returns an empty log. It logs each call by the logger, unless that is nil.
func New(now func() time.Time, logger *slog.Logger) *Log { return &Log{now: now, logger: logger} }

// Clear forgets the calls.
func (l *Log) Clear() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.last = nil
}

// Last returns at most n calls, newest first.
func (l *Log) Last(n int) []Call {
	l.mu.Lock()
	defer l.mu.Unlock()
	last := slices.Clone(l.last[max(0, len(l.last)-n):])
	slices.Reverse(last)
	return last
}

// Find returns a call by its number. It is not ok when the log no longer has it.
func (l *Log) Find(number int64) (c Call, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	i := slices.IndexFunc(l.last, func(c Call) bool { return c.Number == number })
	if i < 0 {
		return Call{}, false
	}
	return l.last[i], true
}

// Serve serves a request and keeps the call.
func (l *Log) Serve(w http.ResponseWriter, r *http.Request, next http.Handler) {
	began := time.Now()
	path, query := r.URL.EscapedPath(), r.URL.RawQuery // a handler may change those of r
	recorded := &recorder{ResponseWriter: w, call: Call{At: l.now(), Method: redactText(r.Method), Path: redactPath(path)}}
	request := &tee{ReadCloser: http.NoBody}
	if r.Body != nil {
		request.ReadCloser = r.Body
	}
	r = r.WithContext(r.Context()) // the request is the caller's
	r.Body = request
	defer func() {
		c := recorded.call
		c.Took = time.Since(began)
		broken := recover()
		switch {
		case broken != nil && broken != http.ErrAbortHandler: //nolint:errorlint // it is panicked with as it is
			c.Failure = fmt.Sprint(broken)
		case broken == nil && c.Status == 0:
			c.Status = http.StatusOK
		}
		text := redactEcho(path, query)
		c.Request, c.Response, c.Failure = redact(request.head, text), redact(recorded.head, text), text(c.Failure)
		if recorded.hidden {
			c.Request = redacted
		}
		l.keep(c)
		if broken != nil {
			panic(broken)
		}
	}()
	next.ServeHTTP(recorded, r)
}

func (l *Log) keep(c Call) {
	l.mu.Lock()
	l.count++
	c.Number = l.count
	if l.last = append(l.last, c); len(l.last) > kept {
		l.last = slices.Delete(l.last, 0, len(l.last)-kept)
	}
	l.mu.Unlock()
	if l.logger == nil {
		return
	}
	level := slog.LevelInfo
	attributes := []slog.Attr{
		slog.String("method", c.Method), slog.String("path", c.Path), slog.Int("status", c.Status), slog.Duration("took", c.Took),
	}
	for _, optional := range []struct{ name, value string }{{"operation", c.Operation}, {"fault", c.Fault}, {"failure", c.Failure}} {
		if optional.value != "" {
			attributes = append(attributes, slog.String(optional.name, optional.value))
		}
	}
	if c.Failure != "" {
		level = slog.LevelError
	}
	l.logger.LogAttrs(context.Background(), level, "call", attributes...)
}

package frameworks

import (
	"bufio"
	"net"
	"net/http"

	"github.com/gin-gonic/gin"
)

// unwritten is the size of a response before its header, as gin's writers tell it.
const unwritten = -1

// A ginWriter is a writer of gin's that writes to a paywall. It does not embed the writer of the server: a method that is
// missing here would go around the paywall.
type ginWriter struct {
	paywall http.ResponseWriter
	outer   gin.ResponseWriter // around the paywall
	status  int
	size    int
}

var _ gin.ResponseWriter = (*ginWriter)(nil)

func newGinWriter(w http.ResponseWriter, outer gin.ResponseWriter) *ginWriter {
	return &ginWriter{paywall: w, outer: outer, status: http.StatusOK, size: unwritten}
}

// Header returns the header of the response.
func (w *ginWriter) Header() http.Header { return w.paywall.Header() }

// Unwrap is for http.ResponseController.
func (w *ginWriter) Unwrap() http.ResponseWriter { return w.paywall }

// Status returns the status of the response.
func (w *ginWriter) Status() int { return w.status }

// Size returns the length of the body so far, or -1 before the header.
func (w *ginWriter) Size() int { return w.size }

// Written reports whether the header is written.
func (w *ginWriter) Written() bool { return w.size != unwritten }

// WriteHeader sets the status. Gin writes it with the next byte. A failure begins the response anew, while the paywall holds
// a success back.
func (w *ginWriter) WriteHeader(status int) {
	switch {
	case status > 0 && !w.Written():
		w.status = status
	case status >= 300 && !w.outer.Written():
		w.status, w.size = status, unwritten
	}
}

// WriteHeaderNow writes the status.
func (w *ginWriter) WriteHeaderNow() {
	if !w.Written() {
		w.size = 0
		w.paywall.WriteHeader(w.status)
	}
}

// Write writes a part of the body.
func (w *ginWriter) Write(b []byte) (int, error) {
	w.WriteHeaderNow()
	n, err := w.paywall.Write(b)
	w.size += n
	return n, err
}

// WriteString writes a part of the body.
func (w *ginWriter) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// Flush has the paywall charge for the content, and sends it.
func (w *ginWriter) Flush() {
	w.WriteHeaderNow()
	_ = http.NewResponseController(w.paywall).Flush() // gin has no error for it
}

// Hijack has the paywall charge for the content, and leaves the connection to the handler.
func (w *ginWriter) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	conn, buffer, err := http.NewResponseController(w.paywall).Hijack()
	if err == nil && !w.Written() {
		w.size = 0
	}
	return conn, buffer, err
}

// CloseNotify never tells of an end: the request's context does. Without it, Context.Stream would panic.
func (*ginWriter) CloseNotify() <-chan bool { return make(chan bool) }

// Pusher returns nil, because browsers have no HTTP/2 push any more.
func (*ginWriter) Pusher() http.Pusher { return nil }

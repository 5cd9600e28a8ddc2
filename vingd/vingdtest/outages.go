package vingdtest

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"os"
	"syscall"
	"testing/iotest"
)

// Refused is a connection refused: the request never leaves. A vingd.ErrInternal, and nothing happened.
// The client repeats it as often as it may, whatever the operation.
func Refused(req *http.Request) (*http.Response, error) {
	dial(httptrace.ContextClientTrace(req.Context()), req)
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

// HangUp is a broker that takes the request and closes the connection: a vingd.ErrInternal. What would have changed
// something may have happened, so it is a vingd.ErrOutcomeUnknown as well.
func HangUp(req *http.Request) (*http.Response, error) {
	arrive(req)
	return nil, io.EOF
}

// Silence is a broker that takes the request and never answers: the call ends by its context or by the client's timeout.
// A vingd.ErrInternal and, of what would have changed something, a vingd.ErrOutcomeUnknown as well.
func Silence(req *http.Request) (*http.Response, error) {
	arrive(req)
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// HalfAnswer is a connection that breaks in the middle of an answer that said success: a vingd.ErrInternal and, of what
// would have changed something, a vingd.ErrOutcomeUnknown as well.
func HalfAnswer(req *http.Request) (*http.Response, error) {
	op := specification().asked(req)
	if op == nil {
		return nil, fmt.Errorf("vingdtest: %s %s is no operation of the API", req.Method, req.URL.EscapedPath())
	}
	whole := op.success()
	resp := reply(req, http.StatusOK, whole)
	half := bytes.NewReader(whole[:len(whole)/2])
	resp.Body = spoilt{io.MultiReader(half, iotest.ErrReader(io.ErrUnexpectedEOF))}
	return resp, nil
}

// Garbage is an answer that says success and is no JSON: a vingd.ErrGeneral and, of what would have changed something,
// a vingd.ErrOutcomeUnknown as well.
func Garbage(req *http.Request) (*http.Response, error) {
	return spoil(req, http.StatusOK, mediaType, "\x00\x01garbage"), nil
}

// BadGateway is the page of a proxy that got no answer from the broker, 502 in HTML: a vingd.ErrGeneral and, of what
// would have changed something, a vingd.ErrOutcomeUnknown as well.
func BadGateway(req *http.Request) (*http.Response, error) {
	return spoil(req, http.StatusBadGateway, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>\n"), nil
}

// spoil returns an answer that is not one of the broker's.
func spoil(req *http.Request, status int, contentType, body string) *http.Response {
	resp := reply(req, status, []byte(body))
	resp.Header.Set("Content-Type", contentType)
	resp.Body = spoilt{resp.Body}
	return resp
}

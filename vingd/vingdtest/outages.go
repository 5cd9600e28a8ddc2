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

// Refused refuses the connection, so the client cannot send the request. The client retries every operation. After the last
// retry the error is a vingd.ErrInternal, and the call was not done.
func Refused(req *http.Request) (*http.Response, error) {
	dial(httptrace.ContextClientTrace(req.Context()), req)
	return nil, &net.OpError{Op: "dial", Net: "tcp", Err: os.NewSyscallError("connect", syscall.ECONNREFUSED)}
}

// HangUp reads the request and closes the connection. The error is a vingd.ErrInternal, and a vingd.ErrOutcomeUnknown if the
// call changes something.
func HangUp(req *http.Request) (*http.Response, error) {
	arrive(req)
	return nil, io.EOF
}

// Silence reads the request and never responds. The call ends by its context or by the client's timeout. The error is a
// vingd.ErrInternal, and a vingd.ErrOutcomeUnknown if the call changes something.
func Silence(req *http.Request) (*http.Response, error) {
	arrive(req)
	<-req.Context().Done()
	return nil, req.Context().Err()
}

// IncompleteResponse closes the connection in the middle of a successful response. The error is a vingd.ErrInternal, and a
// vingd.ErrOutcomeUnknown if the call changes something.
func IncompleteResponse(req *http.Request) (*http.Response, error) {
	op := specification().asked(req)
	if op == nil {
		return nil, fmt.Errorf("vingdtest: %s %s: not an operation of the API", req.Method, req.URL.EscapedPath())
	}
	whole := op.success()
	resp := reply(req, http.StatusOK, whole)
	half := bytes.NewReader(whole[:len(whole)/2])
	resp.Body = spoilt{io.MultiReader(half, iotest.ErrReader(io.ErrUnexpectedEOF))}
	return resp, nil
}

// Garbage responds with 200 and a body that is not JSON. The error is a vingd.ErrGeneral, and a vingd.ErrOutcomeUnknown if the
// call changes something.
func Garbage(req *http.Request) (*http.Response, error) {
	return spoil(req, http.StatusOK, mediaType, "\x00\x01garbage"), nil
}

// BadGateway responds with 502 and the HTML page of a proxy. The error is a vingd.ErrGeneral, and a vingd.ErrOutcomeUnknown if
// the call changes something.
func BadGateway(req *http.Request) (*http.Response, error) {
	return spoil(req, http.StatusBadGateway, "text/html", "<html><body><h1>502 Bad Gateway</h1></body></html>\n"), nil
}

// spoil returns a response that no broker sends.
func spoil(req *http.Request, status int, contentType, body string) *http.Response {
	resp := reply(req, status, []byte(body))
	resp.Header.Set("Content-Type", contentType)
	resp.Body = spoilt{resp.Body}
	return resp
}

package vingdtest

import (
	"bytes"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strconv"
)

// reply returns an answer in JSON to a request that arrived.
func reply(req *http.Request, status int, body []byte) *http.Response {
	arrive(req)
	return &http.Response{
		Status:        strconv.Itoa(status) + " " + http.StatusText(status),
		StatusCode:    status,
		Proto:         "HTTP/1.1",
		ProtoMajor:    1,
		ProtoMinor:    1,
		Header:        http.Header{"Content-Type": {mediaType}},
		Body:          io.NopCloser(bytes.NewReader(body)),
		ContentLength: int64(len(body)),
		Request:       req,
	}
}

// arrive tells who traces the request that it found a connection and left on it, as net/http's transport does.
func arrive(req *http.Request) {
	trace := httptrace.ContextClientTrace(req.Context())
	if trace == nil {
		return
	}
	dial(trace, req)
	if trace.GotConn != nil {
		conn, _ := net.Pipe() // those who trace ask it for its addresses
		trace.GotConn(httptrace.GotConnInfo{Conn: conn})
	}
	if trace.WroteRequest != nil {
		trace.WroteRequest(httptrace.WroteRequestInfo{})
	}
}

// dial tells who traces the request that a connection is wanted for it.
func dial(trace *httptrace.ClientTrace, req *http.Request) {
	if trace != nil && trace.GetConn != nil {
		trace.GetConn(req.URL.Host)
	}
}

// spoilt is the body of an answer that is amiss on purpose.
type spoilt struct{ io.Reader }

func (spoilt) Close() error { return nil }

func isSpoilt(resp *http.Response) bool {
	_, ok := resp.Body.(spoilt)
	return ok
}

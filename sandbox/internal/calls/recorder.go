package calls

import (
	"fmt"
	"io"
	"net/http"
)

// headSize is how much of a body is kept, in bytes.
const headSize = 16 << 10

// A recorder notes the response of a handler.
type recorder struct {
	http.ResponseWriter

	call Call
	head []byte

	hidden bool // whether the body of the request is
}

// WriteHeader notes the status.
func (r *recorder) WriteHeader(status int) {
	if r.call.Status == 0 && status >= http.StatusOK {
		r.call.Status = status
	}
	r.ResponseWriter.WriteHeader(status)
}

// Write notes the beginning of the body.
func (r *recorder) Write(p []byte) (int, error) {
	if r.call.Status == 0 {
		r.call.Status = http.StatusOK
	}
	r.head = append(r.head, p[:min(len(p), headSize-len(r.head))]...)
	return r.ResponseWriter.Write(p)
}

// Unwrap returns the writer below.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }

// find returns the recorder below a writer, or nil.
func find(w http.ResponseWriter) *recorder {
	for {
		switch below := w.(type) {
		case *recorder:
			return below
		case interface{ Unwrap() http.ResponseWriter }:
			w = below.Unwrap()
		default:
			return nil
		}
	}
}

// SetOperation notes the operation of the call to which w responds.
func SetOperation(w http.ResponseWriter, operation string) {
	if r := find(w); r != nil {
		r.call.Operation = operation
	}
}

// SetFault notes the injected fault of the call to which w responds.
func SetFault(w http.ResponseWriter, fault string) {
	if r := find(w); r != nil {
		r.call.Fault = fault
	}
}

// SetFailure notes why the sandbox itself fails at the call to which w responds.
func SetFailure(w http.ResponseWriter, failure error) {
	if r := find(w); r != nil {
		r.call.Failure = fmt.Sprint(failure)
	}
}

// HideRequest keeps the body of the request to which w responds out of the log: it may have a secret in any place.
func HideRequest(w http.ResponseWriter) {
	if r := find(w); r != nil {
		r.hidden = true
	}
}

// A tee keeps the beginning of what is read.
type tee struct {
	io.ReadCloser

	head []byte
}

// Read reads, and keeps the beginning.
func (t *tee) Read(p []byte) (int, error) {
	n, err := t.ReadCloser.Read(p)
	t.head = append(t.head, p[:min(n, headSize-len(t.head))]...)
	return n, err
}

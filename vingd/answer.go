package vingd

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"sync"

	"github.com/vingd/vingd-api-go/internal/jsonread"
)

const (
	// maxAnswer bounds an answer that is not a list, uncompressed.
	maxAnswer = 4 << 20
	// maxKept bounds the memory that is kept for the next answer.
	maxKept = 64 << 10
)

// answer is an answer in memory while it is read.
type answer struct {
	body   []byte
	reader jsonread.Reader
}

var answers = sync.Pool{New: func() any { return &answer{body: make([]byte, 0, 2048)} }}

// fill takes in a body, if it is not too large.
func (a *answer) fill(body io.Reader) error {
	a.body = a.body[:0]
	for {
		if len(a.body) == cap(a.body) {
			a.grow()
		}
		n, err := body.Read(a.body[len(a.body):cap(a.body)])
		a.body = a.body[:len(a.body)+n]
		switch {
		case len(a.body) > maxAnswer:
			return &tooLargeError{maxAnswer}
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// grow makes room for more of a body, in few steps: a body at the bound costs little more than itself in all.
func (a *answer) grow() {
	size := maxAnswer + 1
	for _, step := range []int{2 << 10, 16 << 10, 128 << 10} {
		if cap(a.body) < step {
			size = step
			break
		}
	}
	a.body = append(make([]byte, 0, size), a.body...)
}

// release lets another call have the memory, unless it is more than a usual answer needs.
func (a *answer) release() {
	if cap(a.body) <= maxKept {
		answers.Put(a)
	}
}

// readData reads the data of an operation's answer. It returns the failure that the data reports, if it does. Data of
// another shape than expected makes the reader fail.
type readData func(*jsonread.Reader) *batchError

// readAnswer reads an answer: its data when the call succeeded, else the error it is.
func (c *Client) readAnswer(op operation, resp *http.Response, a *answer, read readData) *Error {
	r, body := &a.reader, a.body
	r.Reset(body)
	r.SetLenient(op.effect == acts) // it was done: only without its ids is it of no use
	var e envelope
	success := isSuccess(resp.StatusCode)
	e.read(r, success, read)
	r.End()
	err := r.Err()
	switch {
	case err != nil && (isSyntax(err) || !json.Valid(body)):
		return c.unreadable(op, resp, body, err)
	case err != nil:
		return c.misshapen(op, resp, err)
	case e.failure != nil:
		return c.failedBatch(op, resp, e.failure)
	case success && e.hasData:
		return nil
	case !success && e.hasMessage && e.hasContext:
		return c.refused(op, resp, kindOf(resp.StatusCode), e.context, e.message)
	default:
		return c.misshapen(op, resp, nil)
	}
}

// envelope is what every answer comes in.
type envelope struct {
	hasData, hasMessage, hasContext bool
	message, context                string
	failure                         *batchError // reported by the data
}

// read reads the members of an answer. The data goes to read, if it is wanted.
func (e *envelope) read(r *jsonread.Reader, wantData bool, read readData) {
	for r.Enter('{'); r.Next('}'); {
		switch key := r.Key(); {
		case string(key) == "data" && wantData:
			if e.hasData {
				r.Fail("one data only")
				return
			}
			e.hasData = true
			e.failure = read(r)
		case !wantData && string(key) == "message":
			e.message, e.hasMessage = r.Words(), true
		case !wantData && string(key) == "context":
			e.context, e.hasContext = r.Words(), true
		default:
			r.Skip()
		}
	}
}

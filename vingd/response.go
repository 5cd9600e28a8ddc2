package vingd

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"slices"
	"sync"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// The limits of a response, in bytes that are not compressed.
const (
	maxResponse = 4 << 20   // of a response that is not a list
	maxList     = 64 << 20  // of a list that is collected, on the wire and in memory; a stream is limited by its rows only
	maxRow      = 1 << 20   // of a row, and of the text between two rows
	listBuffer  = 32 << 10  // of a list in memory at a time, unless a row is larger
	maxKept     = 64 << 10  // of memory that is kept for the next response
	usualSize   = 2 << 10   // of the memory for a response at first
	largeSize   = 16 << 10  // when it needs more
	hugeSize    = 128 << 10 // when it needs still more
)

// responseBuffer is a response in memory while it is read.
type responseBuffer struct {
	body   []byte
	reader jsonread.Reader
}

var bufferPool = sync.Pool{New: func() any { return &responseBuffer{body: make([]byte, 0, usualSize)} }}

// readFrom reads a body, if it is not too large.
func (b *responseBuffer) readFrom(body io.Reader) error {
	b.body = b.body[:0]
	for {
		if len(b.body) == cap(b.body) {
			b.grow()
		}
		n, err := body.Read(b.body[len(b.body):cap(b.body)])
		b.body = b.body[:len(b.body)+n]
		switch {
		case len(b.body) > maxResponse:
			return &tooLargeError{maxResponse}
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
	}
}

// grow makes room for more of a body, in few steps: a body at the limit costs little more than itself in all.
func (b *responseBuffer) grow() {
	size := maxResponse + 1
	for _, step := range []int{usualSize, largeSize, hugeSize} {
		if cap(b.body) < step {
			size = step
			break
		}
	}
	b.body = append(make([]byte, 0, size), b.body...)
}

// put gives the memory back to the pool, unless it is more than a usual response needs.
func (b *responseBuffer) put() {
	if cap(b.body) <= maxKept {
		bufferPool.Put(b)
	}
}

// readData reads the data of a response. It returns the failure that the data reports, if it does. Data of an unexpected
// shape makes the reader fail.
type readData func(*jsonread.Reader) *dataFailure

// readResponse reads the data of a response that reports success. Any other response it returns as the error that it is.
func (c *Client) readResponse(op operation, resp *http.Response, b *responseBuffer, read readData) *Error {
	r, body := &b.reader, b.body
	r.Reset(body)
	r.SetLenient(op.kind == unsafe) // the call was done: only a missing id makes its response useless
	var e envelope
	success := isSuccess(resp.StatusCode)
	e.read(r, success, read)
	r.End()
	err := r.Err()
	switch {
	case err != nil && (isSyntax(err) || !json.Valid(body)):
		return c.notJSON(op, resp, body, err)
	case err != nil:
		return c.unexpectedShape(op, resp, err)
	case e.failure != nil:
		return c.reportedFailure(op, resp, e.failure)
	case success && e.hasData:
		return nil
	case !success && e.hasMessage && e.hasContext:
		return c.rejected(op, resp, kindOf(resp.StatusCode), e.messageIsText && e.contextIsText && !e.hasData, e.context, e.message)
	default:
		return c.unexpectedShape(op, resp, nil)
	}
}

// envelope is what every response comes in. The broker's message and context are texts, without data. A gateway may respond with
// values of another type by these names.
type envelope struct {
	hasData, hasMessage, hasContext bool
	messageIsText, contextIsText    bool
	message, context                string
	failure                         *dataFailure // reported by the data
}

// read reads the members of a response. The data goes to read, if it is wanted.
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
			e.messageIsText = r.Peek() == '"'
			e.message, e.hasMessage = r.Words(), true
		case !wantData && string(key) == "context":
			e.contextIsText = r.Peek() == '"'
			e.context, e.hasContext = r.Words(), true
		case string(key) == "data":
			e.hasData = !isEmpty(r.Raw()) || e.hasData
		default:
			r.Skip()
		}
	}
}

// isEmpty reports whether a value in JSON is empty, as brokers in PHP write the data of a refusal.
func isEmpty(value []byte) bool {
	return slices.Contains([]string{"null", "[]", "{}", `""`, "false"}, string(value))
}

// dataFailure is a failure that the data of a response reports: the first of a batch, or that of a commit.
type dataFailure struct {
	desc   string
	partly bool // something else may have succeeded
}

// createdID returns the id of what a call made or changed, in either form: {"id": 7}, or as a batch of one,
// {"ids": [7], "errors": []}. If both are given the batch counts, as for the Python client. Of two ids in a batch it returns none:
// the call should have made one thing.
func createdID[ID ~int64](r *jsonread.Reader, single int64, batch []int64, failures []wire.BatchError) (ID, *dataFailure) {
	switch {
	case batch != nil && len(failures) > 0:
		return 0, &dataFailure{desc: failures[0].Desc, partly: len(batch) > 0 || single > 0}
	case batch != nil:
		single = 0
		if len(batch) == 1 {
			single = batch[0]
		}
	}
	if single < 1 {
		r.Fail("one id of what was made")
	}
	return ID(single), nil
}

// reportedFailure is the error of a response whose data reports a failure, whatever its status.
func (c *Client) reportedFailure(op operation, resp *http.Response, f *dataFailure) *Error {
	failed := c.rejected(op, resp, ErrGeneral, true, "Error", f.desc)
	failed.Outcome = OutcomeNotDone
	if f.partly {
		failed.Outcome = OutcomeUnknown
	}
	failed.transient = false
	return failed
}

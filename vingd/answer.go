package vingd

import (
	"encoding/json"
	"errors"
	"net/http"

	"github.com/vingd/vingd-api-go/vingd/internal/jsonread"
)

// readData reads the data of an operation's answer. It returns an error for data that reports a failure itself;
// data of another shape than expected it leaves to the reader to report.
type readData func(*jsonread.Reader) error

// readAnswer reads an answer: its data when the call succeeded, else the error it is.
func (c *Client) readAnswer(op operation, resp *http.Response, body []byte, read readData) *Error {
	var r jsonread.Reader
	r.Reset(body)
	var e envelope
	success := isSuccess(resp.StatusCode)
	e.read(&r, success, read)
	r.End()
	err := r.Err()
	var batch *batchError
	switch {
	case err != nil && (isSyntax(err) || !json.Valid(body)):
		return c.unreadable(op, resp, body, err)
	case err != nil:
		return c.misshapen(op, resp, err)
	case errors.As(e.failure, &batch):
		return c.failedBatch(op, resp, batch)
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
	failure                         error // reported by the data
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
			e.message, e.hasMessage = words(r), true
		case !wantData && string(key) == "context":
			e.context, e.hasContext = words(r), true
		default:
			r.Skip()
		}
	}
}

// words reads a text; null is none, and anything else is taken as it stands.
func words(r *jsonread.Reader) string {
	switch r.Peek() {
	case '"':
		return r.String()
	case 'n':
		r.Null()
		return ""
	default:
		return string(r.Raw())
	}
}

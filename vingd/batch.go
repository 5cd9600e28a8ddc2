package vingd

import (
	"net/http"

	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// readCreated reads the id of what a call made or changed, in either form: {"id": 7}, or as a batch of one,
// {"ids": [7], "errors": []}. Where both are given the batch counts, as for the Python client.
func readCreated[ID ~int64](id *ID, single, batch string) readData {
	return func(r *jsonread.Reader) error {
		var made []ID
		var failed *batchError
		isBatch := false
		*id = 0
		for r.Enter('{'); r.Next('}'); {
			switch key := r.Key(); {
			case string(key) == single && !isBatch:
				*id = ID(r.Int())
			case string(key) == batch:
				isBatch = true
				for r.Enter('['); r.Next(']'); {
					made = append(made, ID(r.Int()))
				}
			case string(key) == "errors":
				failed = readBatchErrors(r)
			default:
				r.Skip()
			}
		}
		switch {
		case isBatch && failed != nil:
			failed.partly = len(made) > 0
			return failed
		case isBatch && len(made) > 0:
			*id = made[0]
		case isBatch:
			*id = 0
		}
		if *id < 1 {
			r.Fail("the " + single + " of what was made")
		}
		return nil
	}
}

// batchError is the first failure in an answer of the batch form.
type batchError struct {
	desc   string
	partly bool // something else succeeded
}

func (e *batchError) Error() string { return e.desc }

// readBatchErrors reads the failures of a batch, and returns the first, if there is any.
func readBatchErrors(r *jsonread.Reader) (first *batchError) {
	for r.Enter('['); r.Next(']'); {
		e := &batchError{}
		if r.Peek() != '{' {
			e.desc = words(r)
		} else {
			for r.Enter('{'); r.Next('}'); {
				if string(r.Key()) == "desc" {
					e.desc = words(r)
				} else {
					r.Skip()
				}
			}
		}
		if first == nil {
			first = e
		}
	}
	return first
}

// failedBatch is the error of an answer that reports a failure in the batch form, whatever its status.
func (c *Client) failedBatch(op operation, resp *http.Response, e *batchError) *Error {
	failed := c.refused(op, resp, ErrGeneral, "Error", e.desc)
	failed.Outcome = OutcomeNotDone
	if e.partly {
		failed.Outcome = OutcomeUnknown
	}
	failed.transient = false
	return failed
}

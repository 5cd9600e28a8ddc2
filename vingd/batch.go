package vingd

import (
	"net/http"

	wire "github.com/vingd/vingd-api-go/generated/client"
	"github.com/vingd/vingd-api-go/internal/jsonread"
)

// createdID returns the id of what a call made or changed, in either form: {"id": 7}, or as a batch of one,
// {"ids": [7], "errors": []}. If both are given the batch counts, as for the Python client.
func createdID[ID ~int64](r *jsonread.Reader, single int64, batch []int64, failures []wire.BatchError) (ID, *batchError) {
	isBatch := batch != nil
	switch {
	case isBatch && len(failures) > 0:
		return 0, &batchError{desc: failures[0].Desc, partly: len(batch) > 0}
	case isBatch:
		single = 0
		if len(batch) > 0 {
			single = batch[0]
		}
	}
	if single < 1 {
		r.Fail("the id of what was made")
	}
	return ID(single), nil
}

// batchError is the first failure in an answer of the batch form.
type batchError struct {
	desc   string
	partly bool // something else succeeded
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

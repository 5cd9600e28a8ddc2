package fire_test

import (
	"errors"
	"fmt"

	"github.com/vingd/vingd-api-go/vingd"
)

// A judgement is what is wrong with a call.
type judgement int

const (
	right    judgement = iota
	doubled            // the call was done twice, or might have been
	lie                // the client says other than the ledger
	needless           // the client could have known the outcome, or a call failed without a fault
	starved            // needless, by a timeout on a machine with too much to do
	judgements
)

func (j judgement) String() string {
	return [...]string{"right", "doubled", "a lie", "needless", "starved"}[j]
}

// judge compares what the client says with the ledger. It returns why, unless all is right.
func (r *result) judge() (j judgement, why string) {
	j, why = r.judgeCall()
	if j == right && r.reconciles {
		j, why = r.judgeReconcile()
	}
	switch {
	case j == needless && (r.overdue > 0 || isTimeout(r.err)):
		return starved, why
	}
	return j, why
}

func (r *result) judgeCall() (judgement, string) {
	var failed *vingd.Error
	outcome := vingd.OutcomeOf(r.err)
	unsafe := !r.operation.safe
	switch {
	case r.done > 1:
		return doubled, "the ledger has the call more than once"
	case unsafe && !r.operation.idempotent && r.sentAgain():
		return doubled, "the client sent the call again when it might have been done"
	case r.err != nil && !errors.As(r.err, &failed):
		return lie, r.err.Error()
	case outcome == vingd.OutcomeDone && unsafe && r.done == 0:
		return lie, "the client says done, and the ledger does not have the call"
	case outcome == vingd.OutcomeNotDone && (r.done > 0 || r.late > 0 && unsafe):
		return lie, "the client says not done, and the ledger has the call"
	case outcome == vingd.OutcomeUnknown && !unsafe:
		return lie, "the client says unknown of a call that changes nothing"
	case outcome == vingd.OutcomeUnknown && r.knowable():
		return needless, "the client could have known the outcome"
	case r.err != nil && (r.fault.place == nowhere || r.fault.how == paused):
		return needless, "the call failed without a fault"
	}
	return right, ""
}

func (r *result) judgeReconcile() (judgement, string) {
	switch err := r.reconciled; {
	case errors.Is(err, errWrong):
		return lie, "Reconcile: " + err.Error()
	case err == nil && r.done == 0:
		return lie, "Reconcile says done, and the ledger does not have the call"
	case errors.Is(err, vingd.ErrNotDone) && r.done > 0:
		return lie, "Reconcile says not done, and the ledger has the call"
	case err == nil || errors.Is(err, vingd.ErrNotDone):
		return right, ""
	case r.keeping.name == keepings[0].name && r.skew == 0 && !r.awkward:
		return needless, fmt.Sprintf("Reconcile could have known the outcome: %v", err)
	}
	return right, ""
}

// reconciledOutcome returns what Reconcile says became of the call.
func (r *result) reconciledOutcome() vingd.Outcome {
	switch {
	case r.reconciled == nil:
		return vingd.OutcomeDone
	case errors.Is(r.reconciled, vingd.ErrNotDone):
		return vingd.OutcomeNotDone
	default:
		return vingd.OutcomeUnknown
	}
}

// sentAgain reports whether a request reached the gateway after one that the broker did not refuse in its own words.
func (r *result) sentAgain() bool {
	for i, status := range r.statuses {
		if (status < 400 || status >= 500) && i+1 < len(r.statuses)+r.late {
			return true
		}
	}
	return false
}

// knowable reports whether the client could have known the outcome. There are two ways:
//   - a transport that proves something looked for a connection and got none;
//   - one request was sent, and its response is the broker's own, whole, in time, and below status 500.
func (r *result) knowable() bool {
	if r.obtained == 0 {
		return r.asked > 0 && r.transport.proves && r.fault.how != garbled // the timeout may end it just then
	}
	spoilt := r.fault.how == garbled || r.strikes > 0 && (r.fault.how != closed || r.fault.place == inStream && !r.fault.cut.served)
	return r.obtained == 1 && r.whole == 1 && len(r.statuses) == 1 && 200 <= r.statuses[0] && r.statuses[0] < 500 && !spoilt
}

// isTimeout reports whether a timeout ended a call.
func isTimeout(err error) bool {
	var timeout interface{ Timeout() bool }
	return errors.As(err, &timeout) && timeout.Timeout()
}

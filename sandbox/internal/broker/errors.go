package broker

import (
	"errors"
	"fmt"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
)

// Kinds of refusal. A refused step has changed nothing.
var (
	ErrInvalid    = errors.New("invalid data")
	ErrLowBalance = errors.New("payment required")
	ErrForbidden  = errors.New("forbidden")
	ErrNotFound   = errors.New("not found")
	ErrConflict   = errors.New("conflict")
	ErrGone       = errors.New("gone")
)

// ErrInUse is returned for a data file that another sandbox has open.
var ErrInUse = store.ErrInUse

// ErrMoved is returned by every step while the open data file is not at its path.
var ErrMoved = store.ErrMoved

// An Error is a refusal: its kind, and a line that says why.
type Error struct {
	Kind    error
	Message string
}

// Error returns the message.
func (e *Error) Error() string { return e.Message }

// Unwrap returns the kind.
func (e *Error) Unwrap() error { return e.Kind }

func refuse(kind error, format string, args ...any) error {
	return &Error{Kind: kind, Message: fmt.Sprintf(format, args...)}
}

// fromLedger converts a refusal of the ledger into one of the broker.
func fromLedger(err error) error {
	switch {
	case errors.Is(err, ledger.ErrLowBalance):
		return refuse(ErrLowBalance, "the balance is too low")
	case errors.Is(err, ledger.ErrAmount):
		return refuse(ErrInvalid, "the amount must be between 0 and %d, and so must all money issued", int64(ledger.MaxAmount))
	default:
		return err
	}
}

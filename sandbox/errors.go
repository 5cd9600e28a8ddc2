package sandbox

import (
	"errors"
	"fmt"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

// Kinds of refusal, for errors.Is. What is refused has changed nothing.
var (
	// ErrInvalid means that an argument cannot be: an amount below zero, a voucher code whose checksum is wrong.
	ErrInvalid = broker.ErrInvalid
	// ErrTooLittle means that the balance is too low.
	ErrTooLittle = broker.ErrTooLittle
	// ErrNotFound means that there is no such thing.
	ErrNotFound = broker.ErrNotFound
	// ErrConflict means that it goes against what is already so, such as a second voucher of one group.
	ErrConflict = broker.ErrConflict
	// ErrGone means that it is over: a lapsed order; a voucher that was used, revoked or expired.
	ErrGone = broker.ErrGone
)

// named puts the package's name in front of an error.
func named(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, broker.ErrInUse) {
		return fmt.Errorf("sandbox: %w", &broker.Error{Kind: ErrConflict, Message: err.Error()})
	}
	return fmt.Errorf("sandbox: %w", err)
}

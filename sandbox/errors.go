package sandbox

import (
	"errors"
	"fmt"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
)

// Kinds of refusal, for [errors.Is]. A refused call has changed nothing.
var (
	// ErrInvalid means that an argument is invalid, such as an amount below zero or a voucher code with a wrong checksum.
	ErrInvalid = broker.ErrInvalid
	// ErrLowBalance means that the balance is too low.
	ErrLowBalance = broker.ErrLowBalance
	// ErrNotFound means that an account, order, voucher or other item does not exist.
	ErrNotFound = broker.ErrNotFound
	// ErrConflict means that the call conflicts with the state of the sandbox. An example is a second voucher of one group.
	ErrConflict = broker.ErrConflict
	// ErrGone means that an order has expired, that a voucher was used, revoked or expired, or that the sandbox was reset.
	ErrGone = broker.ErrGone
)

// named puts the package's name before an error.
func named(err error) error {
	if err == nil {
		return nil
	}
	if errors.Is(err, broker.ErrInUse) {
		return fmt.Errorf("sandbox: %w", &broker.Error{Kind: ErrConflict, Message: err.Error()})
	}
	return fmt.Errorf("sandbox: %w", err)
}

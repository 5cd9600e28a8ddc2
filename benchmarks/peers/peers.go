// Package peers holds the clients that are compared. Each makes the calls as its user would write them, with its default
// transport, timeouts and bounds.
package peers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vingd/vingd-api-go/vingd"
)

// The credentials, as on the wire.
const (
	user     = "test@vingd.com"
	password = "40bd001563085fc35165329ea1ff5c5ecbdbbeef" //nolint:gosec // the documented sandbox login's
)

// orderContext comes back when the order is paid.
const orderContext = "optional purchase details"

// Peer is a client with its calls.
type Peer struct {
	Name string
	// Balance returns the caller's balance.
	Balance func(context.Context) (int64, error)
	// CreateOrder makes an order for object 5 at 200 cents, which expires in 15 minutes, and returns its id.
	CreateOrder func(context.Context) (int64, error)
	// Vouchers returns a list, and Log the log.
	Vouchers func(context.Context) (List[vingd.Voucher], error)
	Log      func(context.Context) (List[vingd.LogEntry], error)
	// Walk calls row for each voucher of a list, as early as possible.
	Walk func(ctx context.Context, row func()) error
}

// List is a list as a client returned it.
type List[T any] struct {
	Len int
	// Rows returns it as values of package vingd, for tests to compare.
	Rows func() ([]T, error)
}

// makers has a constructor for each client. If transport is nil, the client uses its own.
var makers = []struct {
	name string
	make func(endpoint string, transport http.RoundTripper) (*Peer, error)
}{
	{"hand-written", handWritten},
	{"vingd", facade},
	{"oapi-codegen", oapiCodegen},
	{"ogen", ogen},
	{"resty", restyClient},
}

// Names returns the names of all peers. The others are compared with the first.
func Names() (names []string) {
	for _, maker := range makers {
		names = append(names, maker.name)
	}
	return names
}

// New returns a peer by its name, for the broker at an endpoint. If transport is nil, the client uses its own.
func New(name, endpoint string, transport http.RoundTripper) (*Peer, error) {
	for _, maker := range makers {
		if maker.name == name {
			peer, err := maker.make(endpoint, transport)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			peer.Name = name
			return peer, nil
		}
	}
	return nil, fmt.Errorf("unknown peer %q", name)
}

// All returns all peers.
func All(endpoint string, transport http.RoundTripper) ([]*Peer, error) {
	var all []*Peer
	for _, name := range Names() {
		peer, err := New(name, endpoint, transport)
		if err != nil {
			return nil, err
		}
		all = append(all, peer)
	}
	return all, nil
}

// walkList returns Walk for a client that returns the whole list at once.
func walkList(vouchers func(context.Context) (List[vingd.Voucher], error)) func(context.Context, func()) error {
	return func(ctx context.Context, row func()) error {
		list, err := vouchers(ctx)
		for range list.Len {
			row()
		}
		return err
	}
}

// listOf returns a list that converts its rows when they are asked for.
func listOf[From, To any](rows []From, convert func(From) (To, error)) List[To] {
	return List[To]{len(rows), func() (converted []To, err error) {
		for _, row := range rows {
			to, err := convert(row)
			if err != nil {
				return nil, err
			}
			converted = append(converted, to)
		}
		return converted, nil
	}}
}

func orZero[T any](value *T) (zero T) {
	if value == nil {
		return zero
	}
	return *value
}

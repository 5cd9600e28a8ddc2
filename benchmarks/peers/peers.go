// Package peers is the clients that are set beside each other, each as its user would write the calls, with the
// transport, the timeouts and the bounds that it comes with.
package peers

import (
	"context"
	"fmt"
	"net/http"

	"github.com/vingd/vingd-api-go/vingd"
)

// The credentials, as they go over the wire.
const (
	user     = "test@vingd.com"
	password = "40bd001563085fc35165329ea1ff5c5ecbdbbeef" //nolint:gosec // the documented sandbox login's
)

// orderContext is what comes back when the order is paid for.
const orderContext = "optional purchase details"

// Peer is a client, by its calls.
type Peer struct {
	Name string
	// Balance returns the caller's balance.
	Balance func(context.Context) (int64, error)
	// CreateOrder makes an order for object 5, at 200 cents, that lapses in 15 minutes, and returns its id.
	CreateOrder func(context.Context) (int64, error)
	// Vouchers returns a list, and Log the log.
	Vouchers func(context.Context) (List[vingd.Voucher], error)
	Log      func(context.Context) (List[vingd.LogEntry], error)
	// Walk calls row for each voucher of a list, as soon as it can.
	Walk func(ctx context.Context, row func()) error
}

// List is a list as a client returned it.
type List[T any] struct {
	Len int
	// Rows returns it in the facade's terms, so that a test can compare.
	Rows func() ([]T, error)
}

// makers makes each client; a nil transport is its own.
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

// Names returns the names of all peers. The first is the one that the others are measured by.
func Names() (names []string) {
	for _, maker := range makers {
		names = append(names, maker.name)
	}
	return names
}

// New returns a peer by its name, for the broker at an endpoint. A nil transport is the one that the client comes with.
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
	return nil, fmt.Errorf("there is no peer %q", name)
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

// walkList is Walk for a client that has no rows before it has all.
func walkList(vouchers func(context.Context) (List[vingd.Voucher], error)) func(context.Context, func()) error {
	return func(ctx context.Context, row func()) error {
		list, err := vouchers(ctx)
		for range list.Len {
			row()
		}
		return err
	}
}

// listOf returns a list whose rows are yet to be converted.
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

package sandbox

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync/atomic"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/brokerapi"
	"github.com/vingd/vingd-api-go/sandbox/internal/calls"
	"github.com/vingd/vingd-api-go/sandbox/internal/control"
	"github.com/vingd/vingd-api-go/sandbox/internal/faults"
	"github.com/vingd/vingd-api-go/sandbox/internal/frontend"
	"github.com/vingd/vingd-api-go/vingd"
)

// Options say how a sandbox begins. The zero Options are the documented sandbox.
type Options struct {
	// Clock tells the time, which [Sandbox.Advance] moves ahead; the default is [time.Now]. It must not call the sandbox.
	Clock func() time.Time
	// Data is the file that everything is kept in, which is created if there is none. What is acknowledged is there even
	// if the process is killed or the machine loses its power. The default is to keep it in memory.
	Data string
	// Hosts are names of the machine that serves the sandbox, beside localhost and the loopback addresses. The knobs are
	// refused by any other name and, on the loopback interface without TLS, so is everything: another site's name may lead here.
	Hosts []string
	// KnobsToken, if it is not empty, is what the knobs ask of every client, in the header "Authorization: Bearer" and the
	// token, from whichever machine. If it is empty the knobs are for clients on the same machine.
	KnobsToken string
	// Seller is the first account of the API. A file may have it already; then its balance and its flags stay what they are.
	Seller Seller
	// Fixtures, in JSON, are what the sandbox begins with besides the seller, at first and after each [Sandbox.Reset]:
	// sellers, buyers, objects with orders, and vouchers. See [Sandbox.Load]. A seller with the username of Seller
	// takes its place. A file that has the seller already keeps what it has.
	Fixtures []byte
	// Logger logs each call in a line, with its method, path, status and duration, and any failure of the sandbox with its
	// cause. It never logs a password or a token. Optional.
	Logger *slog.Logger
}

// A Sandbox is a broker: accounts, objects, orders, purchases and vouchers, and the ledger under them.
// It is safe for concurrent use.
type Sandbox struct {
	broker  *broker.Broker
	faults  *faults.Set
	calls   *calls.Log
	handler http.Handler
	seller  atomic.Int64
	first   broker.NewSeller
	begun   broker.Fixtures
}

// New returns a sandbox that holds nothing but its seller, and what the file of [Options] held before. Close it when done.
// Use [Start] for one that listens.
//
// The error is [ErrConflict] when the file knows the seller by another password.
func New(options Options) (*Sandbox, error) {
	now := options.Clock
	if now == nil {
		now = time.Now
	}
	begun, err := control.ReadFixtures(options.Fixtures)
	if err != nil {
		return nil, fmt.Errorf("sandbox: fixtures: %w", err)
	}
	core, err := broker.New(now, options.Data)
	if err != nil {
		return nil, named(err)
	}
	wrong, log := new(faults.Set), calls.New(core.Now, options.Logger)
	s := &Sandbox{broker: core, faults: wrong, calls: log, first: broker.NewSeller(options.Seller.orDefault()), begun: begun}
	pages := frontend.New(core)
	s.handler = &routes{
		now:   core.Now,
		calls: log,
		hosts: slices.Clone(options.Hosts),
		token: options.KnobsToken,
		api:   brokerapi.New(core, wrong.Middleware),
		pages: pages,
		wrong: wrong,
		knobs: control.New(control.Knobs{Broker: core, Faults: wrong, Calls: log, Reset: s.Reset, Token: options.KnobsToken}),
	}
	pages.Watch(log, wrong)
	if options.KnobsToken == "" {
		pages.Control(frontend.Controls{Reset: s.Reset, Allowed: control.IsLocal})
	}
	if err := s.begin(); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// begin finds the first seller, or adds it and the fixtures.
func (s *Sandbox) begin() (err error) {
	uid, ok, err := s.broker.Seller(s.first.Username, s.first.Password)
	if err != nil {
		return named(err)
	}
	if !ok {
		uid, err = s.broker.Begin(s.first, s.begun)
	}
	s.seller.Store(int64(uid))
	return named(err)
}

// Close closes the data file, or gives back the memory. Every later call fails.
func (s *Sandbox) Close() error { return named(s.broker.Close()) }

// Handler serves the API, under /broker/v1 and /sandbox/broker/v1 alike, and the pages where buyers pay and redeem.
// The dashboard is on /, and the API's reference on /docs. Clients on this machine find the knobs of the sandbox under
// /-/, which GET /-/ lists.
func (s *Sandbox) Handler() http.Handler { return s.handler }

// Deposit gives an account new money, out of nowhere.
func (s *Sandbox) Deposit(to vingd.UID, amount vingd.Cents) error {
	return named(s.broker.Deposit(to, amount))
}

// Balance returns what an account holds, and nothing of what is reserved.
func (s *Sandbox) Balance(of vingd.UID) (vingd.Cents, error) {
	balance, err := s.broker.Balance(of)
	return balance, named(err)
}

// Check returns an error unless the books are right: all balances and the money issued add up to nothing, no account is
// below zero, every reservation is open or ended exactly once, and the voucher log tells what the vouchers tell.
func (s *Sandbox) Check() error { return named(s.broker.Check()) }

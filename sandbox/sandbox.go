package sandbox

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
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

// Options are the options of a sandbox. The zero value is a sandbox in memory with the login of Vingd's
// documentation.
type Options struct {
	// Clock returns the time, to which the sandbox adds the durations of [Sandbox.Advance]. It must not call the sandbox.
	// The sandbox's time never runs back: while Clock is behind, the sandbox's time stays constant. If nil, [time.Now] is
	// used.
	Clock func() time.Time
	// Data is the file for the sandbox's state. It is created if there is none. The file has each change before the
	// response is sent, and keeps it even if the process is killed or the machine loses power. While the file is replaced,
	// renamed or deleted, every call fails. If empty, the state is in memory.
	Data string
	// Hosts are names of the machine that serves the sandbox, in addition to localhost and the loopback addresses. The
	// sandbox refuses the controls under any other name, because the name of another site may lead to this machine. On the
	// loopback interface without TLS, it refuses every request under such a name.
	Hosts []string
	// ControlToken is the secret for the controls. Clients on any machine send it in the header "Authorization: Bearer" followed
	// by the token, which is printable ASCII without spaces. The dashboard has no forms for the controls then. If empty, the
	// controls are for clients on the same machine, and need no secret.
	ControlToken string
	// Seller is the first account of the API. If the file already has it, its balance and its flags stay unchanged. If
	// Seller has no username and no password, the password in the file stays unchanged as well.
	Seller Seller
	// Fixtures are sellers, buyers, objects with orders, and vouchers, in the JSON of [Sandbox.LoadFixtures]. The sandbox begins
	// with them at first and after each [Sandbox.Reset]. A fixture seller with the username of Seller replaces Seller.
	// If the file already has the seller, the sandbox begins with the content of the file instead. Optional.
	Fixtures []byte
	// Logger logs a line for each call, with its method, path, status and duration. If the sandbox fails, it logs the cause.
	// It never logs a password or a token. Optional.
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

// New returns a sandbox with its first seller and the fixtures, or with the content of the file in [Options.Data]. Close it
// when done. Use [Start] for a sandbox that listens.
//
// It returns [ErrConflict] if another sandbox has the file open. It also does so if [Options.Seller] has a login whose
// password in the file is neither that of Options.Seller nor that of the fixtures. It returns [ErrInvalid] if the seller or
// the fixtures are invalid, or the control token.
func New(options Options) (*Sandbox, error) {
	now := options.Clock
	if now == nil {
		now = time.Now
	}
	begun, err := control.ReadFixtures("the text", options.Fixtures)
	if err != nil {
		return nil, fmt.Errorf("sandbox: fixtures: %w", err)
	}
	if strings.ContainsFunc(options.ControlToken, func(r rune) bool { return r <= ' ' || r > '~' }) { // a header would not carry it as it is
		return nil, named(&broker.Error{Kind: ErrInvalid, Message: "control token: must be printable characters of ASCII, without spaces"})
	}
	core, err := broker.New(now, options.Data)
	if err != nil {
		return nil, named(err)
	}
	wrong, log := new(faults.Set), calls.New(core.Now, options.Logger)
	s := &Sandbox{broker: core, faults: wrong, calls: log, first: broker.NewSeller(options.Seller.orDefault()), begun: begun}
	pages := frontend.New(core)
	names := hosts(slices.Clone(options.Hosts))
	s.handler = &routes{
		now:      core.Now,
		calls:    log,
		hosts:    names,
		token:    options.ControlToken,
		api:      brokerapi.New(core, wrong.Middleware),
		pages:    pages,
		wrong:    wrong,
		controls: control.New(control.Sandbox{Broker: core, Faults: wrong, Calls: log, Reset: s.Reset, Token: options.ControlToken}),
	}
	pages.Watch(log, wrong)
	allowed, elsewhere := control.Forms(options.ControlToken)
	pages.Control(frontend.Controls{
		Reset: s.Reset, ReadFixtures: control.ReadFixtures, Elsewhere: elsewhere,
		Allowed: func(r *http.Request) bool { return allowed(r) && !names.foreign(r) },
	})
	if err := s.begin(options.Seller); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

// begin finds the first seller, or adds it and the fixtures. If the caller gave no login, the seller may have any password:
// earlier fixtures may have set it.
func (s *Sandbox) begin(given Seller) (err error) {
	var passwords []string
	if given.Username != "" || given.Password != "" {
		passwords = []string{s.first.Password}
		for _, seller := range s.begun.Sellers {
			if seller.Username == s.first.Username {
				passwords = append(passwords, seller.Password)
			}
		}
	}
	uid, ok, err := s.broker.Seller(s.first.Username, passwords)
	if err != nil {
		return named(err)
	}
	if !ok {
		uid, err = s.broker.Begin(s.first, s.begun)
	}
	s.seller.Store(int64(uid))
	return named(err)
}

// Close closes the data file, or releases the memory. Every later call fails. Close returns an error if the file was replaced,
// renamed or deleted. A renamed file is complete nevertheless.
func (s *Sandbox) Close() error { return named(s.broker.Close()) }

// Handler returns a handler that serves the whole sandbox:
//   - the API, under /broker/v1 and /sandbox/broker/v1,
//   - the pages where buyers pay and redeem,
//   - the dashboard on /, and the API's reference on /docs,
//   - the controls under /-/, for clients on this machine. GET /-/ lists them.
func (s *Sandbox) Handler() http.Handler { return s.handler }

// Deposit adds new money to an account. It returns [ErrInvalid] if amount is below zero or too large, and [ErrNotFound] if there
// is no such account.
func (s *Sandbox) Deposit(to vingd.UID, amount vingd.Cents) error {
	return named(s.broker.Deposit(to, amount))
}

// Balance returns the money that an account can spend. Reserved money does not count. It returns [ErrNotFound] if there is no
// such account.
func (s *Sandbox) Balance(of vingd.UID) (vingd.Cents, error) {
	balance, err := s.broker.Balance(of)
	return balance, named(err)
}

// Check returns an error unless the books are right:
//   - The balances of all accounts add up to the money issued, and none is below zero.
//   - Every reservation is open, or ended exactly once.
//   - The voucher log agrees with the vouchers.
func (s *Sandbox) Check() error { return named(s.broker.Check()) }

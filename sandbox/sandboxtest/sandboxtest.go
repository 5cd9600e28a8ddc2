package sandboxtest

import (
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A Sandbox is a broker for one test, with a client of its first seller. It is safe for concurrent use. Methods that can fail
// the test must be called from the goroutine of the test.
type Sandbox struct {
	*sandbox.Server

	// Client is logged in as the first seller. Relative times count from the sandbox's clock.
	Client *vingd.Client

	t       testing.TB
	options []vingd.Option
}

// New starts a sandbox with the seller test@vingd.com, password 123, who holds 1000.00 vingds. Its clock always shows the
// time of the call. The options are for its clients, and come after those for the sandbox's addresses.
//
// At the end of the test, New closes the sandbox, and fails the test if the books are wrong.
func New(t testing.TB, options ...vingd.Option) *Sandbox {
	t.Helper()
	return NewWith(t, sandbox.Options{}, options...)
}

// NewWith is like [New], for a sandbox with options, such as a different first seller, fixtures or a file. If with has no
// clock, the clock always shows the time of the call.
func NewWith(t testing.TB, with sandbox.Options, options ...vingd.Option) *Sandbox {
	t.Helper()
	if with.Clock == nil {
		with.Clock = sandbox.FixedClock(time.Now())
	}
	server, err := sandbox.Start(with)
	if err != nil {
		t.Fatalf("sandboxtest: %v", err)
	}
	s := &Sandbox{Server: server, t: t, options: options}
	t.Cleanup(s.end)
	username, password := with.Seller.Username, with.Seller.Password
	if username == "" && password == "" {
		username, password = "test@vingd.com", "123" //nolint:gosec // the login of Vingd's documentation
	}
	s.Client = s.Login(username, password)
	return s
}

// end checks the books and closes the sandbox.
func (s *Sandbox) end() {
	s.t.Helper()
	if err := s.Check(); err != nil {
		s.t.Errorf("sandboxtest: %v", err)
	}
	if err := s.Close(); err != nil {
		s.t.Errorf("sandboxtest: %v", err)
	}
}

// AddSeller adds another seller, and returns a client with the seller's login. Each seller has a different huid for the same
// buyer. AddSeller fails the test if the seller is invalid or exists.
func (s *Sandbox) AddSeller(seller sandbox.Seller) *vingd.Client {
	s.t.Helper()
	if _, err := s.Server.AddSeller(seller); err != nil {
		s.t.Fatalf("sandboxtest: %v", err)
	}
	return s.Login(seller.Username, seller.Password)
}

// Login returns a client with a login, such as that of a seller of the fixtures. Its idle connections are closed at the end of
// the test.
func (s *Sandbox) Login(username, password string) *vingd.Client {
	s.t.Helper()
	options := append([]vingd.Option{
		vingd.WithEndpoint(s.Endpoint()), vingd.WithFrontend(s.Frontend()),
		vingd.WithHTTPClient(s.HTTPClient()), vingd.WithClock(s.Now),
	}, s.options...)
	client, err := vingd.New(vingd.Password(username, password), options...)
	if err != nil {
		s.t.Fatalf("sandboxtest: %v", err)
	}
	s.t.Cleanup(client.CloseIdleConnections)
	return client
}

// Buyer adds a person with an account, and deposits balance there. The buyer pays and redeems without a browser. Buyer fails
// the test if balance is below zero.
func (s *Sandbox) Buyer(name string, balance vingd.Cents) *sandbox.Buyer {
	s.t.Helper()
	buyer, err := s.AddBuyer(name, balance)
	if err != nil {
		s.t.Fatalf("sandboxtest: %v", err)
	}
	return buyer
}

// Advance moves the clock ahead by d: orders and vouchers expire, and uncommitted purchases are refunded. It fails the test if
// d is below zero.
func (s *Sandbox) Advance(d time.Duration) {
	s.t.Helper()
	if err := s.Server.Advance(d); err != nil {
		s.t.Fatalf("sandboxtest: %v", err)
	}
}

// Fail makes an operation fail. operation is its operationId in the specification, like "commitPurchase". If empty, any
// operation fails. ClearFaults removes the fault. Fail fails the test if the operation is unknown or the fault is invalid.
func (s *Sandbox) Fail(operation string, fault sandbox.Fault) {
	s.t.Helper()
	if err := s.Server.Fail(operation, fault); err != nil {
		s.t.Fatalf("sandboxtest: %v", err)
	}
}

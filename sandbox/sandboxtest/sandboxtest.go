package sandboxtest

import (
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A Sandbox is a broker of a test's own, and a seller who is logged in to it. It is safe for concurrent use, but for what
// fails the test when it cannot be done: that is for the goroutine of the test.
type Sandbox struct {
	*sandbox.Server

	// Client is logged in as the first seller. Relative times count from the sandbox's clock.
	Client *vingd.Client

	t       testing.TB
	options []vingd.Option
}

// New starts a sandbox that nobody else uses, with the documented seller, who holds 1000.00 vingds. Its clock stands at
// the moment of the call. The options are for its clients, after those that lead them to the sandbox.
//
// When the test ends the sandbox is closed, and the test fails if the books are not right then.
func New(t testing.TB, options ...vingd.Option) *Sandbox {
	t.Helper()
	return NewWith(t, sandbox.Options{}, options...)
}

// NewWith is like [New], for a sandbox with options: another first seller with other flags, fixtures, a file, or a time.
// If they have no clock, the clock stands at the moment of the call.
func NewWith(t testing.TB, with sandbox.Options, options ...vingd.Option) *Sandbox {
	t.Helper()
	if with.Clock == nil {
		with.Clock = sandbox.StandAt(time.Now())
	}
	server, err := sandbox.Start(with)
	if err != nil {
		t.Fatalf("sandboxtest: %v", err)
	}
	s := &Sandbox{Server: server, t: t, options: options}
	t.Cleanup(s.end)
	username, password := with.Seller.Username, with.Seller.Password
	if username == "" && password == "" {
		username, password = "test@vingd.com", "123" //nolint:gosec // the documented login
	}
	s.Client = s.Login(username, password)
	return s
}

// end checks the books and closes the sandbox.
func (s *Sandbox) end() {
	s.t.Helper()
	if err := s.Check(); err != nil {
		s.t.Errorf("sandboxtest: the books are wrong: %v", err)
	}
	if err := s.Close(); err != nil {
		s.t.Errorf("sandboxtest: %v", err)
	}
}

// AddSeller adds another seller, and returns a client that is logged in as her. The same buyer is another huid to each.
func (s *Sandbox) AddSeller(seller sandbox.Seller) *vingd.Client {
	s.t.Helper()
	if _, err := s.Server.AddSeller(seller); err != nil {
		s.t.Fatalf("sandboxtest: %v", err)
	}
	return s.Login(seller.Username, seller.Password)
}

// Login returns a client of the sandbox, such as for a seller of the fixtures. It is closed with the test.
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

// Buyer adds a person with an account, and deposits balance there. She pays and redeems without a browser.
func (s *Sandbox) Buyer(name string, balance vingd.Cents) *sandbox.Buyer {
	s.t.Helper()
	buyer, err := s.NewBuyer(name, balance)
	if err != nil {
		s.t.Fatalf("sandboxtest: %v", err)
	}
	return buyer
}

// Advance moves the clock ahead: orders lapse, purchases that were not committed are refunded, vouchers expire.
func (s *Sandbox) Advance(d time.Duration) {
	s.t.Helper()
	if err := s.Server.Advance(d); err != nil {
		s.t.Fatalf("sandboxtest: %v", err)
	}
}

// Fail makes an operation go wrong, which goes by its name in the specification, like "commitPurchase"; an empty name is
// any. ClearFaults ends it.
func (s *Sandbox) Fail(operation string, fault sandbox.Fault) {
	s.t.Helper()
	if err := s.Server.Fail(operation, fault); err != nil {
		s.t.Fatalf("sandboxtest: %v", err)
	}
}

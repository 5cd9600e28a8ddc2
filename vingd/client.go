package vingd

import (
	"strings"
	"time"
)

// Version is the version of this package, as the User-Agent header tells it.
const Version = "0.1.0"

// Client talks to the Vingd broker. It is safe for concurrent use; make one and keep it.
type Client struct {
	Accounts  AccountService
	Objects   ObjectService
	Orders    OrderService
	Purchases PurchaseService
	Rewards   RewardService
	Transfers TransferService
	Users     UserService
	Vouchers  VoucherService

	endpoint  *endpoint
	frontend  string // scheme and host
	sender    *sender
	timeout   time.Duration
	settling  time.Duration
	retries   int
	budget    *budget
	deadlines *deadlines
	now       func() time.Time
	userAgent string

	// The secret, in functions, which never print. See [Credentials].
	authorization func() string
	redactSecret  redactor // takes it out of foreign text
}

// New returns a client that logs in with the given credentials. Without options it talks to production.
// Nothing is sent; credentials or options that cannot work are an [ErrInvalidArgument].
func New(credentials Credentials, options ...Option) (*Client, error) {
	if credentials.reveal == nil {
		credentials = Key("", "")
	}
	p := credentials.reveal()
	if problem := p.problem; problem != "" {
		name, rest, _ := strings.Cut(problem, " ")
		return nil, &ArgumentError{"new", name, rest}
	}
	s := settings{
		endpoint:  ProductionEndpoint,
		frontend:  ProductionFrontend,
		timeout:   DefaultTimeout,
		settling:  DefaultSettling,
		retries:   DefaultRetries,
		now:       time.Now,
		userAgent: "vingd-api-go/" + Version,
	}
	for _, option := range options {
		if option == nil {
			return nil, &ArgumentError{"new", "option", "is nil, must be one of this package's"}
		}
		option(&s)
	}
	return newClient(p, &s)
}

func newClient(p *pair, s *settings) (*Client, error) {
	endpoint, problem := parseEndpoint(s.endpoint, s.loopbackHTTP)
	if problem != "" {
		return nil, &ArgumentError{"new", "endpoint", problem}
	}
	frontend, problem := parseFrontend(s.frontend)
	if problem != "" {
		return nil, &ArgumentError{"new", "frontend", problem}
	}
	if argument, problem := s.check(); problem != "" {
		return nil, &ArgumentError{"new", argument, problem}
	}
	c := &Client{
		endpoint:  endpoint,
		frontend:  frontend,
		sender:    newSender(s.http, s.traced, s.roots),
		timeout:   s.callTimeout(),
		settling:  s.settling,
		retries:   s.retries,
		budget:    newBudget(),
		deadlines: &deadlines{after: s.callTimeout()},
		now:       s.now,
		userAgent: s.userAgent,

		authorization: p.authorization(),
		redactSecret:  p.redactor(),
	}
	c.Accounts.c = c
	c.Objects.c = c
	c.Orders.c = c
	c.Purchases.c = c
	c.Rewards.c = c
	c.Transfers.c = c
	c.Users.c = c
	c.Vouchers.c = c
	return c, nil
}

// CloseIdleConnections closes the connections that no call is using. The client stays usable.
//
// With [WithHTTPClient] those are the connections of its transport, which are closed for everybody who uses that transport.
// If it is nil, they are the connections of [http.DefaultTransport].
func (c *Client) CloseIdleConnections() {
	if c.sender != nil {
		c.sender.closeIdleConnections()
	}
}

// usable returns an error for the zero Client, whose services have none.
func (c *Client) usable(op operation) error {
	if c == nil || c.sender == nil {
		return &ArgumentError{op.name, "client", "is the zero Client, must be made by New"}
	}
	return nil
}

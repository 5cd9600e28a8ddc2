package vingd

import (
	"crypto/x509"
	"os"
	"strings"
	"time"
)

// Version is the version of this package. It is part of the User-Agent header.
const Version = "0.1.0"

// Client makes calls to the Vingd broker. It is safe for concurrent use. Create one and reuse it, because it keeps connections.
type Client struct {
	Accounts  AccountService
	Objects   ObjectService
	Orders    OrderService
	Purchases PurchaseService
	Rewards   RewardService
	Transfers TransferService
	Users     UserService
	Vouchers  VoucherService

	endpoint   *endpoint
	frontend   string // scheme and host
	sender     *sender
	settleTime time.Duration
	retries    int
	budget     *budget
	deadlines  *deadlines
	now        func() time.Time
	userAgent  string

	// The secret is in functions, because fmt prints no variables of a function. See [Credentials].
	authorization func() string
	redactSecret  redactor // for texts of the broker, a proxy or the network
}

// New returns a client with the given credentials. By default it calls the production broker. New sends no request.
//
// It returns [ErrInvalidArgument] if the credentials or an option are invalid.
func New(credentials Credentials, options ...Option) (*Client, error) {
	if credentials.reveal == nil {
		credentials = Key("", "")
	}
	p := credentials.reveal()
	if problem := p.problem; problem != "" {
		name, rest, _ := strings.Cut(problem, " ")
		return nil, &ArgumentError{Op: "new", Argument: name, Problem: rest}
	}
	s := settings{
		endpoint:   ProductionEndpoint,
		frontend:   ProductionFrontend,
		timeout:    DefaultTimeout,
		settleTime: DefaultSettleTime,
		retries:    DefaultRetries,
		now:        time.Now,
		userAgent:  "vingd-api-go/" + Version,
	}
	for _, option := range options {
		if option == nil {
			return nil, &ArgumentError{Op: "new", Argument: "option", Problem: "is nil, must be an option of this package"}
		}
		option(&s)
	}
	return newClient(p, &s)
}

// NewFromEnvironment returns a client that is configured by these environment variables:
//
//	VINGD_USERNAME, VINGD_PASSWORD  a login at Vingd, or
//	VINGD_KEY, VINGD_SECRET         an API key and its secret, which win if both are set
//	VINGD_ENDPOINT, VINGD_FRONTEND  the broker's endpoint and frontend; the default is production
//	VINGD_CA                        a file of PEM certificates to trust in addition to those of the system
//
// The command "vingd sandbox env" prints them for a running sandbox. The endpoint may be plain HTTP if it is on this machine.
//
// Options override the environment. VINGD_CA has no effect on the transport of [WithHTTPClient].
//
// It returns [ErrInvalidArgument] if the login is missing or incomplete, or if a variable or an option is invalid.
func NewFromEnvironment(options ...Option) (*Client, error) {
	var credentials Credentials
	if key := os.Getenv("VINGD_KEY"); key != "" {
		credentials = Key(key, os.Getenv("VINGD_SECRET"))
	} else if username := os.Getenv("VINGD_USERNAME"); username != "" {
		credentials = Password(username, os.Getenv("VINGD_PASSWORD"))
	} else {
		return nil, &ArgumentError{Op: "new", Argument: "environment", Problem: "has no login, must have VINGD_USERNAME and VINGD_PASSWORD, or VINGD_KEY and VINGD_SECRET"}
	}
	var environment []Option
	if endpoint := os.Getenv("VINGD_ENDPOINT"); endpoint != "" {
		environment = append(environment, WithEndpoint(endpoint))
		if strings.HasPrefix(endpoint, "http://") {
			environment = append(environment, WithLoopbackHTTP())
		}
	}
	if frontend := os.Getenv("VINGD_FRONTEND"); frontend != "" {
		environment = append(environment, WithFrontend(frontend))
	}
	if file := os.Getenv("VINGD_CA"); file != "" {
		roots, problem := readRoots(file)
		if problem != "" {
			return nil, &ArgumentError{Op: "new", Argument: "VINGD_CA", Problem: problem}
		}
		environment = append(environment, WithRootCAs(roots))
	}
	return New(credentials, append(environment, options...)...)
}

func newClient(p *pair, s *settings) (*Client, error) {
	endpoint, problem := parseEndpoint(s.endpoint, s.loopbackHTTP)
	if problem != "" {
		return nil, &ArgumentError{Op: "new", Argument: "endpoint", Problem: problem}
	}
	frontend, problem := parseFrontend(s.frontend)
	if problem != "" {
		return nil, &ArgumentError{Op: "new", Argument: "frontend", Problem: problem}
	}
	if argument, problem := s.check(); problem != "" {
		return nil, &ArgumentError{Op: "new", Argument: argument, Problem: problem}
	}
	c := &Client{
		endpoint:   endpoint,
		frontend:   frontend,
		sender:     newSender(s.http, s.traced, s.roots),
		settleTime: s.settleTime,
		retries:    s.retries,
		budget:     newBudget(),
		deadlines:  &deadlines{after: s.callTimeout()},
		now:        s.now,
		userAgent:  s.userAgent,

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

// readRoots returns the certificates of the system and of a file, or the problem of the file.
func readRoots(file string) (roots *x509.CertPool, problem string) {
	text, err := os.ReadFile(file) //nolint:gosec // the caller's environment has its name
	if err != nil {
		return nil, "cannot be read: " + err.Error()
	}
	roots, err = x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(text) {
		return nil, "is " + quote(file) + ", must be a file of certificates in PEM"
	}
	return roots, ""
}

// SettleTime returns how long Reconcile looks for a call before it returns [ErrNotDone]: see [WithSettleTime]. A context that ends
// earlier leaves the outcome unknown.
func (c *Client) SettleTime() time.Duration { return c.settleTime }

// CloseIdleConnections closes the connections that are not in use. The client stays usable.
//
// With [WithHTTPClient] it closes the idle connections of that client's transport, even for other users of the transport. If
// the transport is nil, it closes those of [http.DefaultTransport].
func (c *Client) CloseIdleConnections() {
	if c.sender != nil {
		c.sender.closeIdleConnections()
	}
}

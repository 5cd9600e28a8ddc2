package vingd

import (
	"crypto/x509"
	"net/http"
	"strconv"
	"time"
)

// Where Vingd is.
const (
	ProductionEndpoint = "https://api.vingd.com/broker/v1"
	ProductionFrontend = "https://www.vingd.com"
	SandboxEndpoint    = "https://api.vingd.com/sandbox/broker/v1"
	SandboxFrontend    = "https://www.sandbox.vingd.com"
)

// What a client does unless it is told otherwise.
const (
	// DefaultTimeout is how long a call may take in all, repetitions included; for a list, the wait for each row.
	DefaultTimeout = 30 * time.Second
	// DefaultRetries is how often a call is repeated at most, where it may be repeated.
	DefaultRetries = 2
	// DefaultSettling is how long a call may still be under way at the broker when its answer was lost.
	DefaultSettling = 30 * time.Second
)

// An Option changes how a client works.
type Option func(*settings)

type settings struct {
	endpoint, frontend string
	loopbackHTTP       bool
	roots              *x509.CertPool // nil for those of the system
	http               *http.Client
	traced             bool
	timeout            time.Duration
	settling           time.Duration
	retries            int
	now                func() time.Time
	userAgent          string
}

// WithSandbox makes the client talk to Vingd's sandbox, where money is not real.
func WithSandbox() Option {
	return func(s *settings) { s.endpoint, s.frontend = SandboxEndpoint, SandboxFrontend }
}

// WithEndpoint makes the client talk to the broker at an address of its own, like "https://localhost:8443/broker/v1".
// It must be HTTPS; see [WithLoopbackHTTP]. A slash at its end makes no difference.
func WithEndpoint(address string) Option {
	return func(s *settings) { s.endpoint = address }
}

// WithFrontend makes order and voucher addresses lead to a frontend of its own, like "https://localhost:8443".
// Only its scheme and host count.
func WithFrontend(address string) Option {
	return func(s *settings) { s.frontend = address }
}

// WithLoopbackHTTP permits an endpoint without TLS, if it is on this very machine.
func WithLoopbackHTTP() Option {
	return func(s *settings) { s.loopbackHTTP = true }
}

// WithHTTPClient makes the client send by h's transport, with h's cookies, and within h's timeout where it is shorter.
// Redirects are not followed, whatever h does about them: they would carry the credentials elsewhere. h is not changed.
//
// The transport must not send a request again by itself. A transport that retries, such as that of go-retryablehttp, may pay
// twice. See [WithTracedTransport] for transports that wrap another.
//
// A transport that speaks HTTP/2 needs timeouts for a connection that dies in silence, else it fails all calls until TCP gives it
// up, which takes a quarter of an hour. For an [http.Transport] those are HTTP2.SendPingTimeout and HTTP2.PingTimeout; the client's
// own has 5 seconds for each. A ResponseHeaderTimeout shorter than [WithTimeout] makes the outcome of a slow call unknown.
func WithHTTPClient(h *http.Client) Option {
	return func(s *settings) { s.http = h }
}

// WithTracedTransport vouches for the transport of [WithHTTPClient] in two ways:
//   - it reports each connection that it takes to the [net/http/httptrace.ClientTrace] of the request's context;
//   - it sends each request once at most.
//
// otelhttp around an [http.Transport] does both. The client then takes a request for which no connection was reported for one that
// was not sent, which is safe to make again. Without this option it does so only for an *http.Transport that is given as it is,
// without RegisterProtocol, and without TLSNextProto but for HTTP/2.
//
// Do not use it for a transport that retries, that tries another way first, or that speaks HTTP/3.
func WithTracedTransport() Option {
	return func(s *settings) { s.traced = true }
}

// WithTimeout bounds how long a call may take in all, with retries and the waits between them; for a list, how long the client waits
// for the next row. A context with an earlier deadline wins. The default is [DefaultTimeout].
func WithTimeout(d time.Duration) Option {
	return func(s *settings) { s.timeout = d }
}

// WithRetries bounds how often a call is repeated, where it may be repeated; 0 is never. The default is [DefaultRetries].
func WithRetries(n int) Option {
	return func(s *settings) { s.retries = n }
}

// WithSettling bounds how long a call may still be under way at the broker when its answer was lost. Reconcile says that
// it was not done only when the broker has not known of it for so long. What is under way longer is done twice if it is
// made again. The default is [DefaultSettling]; 0 is for tests, where nothing is under way.
func WithSettling(d time.Duration) Option {
	return func(s *settings) { s.settling = d }
}

// WithClock makes relative times count from what now returns, as a test with a clock of its own needs it.
func WithClock(now func() time.Time) Option {
	return func(s *settings) { s.now = now }
}

// WithUserAgent puts product, like "shop/1.2", in front of the client's own name in the User-Agent header.
func WithUserAgent(product string) Option {
	return func(s *settings) { s.userAgent = product + " vingd-api-go/" + Version }
}

// check says what is wrong with which setting, or nothing.
func (s *settings) check() (argument, problem string) {
	switch {
	case s.timeout <= 0:
		return "timeout", "is " + s.timeout.String() + ", must be above zero"
	case s.settling < 0:
		return "settling", "is " + s.settling.String() + ", must not be below zero"
	case s.retries < 0:
		return "retries", "are " + strconv.Itoa(s.retries) + ", must be 0 or more"
	case s.now == nil:
		return "clock", "is nil, must be a function such as time.Now"
	case !isPrintable(s.userAgent):
		return "user agent", "is " + quote(s.userAgent) + ", must be printable ASCII"
	}
	return "", ""
}

// callTimeout returns the shorter of the client's own timeout and that of the caller's http.Client.
func (s *settings) callTimeout() time.Duration {
	if s.http != nil && s.http.Timeout > 0 {
		return min(s.timeout, s.http.Timeout)
	}
	return s.timeout
}

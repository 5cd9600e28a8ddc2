package vingd

import (
	"crypto/x509"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The endpoints of Vingd's brokers and their frontends. They can no longer be reached: use package sandbox.
const (
	ProductionEndpoint = "https://api.vingd.com/broker/v1"
	ProductionFrontend = "https://www.vingd.com"
	SandboxEndpoint    = "https://api.vingd.com/sandbox/broker/v1"
	SandboxFrontend    = "https://www.sandbox.vingd.com"
)

// The defaults of a client.
const (
	// DefaultTimeout limits a call with its retries. For a list, it limits the wait for each row.
	DefaultTimeout = 30 * time.Second
	// DefaultRetries limits how often the client retries a call that may be retried.
	DefaultRetries = 2
	// DefaultSettleTime is how long a request may still arrive after its call failed, such as after an outage between a proxy
	// and the broker.
	DefaultSettleTime = 2 * time.Minute
)

// An Option configures a client.
type Option func(*settings)

type settings struct {
	endpoint, frontend string
	loopbackHTTP       bool
	roots              *x509.CertPool // nil for those of the system
	http               *http.Client
	traced             bool
	timeout            time.Duration
	settleTime         time.Duration
	retries            int
	now                func() time.Time
	userAgent          string
}

// WithSandbox makes the client call Vingd's sandbox, where money is not real. It can no longer be reached: use package sandbox.
func WithSandbox() Option {
	return func(s *settings) { s.endpoint, s.frontend = SandboxEndpoint, SandboxFrontend }
}

// WithEndpoint makes the client call the broker at this URL, such as "https://localhost:8443/broker/v1". It must be HTTPS; see
// [WithLoopbackHTTP]. A trailing slash makes no difference.
func WithEndpoint(address string) Option {
	return func(s *settings) { s.endpoint = address }
}

// WithFrontend sets the frontend of [OrderService.URLs] and [VoucherService.URLs], such as "https://localhost:8443". Only the
// scheme and the host are used.
func WithFrontend(address string) Option {
	return func(s *settings) { s.frontend = address }
}

// WithLoopbackHTTP permits a plain HTTP endpoint on this machine: localhost, or an IP address of the loopback interface.
func WithLoopbackHTTP() Option {
	return func(s *settings) { s.loopbackHTTP = true }
}

// WithRootCAs makes the client's own transport trust these certificate authorities instead of those of the system, such as for a
// broker behind a private authority. With nil it trusts those of the system. It has no effect on the transport of [WithHTTPClient].
func WithRootCAs(roots *x509.CertPool) Option {
	return func(s *settings) { s.roots = roots }
}

// WithHTTPClient makes the client use h's transport and h's cookie jar. If h's timeout is shorter than the client's, it is used.
// The client does not follow redirects, because they would carry the credentials to another host. It does not change h.
//
// The transport must neither send a request again by itself nor respond from a cache. A transport that retries, such as that of
// go-retryablehttp, may pay twice. The client cancels a call that moves money or makes something before the transport sends it
// a second time. The outcome is unknown then. The client sees this only if the transport reports its connections to
// [net/http/httptrace]. A transport or dialer that makes requests of its own, such as for a token, must make them with another
// context. See [WithTracedTransport] for transports that wrap another.
//
// A transport that speaks HTTP/2 needs timeouts for a connection that dies in silence. Otherwise all calls fail until TCP gives
// up the connection after a quarter of an hour. For an [http.Transport] set HTTP2.SendPingTimeout and HTTP2.PingTimeout; the
// client's own transport has 5 seconds for each. With a ResponseHeaderTimeout shorter than [WithTimeout], the outcome of a slow
// call is unknown.
//
// The dialer of the transport should call [net.TCPConn.SetLinger] with 0, as that of the client's own transport does. Otherwise the
// system goes on sending a request for up to two minutes after its call ended. After an outage of the network, the request may
// arrive when Reconcile has returned [ErrNotDone].
//
// For [PurchaseService.Verify] the client copies an [http.Transport] in New, and uses HTTP/1.1 and a new connection for each call.
// So set up the transport, such as its TLSClientConfig, before New.
func WithHTTPClient(h *http.Client) Option {
	return func(s *settings) { s.http = h }
}

// WithTracedTransport declares that the transport of [WithHTTPClient]
//   - reports each connection that it uses to the [net/http/httptrace.ClientTrace] of the request's context;
//   - sends each request at most once.
//
// The transport of otelhttp around an [http.Transport] does both. If no connection was reported for a request, the client then
// knows that the request was not sent and is safe to retry. Without this option the client knows it only for an *http.Transport
// itself, without RegisterProtocol, and without TLSNextProto except for HTTP/2.
//
// Do not use it for a transport that retries, that tries another way first, or that speaks HTTP/3.
func WithTracedTransport() Option {
	return func(s *settings) { s.traced = true }
}

// WithTimeout limits a call, with its retries and the waits between them. For a list, it limits the wait for each row. An earlier
// deadline of the context wins. The default is [DefaultTimeout].
func WithTimeout(d time.Duration) Option {
	return func(s *settings) { s.timeout = d }
}

// WithRetries limits how often the client retries a call that may be retried. The default is [DefaultRetries]. With 0 the client
// never retries. Reconcile is exempt: it retries each of its look-ups up to five times.
//
// All calls of a client share ten retries. Every ten calls that succeed add one. Calls that change nothing leave the last three
// to other calls.
func WithRetries(n int) Option {
	return func(s *settings) { s.retries = n }
}

// WithSettleTime sets how long a request may still arrive after its call failed. Reconcile returns [ErrNotDone] only if it has
// looked for d, and the broker has shown no result of the call. If a request is delayed longer, a retry may do the call twice.
// The default is [DefaultSettleTime]. Zero is for tests without calls in flight.
func WithSettleTime(d time.Duration) Option {
	return func(s *settings) { s.settleTime = d }
}

// WithClock makes relative times count from the result of now. Reconcile uses now as the caller's clock. The default is
// [time.Now]. Use WithClock in tests that have their own clock.
func WithClock(now func() time.Time) Option {
	return func(s *settings) { s.now = now }
}

// WithUserAgent puts product, such as "shop/1.2", before the client's name in the User-Agent header. It must be printable ASCII.
func WithUserAgent(product string) Option {
	return func(s *settings) { s.userAgent = strings.TrimSpace(product + " vingd-api-go/" + Version) } // HTTP/2 servers refuse the space
}

// check returns the first invalid setting and its problem, or an empty problem.
func (s *settings) check() (argument, problem string) {
	switch {
	case s.timeout <= 0:
		return "timeout", "is " + s.timeout.String() + ", must be above zero"
	case s.settleTime < 0:
		return "settle time", "is " + s.settleTime.String() + ", must not be below zero"
	case s.retries < 0:
		return "retries", "are " + strconv.Itoa(s.retries) + ", must be 0 or more"
	case s.now == nil:
		return "clock", "is nil, must be a function such as time.Now"
	case !isPrintable(s.userAgent):
		return "user agent", "is " + quote(s.userAgent) + ", must be printable ASCII"
	}
	return "", ""
}

// callTimeout returns the shorter timeout: the client's, or that of the caller's http.Client.
func (s *settings) callTimeout() time.Duration {
	if s.http != nil && s.http.Timeout > 0 {
		return min(s.timeout, s.http.Timeout)
	}
	return s.timeout
}

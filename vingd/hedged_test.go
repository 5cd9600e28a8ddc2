package vingd_test

import (
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// A caller's transport that hedges sends two copies of a request at once. Both may obtain their connections before either is
// written. The client ends them before the broker has two.
func TestReplay_HedgingTransport(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		var executed atomic.Int32
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if _, err := io.Copy(io.Discard, r.Body); err == nil {
				executed.Add(1)
			}
			_, _ = io.WriteString(w, `{"data": `+callNamed("Rewards.Create").data+`}`)
		}))
		server.EnableHTTP2 = http2
		server.StartTLS()
		next := server.Client().Transport.(*http.Transport)
		hedging := roundTrip(func(req *http.Request) (resp *http.Response, err error) {
			again := rebuilt(req)
			var both, copies sync.WaitGroup
			both.Add(2)
			meet := func() { both.Done(); both.Wait() }
			hooks := &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { meet() }}
			if !http2 { // over HTTP/2 the fields of one request are written at a time
				hooks = &httptrace.ClientTrace{WroteHeaderField: func(name string, _ []string) {
					if name == "Host" {
						meet()
					}
				}}
			}
			var mu sync.Mutex
			for range 2 {
				twin := again.Clone(httptrace.WithClientTrace(req.Context(), hooks))
				twin.Body, _ = again.GetBody()
				copies.Go(func() {
					r, e := next.RoundTrip(twin)
					mu.Lock()
					defer mu.Unlock()
					if resp == nil {
						resp, err = r, e
					} else if e == nil {
						_ = r.Body.Close()
					}
				})
			}
			copies.Wait()
			if resp != nil {
				err = nil
			}
			return resp, err
		})
		_, _ = callNamed("Rewards.Create").do(t.Context(), newBareClient(t, server.URL, hedging))
		server.Close()
		if got := executed.Load(); got > 1 {
			t.Errorf("HTTP/2 %t: executed %d times, want once at most", http2, got)
		}
	}
}

// By HTTP/2 without TLS, calls share a connection too. The end of one does not close it.
func TestReplay_SharedConnectionWithoutTLS(t *testing.T) {
	l, address := listen(t)
	arrived, release := make(chan struct{}), make(chan struct{})
	order, reward := callNamed("Orders.Create"), callNamed("Rewards.Create")
	var protocols http.Protocols
	protocols.SetUnencryptedHTTP2(true)
	server := &http.Server{Protocols: &protocols, Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		if r.URL.Path != "/broker/v1/rewards" {
			close(arrived)
			<-release
			_, _ = io.WriteString(w, `{"data": `+order.data+`}`)
			return
		}
		w.WriteHeader(http.StatusServiceUnavailable)
	})}
	defer func() { _ = server.Close() }()
	go func() { _ = server.Serve(l) }()
	transport := newTransport(t)
	transport.Protocols = &protocols
	ordered := make(chan error)
	go func() {
		_, err := order.do(t.Context(), newBareClient(t, address, transport))
		ordered <- err
	}()
	<-arrived
	retrying := roundTrip(func(req *http.Request) (*http.Response, error) {
		again := rebuilt(req)
		resp, err := transport.RoundTrip(again)
		if err != nil {
			return resp, err
		}
		_ = resp.Body.Close()
		again.Body, _ = again.GetBody()
		return transport.RoundTrip(again)
	})
	_, err := reward.do(t.Context(), newBareClient(t, address, retrying))
	checkFailure(t, err, reward, vingd.OutcomeUnknown, vingd.ErrInternal, nil, 0)
	close(release)
	if err := <-ordered; err != nil {
		t.Errorf("the other call: %v", err)
	}
}

// A transport need not tell its connections to report them.
func TestReplay_ReportWithoutConnection(t *testing.T) {
	c := callNamed("Rewards.Create")
	transport := roundTrip(func(req *http.Request) (*http.Response, error) {
		hooks := httptrace.ContextClientTrace(req.Context())
		for range 2 {
			hooks.GotConn(httptrace.GotConnInfo{})
			hooks.WroteHeaders()
		}
		return nil, net.ErrClosed
	})
	_, err := c.do(t.Context(), newBareClient(t, pipesAddress, transport))
	checkFailure(t, err, c, vingd.OutcomeUnknown, vingd.ErrInternal, nil, 0)
}

package vingdtest_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httptrace"
	"strings"
	"sync"
	"testing"

	"github.com/jarcoal/httpmock"
	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestValidate_AnyEndpoint(t *testing.T) {
	for _, prefix := range []string{
		"https://broker.test", "https://broker.test/", "https://broker.test/broker/v1", "https://broker.test/broker/v1/",
		"https://api.vingd.com/sandbox/broker/v1", "http://127.0.0.1:8080/x/y", "https://broker.test/a%2Fb",
	} {
		for _, test := range []struct{ method, path, operation string }{
			{"GET", "/fort/accounts", "getBalance"},
			{"GET", "/fort/accounts/5b7c", "getUserBalance"},
			{"GET", "/objects/5/orders/", "listObjectOrders"},
			{"GET", "/objects/5/orders/all/", "listAllObjectOrders"},
			{"GET", "/objects/5/orders/7", "getObjectOrder"},
			{"GET", "/objects/5/orders/all/7", "getAnyObjectOrder"},
			{"GET", "/orders/", "listOrders"},
			{"GET", "/orders/all/", "listAllOrders"},
			{"GET", "/orders/7", "getOrder"},
			{"GET", "/orders/all/7", "getAnyOrder"},
			{"GET", "/vouchers/from=1/gid=a", "listVouchers"},
			{"GET", "/vouchers/LXKG-TBR-HQV/from=1", "getVoucher"},
			{"GET", "/vouchers/history/first=3", "listVoucherHistory"},
			{"GET", "/vouchers/history/LXKG-TBR-HQV", "getVoucherHistory"},
		} {
			var r recorder
			rt := vingdtest.Validate(&r, respondWith(http.StatusOK, "application/json", strings.NewReader("?")))
			send(t, rt, newRequest(t, test.method, prefix+test.path, ""))
			r.want(t, `vingdtest: `+test.operation+`: response 200 body: "?" must be JSON`)
		}
	}
}

// net/http may send a request again if it has GetBody or no body.
func TestValidate_KeepsGetBody(t *testing.T) {
	for name, test := range map[string]struct {
		body      io.ReadCloser
		getBody   func() (io.ReadCloser, error)
		wantBody  bool
		wantAgain bool
	}{
		"no body":          {},
		"empty body":       {body: http.NoBody},
		"sealed":           {body: io.NopCloser(strings.NewReader("")), wantBody: true},
		"body to be again": {body: io.NopCloser(strings.NewReader("")), getBody: func() (io.ReadCloser, error) { return http.NoBody, nil }, wantBody: true, wantAgain: true},
	} {
		t.Run(name, func(t *testing.T) {
			req := newRequest(t, "GET", endpoint+"/objects/5/tokens/5b7c", "")
			req.Body, req.GetBody = test.body, test.getBody
			sent := false
			rt := vingdtest.Validate(t, transport(func(req *http.Request) (*http.Response, error) {
				sent = true
				if got := req.Body != nil && req.Body != http.NoBody; got != test.wantBody {
					t.Errorf("got a body: %v, want %v", got, test.wantBody)
				}
				if got := req.GetBody != nil; got != test.wantAgain {
					t.Errorf("got GetBody: %v, want %v", got, test.wantAgain)
				}
				return nil, io.EOF
			}))
			if err := sendFailing(t, rt, req); !errors.Is(err, io.EOF) || !sent {
				t.Errorf("got error %v, sent %v", err, sent)
			}
		})
	}
}

func TestValidate_KeepsRequest(t *testing.T) {
	broker := newBroker()
	req := newRequest(t, "POST", endpoint+"/rewards", `{"huid_to":"5b7c","amount":75,"description":null}`)
	before := req.Clone(t.Context())
	body := req.Body
	send(t, vingdtest.Validate(t, broker), req)
	if req.Body != body || req.URL.String() != before.URL.String() || len(req.Header) != len(before.Header) ||
		req.ContentLength != before.ContentLength {
		t.Errorf("the transport changed the request: %+v", req)
	}
}

// The client learns from the trace whether a request was sent.
func TestValidate_KeepsTrace(t *testing.T) {
	for name, test := range map[string]struct {
		failure   httpmock.Responder
		asked, on bool
	}{
		"refused": {vingdtest.Refused, true, false},
		"hung up": {vingdtest.HangUp, true, true},
	} {
		t.Run(name, func(t *testing.T) {
			broker := newBroker()
			broker.Fail("getBalance", test.failure)
			var asked, got bool
			req := newRequest(t, "GET", endpoint+"/fort/accounts", "")
			req = req.WithContext(httptrace.WithClientTrace(req.Context(), &httptrace.ClientTrace{
				GetConn: func(string) { asked = true },
				GotConn: func(info httptrace.GotConnInfo) { got = info.Conn.RemoteAddr() != nil },
			}))
			if err := sendFailing(t, vingdtest.Validate(t, broker), req); err == nil {
				t.Error("got no error")
			}
			if asked != test.asked || got != test.on {
				t.Errorf("asked for a connection %v, got one %v; want %v, %v", asked, got, test.asked, test.on)
			}
		})
	}
}

func TestValidate_DefaultTransport(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"data":{"balance":"5"}}`)
	}))
	defer server.Close()
	var r recorder
	rt := vingdtest.Validate(&r, nil)
	if got := send(t, rt, newRequest(t, "GET", server.URL+"/fort/accounts", "")); got != `{"data":{"balance":"5"}}` {
		t.Errorf("read %q", got)
	}
	r.want(t, `vingdtest: getBalance: response 200 body at /data/balance: "5" must be an integer`)
	http.DefaultTransport.(*http.Transport).CloseIdleConnections()
}

type closable struct {
	http.RoundTripper
	closed int
}

func (c *closable) CloseIdleConnections() { c.closed++ }

func TestValidate_CloseIdleConnections(t *testing.T) {
	below := &closable{RoundTripper: newBroker()}
	(&http.Client{Transport: vingdtest.Validate(t, below)}).CloseIdleConnections()
	if below.closed != 1 {
		t.Errorf("closed %d times, want once", below.closed)
	}
	(&http.Client{Transport: vingdtest.Validate(t, newBroker())}).CloseIdleConnections()
}

func TestValidate_Concurrent(t *testing.T) {
	var r recorder
	rt := vingdtest.Validate(&r, respondWith(http.StatusOK, "application/json", http.NoBody))
	var wg sync.WaitGroup
	const calls = 50
	for range calls {
		wg.Go(func() {
			send(t, rt, newRequest(t, "POST", endpoint+"/rewards", `{"huid_to":"5b7c","amount":-1,"description":null}`))
		})
	}
	wg.Wait()
	if len(r.faults) != 2*calls {
		t.Errorf("reported %d faults, want %d", len(r.faults), 2*calls)
	}
}

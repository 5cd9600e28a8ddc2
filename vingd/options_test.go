package vingd_test

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

func TestEndpoints_Defaults(t *testing.T) {
	for got, want := range map[string]string{
		vingd.ProductionEndpoint: "https://api.vingd.com/broker/v1",
		vingd.ProductionFrontend: "https://www.vingd.com",
		vingd.SandboxEndpoint:    "https://api.vingd.com/sandbox/broker/v1",
		vingd.SandboxFrontend:    "https://www.sandbox.vingd.com",
	} {
		if got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

// sentTo is where a client sends a call and its buyers.
type sentTo struct{ address, login, order, orderPopup, voucher, voucherPopup string }

// place returns where a client made with these options leads.
func place(t *testing.T, create func(...vingd.Option) (*vingd.Client, error), options ...vingd.Option) (sentTo, error) {
	var to sentTo
	rt := roundTrip(func(req *http.Request) (*http.Response, error) {
		if req.Host != req.URL.Host {
			t.Errorf("the host is %q and %q", req.Host, req.URL.Host)
		}
		to.address = req.URL.String()
		user, secret, _ := req.BasicAuth()
		to.login = user + ":" + secret
		return reply(req, 200, `{"data": {"balance": 1}}`, "Content-Type", "application/json"), nil
	})
	options = append([]vingd.Option{vingd.WithHTTPClient(&http.Client{Transport: vingdtest.Validate(t, rt)})}, options...)
	client, err := create(options...)
	if err != nil {
		if client != nil {
			t.Error("a client comes with the error")
		}
		return sentTo{}, err
	}
	if _, err := client.Accounts.Balance(t.Context()); err != nil {
		t.Fatal(err)
	}
	order, voucher := client.Orders.URLs(7), client.Vouchers.URLs(code)
	to.order, to.orderPopup, to.voucher, to.voucherPopup = order.Redirect, order.Popup, voucher.Redirect, voucher.Popup
	return to, nil
}

func leadsTo(address, login, frontend string) sentTo {
	return sentTo{
		address + "/fort/accounts", login,
		frontend + "/orders/7/add/", frontend + "/popup/orders/7/add/",
		frontend + "/vouchers/LXKG-TBR-HQV", frontend + "/popup/vouchers/LXKG-TBR-HQV",
	}
}

func TestEndpointsAndFrontends(t *testing.T) {
	const login = username + ":" + secret
	production := leadsTo(vingd.ProductionEndpoint, login, vingd.ProductionFrontend)
	for _, test := range []struct {
		name    string
		options []vingd.Option
		want    sentTo
	}{
		{"production", nil, production},
		{"sandbox", []vingd.Option{vingd.WithSandbox()}, leadsTo(vingd.SandboxEndpoint, login, vingd.SandboxFrontend)},
		{"own", []vingd.Option{vingd.WithEndpoint("https://localhost:8443/broker/v1"), vingd.WithFrontend("https://localhost:8444")},
			leadsTo("https://localhost:8443/broker/v1", login, "https://localhost:8444")},
		{"the last wins", []vingd.Option{vingd.WithEndpoint("https://localhost"), vingd.WithSandbox()}, leadsTo(vingd.SandboxEndpoint, login, vingd.SandboxFrontend)},
		{"frontend with a path", []vingd.Option{vingd.WithFrontend("https://localhost/some/path?a#b")}, leadsTo(vingd.ProductionEndpoint, login, "https://localhost")},
		{"endpoint without a path", []vingd.Option{vingd.WithEndpoint("https://localhost")}, leadsTo("https://localhost", login, vingd.ProductionFrontend)},
		{"endpoint of a slash", []vingd.Option{vingd.WithEndpoint("https://localhost/")}, leadsTo("https://localhost", login, vingd.ProductionFrontend)},
		{"endpoint with a slash at its end", []vingd.Option{vingd.WithEndpoint("https://localhost/v1/")}, leadsTo("https://localhost/v1", login, vingd.ProductionFrontend)},
		{"endpoint with dot segments", []vingd.Option{vingd.WithEndpoint("https://localhost/a/../b/./c")}, leadsTo("https://localhost/b/c", login, vingd.ProductionFrontend)},
		{"endpoint with escapes", []vingd.Option{vingd.WithEndpoint("https://localhost/a%2Fb/c%20d")}, leadsTo("https://localhost/a%2Fb/c%20d", login, vingd.ProductionFrontend)},
		{"endpoint with what the official client escapes", []vingd.Option{vingd.WithEndpoint("https://localhost/!$&'()*+,;@[]/:~%21/a%41|^č")},
			leadsTo("https://localhost/%21%24%26%27%28%29%2A%2B%2C%3B%40%5B%5D/:~%21/a%41%7C%5E%C4%8D", login, vingd.ProductionFrontend)},
		{"endpoint with empty segments", []vingd.Option{vingd.WithEndpoint("https://localhost/a//b//")}, leadsTo("https://localhost/a/b", login, vingd.ProductionFrontend)},
		{"endpoint that begins with two slashes", []vingd.Option{vingd.WithEndpoint("https://localhost//broker/v1")}, leadsTo("https://localhost//broker/v1", login, vingd.ProductionFrontend)},
		{"endpoint that begins with three", []vingd.Option{vingd.WithEndpoint("https://localhost///broker/v1")}, leadsTo("https://localhost/broker/v1", login, vingd.ProductionFrontend)},
		{"endpoint of two slashes", []vingd.Option{vingd.WithEndpoint("https://localhost//")}, leadsTo("https://localhost", login, vingd.ProductionFrontend)},
		{"endpoint in capitals", []vingd.Option{vingd.WithEndpoint("HTTPS://localhost/v1")}, leadsTo("https://localhost/v1", login, vingd.ProductionFrontend)},
		{"IPv6", []vingd.Option{vingd.WithEndpoint("https://[::1]:8443/v1")}, leadsTo("https://[::1]:8443/v1", login, vingd.ProductionFrontend)},
		{"loopback", []vingd.Option{vingd.WithLoopbackHTTP(), vingd.WithEndpoint("http://127.8.9.1:80/v1")}, leadsTo("http://127.8.9.1:80/v1", login, vingd.ProductionFrontend)},
		{"loopback by IPv6", []vingd.Option{vingd.WithLoopbackHTTP(), vingd.WithEndpoint("http://[::1]:80/v1")}, leadsTo("http://[::1]:80/v1", login, vingd.ProductionFrontend)},
		{"loopback by name", []vingd.Option{vingd.WithEndpoint("http://localhost:80/v1"), vingd.WithLoopbackHTTP()}, leadsTo("http://localhost:80/v1", login, vingd.ProductionFrontend)},
		{"loopback that is not used", []vingd.Option{vingd.WithLoopbackHTTP()}, production},
		{"client of none", []vingd.Option{vingd.WithTimeout(time.Second), vingd.WithRetries(0)}, production},
	} {
		t.Run(test.name, func(t *testing.T) {
			got, err := place(t, func(o ...vingd.Option) (*vingd.Client, error) {
				return vingd.New(vingd.Password(username, password), o...)
			}, test.options...)
			if err != nil || got != test.want {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, test.want)
			}
		})
	}
}

func TestNewFromEnvironment(t *testing.T) {
	const login = username + ":" + secret
	for _, test := range []struct {
		name    string
		set     map[string]string
		options []vingd.Option
		want    sentTo
		refused string
	}{
		{"login", map[string]string{"VINGD_USERNAME": username, "VINGD_PASSWORD": password}, nil,
			leadsTo(vingd.ProductionEndpoint, login, vingd.ProductionFrontend), ""},
		{"key", map[string]string{"VINGD_KEY": "a key", "VINGD_SECRET": "its secret"}, nil,
			leadsTo(vingd.ProductionEndpoint, "a key:its secret", vingd.ProductionFrontend), ""},
		{"key beside a login", map[string]string{"VINGD_USERNAME": username, "VINGD_PASSWORD": password, "VINGD_KEY": "a key", "VINGD_SECRET": "its secret"}, nil,
			leadsTo(vingd.ProductionEndpoint, "a key:its secret", vingd.ProductionFrontend), ""},
		{"place", map[string]string{"VINGD_USERNAME": username, "VINGD_PASSWORD": password, "VINGD_ENDPOINT": "https://localhost/v1", "VINGD_FRONTEND": "https://localhost:1"}, nil,
			leadsTo("https://localhost/v1", login, "https://localhost:1"), ""},
		{"options win", map[string]string{"VINGD_USERNAME": username, "VINGD_PASSWORD": password, "VINGD_ENDPOINT": "https://localhost/v1"}, []vingd.Option{vingd.WithSandbox()},
			leadsTo(vingd.SandboxEndpoint, login, vingd.SandboxFrontend), ""},
		{"nothing", nil, nil, sentTo{}, "new: environment has no login, must have VINGD_USERNAME and VINGD_PASSWORD, or VINGD_KEY and VINGD_SECRET"},
		{"no password", map[string]string{"VINGD_USERNAME": username}, nil, sentTo{}, "new: password is empty, must be given"},
		{"no secret", map[string]string{"VINGD_USERNAME": username, "VINGD_PASSWORD": password, "VINGD_KEY": "a key"}, nil, sentTo{}, "new: secret is empty, must be given"},
		{"plain HTTP on this machine", map[string]string{"VINGD_USERNAME": username, "VINGD_PASSWORD": password, "VINGD_ENDPOINT": "http://localhost/v1"}, nil,
			leadsTo("http://localhost/v1", login, vingd.ProductionFrontend), ""},
		{"plain HTTP elsewhere", map[string]string{"VINGD_USERNAME": username, "VINGD_PASSWORD": password, "VINGD_ENDPOINT": "http://vingd.example/v1"}, nil,
			sentTo{}, "new: endpoint must be https: plain http is permitted on this machine only"},
		{"no address", map[string]string{"VINGD_USERNAME": username, "VINGD_PASSWORD": password, "VINGD_FRONTEND": "localhost"}, nil,
			sentTo{}, "new: frontend must be a URL such as https://www.vingd.com"},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, name := range []string{"VINGD_USERNAME", "VINGD_PASSWORD", "VINGD_KEY", "VINGD_SECRET", "VINGD_ENDPOINT", "VINGD_FRONTEND"} {
				t.Setenv(name, test.set[name])
			}
			got, err := place(t, vingd.NewFromEnvironment, test.options...)
			if test.refused != "" {
				wantArgumentError(t, err, test.refused)
			} else if err != nil || got != test.want {
				t.Errorf("got  %+v, %v\nwant %+v", got, err, test.want)
			}
		})
	}
}

// A client from the environment reaches a broker whose certificate the system does not trust.
func TestNewFromEnvironment_CA(t *testing.T) {
	broker := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"data": {"balance": 200}}`)
	}))
	t.Cleanup(broker.Close)
	ca := filepath.Join(t.TempDir(), "ca.pem")
	certificate := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: broker.Certificate().Raw})
	if err := os.WriteFile(ca, certificate, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{"VINGD_USERNAME": username, "VINGD_PASSWORD": password, "VINGD_KEY": "", "VINGD_FRONTEND": "",
		"VINGD_ENDPOINT": broker.URL, "VINGD_CA": ca} {
		t.Setenv(name, value)
	}
	client, err := vingd.NewFromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	if balance, err := client.Accounts.Balance(t.Context()); err != nil || balance != 200 {
		t.Errorf("got %v, %v, want 2.00", balance, err)
	}
	t.Setenv("VINGD_CA", "")
	stranger, err := vingd.NewFromEnvironment()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stranger.CloseIdleConnections)
	if _, err := stranger.Accounts.Balance(t.Context()); !errors.As(err, new(*tls.CertificateVerificationError)) {
		t.Errorf("got %v without VINGD_CA, want a certificate that is not trusted", err)
	}
}

func TestNewFromEnvironment_InvalidCA(t *testing.T) {
	t.Setenv("VINGD_USERNAME", username)
	t.Setenv("VINGD_PASSWORD", password)
	t.Setenv("VINGD_KEY", "")
	missing := filepath.Join(t.TempDir(), "missing.pem")
	for file, want := range map[string]string{
		missing:           "new: VINGD_CA cannot be read: open " + missing + ": no such file or directory",
		"options_test.go": `new: VINGD_CA is "options_test.go", must be a file of certificates in PEM`,
	} {
		t.Setenv("VINGD_CA", file)
		_, err := vingd.NewFromEnvironment()
		wantArgumentError(t, err, want)
	}
}

func TestRefusedSettings(t *testing.T) {
	good := vingd.Password(username, password)
	with := func(option vingd.Option, more ...vingd.Option) []vingd.Option { return append(more, option) }
	const (
		noAddress = "new: endpoint must be a URL such as https://api.vingd.com/broker/v1"
		noHTTPS   = "new: endpoint must be https"
		whyHTTPS  = "new: endpoint must be https: each request has the credentials"
		otherHTTP = "new: endpoint must be https: plain http is permitted on this machine only"
		userInfo  = "new: endpoint must not have a user name or password: use Credentials"
		noQuery   = "new: endpoint must not have a query or a fragment"
		frontend  = "new: frontend must be a URL such as https://www.vingd.com"
	)
	local := vingd.WithLoopbackHTTP()
	for _, test := range []struct {
		credentials vingd.Credentials
		options     []vingd.Option
		want        string
	}{
		{vingd.Credentials{}, nil, "new: key is empty, must be given"},
		{vingd.Password("", password), nil, "new: username is empty, must be given"},
		{vingd.Password(username, ""), nil, "new: password is empty, must be given"},
		{vingd.Key("", "secret"), nil, "new: key is empty, must be given"},
		{vingd.Key("key", ""), nil, "new: secret is empty, must be given"},
		{vingd.Password("a:b", password), nil, "new: username must be printable ASCII without a colon"},
		{vingd.Password("a\nb", password), nil, "new: username must be printable ASCII without a colon"},
		{vingd.Password("a\x7fb", password), nil, "new: username must be printable ASCII without a colon"},
		{vingd.Password("žižek", password), nil, "new: username must be printable ASCII without a colon"},
		{vingd.Key("a:b", "secret"), nil, "new: key must be printable ASCII without a colon"},
		{vingd.Key("key", "a\r\nb"), nil, "new: secret must be printable ASCII"},
		{vingd.Key("key", "tajna š"), nil, "new: secret must be printable ASCII"},

		{good, with(vingd.WithEndpoint("")), noAddress},
		{good, with(vingd.WithEndpoint("api.vingd.com")), noAddress},
		{good, with(vingd.WithEndpoint("https://")), noAddress},
		{good, with(vingd.WithEndpoint("https:api.vingd.com")), noAddress},
		{good, with(vingd.WithEndpoint("https://a b/")), noAddress},
		{good, with(vingd.WithEndpoint("https://host:port/")), noAddress},
		{good, with(vingd.WithEndpoint("https://host/%zz")), noAddress},
		{good, with(vingd.WithEndpoint("https://:443/v1")), noAddress},
		{good, with(vingd.WithEndpoint("https://]:1/v1")), noAddress},
		{good, with(vingd.WithEndpoint("https://a:b:1/v1")), noAddress},
		{good, with(vingd.WithEndpoint("https://host:/v1")), noAddress},
		{good, with(vingd.WithEndpoint("https://host:0/v1")), noAddress},
		{good, with(vingd.WithEndpoint("https://host:99999/v1")), noAddress},
		{good, with(vingd.WithEndpoint("https://[]/v1")), noAddress},
		{good, with(vingd.WithEndpoint("https://[a]/v1")), noAddress},
		{good, with(vingd.WithEndpoint("https://[::%25\xbf]")), noAddress},
		{good, with(vingd.WithEndpoint("https://vıngd.com/broker/v1")), noAddress}, // no i
		{good, with(vingd.WithEndpoint("ftp://api.vingd.com/broker/v1")), noHTTPS},
		{good, with(vingd.WithEndpoint("wss://api.vingd.com/broker/v1")), noHTTPS},
		{good, with(vingd.WithEndpoint("//api.vingd.com/broker/v1")), noHTTPS},
		{good, with(vingd.WithEndpoint("http://api.vingd.com/broker/v1")), whyHTTPS},
		{good, with(vingd.WithEndpoint("HTTP://api.vingd.com/broker/v1")), whyHTTPS},
		{good, with(vingd.WithEndpoint("http://127.0.0.1/broker/v1")), whyHTTPS},
		{good, with(vingd.WithEndpoint("http://api.vingd.com/broker/v1"), local), otherHTTP},
		{good, with(vingd.WithEndpoint("http://localhost.example.com/broker/v1"), local), otherHTTP},
		{good, with(vingd.WithEndpoint("http://127.0.0.1.example.com/broker/v1"), local), otherHTTP},
		{good, with(vingd.WithEndpoint("http://10.0.0.1/broker/v1"), local), otherHTTP},
		{good, with(vingd.WithEndpoint("http://0.0.0.0/broker/v1"), local), otherHTTP},
		{good, with(vingd.WithEndpoint("http://[fe80::1]/broker/v1"), local), otherHTTP},
		{good, with(vingd.WithEndpoint("https://" + username + ":" + secret + "@localhost/")), userInfo},
		{good, with(vingd.WithEndpoint("https://user@localhost/")), userInfo},
		{good, with(vingd.WithEndpoint("http://127.0.0.1@api.vingd.com/"), local), userInfo},
		{good, with(vingd.WithEndpoint("https://localhost/v1?a=b")), noQuery},
		{good, with(vingd.WithEndpoint("https://localhost/v1?")), noQuery},
		{good, with(vingd.WithEndpoint("https://localhost/v1#a")), noQuery},
		{good, with(vingd.WithEndpoint("https://localhost/v1#")), noQuery},

		{good, with(vingd.WithFrontend("")), frontend},
		{good, with(vingd.WithFrontend("www.vingd.com")), frontend},
		{good, with(vingd.WithFrontend(`https://a"onload="b`)), frontend},
		{good, with(vingd.WithFrontend("javascript:alert(1)")), frontend},
		{good, with(vingd.WithFrontend("https://:8443")), frontend},
		{good, with(vingd.WithFrontend("https://localhost:99999")), frontend},
		{good, with(vingd.WithFrontend("ftp://www.vingd.com")), frontend},
		{good, with(vingd.WithFrontend("https://user:" + secret + "@www.vingd.com")), frontend},

		{good, with(vingd.WithTimeout(0)), "new: timeout is 0s, must be above zero"},
		{good, with(vingd.WithTimeout(-time.Second)), "new: timeout is -1s, must be above zero"},
		{good, with(vingd.WithSettleTime(-time.Second)), "new: settle time is -1s, must not be below zero"},
		{good, with(vingd.WithRetries(-1)), "new: retries are -1, must be 0 or more"},
		{good, with(vingd.WithClock(nil)), "new: clock is nil, must be a function such as time.Now"},
		{good, with(vingd.WithUserAgent("shop\r\nX-Header: 1")), `new: user agent is "shop\r\nX-Header: 1 vingd-api-go/` + vingd.Version + `", must be printable ASCII`},
		{good, with(vingd.WithUserAgent("dućan")), `new: user agent is "du\u0107an vingd-api-go/` + vingd.Version + `", must be printable ASCII`},
	} {
		t.Run(test.want, func(t *testing.T) {
			client, err := vingd.New(test.credentials, test.options...)
			if client != nil {
				t.Error("a client comes with the error")
			}
			wantArgumentError(t, err, test.want)
		})
	}
}

func TestCredentials_DoNotPrint(t *testing.T) {
	for _, credentials := range []vingd.Credentials{vingd.Password(username, password), vingd.Key(username, secret)} {
		client, err := vingd.New(credentials)
		if err != nil {
			t.Fatal(err)
		}
		type shop struct{ client any }
		for _, holder := range []any{
			credentials, &credentials, struct{ C vingd.Credentials }{credentials}, struct{ c vingd.Credentials }{credentials},
			client, *client, shop{client}, &shop{*client}, []any{client, credentials}, map[string]any{"client": *client}, client.Orders,
		} {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X", "%t", "%p", "%w"} {
				sayNothing(t, fmt.Sprintf("%s of %T", verb, holder), fmt.Sprintf(verb, holder))
			}
			text, _ := json.Marshal(holder)
			sayNothing(t, "JSON", string(text))
			var log strings.Builder
			slog.New(slog.NewTextHandler(&log, nil)).Info("made", "holder", holder)
			slog.New(slog.NewJSONHandler(&log, nil)).Info("made", "holder", holder)
			sayNothing(t, "log", log.String())
		}
	}
}

// The settings of the caller's http.Client hold, except for redirects. The client does not change it.
func TestWithHTTPClient(t *testing.T) {
	elsewhere := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("%s %s strayed elsewhere", r.Method, r.RequestURI)
	}))
	defer elsewhere.Close()
	var sessions []string
	server := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if cookie, err := r.Cookie("session"); err == nil {
			sessions = append(sessions, cookie.Value)
		}
		http.SetCookie(w, &http.Cookie{Name: "session", Value: fmt.Sprint(len(sessions)), Path: "/", Secure: true})
		w.Header().Set("Location", elsewhere.URL)
		w.WriteHeader(http.StatusTemporaryRedirect)
	}))
	defer server.Close()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	transport := server.Client().Transport.(*http.Transport)
	transport.Clone() // sets the fields that net/http sets at its first use
	callers := &http.Client{
		Transport: transport,
		Jar:       jar,
		Timeout:   time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error {
			t.Error("the caller was asked about a redirect")
			return nil
		},
	}
	before, beforeTransport := snapshot(callers), snapshot(transport)
	client, err := vingd.New(vingd.Password(username, password), vingd.WithEndpoint(server.URL+"/broker/v1"), vingd.WithHTTPClient(callers))
	if err != nil {
		t.Fatal(err)
	}
	defer client.CloseIdleConnections()
	for _, name := range []string{"Accounts.Balance", "Purchases.Verify", "Rewards.Create"} {
		_, err := callNamed(name).do(t.Context(), client)
		wantStatus(t, err, http.StatusTemporaryRedirect)
	}
	if want := []string{"0", "1"}; !reflect.DeepEqual(sessions, want) {
		t.Errorf("the broker got the cookies %q, want %q", sessions, want)
	}
	address, err := url.Parse(server.URL)
	if err != nil {
		t.Fatal(err)
	}
	if cookies := jar.Cookies(address); len(cookies) != 1 || cookies[0].Value != "2" {
		t.Errorf("the jar holds %v", cookies)
	}
	for name, was := range map[any][2]map[string]any{"client": {before, snapshot(callers)}, "transport": {beforeTransport, snapshot(transport)}} {
		if !reflect.DeepEqual(was[0], was[1]) {
			t.Errorf("the caller's %v was %v, is %v", name, was[0], was[1])
		}
	}
}

// snapshot returns the exported fields of what v points to: functions and pointers by where they point.
func snapshot(v any) map[string]any {
	fields := map[string]any{}
	for field, value := range reflect.ValueOf(v).Elem().Fields() {
		switch {
		case !field.IsExported():
		case value.Kind() == reflect.Func || value.Kind() == reflect.Pointer || value.Kind() == reflect.Map:
			fields[field.Name] = value.Pointer()
		default:
			fields[field.Name] = value.Interface()
		}
	}
	return fields
}

func TestTimeouts(t *testing.T) {
	const forever = time.Duration(0)
	for _, test := range []struct {
		callers, own, context, want time.Duration
	}{
		{forever, forever, forever, vingd.DefaultTimeout},
		{forever, time.Second, forever, time.Second},
		{2 * time.Second, forever, forever, 2 * time.Second},
		{2 * time.Second, time.Second, forever, time.Second},
		{time.Second, 2 * time.Second, forever, time.Second},
		{forever, 2 * time.Second, time.Second, time.Second},
		{forever, time.Hour, forever, time.Hour},
	} {
		for _, c := range eachCall() {
			synctest.Test(t, func(t *testing.T) {
				callers := &http.Client{Timeout: test.callers, Transport: vingdtest.ValidateRequests(t, roundTrip(func(req *http.Request) (*http.Response, error) {
					<-req.Context().Done()
					return nil, req.Context().Err()
				}))}
				options := []vingd.Option{vingd.WithHTTPClient(callers)}
				if test.own != forever {
					options = append(options, vingd.WithTimeout(test.own))
				}
				client, err := vingd.New(vingd.Password(username, password), options...)
				if err != nil {
					t.Fatal(err)
				}
				ctx := t.Context()
				if test.context != forever {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, test.context)
					defer cancel()
				}
				start := time.Now()
				_, err = c.do(ctx, client)
				if took := time.Since(start); took != test.want {
					t.Errorf("%s of %+v took %v", c.name, test, took)
				}
				if !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("%s: %v is no timeout", c.name, err)
				}
			})
		}
	}
}

// A value must not begin with a space: servers of HTTP/2 take such a request for malformed (RFC 9113, 8.2.1).
func TestWithUserAgent(t *testing.T) {
	for product, want := range map[string]string{"": "vingd-api-go/", "shop/1.2": "shop/1.2 vingd-api-go/", " shop": "shop vingd-api-go/"} {
		got := ""
		server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			got = r.UserAgent()
			_, _ = w.Write([]byte(`{"data": {"balance": 1}}`))
		}))
		server.EnableHTTP2 = true // by HTTP/1.1, the server takes the space away
		server.StartTLS()
		options := []vingd.Option{vingd.WithUserAgent(product)}
		client := newClient(t, server.URL, server.Client().Transport, options...)
		if _, err := client.Accounts.Balance(t.Context()); err != nil {
			t.Error(err)
		}
		if got != want+vingd.Version {
			t.Errorf("sent %q, want %q", got, want+vingd.Version)
		}
		server.Close()
	}
}

// Relative times count from the call, not from when they were made.
func TestWithClock(t *testing.T) {
	clock := time.Date(2026, 1, 2, 3, 4, 5, 0, time.FixedZone("", 3600))
	path := ""
	client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
		path = req.URL.EscapedPath()
		return reply(req, 200, `{"data": []}`), nil
	}), vingd.WithClock(func() time.Time { return clock }))
	filter := vingd.ObjectFilter{Since: vingd.Ago(time.Hour), Until: vingd.In(time.Minute)}
	for _, want := range []string{
		"/broker/v1/registry/objects/since=20260102T010405%2B0000/until=20260102T020505%2B0000",
		"/broker/v1/registry/objects/since=20260103T010405%2B0000/until=20260103T020505%2B0000",
	} {
		if _, err := client.Objects.List(t.Context(), filter); err != nil {
			t.Fatal(err)
		}
		if path != want {
			t.Errorf("sent %s, want %s", path, want)
		}
		clock = clock.Add(24 * time.Hour)
	}
}

// A client whose idle connections are closed makes new ones.
func TestCloseIdleConnections(t *testing.T) {
	var conns atomic.Int32
	l, address := listen(t)
	startBroker(t, l, func(x *exchange) bool {
		if x.onConn == 1 {
			conns.Add(1)
		}
		return x.respond(200, `{"data": {"balance": 1}}`)
	})
	client := newBareClient(t, address, nil)
	for want := int32(1); want <= 2; want++ {
		for range 3 {
			if _, err := client.Accounts.Balance(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if got := conns.Load(); got != want {
			t.Errorf("%d connections, want %d", got, want)
		}
		client.CloseIdleConnections()
	}
}

// One client is for everything that a program does at a time.
func TestConcurrentUse(t *testing.T) {
	l, address := listen(t)
	answers := map[string]string{}
	all := eachCall()
	for _, c := range all {
		answers[c.method+" /broker/v1"+c.path] = c.data
	}
	broker := startBroker(t, l, func(x *exchange) bool {
		if x.nth%17 == 0 {
			return x.respond(http.StatusTooManyRequests, sorry)
		}
		return x.respond(200, `{"data": `+answers[x.req.Method+" "+x.req.RequestURI]+`}`)
	})
	client := newClient(t, address, newTransport(t))
	var group sync.WaitGroup
	for worker := range 50 {
		group.Go(func() {
			for i := range 10 {
				c := all[(worker+i)%len(all)]
				got, err := c.do(t.Context(), client)
				var failed *vingd.Error
				if errors.As(err, &failed) && failed.Status == http.StatusTooManyRequests {
					continue
				}
				if err != nil || !reflect.DeepEqual(got, c.want) {
					t.Errorf("%s: got %+v, %v; want %+v", c.name, got, err, c.want)
				}
			}
		})
	}
	group.Wait()
	if got := len(broker.requests()); got < 500 {
		t.Errorf("%d requests by 500 calls", got)
	}
}

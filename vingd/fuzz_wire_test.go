package vingd_test

import (
	"bufio"
	"context"
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// rawAnswers are responses as on the wire, and what is nearly so. $ stands for data.
var rawAnswers = []string{
	"", "\r\n", "HTTP/1.1", "HTTP/1.1 200 OK\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n{\"data\": $}", "HTTP/1.0 200 OK\r\n\r\n{\"data\": $}",
	"HTTP/1.1 200\r\nContent-Length: 12\r\n\r\n{\"data\": {}}", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n{\"data\": $}", "HTTP/1.1 200 OK\r\nContent-Length: 99999999999999999999\r\n\r\n{}",
	"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nc\r\n{\"data\": {}}\r\n0\r\nX: y\r\n\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffffffffffffff\r\n{",
	"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff",
	"HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello", "HTTP/1.1 304 Not Modified\r\n\r\n", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n",
	"HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\n\r\n{\"data\": $}", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 999 Odd\r\n\r\n", "HTTP/2.0 200 OK\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n{}",
	"HTTP/1.1 503 Busy\r\nRetry-After: 99999999999999999999\r\n\r\n" + sorry, "HTTP/1.1 302 Found\r\nLocation: https://%zz\r\n\r\n", "220 mail ESMTP\r\n", "\x16\x03\x01\x00\x05hello",
	"HTTP/1.1 403 No\r\nConnection: close\r\n\r\n{\"message\": \"" + echo + "\", \"context\": \"\"}", "HTTP/1.1 200 OK\r\n" + authorization + "\r\n\r\n", authorization, "HTTP/1.1 200 " + authorization + "\r\n\r\n" + page + echo,
	"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n{}", "HTTP/1.1 200 OK\nContent-Length: 2\n\n{}", "HTTP/1.1 200 OK\r\n: x\r\n\r\n{}", "HTTP/1.1 200 OK\r\nA\x00: b\r\n\r\n", "HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n\r\n{\"data\": $}",
}

// For any bytes on a connection, a call returns a result or its own error, without secrets.
func FuzzWire(f *testing.F) {
	for i, raw := range rawAnswers {
		for which := i % 5; which < len(calls); which += 5 {
			f.Add(uint8(which), []byte(strings.ReplaceAll(raw, "$", calls[which].data)))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, raw []byte) {
		call := calls[int(which)%len(calls)]
		done := make(chan struct{}, 2)
		transport := &http.Transport{DisableKeepAlives: true, DialContext: func(context.Context, string, string) (net.Conn, error) {
			ours, theirs := net.Pipe()
			go func() {
				defer func() { _ = theirs.Close(); done <- struct{}{} }()
				req, err := http.ReadRequest(bufio.NewReader(theirs))
				if err != nil {
					return
				}
				_, _ = io.Copy(io.Discard, req.Body)
				_, _ = theirs.Write(raw)
			}()
			return ours, nil
		}}
		got, err := call.do(t.Context(), newBareClient(t, pipesAddress, transport, vingd.WithRetries(0)))
		<-done
		if err == nil {
			if !strings.Contains(string(raw), "data") && !strings.Contains(string(raw), `\u`) && !strings.Contains(string(raw), "\x1f\x8b") {
				t.Errorf("%s made %+v out of %q", call.name, got, raw)
			}
			return
		}
		var failed *vingd.Error
		if !errors.As(err, &failed) {
			t.Fatalf("%T, want *vingd.Error: %v", err, err)
		}
		checkError(t, call.op, failed.Status, err)
		sayNothing(t, "an error", err.Error()+failed.Context+failed.Message)
		if value := reflect.ValueOf(got); value.IsValid() && !value.IsZero() {
			t.Errorf("%s of %q: %+v along with %v", call.name, raw, got, err)
		}
	})
}

// The wait that a broker wishes for is one it can have meant: a number of seconds, or the time up to a date.
func FuzzRetryAfter(f *testing.F) {
	for _, value := range []string{
		"", "0", "1", "+1", "-1", "60", "007", "1.5", "1e3", "9223372036854775807", "9223372036854775808", "-99999999999999999999", " 5", "5 ", "5, 6", "soon",
		"Fri, 21 Nov 2036 06:02:31 GMT", "Friday, 21-Nov-36 06:02:31 GMT", "Fri Nov 21 06:02:31 2036", "Fri, 21 Nov 9999 06:02:31 GMT", "Thu, 01 Jan 1970 00:00:00 GMT",
	} {
		f.Add(value)
	}
	number := regexp.MustCompile(`^[-+]?[0-9]+$`)
	f.Fuzz(func(t *testing.T, value string) {
		got := vingd.RetryAfter(http.Header{"Retry-After": {value}})
		switch at, err := http.ParseTime(value); {
		case number.MatchString(value):
			want, _ := new(big.Int).SetString(value, 10)
			if most := big.NewInt(1 << 30); want.Cmp(most) > 0 {
				want = most
			}
			if want.Sign() < 0 {
				want.SetInt64(0)
			}
			if big.NewInt(int64(got/time.Second)).Cmp(want) != 0 || got%time.Second != 0 {
				t.Errorf("%q is %v, want %v seconds", value, got, want)
			}
		case err == nil:
			if left := max(time.Until(at), 0); got < left || got-left > time.Minute {
				t.Errorf("%q is %v, want %v", value, got, left)
			}
		case got != 0:
			t.Errorf("%q is %v, want none", value, got)
		}
	})
}

// An address is refused, or every call goes below it: by TLS, or to this machine where that is permitted.
func FuzzEndpoint(f *testing.F) {
	for _, address := range []string{
		vingd.ProductionEndpoint, vingd.SandboxEndpoint, "https://localhost:8443/broker/v1/", "https://[::1]:8443//a/../b/./c", "https://a%2Fb/c%2fd%20", "http://127.0.0.1:80/v1",
		"http://localhost.example.com", "http://127.1/", "HTTPS://A", "https:a", "https:///a", "//a/b", "https://a:b@c/d", "https://a?b", "https://a#b", "https://a/%", "https://a/%2e%2e/b", "https://a/..%2f",
		"https://a/;b", "https://[fe80::1%25eth0]/", "https://a:99999/", "https://a:/", "https://é/ü", "https://a b/", "ftp://a", "", "https://a/\x00", "https://a\\b/c", "https://a/b\\..\\c",
	} {
		f.Add(address, false)
		f.Add(address, true)
	}
	f.Fuzz(func(t *testing.T, address string, local bool) {
		var sent []*url.URL
		options := []vingd.Option{vingd.WithEndpoint(address), vingd.WithRetries(0), vingd.WithHTTPClient(&http.Client{
			Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
				sent = append(sent, req.URL)
				if req.Host != req.URL.Host {
					t.Errorf("%q: the host is %q and %q", address, req.Host, req.URL.Host)
				}
				return reply(req, 200, `{"data": []}`), nil
			})})}
		if local {
			options = append(options, vingd.WithLoopbackHTTP())
		}
		client, err := vingd.New(vingd.Password(username, password), options...)
		if err != nil {
			checkRefusal(t, address, err, "endpoint")
			return
		}
		if _, err := client.Vouchers.List(t.Context(), vingd.VoucherFilter{Code: code, Group: "g"}); err != nil || len(sent) != 1 {
			t.Fatalf("%q: sent %v, %v", address, sent, err)
		}
		u := sent[0]
		given, err := url.Parse(address)
		if err != nil {
			t.Fatalf("%q is taken, and no address: %v", address, err)
		}
		host := u.Hostname()
		plain := u.Scheme == "http" && local && (host == "localhost" || net.ParseIP(host).IsLoopback())
		if u.Scheme != "https" && !plain || u.Host != given.Host || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
			t.Errorf("%q leads to %v", address, u)
		}
		// Two slashes in front are kept, as the official client keeps them.
		if target := u.RequestURI(); !strings.HasSuffix(target, "/vouchers/"+code+"/gid=g") || strings.Contains(target[1:], "//") || strings.Contains(target, "/../") || strings.Contains(target, "/./") {
			t.Errorf("%q leads to %q", address, target)
		}
		if again, err := url.Parse(u.String()); err != nil || again.RequestURI() != u.RequestURI() || again.Host != u.Host {
			t.Errorf("%q leads to %v, which reads as %v, %v", address, u, again, err)
		}
	})
}

// checkRefusal checks that an error is that of an argument of a new client, on one line.
func checkRefusal(t *testing.T, given string, err error, argument string) {
	t.Helper()
	var refused *vingd.ArgumentError
	if !errors.As(err, &refused) || refused.Op != "new" || refused.Argument != argument || strings.ContainsAny(err.Error(), "\r\n\x00") || len(err.Error()) > 1024 {
		t.Errorf("%q: %v", given, err)
	}
}

// An address of a frontend is refused, or buyers go there and nowhere else.
func FuzzFrontend(f *testing.F) {
	for _, address := range []string{
		vingd.ProductionFrontend, vingd.SandboxFrontend, "http://localhost:8444/a?b#c", "https://a:b@c", "javascript:alert(1)//https://a", "//a", "https:a", "https://[::1]:1", "https://a%2fb", "https://a\\b", "HTTPS://A/", "https://a\tb", "",
	} {
		f.Add(address, int64(7), code)
	}
	f.Fuzz(func(t *testing.T, address string, order int64, voucher string) {
		client, err := vingd.New(vingd.Password(username, password), vingd.WithFrontend(address))
		if err != nil {
			checkRefusal(t, address, err, "frontend")
			return
		}
		given, err := url.Parse(address)
		if err != nil {
			t.Fatalf("%q is taken, and no address: %v", address, err)
		}
		orders, vouchers := client.Orders.URLs(vingd.OrderID(order)), client.Vouchers.URLs(vingd.VoucherCode(voucher))
		for _, leads := range []string{orders.Redirect, orders.Popup, vouchers.Redirect, vouchers.Popup} {
			u, err := url.Parse(leads)
			if err != nil || u.Host != given.Host || u.Scheme != given.Scheme || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
				t.Errorf("%q leads to %q, %v", address, leads, err)
			}
		}
	})
}

// A login is refused without a word of it, or goes into the header as it must.
func FuzzCredentials(f *testing.F) {
	for _, l := range [][2]string{{username, password}, {"test@vingd.com", "123"}, {"", "a"}, {"a", ""}, {"a:b", "c"}, {"a", "b:c"}, {"a\nb", "c"}, {"a", "b\r\nX: y"}, {"ž", "š"}, {" ", " "}, {"a", "\x7f"}, {"a", "\xff"}} {
		f.Add(l[0], l[1], false)
		f.Add(l[0], l[1], true)
	}
	refusals := regexp.MustCompile(`^vingd: new: (username|password|key|secret) (is empty, must be given|must be printable ASCII( without a colon)?)$`)
	f.Fuzz(func(t *testing.T, user, word string, key bool) {
		credentials, want := vingd.Password(user, word), ""
		if key {
			credentials, want = vingd.Key(user, word), word
		} else {
			sum := sha1.Sum([]byte(word))
			want = hex.EncodeToString(sum[:])
		}
		sent := 0
		client, err := vingd.New(credentials, vingd.WithHTTPClient(&http.Client{Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			sent++
			gotUser, got, ok := req.BasicAuth()
			if !ok || gotUser != user || got != want {
				t.Errorf("%q and %q are sent as %q and %q", user, want, gotUser, got)
			}
			return reply(req, 200, `{"data": {"balance": 1}}`), nil
		})}))
		if err != nil {
			if !refusals.MatchString(err.Error()) {
				t.Errorf("%q and %q: %v", user, word, err)
			}
			return
		}
		if _, err := client.Accounts.Balance(t.Context()); err != nil || sent != 1 {
			t.Errorf("%q and %q: sent %d times, %v", user, word, sent, err)
		}
	})
}

// A path made by hand is refused, or stands on the wire as it was given, below the endpoint.
func FuzzRequestPath(f *testing.F) {
	for _, path := range append([]string{"id/users", "/id/users/", "vouchers/from=4711/valid_after=20260102T030405%2B0000", "a//b", "a/;b", "a:b", "a/http:/b", "%2f%2fa", "a/%2e%2e%2fb", "%252e%252e/a", `a"%2F..%2Fvouchers`, "[a]/%2e%2e%2f"}, attacks...) {
		f.Add(path)
	}
	f.Fuzz(func(t *testing.T, path string) {
		var sent []*url.URL
		client := newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			sent = append(sent, req.URL)
			return reply(req, 200, `{"data": 1}`), nil
		}))
		_, err := client.Request(t.Context(), http.MethodDelete, path, nil)
		if err != nil {
			if !errors.Is(err, vingd.ErrInvalidArgument) && vingd.OutcomeOf(err) != vingd.OutcomeNotDone || len(sent) != 0 {
				t.Errorf("%q: sent %v, %v", path, sent, err)
			}
			return
		}
		if len(sent) != 1 {
			t.Fatalf("%q: sent %v", path, sent)
		}
		if target, want := sent[0].RequestURI(), "/broker/v1/"+strings.TrimPrefix(path, "/"); target != want || "http://"+sent[0].Host != pipesAddress {
			t.Errorf("%q is sent to %v", path, sent[0])
		}
		for segment := range strings.SplitSeq(sent[0].EscapedPath(), "/") {
			if text, err := url.PathUnescape(segment); err != nil || text == "." || text == ".." {
				t.Errorf("%q is sent to %v, %v", path, sent[0], err)
			}
		}
	})
}

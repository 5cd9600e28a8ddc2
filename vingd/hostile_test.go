package vingd_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/internal/tlstest"
	"github.com/vingd/vingd-api-go/vingd"
)

// victims are calls of every way to read a response.
var victims = []string{
	"Accounts.Balance", "Purchases.Verify", "Orders.Create", "Rewards.Create", "Vouchers.Revoke", "Vouchers.List", "Vouchers.All",
}

// echo is what a page of a proxy may tell about the request that it did not like.
const echo = "Authorization: " + authorization + "\nas " + username + ":" + secret + ", " + secret + "."

// within fails the test if something takes longer than anything here may take.
func within(t *testing.T, what string, do func()) {
	t.Helper()
	done := make(chan struct{})
	go func() { defer close(done); do() }()
	select {
	case <-done:
	case <-time.After(30 * time.Second):
		t.Fatalf("%s does not end", what)
	}
}

func TestHostile_Responses(t *testing.T) {
	type is struct {
		kind   error
		status int
	}
	whole := func(status int, body string) string { return rawAnswer(status, len(body), body) }
	ok := func(body string) string { return whole(200, body) }
	// $ stands for the data of the call.
	for _, test := range []struct {
		name string
		raw  string
		want is
	}{
		{"page", ok("<html><pre>" + echo + "</pre></html>"), is{vingd.ErrGeneral, 200}},
		{"page of an error", whole(502, page+echo), is{vingd.ErrGeneral, 502}},
		{"envelope that tells everything", whole(403, fmt.Sprintf(`{"context": %q, "message": %q}`, echo, echo)), is{vingd.ErrForbidden, 403}},
		{"envelope of other types", ok(`{"message": {"a": "` + secret + `"}, "context": 5}`), is{vingd.ErrInvalidData, 200}},
		{"refusal without context", whole(403, `{"message": "denied"}`), is{vingd.ErrInvalidData, 403}},
		{"refusal that is a list", whole(404, `[]`), is{vingd.ErrInvalidData, 404}},
		{"success in an error", whole(500, `{"data": $}`), is{vingd.ErrInvalidData, 500}},

		{"no content", "HTTP/1.1 204 No Content\r\n\r\n", is{vingd.ErrGeneral, 204}},
		{"nothing", ok(""), is{vingd.ErrGeneral, 200}},
		{"nothing in chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", is{vingd.ErrGeneral, 200}},
		{"white space", ok(" \r\n\t "), is{vingd.ErrGeneral, 200}},
		{"half an object", ok(`{"data": `), is{vingd.ErrGeneral, 200}},
		{"open object", ok(`{"data": $`), is{vingd.ErrGeneral, 200}},
		{"trailing comma", ok(`{"data": $,}`), is{vingd.ErrGeneral, 200}},
		{"trailing garbage", ok(`{"data": $} garbage`), is{vingd.ErrGeneral, 200}},
		{"two responses", ok(`{"data": $}{"data": $}`), is{vingd.ErrGeneral, 200}},
		{"data twice", ok(`{"data": $, "data": $}`), is{vingd.ErrInvalidData, 200}},
		{"byte order mark", ok("\ufeff" + `{"data": $}`), is{vingd.ErrGeneral, 200}},
		{"no UTF-8", ok("{\"data\": $, \"more\": \"\xff\"}"), is{vingd.ErrGeneral, 200}},
		{"no UTF-8 in a name", ok("{\"\xc3\x28\": 1, \"data\": $}"), is{vingd.ErrGeneral, 200}},
		{"UTF-16", ok("\xff\xfe{\x00}\x00"), is{vingd.ErrGeneral, 200}},
		{"zero bytes", ok(strings.Repeat("\x00", 100)), is{vingd.ErrGeneral, 200}},
		{"control character", ok("{\"data\": $, \"more\": \"\x01\"}"), is{vingd.ErrGeneral, 200}},
		{"not a number", ok(`{"more": NaN, "data": $}`), is{vingd.ErrGeneral, 200}},
		{"infinity", ok(`{"more": -Infinity, "data": $}`), is{vingd.ErrGeneral, 200}},
		{"comment", ok(`{"data": $ /* so */}`), is{vingd.ErrGeneral, 200}},
		{"single quotes", ok(`{'data': $}`), is{vingd.ErrGeneral, 200}},
		{"deep nesting", ok(`{"more": ` + strings.Repeat("[", 5000) + strings.Repeat("]", 5000) + `, "data": $}`), is{vingd.ErrInvalidData, 200}},
		{"null", ok(`null`), is{vingd.ErrInvalidData, 200}},
		{"number", ok(`5`), is{vingd.ErrInvalidData, 200}},
		{"list", ok(`[{"data": $}]`), is{vingd.ErrInvalidData, 200}},
		{"null for data", ok(`{"data": null}`), is{vingd.ErrInvalidData, 200}},
		{"another case", ok(`{"DATA": $}`), is{vingd.ErrInvalidData, 200}},

		{"broken gzip", rawAnswer(200, 4, "gzip", "Content-Encoding", "gzip"), is{vingd.ErrInternal, 200}},
		{"half of gzip", rawAnswer(200, 100, string(zip(t, []byte(`{"data": $}`)))[:20], "Content-Encoding", "gzip"), is{vingd.ErrInternal, 200}},
		{"unheard-of status", whole(799, `{"message": "what", "context": "ever"}`), is{vingd.ErrGeneral, 799}},
		{"status below all", whole(42, `{"message": "what", "context": "ever"}`), is{vingd.ErrGeneral, 42}},
		{"two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", is{vingd.ErrInternal, 0}},
		{"length below zero", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", is{vingd.ErrInternal, 0}},
		{"bad chunk", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", is{vingd.ErrInternal, 200}},
		{"credentials for a status line", authorization + "\r\n\r\n", is{vingd.ErrInternal, 0}},
		{"credentials for a header", "HTTP/1.1 200 OK\r\n" + authorization + " " + secret + "\r\n\r\n", is{vingd.ErrInternal, 0}},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, name := range victims {
				c := callNamed(name)
				l, address := listen(t)
				startBroker(t, l, func(x *exchange) bool {
					// The length is that of the text before: write what there is, and hang up.
					head, body, _ := strings.Cut(test.raw, "\r\n\r\n")
					if filled := strings.ReplaceAll(body, "$", c.data); filled != body {
						head = strings.Replace(head, fmt.Sprintf("Content-Length: %d", len(body)), fmt.Sprintf("Content-Length: %d", len(filled)), 1)
						body = filled
					}
					x.write(head + "\r\n\r\n" + body)
					return false
				})
				client := newClient(t, address, newTransport(t), vingd.WithRetries(0))
				within(t, name, func() {
					_, err := c.do(t.Context(), client)
					outcome := c.unlessSafe(vingd.OutcomeUnknown)
					if errors.Is(test.want.kind, vingd.ErrForbidden) {
						outcome = vingd.OutcomeNotDone
					}
					checkFailure(t, err, c, outcome, test.want.kind, nil, test.want.status)
				})
			}
		})
	}
}

// The numbers are where a call reads a number: what is no JSON, and what is no whole number of 64 bits.
func TestHostile_Numbers(t *testing.T) {
	for name, data := range map[string]string{
		"Accounts.Balance": `{"balance": $}`,
		"Purchases.Verify": `{"purchaseid": $, "transferid": 13}`,
		"Orders.Create":    `{"id": $}`,
		"Objects.Create":   `{"oids": [$], "errors": []}`,
		"Rewards.Create":   `{"transfer_id": $}`,
		"Vouchers.Revoke":  `{"A": $}`,
		"Vouchers.List":    `[{"vid_encoded": "A", "vid": $}]`,
		"Vouchers.All":     `[{"vid_encoded": "A", "vid": $}]`,
		"Objects.Get":      `{"oid": $}`,
	} {
		c := callNamed(name)
		outcome := c.unlessSafe(vingd.OutcomeUnknown)
		try := func(number string, kind error) {
			t.Helper()
			client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
				return reply(req, 200, `{"data": `+strings.ReplaceAll(data, "$", number)+`}`), nil
			}))
			_, err := c.do(t.Context(), client)
			if err == nil {
				t.Errorf("%s takes %s", name, number)
				return
			}
			checkFailure(t, err, c, outcome, kind, nil, 200)
		}
		for _, number := range []string{"NaN", "Infinity", "-Infinity", "01", "-01", "+1", ".5", "1.", "1e", "0x10", "1_000", "--1", "-", "1 2", "١"} {
			try(number, vingd.ErrGeneral)
		}
		for _, number := range []string{
			"9223372036854775808", "-9223372036854775809", "99999999999999999999999999999999", "1e400", "-1e400", "1e-400", "1e3",
			strings.Repeat("9", 100_000), `"9223372036854775808"`, `""`, `"five"`, `"1e3"`, `"5;"`, `"0x5"`, "true", "[]", "[5]", "{}",
		} {
			try(number, vingd.ErrInvalidData)
		}
	}
}

func zip(t *testing.T, plain []byte) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write(plain); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// tide is a response of so many bytes, made as it is read: the head, then the same again and again.
type tide struct {
	head, again string
	left        int64
	at          int
	read        int64
	closed      bool
}

func (b *tide) Read(p []byte) (n int, err error) {
	for n < len(p) && b.left > 0 {
		var m int
		if b.head != "" {
			m = copy(p[n:], b.head)
			b.head = b.head[m:]
		} else {
			m = copy(p[n:], b.again[b.at:])
			b.at = (b.at + m) % len(b.again)
		}
		n += m
		b.left -= int64(m)
	}
	b.read += int64(n)
	if n == 0 {
		return 0, io.EOF
	}
	return n, nil
}

func (b *tide) Close() error { b.closed = true; return nil }

// allocated returns how many bytes something allocates.
func allocated(do func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	do()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

func TestHostile_Flood(t *testing.T) {
	const tenGiB = 10 << 30
	const mega = 1 << 20
	spaces := strings.Repeat(" ", 4096)
	for _, test := range []struct {
		name        string
		call        string
		status      int
		head, again string
		kind        error
		read, alloc int64 // at most, in MiB: what is allocated in all, so that the heap cannot hold more at any time
	}{
		{"zeros", "Accounts.Balance", 200, "", strings.Repeat("\x00", 4096), vingd.ErrGeneral, 5, 5},
		{"spaces", "Rewards.Create", 200, "", spaces, vingd.ErrGeneral, 5, 5},
		{"spaces after the response", "Purchases.Verify", 200, `{"data": ` + purchaseData + `}`, spaces, vingd.ErrGeneral, 5, 5},
		{"one text", "Purchases.Verify", 200, `{"data": {"object": "`, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", vingd.ErrGeneral, 5, 5},
		{"revoked vouchers", "Vouchers.Revoke", 200, `{"data": {"A": 1`, `, "A": 1`, vingd.ErrGeneral, 5, 5},
		{"page of an error", "Purchases.Commit", 502, page, spaces, vingd.ErrGeneral, 5, 5},
		{"page for a list", "Vouchers.List", 200, page, spaces, vingd.ErrGeneral, 1, 1},
		{"page of an error for a list", "Vouchers.List", 502, page, spaces, vingd.ErrGeneral, 5, 5},
		{"page of an error for a stream", "Vouchers.All", 502, page, spaces, vingd.ErrGeneral, 5, 5},
		{"spaces for a stream", "Vouchers.All", 200, "", spaces, vingd.ErrGeneral, 3, 5},
		{"spaces between rows", "Vouchers.All", 200, `{"data": [` + voucherData + `,`, spaces, vingd.ErrGeneral, 3, 5},
		{"spaces behind a list", "Vouchers.List", 200, `{"data": [` + voucherData + `]}`, spaces, vingd.ErrGeneral, 3, 5},
		{"one row", "Vouchers.All", 200, `{"data": [{"message": "`, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", vingd.ErrGeneral, 3, 5},
		{"one number", "Vouchers.All", 200, `{"data": [{"vid": `, "1111111111111111", vingd.ErrInvalidData, 1, 1},
		{"something else", "Vouchers.All", 200, `{"more": [1`, ", 1", vingd.ErrGeneral, 3, 5},
		{"nesting in a row", "Vouchers.All", 200, `{"data": [{"more": `, "[[[[[[[[[[[[[[[[", vingd.ErrInvalidData, 1, 1},
		{"nesting", "Vouchers.All", 200, `{"more": `, "[[[[[[[[[[[[[[[[", vingd.ErrInvalidData, 1, 1},
		{"large rows", "Orders.List", 200, `{"data": [{"id": 1}`, `, {"id": 1, "context": "` + strings.Repeat("a", 100_000) + `"}`, vingd.ErrGeneral, 65, 400},
		{"small rows", "Orders.List", 200, `{"data": [{"id":1}`, `,{"id":1}`, vingd.ErrGeneral, 65, 400},
	} {
		t.Run(test.name, func(t *testing.T) {
			body := &tide{head: test.head, again: test.again, left: tenGiB}
			c := callNamed(test.call)
			sent := 0
			client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
				sent++
				resp := reply(req, test.status, "")
				resp.Body, resp.ContentLength = body, tenGiB
				return resp, nil
			}))
			start := time.Now()
			alloc := allocated(func() {
				_, err := c.do(t.Context(), client)
				checkFailure(t, err, c, c.unlessSafe(vingd.OutcomeUnknown), test.kind, nil, test.status)
			})
			t.Logf("read %d MiB, allocated %d MiB, took %v", body.read/mega, alloc/mega, time.Since(start))
			if body.read > test.read*mega {
				t.Errorf("read %d MiB, want %d at most", body.read/mega, test.read)
			}
			if alloc > test.alloc*mega {
				t.Errorf("allocated %d MiB, want %d at most", alloc/mega, test.alloc)
			}
			if !body.closed {
				t.Error("the response is not closed")
			}
			if sent != 1 {
				t.Errorf("asked %d times for so much", sent)
			}
		})
	}
}

// A bomb grows when it is unpacked: the bound is on what comes out.
func TestHostile_Gzip(t *testing.T) {
	member := zip(t, bytes.Repeat([]byte(" "), 1<<20)) // another may follow
	for _, name := range victims {
		c := callNamed(name)
		var sent atomic.Int64
		server := tlstest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Header.Get("Accept-Encoding") != "gzip" {
				t.Errorf("%s accepts %q", name, r.Header.Get("Accept-Encoding"))
			}
			w.Header().Set("Content-Encoding", "gzip")
			for range 10 << 10 {
				n, err := w.Write(member)
				if sent.Add(int64(n)); err != nil {
					return
				}
			}
		}))
		client := newClient(t, server.URL, server.Client().Transport, vingd.WithRetries(0))
		within(t, name, func() {
			alloc := allocated(func() {
				_, err := c.do(t.Context(), client)
				checkFailure(t, err, c, c.unlessSafe(vingd.OutcomeUnknown), vingd.ErrGeneral, nil, 200)
			})
			if alloc > 40<<20 {
				t.Errorf("%s allocated %d MiB", name, alloc>>20)
			}
		})
		server.Close()
		if whole := int64(len(member)) * 10 << 10; sent.Load() == whole {
			t.Errorf("%s took all of it", name)
		}
	}
}

// The broker says nothing, or as good as nothing. No call waits for longer than it may.
func TestHostile_Silence(t *testing.T) {
	drip := func(head, drop string) func(*exchange) bool {
		return func(x *exchange) bool {
			x.write(head)
			for range 60 {
				<-time.After(time.Second)
				if _, err := io.WriteString(x.conn, drop); err != nil {
					return false
				}
			}
			return false
		}
	}
	const chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
	hold := func(head string) func(*exchange) bool {
		return func(x *exchange) bool { x.write(head); x.awaitHangUp(); return false }
	}
	for _, test := range []struct {
		name   string
		behave func(*exchange) bool
		status int
	}{
		{"nothing at all", hold(""), 0},
		{"half a status line", hold("HTTP/1.1 2"), 0},
		{"a head only", hold(chunked), 200},
		{"incomplete response", hold(chunked + "8\r\n{\"data\":\r\n"), 200},
		{"the head of an error only", hold("HTTP/1.1 500 Sorry\r\nContent-Length: 5\r\n\r\n"), 500},
		{"a head by drops", drip("HTTP/1.1 200 OK\r\nX-Header: ", "a"), 0},
		{"white space by drops", drip(chunked, "1\r\n \r\n"), 200},
		{"response in drops", drip(chunked+"8\r\n{\"data\":\r\n", "1\r\n \r\n"), 200},
		{"a page of an error by drops", drip("HTTP/1.1 502 Sorry\r\nTransfer-Encoding: chunked\r\n\r\n", "1\r\na\r\n"), 502},
	} {
		for _, c := range eachCall() {
			t.Run(test.name+"/"+c.name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					network := newPipes()
					broker := startBroker(t, network, test.behave)
					client := newClient(t, pipesAddress, network.transport(t), vingd.WithTimeout(20*time.Second))
					start := time.Now()
					_, err := c.do(t.Context(), client)
					checkFailure(t, err, c, c.unlessSafe(vingd.OutcomeUnknown), vingd.ErrInternal, context.DeadlineExceeded, test.status)
					if took := time.Since(start); took != 20*time.Second {
						t.Errorf("took %v, want the 20s that it may take", took)
					}
					if got := broker.requests(); len(got) != 1 {
						t.Errorf("sent %d times, want once", len(got))
					}
				})
			})
		}
	}
}

// Behind "switching protocols" net/http hands over the connection itself, which no deadline ends any more.
func TestHostile_SwitchingProtocols(t *testing.T) {
	for _, name := range victims {
		c := callNamed(name)
		l, address := listen(t)
		startBroker(t, l, func(x *exchange) bool {
			x.write("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n")
			x.awaitHangUp()
			return false
		})
		client := newClient(t, address, newTransport(t), vingd.WithRetries(0))
		within(t, name, func() {
			_, err := c.do(t.Context(), client)
			checkFailure(t, err, c, c.unlessSafe(vingd.OutcomeUnknown), vingd.ErrGeneral, nil, http.StatusSwitchingProtocols)
		})
	}
}

// A redirect is a response: no other host gets the credentials or the body, whatever the status.
func TestHostile_Redirects(t *testing.T) {
	var strayed atomic.Int32
	elsewhere := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		strayed.Add(1)
		t.Errorf("%s %s strayed elsewhere", r.Method, r.RequestURI)
	})
	plain, secure := httptest.NewServer(elsewhere), tlstest.NewServer(elsewhere)
	defer plain.Close()
	defer secure.Close()
	for _, status := range []int{300, 301, 302, 303, 304, 305, 307, 308} {
		for _, target := range []string{plain.URL, secure.URL, secure.URL + "/broker/v1/rewards", "/elsewhere", "//" + secure.Listener.Addr().String(), "http://%zz", ""} {
			own := 0
			server := tlstest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				own++
				w.Header().Set("Location", target)
				w.WriteHeader(status)
				if status != http.StatusNotModified {
					_, _ = io.WriteString(w, page+echo)
				}
			}))
			client := newClient(t, server.URL, server.Client().Transport)
			for _, c := range endure.Part(eachCall(), 6) {
				own = 0
				_, err := c.do(t.Context(), client)
				checkFailure(t, err, c, c.unlessSafe(vingd.OutcomeUnknown), vingd.ErrGeneral, nil, status)
				if own != 1 {
					t.Errorf("%s: %d to %q: sent %d times, want once", c.name, status, target, own)
				}
			}
			server.Close()
		}
	}
}

// The client redacts a page before it cuts it, so that no half of a secret stays.
func TestHostilePage_CutAfterRedaction(t *testing.T) {
	for _, name := range []string{"Accounts.Balance", "Rewards.Create", "Vouchers.List"} {
		for cut := 1; cut < len(secret); cut++ {
			body := strings.Repeat(".", 4096-cut) + secret + strings.Repeat(".", 4096)
			client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
				return reply(req, http.StatusForbidden, body), nil
			}))
			_, err := callNamed(name).do(t.Context(), client)
			var failed *vingd.Error
			if !errors.As(err, &failed) || failed.Status != http.StatusForbidden {
				t.Fatalf("got %v", err)
			}
			if len(failed.Message) > 4096 {
				t.Fatalf("%s: the message keeps %d bytes of the page, want 4096 at most", name, len(failed.Message))
			}
			if kept := strings.Trim(failed.Message, ".*"); kept != "" {
				t.Fatalf("%s: %d bytes in front of the cut: the message keeps %q of the secret", name, cut, kept)
			}
		}
	}
}

// Nor does a half stay of a page that comes in pieces in the place of a list.
func TestHostilePage_InPieces(t *testing.T) {
	for cut := 1; cut < len(secret); cut++ {
		before, after := "<html>"+secret[:cut], secret[cut:]+"</html>"
		client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			resp := reply(req, http.StatusOK, "")
			resp.Body = io.NopCloser(io.MultiReader(strings.NewReader(before), strings.NewReader(after)))
			return resp, nil
		}))
		_, err := client.Vouchers.List(t.Context(), vingd.VoucherFilter{})
		var failed *vingd.Error
		if !errors.As(err, &failed) || failed.Message != "<html>***</html>" {
			t.Fatalf("%d bytes in front of the cut: got %v, want its message without the secret", cut, err)
		}
	}
}

// An id below one is invalid: the object or purchase could not be committed, sold or looked up.
func TestHostile_IDs(t *testing.T) {
	for name, body := range map[string]string{
		"Objects.Get":      `{"data": {"oid": -5}}`,
		"Objects.List":     `{"data": [{"oid": "0"}]}`,
		"Orders.Get":       `{"data": {"id": -7}}`,
		"Orders.All":       `{"data": [{"id": 0}]}`,
		"Transfers.List":   `{"data": [{"id": -13, "amount": 1}]}`,
		"Vouchers.History": `{"data": [{"id": -9001, "vid_encoded": "A"}]}`,
		"Purchases.Verify": `{"data": {"purchaseid": -1, "transferid": 13}}`,
		"Purchases.Create": `{"data": {"purchaseid": 11, "transferid": 0}}`,
		"Rewards.Create":   `{"data": {"transfer_id": -14}}`,
	} {
		client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			return reply(req, http.StatusOK, body), nil
		}))
		c := callNamed(name)
		_, err := c.do(t.Context(), client)
		checkFailure(t, err, c, c.unlessSafe(vingd.OutcomeUnknown), vingd.ErrInvalidData, nil, http.StatusOK)
	}
}

// A transport of the caller's own may leave out what net/http's does not.
func TestHostile_Transport(t *testing.T) {
	for _, test := range []struct {
		name   string
		answer func(*http.Request) (*http.Response, error)
		kind   error
		status int
	}{
		{"nothing", func(*http.Request) (*http.Response, error) { return nil, nil }, vingd.ErrInternal, 0},
		{"no body", func(req *http.Request) (*http.Response, error) {
			resp := reply(req, 200, "")
			resp.Body = nil
			return resp, nil
		}, vingd.ErrGeneral, 200},
		{"no request", func(req *http.Request) (*http.Response, error) {
			resp := reply(req, 200, "")
			resp.Request, resp.Body = nil, io.NopCloser(io.MultiReader(strings.NewReader(`{"data": `), brokenPipe{}))
			return resp, nil
		}, vingd.ErrInternal, 200},
		{"no header", func(req *http.Request) (*http.Response, error) {
			return &http.Response{StatusCode: http.StatusServiceUnavailable, Body: io.NopCloser(strings.NewReader(sorry))}, nil
		}, vingd.ErrGeneral, 503},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, name := range victims {
				c := callNamed(name)
				_, err := c.do(t.Context(), newClient(t, pipesAddress, roundTrip(test.answer), vingd.WithRetries(0)))
				checkFailure(t, err, c, c.unlessSafe(vingd.OutcomeUnknown), test.kind, nil, test.status)
			}
		})
	}
}

// brokenPipe is a reader that fails.
type brokenPipe struct{}

func (brokenPipe) Read([]byte) (int, error) { return 0, io.ErrClosedPipe }

// JSON is JSON, whatever a broker calls it, and a response may hold more than is known.
func TestResponse_Unusual(t *testing.T) {
	for _, test := range []struct{ name, body, contentType string }{
		{"text", `{"data": $}`, "text/plain; charset=utf-8"},
		{"page by name", `{"data": $}`, "text/html"},
		{"no type", `{"data": $}`, ""},
		{"white space", " \r\n\t{ \"data\"\n:\t$ } \r\n", "application/json"},
		{"more", `{"more": [{"data": 1}, null, "data", -1.5e-3], "data": $, "message": "fine", "context": "fine"}`, "application/json"},
		{"a name in escapes", `{"\u0064ata": $}`, "application/json"},
	} {
		for _, c := range eachCall() {
			client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
				return reply(req, 200, strings.ReplaceAll(test.body, "$", c.data), "Content-Type", test.contentType), nil
			}))
			got, err := c.do(t.Context(), client)
			if err != nil || !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s: %s: got %v, %v; want %v", test.name, c.name, got, err, c.want)
			}
		}
	}
}

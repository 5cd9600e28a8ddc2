package sandbox_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// username and digest are the documented login, as it is on the wire: digest is the SHA-1 of 123.
const (
	username = "test@vingd.com"
	digest   = "40bd001563085fc35165329ea1ff5c5ecbdbbeef"
)

// A clock shows the same time until Advance moves it.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func newClock() *clock {
	return &clock{now: time.Date(2026, 1, 2, 3, 4, 5, 678_901_234, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) Advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

// A world is a sandbox for a test, with the login of a seller.
type world struct {
	*sandbox.Server

	t      *testing.T
	clock  *clock
	client *http.Client
	login  string
	digest string
}

// newWorld starts a sandbox. The test checks every response against the specification, and the books at its end.
func newWorld(t *testing.T) *world {
	t.Helper()
	var options sandbox.Options
	if onFile() {
		options.Data = filepath.Join(t.TempDir(), "data")
	}
	w := startWorld(t, newClock(), options)
	t.Cleanup(func() {
		if err := w.Check(); err != nil {
			t.Errorf("at the end of the test: %v", err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
	})
	return w
}

// startWorld starts a sandbox with a clock. The test checks every response against the specification. The caller must close it.
func startWorld(t *testing.T, c *clock, options sandbox.Options) *world {
	t.Helper()
	options.Clock = c.Now
	s, err := sandbox.Start(options)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Transport: &validator{t: t, next: s.HTTPClient().Transport}}
	return &world{Server: s, t: t, clock: c, client: client, login: username, digest: digest}
}

// as returns the world with the login of another seller.
func (w *world) as(login, digest string) *world {
	other := *w
	other.login, other.digest = login, digest
	return &other
}

// A result is the response to a call.
type result struct {
	t       *testing.T
	call    string
	status  int
	header  http.Header
	raw     []byte
	Data    json.RawMessage
	Message string
	Context string
}

// call makes a call with body as JSON, or without a body if body is nil.
func (w *world) call(method, path string, body any) result {
	w.t.Helper()
	var reader io.Reader
	if body != nil {
		written, err := json.Marshal(body)
		if err != nil {
			w.t.Fatal(err)
		}
		reader = bytes.NewReader(written)
	}
	request := w.request(method, w.Endpoint()+"/"+path, reader)
	if body != nil {
		request.Header.Set("Content-Type", "application/json")
	}
	return w.send(request)
}

func (w *world) request(method, address string, body io.Reader) *http.Request {
	w.t.Helper()
	request, err := http.NewRequestWithContext(context.Background(), method, address, body)
	if err != nil {
		w.t.Fatal(err)
	}
	request.SetBasicAuth(w.login, w.digest)
	return request
}

func (w *world) send(request *http.Request) result {
	w.t.Helper()
	a := result{t: w.t, call: request.Method + " " + request.URL.EscapedPath()}
	response, err := w.client.Do(request)
	if err != nil {
		w.t.Fatalf("%s: %v", a.call, err)
	}
	a.status, a.header = response.StatusCode, response.Header
	a.raw, err = io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		w.t.Fatalf("%s: %v", a.call, err)
	}
	if err := json.Unmarshal(a.raw, &a); err != nil {
		w.t.Fatalf("%s: the response is not an envelope: %v: %s", a.call, err, a.raw)
	}
	return a
}

// is fails the test unless the response has this status.
func (a result) is(status int) result {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("%s: got %d, want %d: %s", a.call, a.status, status, a.raw)
	}
	return a
}

// as returns the data of a response, which must be a success.
func as[T any](a result) T {
	a.t.Helper()
	a.is(http.StatusOK)
	var data T
	if err := json.Unmarshal(a.Data, &data); err != nil {
		a.t.Fatalf("%s: %v: %s", a.call, err, a.raw)
	}
	return data
}

type ids struct{ Oids, IDs []int64 }

type purchase struct {
	Object, HUID, Context           *string
	OrderID, PurchaseID, TransferID int64
	Reclaimed                       bool
}

type voucher struct {
	ID           int64
	Action       string
	VID          int64
	VIDEncoded   string `json:"vid_encoded"`
	Allocated    *int64 `json:"amount_allocated"`
	Amount       int64  `json:"amount_vouched"`
	Transfer     *int64 `json:"id_fort_transfer"`
	UIDTo        *int64 `json:"uid_to"`
	GID          *string
	TSCreated    string `json:"ts_created"`
	TSValidUntil string `json:"ts_valid_until"`
	Message      *string
}

func (w *world) object() int64 {
	w.t.Helper()
	body := map[string]any{"description": map[string]string{"name": "My test object", "url": "http://localhost:666/?page=1"}}
	return as[ids](w.call("POST", "registry/objects/", body)).Oids[0]
}

func (w *world) order(oid, price int64) vingd.OrderID {
	w.t.Helper()
	body := map[string]any{"price": price, "order_expires": bodyTime(w.clock.Now().Add(15 * time.Minute)), "context": "ctx"}
	return vingd.OrderID(as[ids](w.call("POST", fmt.Sprintf("objects/%d/orders/", oid), body)).IDs[0])
}

func (w *world) voucher(amount int64, gid any) voucher {
	w.t.Helper()
	body := map[string]any{"amount": amount, "until": bodyTime(w.clock.Now().Add(time.Hour)), "message": "Hi", "gid": gid}
	return as[voucher](w.call("POST", "vouchers/", body))
}

func (w *world) buyer(name string, balance vingd.Cents) *sandbox.Buyer {
	w.t.Helper()
	b, err := w.AddBuyer(name, balance)
	if err != nil {
		w.t.Fatal(err)
	}
	return b
}

// pay pays an order for a buyer, and returns the path that verifies the token.
func (w *world) pay(b *sandbox.Buyer, order vingd.OrderID) (tokenPath string) {
	w.t.Helper()
	back, err := b.Pay(order)
	if err != nil {
		w.t.Fatal(err)
	}
	return tokenPathOf(back)
}

func tokenPathOf(back *url.URL) string {
	return "objects/" + back.Query().Get("oid") + "/tokens/" + back.Query().Get("tid")
}

func (w *world) commit(p purchase) result {
	w.t.Helper()
	return w.call("PUT", fmt.Sprintf("purchases/%d", p.PurchaseID), map[string]any{"transferid": p.TransferID})
}

// holds fails the test unless the API returns this balance of the seller.
func (w *world) holds(want int64) {
	w.t.Helper()
	if got := as[struct{ Balance int64 }](w.call("GET", "fort/accounts", nil)).Balance; got != want {
		w.t.Errorf("the seller holds %d, want %d", got, want)
	}
}

func holds(t *testing.T, b *sandbox.Buyer, want vingd.Cents) {
	t.Helper()
	if got := b.Balance(); got != want {
		t.Errorf("%s holds %v, want %v", b.Name(), got, want)
	}
}

// bodyTime returns a time as request bodies have it.
func bodyTime(t time.Time) string {
	return strings.Replace(t.UTC().Format("2006-01-02T15:04:05.000000Z07:00"), "Z", "+00:00", 1)
}

package peers_test

import (
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/benchmarks/broker"
	"github.com/vingd/vingd-api-go/benchmarks/peers"
	"github.com/vingd/vingd-api-go/vingd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// Every peer reads the same values, else the comparison is worthless.
func TestPeers_EqualRows(t *testing.T) {
	at, shut := broker.Serve()
	t.Cleanup(shut)
	overHTTP, err := peers.All(at.HTTP+broker.Root(100), nil)
	if err != nil {
		t.Fatal(err)
	}
	inMemory, err := peers.All("http://localhost"+broker.Root(100), &broker.Memory{})
	if err != nil {
		t.Fatal(err)
	}
	decoders, err := peers.Decoders("http://localhost"+broker.Root(100), &broker.Memory{})
	if err != nil {
		t.Fatal(err)
	}
	var vouchers []vingd.Voucher
	var entries []vingd.LogEntry
	for _, peer := range append(append(overHTTP, inMemory...), decoders...) {
		balance, err := peer.Balance(t.Context())
		if err != nil || balance != 12345 {
			t.Errorf("%s: the balance is %d, %v; want 12345", peer.Name, balance, err)
		}
		order, err := peer.CreateOrder(t.Context())
		if err != nil || order != 7 {
			t.Errorf("%s: the order is %d, %v; want 7", peer.Name, order, err)
		}
		list, err := peer.Vouchers(t.Context())
		vouchers = checkList(t, peer.Name, vouchers, list, err)
		log, err := peer.Log(t.Context())
		entries = checkList(t, peer.Name, entries, log, err)
		walked := 0
		if err := peer.Walk(t.Context(), func() { walked++ }); err != nil || walked != 100 {
			t.Errorf("%s: walked over %d vouchers, %v; want 100", peer.Name, walked, err)
		}
	}
	until := time.Date(2026, 1, 9, 3, 4, 5, 678901000, time.UTC)
	for i, want := range map[int]vingd.Voucher{
		3: {ID: 1004, Code: "LXKG-TBR-00003", Amount: 200, From: 4711, Proxy: 1, To: 5003, ValidUntil: until},
		4: {ID: 1005, Code: "LXKG-TBR-00004", Amount: 200, Allocated: 200, Transfer: 7774, From: 4711, Proxy: 1, Group: "summer",
			ValidUntil: until, Message: "Thank you for reading № 4"},
	} {
		if vouchers[i] != want || entries[i].Voucher != want || entries[i].ID != vingd.LogID(9001+i) {
			t.Errorf("voucher %d is %+v, its entry %+v; want %+v", i, vouchers[i], entries[i], want)
		}
	}
}

// checkList checks that a list is what the others read, and returns that.
func checkList[T any](t *testing.T, name string, want []T, list peers.List[T], err error) []T {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	got, err := list.Rows()
	if err != nil || len(got) != 100 || list.Len != 100 || want != nil && !reflect.DeepEqual(got, want) {
		t.Errorf("%s: reads %+v, %v\nwant %+v", name, got, err, want)
	}
	return got
}

// Every peer sends the same requests.
func TestPeers_EqualRequests(t *testing.T) {
	for _, name := range peers.Names() {
		var sent []string
		peer, err := peers.New(name, "http://localhost"+broker.Root(1), transport(func(req *http.Request) (*http.Response, error) {
			user, password, _ := req.BasicAuth()
			line := req.Method + " " + req.URL.RequestURI() + " " + user + ":" + password[:4]
			if req.Body != nil && req.Method == http.MethodPost {
				var order struct {
					Price   int64     `json:"price"`
					Expires time.Time `json:"order_expires"`
					Context string    `json:"context"`
				}
				if err := json.NewDecoder(req.Body).Decode(&order); err != nil {
					return nil, err
				}
				if in := time.Until(order.Expires); in < 14*time.Minute || in > 16*time.Minute {
					t.Errorf("%s: the order expires in %v, want 15 minutes", name, in)
				}
				line += " " + order.Context
				if order.Price != 200 {
					t.Errorf("%s: the price is %d", name, order.Price)
				}
				req.Body = io.NopCloser(strings.NewReader(""))
			}
			sent = append(sent, line)
			return (&broker.Memory{}).RoundTrip(req)
		}))
		if err != nil {
			t.Fatal(err)
		}
		_, err1 := peer.Balance(t.Context())
		_, err2 := peer.CreateOrder(t.Context())
		_, err3 := peer.Vouchers(t.Context())
		_, err4 := peer.Log(t.Context())
		want := []string{
			"GET /1/fort/accounts test@vingd.com:40bd",
			"POST /1/objects/5/orders/ test@vingd.com:40bd optional purchase details",
			"GET /1/vouchers test@vingd.com:40bd",
			"GET /1/vouchers/history test@vingd.com:40bd",
		}
		if !reflect.DeepEqual(sent, want) {
			t.Errorf("%s: sent %q, %v, %v, %v, %v; want %q", name, sent, err1, err2, err3, err4, want)
		}
	}
}

type transport func(*http.Request) (*http.Response, error)

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) { return t(req) }

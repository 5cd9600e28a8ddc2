package sandbox_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

const shopFixtures = `{
	"sellers":  [{"username": "shop", "balance": 0, "flags": ["voucher.get"]}, {"username": "rich", "password": "secret"}],
	"buyers":   [{"name": "Ann", "balance": 500}, {"name": "Bob"}],
	"objects":  [
		{"description": {"name": "An essay", "url": "http://localhost/essay", "pages": 12}, "orders": [
			{"price": 200, "context": "essay", "expires_in": "24h"}, {"price": 300}, {"price": 1, "expires_in": "-1h"}
		]},
		{"seller": "shop", "description": {"name": "A poem", "url": "http://localhost/poem"}}
	],
	"vouchers": [{"amount": 100, "gid": "spring", "message": "Hi", "description": "mine", "expires_in": "1h"}, {"seller": "rich", "amount": 7}]
}`

// assertShopFixtures fails the test unless the sandbox holds exactly shopFixtures.
func (w *world) assertShopFixtures() {
	w.t.Helper()
	w.holds(1000_00 - 100)
	shop, rich := w.as("shop", digest), w.as("rich", "e5e9fa1ba31ecd1ae84f75caaa474f3a663f05f4")
	shop.holds(0)
	rich.holds(1000_00 - 7)
	shop.call("GET", "vouchers", nil).is(http.StatusOK)
	shop.call("POST", "vouchers", map[string]any{"amount": 0, "until": nil, "message": "", "gid": nil}).is(http.StatusForbidden)
	for name, want := range map[string]vingd.Cents{"Ann": 500, "Bob": 0} {
		b, err := w.FindBuyer(name)
		if err != nil {
			w.t.Fatal(err)
		}
		holds(w.t, b, want)
	}
	type object struct{ Description map[string]any }
	if got := as[[]object](w.call("GET", "registry/objects", nil)); len(got) != 1 || got[0].Description["pages"] != 12.0 {
		w.t.Errorf("got %+v", got)
	}
	if got := as[[]object](shop.call("GET", "registry/objects", nil)); len(got) != 1 || got[0].Description["name"] != "A poem" {
		w.t.Errorf("got %+v", got)
	}
	type order struct {
		Price   int64
		Context *string
		Expires string `json:"order_expires"`
	}
	orders := as[[]order](w.call("GET", "orders/all/", nil))
	if len(orders) != 3 || *orders[0].Context != "essay" || orders[0].Expires != told(w.clock.Now().Add(24*time.Hour)) ||
		orders[1].Context != nil || orders[1].Expires != told(w.clock.Now().Add(15*time.Minute)) || orders[2].Expires != told(w.clock.Now().Add(-time.Hour)) {
		w.t.Errorf("got orders %+v", orders)
	}
	if live := as[[]order](w.call("GET", "orders/", nil)); len(live) != 2 {
		w.t.Errorf("got live orders %+v", live)
	}
	vouchers := as[[]voucher](w.call("GET", "vouchers", nil))
	if len(vouchers) != 1 || vouchers[0].Amount != 100 || *vouchers[0].GID != "spring" || vouchers[0].TSValidUntil != told(w.clock.Now().Add(time.Hour)) {
		w.t.Errorf("got vouchers %+v", vouchers)
	}
}

// told returns a time as responses have it.
func told(at time.Time) string { return bodyTime(at.Truncate(time.Microsecond)) }

// A sandbox begins with its fixtures, at first and after a reset. It adds them to a file only once.
func TestFixtures_StartAndReset(t *testing.T) {
	for name, data := range map[string]string{"in memory": "", "in a file": filepath.Join(t.TempDir(), "data")} {
		t.Run(name, func(t *testing.T) {
			clock := newClock()
			open := func() *world {
				t.Helper()
				return startWorld(t, clock, sandbox.Options{Data: data, Fixtures: []byte(shopFixtures)})
			}
			w := open()
			w.assertShopFixtures()
			if data != "" {
				closeServer(t, w.Server)
				w = open() // the file already has them
				w.assertShopFixtures()
			}
			w.voucher(5, nil)
			w.buyer("Ann", 7)
			if err := w.Reset(); err != nil {
				t.Fatal(err)
			}
			w.assertShopFixtures()
			if err := w.Check(); err != nil {
				t.Error(err)
			}
			closeServer(t, w.Server)
		})
	}
}

// A seller of the fixtures with the same username replaces the first one, so that the documented login can lack a flag.
func TestFixtures_FirstSeller(t *testing.T) {
	w := startWorld(t, newClock(), sandbox.Options{Fixtures: []byte(`{"sellers": [{"username": "test@vingd.com", "balance": 5, "flags": []}]}`)})
	defer closeServer(t, w.Server)
	w.holds(5)
	w.call("GET", "vouchers", nil).is(http.StatusForbidden)
}

// The response to POST /-/fixtures has the ids of all fixtures, in their order.
func TestFixtures_OverHTTP(t *testing.T) {
	w := newWorld(t)
	status, result := w.turn("POST", "fixtures", shopFixtures)
	var made struct {
		Sellers, Buyers []vingd.UID
		Objects         []struct {
			OID    int64
			Orders []vingd.OrderID
		}
		Vouchers []vingd.VoucherCode
	}
	if err := json.Unmarshal([]byte(result), &made); status != http.StatusOK || err != nil {
		t.Fatalf("got %d %s, %v", status, result, err)
	}
	w.assertShopFixtures()
	if len(made.Sellers) != 2 || len(made.Buyers) != 2 || len(made.Objects) != 2 || len(made.Objects[0].Orders) != 3 || len(made.Vouchers) != 2 {
		t.Fatalf("got %s", result)
	}
	ann, err := w.FindBuyer("Ann")
	if err != nil || ann.UID() != made.Buyers[0] {
		t.Errorf("Ann is %v, %v, want %d", ann, err, made.Buyers[0])
	}
	if back, err := ann.Pay(made.Objects[0].Orders[0]); err != nil || back.Query().Get("oid") != fmt.Sprint(made.Objects[0].OID) {
		t.Errorf("got %v, %v", back, err)
	}
	if amount, err := ann.Redeem(made.Vouchers[1]); err != nil || amount != 7 {
		t.Errorf("got %v, %v", amount, err)
	}
	w.turned("POST", "fixtures", `{}`, `{"sellers":[],"buyers":[],"objects":[],"vouchers":[]}`)
}

func TestFixtures_ErrorKinds(t *testing.T) {
	w := newWorld(t)
	for fixtures, want := range map[string]error{
		`{"buyers": [{"name": "Ann", "balance": -1}]}`:       sandbox.ErrInvalid,
		`{"vouchers": [{"amount": 1, "seller": "unknown"}]}`: sandbox.ErrInvalid,
		`{"sellers": [{"username": "test@vingd.com"}]}`:      sandbox.ErrConflict,
		`{"vouchers": [{"amount": 100001}]}`:                 sandbox.ErrLowBalance,
		`[]`:                                                 sandbox.ErrInvalid,
	} {
		if err := w.LoadFixtures([]byte(fixtures)); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", fixtures, err, want)
		}
	}
}

// The sandbox refuses invalid fixtures, names the place, and adds none of them.
func TestFixtures_Invalid(t *testing.T) {
	w := newWorld(t)
	const ann = `"buyers": [{"name": "Ann"}]`
	const essay = `"description": {"name": "x", "url": "http://localhost/"}`
	for fixtures, want := range map[string]string{
		`[]`:                             "the text must be a JSON object in UTF-8",
		`{"buyer": []}`:                  `"buyer": is not known here`,
		`{"sellers": [{}], ` + ann + `}`: `sellers[0].username: is missing`,
		`{"sellers": [{"username": ""}], ` + ann + `}`:                                                `sellers[0]: username "": must not be empty`,
		`{"sellers": [{"username": "test@vingd.com"}], ` + ann + `}`:                                  `sellers[0]: username "test@vingd.com": is taken`,
		`{"sellers": [{"username": "a", "flags": ["steal"]}], ` + ann + `}`:                           `sellers[0]: flag "steal": must be one of`,
		`{"buyers": [{"name": "Ann"}, {"name": "Bob", "balance": -1}]}`:                               `buyers[1]: the amount must be between 0`,
		`{` + ann + `, "objects": [{"description": {"name": "x", "url": "x"}}]}`:                      `objects[0]: description.url "x": must be`,
		`{` + ann + `, "objects": [{"description": 5}]}`:                                              `objects[0]: description must be an object`,
		`{` + ann + `, "objects": [{}]}`:                                                              `objects[0].description: is missing`,
		`{` + ann + `, "objects": [{"description": "x"}]}`:                                            `objects[0]: description must be an object`,
		`{` + ann + `, "objects": [{"seller": "unknown", ` + essay + `}]}`:                            `objects[0]: seller "unknown": must be the username of a seller`,
		`{` + ann + `, "objects": [{` + essay + `, "orders": [{"price": 1}, {"price": -1}]}]}`:        `objects[0].orders[1]: price -1: must be between 0`,
		`{` + ann + `, "objects": [{` + essay + `, "orders": [{"price": 1, "expires_in": "soon"}]}]}`: `expires_in "soon": must be a duration`,
		`{` + ann + `, "vouchers": [{"amount": 1, "gid": "a b"}]}`:                                    `vouchers[0]: gid "a b": must be 1 to 32 letters`,
		`{` + ann + `, "vouchers": [{"amount": 100000000}]}`:                                          `vouchers[0]: the balance is too low`,
		`{` + ann + `, "vouchers": [{"amount": 1.5}]}`:                                                `vouchers.amount: must be a whole number`,
	} {
		if err := w.LoadFixtures([]byte(fixtures)); err == nil || !strings.HasPrefix(err.Error(), "sandbox: fixtures: "+want) {
			t.Errorf("%s: got %v, want %s", fixtures, err, want)
		}
		if status, result := w.turn("POST", "fixtures", fixtures); status < 400 || status > 409 {
			t.Errorf("%s: got %d %s", fixtures, status, result)
		}
		if _, err := w.FindBuyer("Ann"); !errors.Is(err, sandbox.ErrNotFound) {
			t.Errorf("%s: Ann was added: %v", fixtures, err)
		}
		if strings.Contains(fixtures, username) {
			continue // these replace the first seller
		}
		if s, err := sandbox.New(sandbox.Options{Fixtures: []byte(fixtures)}); err == nil {
			t.Errorf("%s: New accepts them, %v", fixtures, s.Close())
		}
	}
	w.holds(1000_00)
}

package sandbox_test

import (
	"crypto/sha1"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// seller adds a seller, and returns the world with the seller's login.
func seller(t *testing.T, w *world, s sandbox.Seller) *world {
	t.Helper()
	if _, err := w.AddSeller(s); err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum([]byte(s.Password))
	return w.as(s.Username, hex.EncodeToString(sum[:]))
}

func other(t *testing.T, w *world) *world {
	t.Helper()
	return seller(t, w, sandbox.Seller{Username: "other@example.com", Password: "geheim"})
}

func TestLogin(t *testing.T) {
	w := newWorld(t)
	w.call("GET", "fort/accounts", nil).is(http.StatusOK)
	w.as(username, strings.ToUpper(digest)).call("GET", "fort/accounts", nil).is(http.StatusOK)
	for _, l := range [][2]string{
		{username, "123"}, {username, ""}, {"", ""}, {"nobody", digest}, {"", digest},
		{username, digest[:39]}, {username, digest + "0"}, {username, strings.Repeat("-", 40)}, {"nobody", strings.Repeat("-", 40)},
	} {
		a := w.as(l[0], l[1]).call("GET", "fort/accounts", nil).is(http.StatusUnauthorized)
		if a.header.Get("WWW-Authenticate") == "" || a.Message == "" || a.Context != "Unauthorized" {
			t.Errorf("%q: got %s %v", l, a.raw, a.header)
		}
	}
	request := w.request("GET", w.Endpoint()+"/fort/accounts", nil)
	request.Header.Del("Authorization")
	w.send(request).is(http.StatusUnauthorized)
}

func TestAddSeller_Invalid(t *testing.T) {
	w := newWorld(t)
	for _, s := range []sandbox.Seller{
		{Password: "x"}, {Username: "a:b", Password: "x"}, {Username: "a\n", Password: "x"},
		{Username: "a", Balance: -1}, {Username: "a", Balance: 1 << 53}, {Username: "a", Flags: []string{"voucher.ad"}},
	} {
		if _, err := w.AddSeller(s); !errors.Is(err, sandbox.ErrInvalid) {
			t.Errorf("%+v: got %v, want ErrInvalid", s, err)
		}
	}
	if _, err := w.AddSeller(sandbox.Seller{}); !errors.Is(err, sandbox.ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
	if _, err := w.AddBuyer("Ann", -1); !errors.Is(err, sandbox.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
	for _, token := range []string{"x ", "x\n", "ü"} {
		if _, err := sandbox.New(sandbox.Options{ControlToken: token}); !errors.Is(err, sandbox.ErrInvalid) {
			t.Errorf("%q: got %v, want ErrInvalid", token, err)
		}
	}
	if _, err := sandbox.New(sandbox.Options{Seller: sandbox.Seller{Balance: -1}}); !errors.Is(err, sandbox.ErrInvalid) {
		t.Errorf("got %v, want ErrInvalid", err)
	}
}

func TestDeposit_Limits(t *testing.T) {
	w := newWorld(t)
	if err := w.Deposit(w.Seller(), 5); err != nil {
		t.Fatal(err)
	}
	w.holds(1000_05)
	for _, amount := range []int64{-1, 1 << 53, 1<<53 - 1, 1<<63 - 1, -1 << 63} { // each is invalid, or makes the money in the sandbox exceed 1<<53 - 1
		if err := w.Deposit(w.Seller(), vingd.Cents(amount)); !errors.Is(err, sandbox.ErrInvalid) {
			t.Errorf("%d: got %v, want ErrInvalid", amount, err)
		}
	}
	if err := w.Deposit(w.Seller(), 1<<53-1-1000_05); err != nil { // the money in the sandbox is now at its limit
		t.Error(err)
	}
	for _, account := range []int64{0, 1, 2, 3, 99} {
		if err := w.Deposit(vingd.UID(account), 5); !errors.Is(err, sandbox.ErrNotFound) {
			t.Errorf("account %d: got %v, want ErrNotFound", account, err)
		}
		if _, err := w.Balance(vingd.UID(account)); !errors.Is(err, sandbox.ErrNotFound) {
			t.Errorf("account %d: got %v, want ErrNotFound", account, err)
		}
	}
}

func TestHUID_OtherSeller(t *testing.T) {
	w := newWorld(t)
	second := other(t, w)
	ann, bob := w.buyer("Ann", 1000), w.buyer("Bob", 1000)
	huid := func(w *world, b *sandbox.Buyer) string {
		return *as[purchase](w.call("GET", w.pay(b, w.order(w.object(), 10)), nil)).HUID
	}
	first := huid(w, ann)
	if again := huid(w, ann); again != first {
		t.Errorf("the same buyer was %s and then %s", first, again)
	}
	all := []string{first, huid(w, bob), huid(second, ann), huid(second, bob)}
	slices.Sort(all)
	if len(slices.Compact(all)) != 4 {
		t.Errorf("got huids %v, want four different ones", all)
	}
	// A seller cannot use the huid of another seller.
	second.call("POST", "rewards", map[string]any{"huid_to": first, "amount": 1, "description": nil}).is(http.StatusNotFound)
}

func TestFlags(t *testing.T) {
	w := newWorld(t)
	voucher := map[string]any{"amount": 1, "until": nil, "message": "", "gid": nil}
	reward := map[string]any{"huid_to": "00", "amount": 1, "description": nil}
	charge := map[string]any{"huid": "00", "price": 1, "autocommit": true}
	user := map[string]any{"identities": nil, "primary_identity": nil, "delegate_permissions": nil}
	calls := []struct {
		flag, method, path string
		body               any
	}{
		{"voucher.add", "POST", "vouchers/", voucher},
		{"voucher.get", "GET", "vouchers", nil},
		{"voucher.get", "GET", "vouchers/ABC", nil},
		{"voucher.history", "GET", "vouchers/history", nil},
		{"voucher.history", "GET", "vouchers/history/ABC", nil},
		{"voucher.revoke", "DELETE", "vouchers", map[string]any{"revoke": true}},
		{"voucher.revoke", "DELETE", "vouchers/ABC", map[string]any{"revoke": true}},
		{"transfer.outbound", "POST", "rewards", reward},
		{"type.business", "PUT", "purchases/1", map[string]any{"transferid": 1}},
		{"user.create", "POST", "id/users/", user},
		{"purchase.object.authorize", "POST", "objects/1/purchases", charge},
	}
	none := seller(t, w, sandbox.Seller{Username: "none", Flags: []string{}})
	for _, c := range calls {
		a := none.call(c.method, c.path, c.body).is(http.StatusForbidden)
		if !strings.Contains(a.Message, c.flag) || a.Context != "Forbidden" {
			t.Errorf("%s %s: got %s, want a message with %s", c.method, c.path, a.raw, c.flag)
		}
		only := seller(t, w, sandbox.Seller{Username: c.flag + c.path, Flags: []string{c.flag}})
		if a := only.call(c.method, c.path, c.body); a.status == http.StatusForbidden {
			t.Errorf("%s %s: with the flag %s, got %s", c.method, c.path, c.flag, a.raw)
		}
	}
}

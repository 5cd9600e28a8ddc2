package sandbox_test

import (
	"fmt"
	"net/http"
	"testing"
)

// newUser creates a user with delegate permissions, and returns the huid.
func newUser(w *world, permissions ...string) string {
	w.t.Helper()
	body := map[string]any{
		"identities": map[string]string{"facebook": "12312312", "mail": "user@example.com"}, "primary_identity": "facebook",
		"delegate_permissions": permissions,
	}
	return as[map[string]string](w.call("POST", "id/users/", body))["huid"]
}

func charge(w *world, oid int64, huid string, price any) result {
	w.t.Helper()
	body := map[string]any{"price": price, "huid": huid, "autocommit": true}
	return w.call("POST", fmt.Sprintf("objects/%d/purchases", oid), body)
}

func TestDelegatedPurchase(t *testing.T) {
	w := newWorld(t)
	oid, huid := w.object(), newUser(w, "get.account.balance", "purchase.object")
	balance := func() int64 {
		return as[struct{ Balance int64 }](w.call("GET", "fort/accounts/"+huid, nil)).Balance
	}
	charge(w, oid, huid, 1).is(http.StatusPaymentRequired)
	w.call("POST", "rewards", map[string]any{"huid_to": huid, "amount": 300, "description": nil}).is(http.StatusOK)
	if got := balance(); got != 300 {
		t.Errorf("got %d, want 300", got)
	}
	p := as[purchase](charge(w, oid, huid, 199))
	if *p.HUID != huid || *p.Object != "My test object" || p.OrderID != 0 || p.Context != nil || p.TransferID == 0 {
		t.Errorf("got %+v", p)
	}
	if got := balance(); got != 101 {
		t.Errorf("got %d, want 101", got)
	}
	w.holds(1000_00 - 300 + 199)
	w.commit(p).is(http.StatusOK) // changes nothing: the purchase is already committed
	w.holds(1000_00 - 300 + 199)
	charge(w, oid, huid, 102).is(http.StatusPaymentRequired)
	charge(w, oid, huid, -1).is(http.StatusBadRequest)
	charge(w, oid+100, huid, 1).is(http.StatusNotFound)
}

func TestDelegatePermissions(t *testing.T) {
	w := newWorld(t)
	oid := w.object()
	none, reader, payer := newUser(w), newUser(w, "get.account.balance"), newUser(w, "purchase.object")
	w.call("GET", "fort/accounts/"+none, nil).is(http.StatusForbidden)
	w.call("GET", "fort/accounts/"+payer, nil).is(http.StatusForbidden)
	w.call("GET", "fort/accounts/"+reader, nil).is(http.StatusOK)
	charge(w, oid, none, 0).is(http.StatusForbidden)
	charge(w, oid, reader, 0).is(http.StatusForbidden)
	charge(w, oid, payer, 0).is(http.StatusOK)

	// A buyer whom no seller created has granted no permission.
	stranger := *as[purchase](w.call("GET", w.pay(w.buyer("Ann", 500), w.order(oid, 1)), nil)).HUID
	w.call("GET", "fort/accounts/"+stranger, nil).is(http.StatusForbidden)
	charge(w, oid, stranger, 1).is(http.StatusForbidden)

	// Another seller cannot use the huid of a user.
	second := other(t, w)
	second.call("GET", "fort/accounts/"+reader, nil).is(http.StatusNotFound)
	charge(second, second.object(), payer, 0).is(http.StatusNotFound)
}

func TestCreateUser(t *testing.T) {
	w := newWorld(t)
	seen := make(map[string]bool)
	for _, body := range []map[string]any{
		{"identities": nil, "primary_identity": nil, "delegate_permissions": nil},
		{"identities": map[string]string{}, "primary_identity": "", "delegate_permissions": []string{}},
		{"identities": []string{}, "primary_identity": "", "delegate_permissions": []string{}},
		{},
	} {
		seen[as[map[string]string](w.call("POST", "id/users/", body))["huid"]] = true
	}
	if len(seen) != 4 {
		t.Errorf("the four users are %v", seen)
	}
	body := map[string]any{"identities": map[string]string{"mail": "a@b"}, "primary_identity": "facebook", "delegate_permissions": nil}
	w.call("POST", "id/users/", body).is(http.StatusBadRequest)
}

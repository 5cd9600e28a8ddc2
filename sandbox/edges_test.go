package sandbox_test

import (
	"fmt"
	"net/http"
	"testing"
)

// Python writes datetime.min, the first moment of year 1, in a path like this.
const yearOne = "10101T000000+0000"

// The first moment of year 1 is a value of a filter like any other.
func TestFilter_YearOne(t *testing.T) {
	w := newWorld(t)
	w.object()
	w.voucher(5, nil)
	for path, want := range map[string]int{
		"registry/objects/since=":         1,
		"registry/objects/until=":         0,
		"fort/transfers/to=4711/since=":   1,
		"fort/transfers/to=4711/until=":   0,
		"vouchers/valid_after=":           1,
		"vouchers/valid_before=":          0,
		"vouchers/history/valid_after=":   1,
		"vouchers/history/valid_before=":  0,
		"vouchers/history/create_after=":  1,
		"vouchers/history/create_before=": 0,
	} {
		if got := as[[]any](w.call("GET", path+yearOne, nil)); len(got) != want {
			t.Errorf("%s%s: got %d rows, want %d", path, yearOne, len(got), want)
		}
	}
	if refunds := revoke(w, "vouchers/valid_before="+yearOne); len(refunds) != 0 {
		t.Errorf("DELETE vouchers/valid_before=%s revoked %v, want nothing", yearOne, refunds)
	}
}

// An expiry in year 1 is in the past, and not a missing one.
func TestExpiry_YearOne(t *testing.T) {
	w := newWorld(t)
	const expiry = "0001-01-01T00:00:00+00:00"
	order := map[string]any{"price": 1, "order_expires": expiry, "context": nil}
	path := "objects/" + fmt.Sprint(w.object()) + "/orders/"
	id := as[ids](w.call("POST", path, order)).IDs[0]
	w.call("GET", "orders/"+fmt.Sprint(id), nil).is(http.StatusNotFound)
	if got := as[struct {
		Expires string `json:"order_expires"`
	}](w.call("GET", "orders/all/"+fmt.Sprint(id), nil)).Expires; got != expiry {
		t.Errorf("order: got expiry %s, want %s", got, expiry)
	}
	voucher1 := as[voucher](w.call("POST", "vouchers/", map[string]any{"amount": 1, "until": expiry, "message": "", "gid": nil}))
	if voucher1.TSValidUntil != expiry {
		t.Errorf("voucher: got expiry %s, want %s", voucher1.TSValidUntil, expiry)
	}
	if got := as[voucher](w.call("GET", "vouchers/"+voucher1.VIDEncoded, nil)); got.Allocated != nil {
		t.Errorf("voucher: %d cents are still reserved, want none", *got.Allocated)
	}
	w.holds(1000_00)
}

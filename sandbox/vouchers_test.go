package sandbox_test

import (
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

func revoke(w *world, path string) map[string]int64 {
	w.t.Helper()
	return as[map[string]int64](w.call("DELETE", path, map[string]any{"revoke": true}))
}

// history returns the actions of the voucher log, oldest first.
func history(w *world, path string) (actions []string) {
	w.t.Helper()
	for _, e := range as[[]voucher](w.call("GET", "vouchers/history"+path, nil)) {
		actions = append(actions, e.Action)
	}
	return actions
}

func TestRedeem_Once(t *testing.T) {
	w := newWorld(t)
	ann, bob := w.buyer("Ann", 0), w.buyer("Bob", 0)
	v := w.voucher(100, nil)
	w.holds(999_00)
	// Redeem ignores case, and everything but letters and digits.
	written := strings.ToLower(strings.ReplaceAll(v.VIDEncoded, "-", " _"))
	if amount, err := ann.Redeem(vingd.VoucherCode(written)); err != nil || amount != 100 {
		t.Fatalf("got %v, %v", amount, err)
	}
	holds(t, ann, 100)
	for _, b := range []*sandbox.Buyer{ann, bob} {
		if _, err := b.Redeem(vingd.VoucherCode(v.VIDEncoded)); !errors.Is(err, sandbox.ErrGone) {
			t.Errorf("%s: got %v, want ErrGone", b.Name(), err)
		}
	}
	w.clock.Advance(24 * time.Hour)
	if refunds := revoke(w, "vouchers"); len(refunds) != 0 {
		t.Errorf("a used voucher was revoked: %v", refunds)
	}
	w.holds(999_00)
	holds(t, bob, 0)
	used := as[voucher](w.call("GET", "vouchers/"+strings.ToLower(strings.ReplaceAll(v.VIDEncoded, "-", "")), nil))
	if used.Allocated != nil || used.Transfer != nil || *used.UIDTo != int64(ann.UID()) || used.Amount != 100 {
		t.Errorf("got %+v", used)
	}
	log := as[[]voucher](w.call("GET", "vouchers/history", nil))
	if len(log) != 2 || log[0].Action != "add" || *log[0].Transfer != *v.Transfer || log[0].UIDTo != nil ||
		log[1].Action != "use" || *log[1].Transfer == *v.Transfer || *log[1].UIDTo != int64(ann.UID()) {
		t.Errorf("got log %+v", log)
	}
}

func TestVoucher_Expiry(t *testing.T) {
	w := newWorld(t)
	ann := w.buyer("Ann", 0)
	v := w.voucher(100, nil)
	w.clock.Advance(time.Hour - time.Microsecond)
	w.holds(999_00)
	w.clock.Advance(time.Microsecond)
	w.holds(1000_00)
	if _, err := ann.Redeem(vingd.VoucherCode(v.VIDEncoded)); !errors.Is(err, sandbox.ErrGone) {
		t.Errorf("got %v, want ErrGone", err)
	}
	w.clock.Advance(24 * time.Hour)
	log := as[[]voucher](w.call("GET", "vouchers/history/"+v.VIDEncoded, nil))
	// The log has the expiry, however late it is read.
	if len(log) != 2 || log[1].Action != "expire" || log[1].TSCreated != v.TSValidUntil {
		t.Errorf("got log %+v, want it to expire at %s", log, v.TSValidUntil)
	}
}

func TestVoucher_ExpiredAtOnce(t *testing.T) {
	w := newWorld(t)
	body := map[string]any{"amount": 100, "until": "0999-12-31T23:59:59+00:00", "message": "", "gid": nil}
	v := as[voucher](w.call("POST", "vouchers/", body))
	w.holds(1000_00)
	log := as[[]voucher](w.call("GET", "vouchers/history/"+v.VIDEncoded, nil))
	if len(log) != 2 || log[1].Action != "expire" || log[1].TSCreated != log[0].TSCreated {
		t.Errorf("got log %+v", log)
	}
}

func TestVoucher_BalanceTooLow(t *testing.T) {
	w := newWorld(t)
	body := map[string]any{"amount": 1000_01, "until": nil, "message": "", "gid": nil}
	w.call("POST", "vouchers/", body).is(http.StatusPaymentRequired)
	body["amount"] = -1
	w.call("POST", "vouchers/", body).is(http.StatusBadRequest)
	w.holds(1000_00)
	if log := history(w, ""); log != nil {
		t.Errorf("got log %v", log)
	}
	body["amount"] = 1000_00
	w.call("POST", "vouchers/", body).is(http.StatusOK)
	w.holds(0)
}

func TestRevoke(t *testing.T) {
	w := newWorld(t)
	ann := w.buyer("Ann", 0)
	used, one, grouped, rest := w.voucher(1, nil), w.voucher(2, nil), w.voucher(3, "summer"), w.voucher(4, nil)
	if _, err := ann.Redeem(vingd.VoucherCode(used.VIDEncoded)); err != nil {
		t.Fatal(err)
	}
	other(t, w).call("DELETE", "vouchers/"+one.VIDEncoded, map[string]any{"revoke": true}).is(http.StatusNotFound)

	refunds := revoke(w, "vouchers/"+one.VIDEncoded)
	log := as[[]voucher](w.call("GET", "vouchers/history/"+one.VIDEncoded, nil))
	if len(refunds) != 1 || log[1].Action != "revoke" || refunds[one.VIDEncoded] != *log[1].Transfer {
		t.Errorf("got refunds %v, log %+v", refunds, log)
	}
	for _, again := range []string{"vouchers/" + one.VIDEncoded, "vouchers/" + used.VIDEncoded, "vouchers/" + rest.VIDEncoded + "/gid=summer"} {
		if refunds := revoke(w, again); len(refunds) != 0 {
			t.Errorf("%s: got %v", again, refunds)
		}
	}
	w.call("DELETE", "vouchers/BCDF-GHJ-KLM", map[string]any{"revoke": true}).is(http.StatusNotFound)

	if refunds := revoke(w, "vouchers/gid=summer"); len(refunds) != 1 || refunds[grouped.VIDEncoded] == 0 {
		t.Errorf("got %v", refunds)
	}
	w.holds(1000_00 - 1 - 4)
	if refunds := revoke(w, "vouchers"); len(refunds) != 1 || refunds[rest.VIDEncoded] == 0 {
		t.Errorf("got %v", refunds)
	}
	w.holds(1000_00 - 1)
}

// A voucher that has expired has returned its amount. Nothing is left to revoke.
func TestRevoke_Expired(t *testing.T) {
	w := newWorld(t)
	expired := w.voucher(100, nil)
	advance(t, w.Server, 400*24*time.Hour)
	w.holds(1000_00)
	for _, path := range []string{"vouchers", "vouchers/" + expired.VIDEncoded} {
		if refunds := revoke(w, path); len(refunds) != 0 {
			t.Errorf("%s: got %v", path, refunds)
		}
	}
	w.holds(1000_00)
}

// Without "revoke": true the sandbox revokes nothing, whatever the filters.
func TestRevoke_BodyMissing(t *testing.T) {
	w := newWorld(t)
	w.voucher(100, nil)
	w.call("DELETE", "vouchers", nil).is(http.StatusBadRequest)
	w.call("DELETE", "vouchers", map[string]any{}).is(http.StatusBadRequest)
	w.call("DELETE", "vouchers", map[string]any{"revoke": false}).is(http.StatusBadRequest)
	w.call("DELETE", "vouchers?gid=x", map[string]any{"revoke": true}).is(http.StatusBadRequest)
	w.call("DELETE", "vouchers/colour=red", map[string]any{"revoke": true}).is(http.StatusBadRequest)
	w.call("DELETE", "vouchers/gid=a/gid=b", map[string]any{"revoke": true}).is(http.StatusBadRequest)
	w.holds(999_00)
}

func TestRedeem_OneOfGroup(t *testing.T) {
	w := newWorld(t)
	second := other(t, w)
	ann, bob := w.buyer("Ann", 0), w.buyer("Bob", 0)
	redeem := func(b *sandbox.Buyer, v voucher) error {
		_, err := b.Redeem(vingd.VoucherCode(v.VIDEncoded))
		return err
	}
	mine := []voucher{w.voucher(1, "g"), w.voucher(1, "g"), w.voucher(1, "h"), w.voucher(1, nil), w.voucher(1, nil)}
	if err := redeem(ann, mine[0]); err != nil {
		t.Fatal(err)
	}
	if err := redeem(ann, mine[1]); !errors.Is(err, sandbox.ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
	// Another group, no group, and another seller's group of the same name do not count. Bob can redeem one of Ann's group.
	for _, v := range []voucher{mine[2], mine[3], mine[4], second.voucher(1, "g")} {
		if err := redeem(ann, v); err != nil {
			t.Error(err)
		}
	}
	if err := redeem(bob, mine[1]); err != nil {
		t.Error(err)
	}
}

// A code with one wrong letter, or with two swapped letters, is mistyped. Any other unknown code is not found.
func TestVoucherCode_Checksum(t *testing.T) {
	w := newWorld(t)
	ann := w.buyer("Ann", 0)
	refused := func(letters []byte) {
		t.Helper()
		if _, err := ann.Redeem(vingd.VoucherCode(letters)); !errors.Is(err, sandbox.ErrInvalid) {
			t.Errorf("%s: got %v, want ErrInvalid", letters, err)
		}
	}
	for range 20 {
		code := []byte(strings.ReplaceAll(w.voucher(1, nil).VIDEncoded, "-", ""))
		if len(code) != 10 {
			t.Fatalf("got code %s", code)
		}
		for i := range code {
			for _, c := range []byte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") {
				if wrong := slices.Clone(code); c != code[i] {
					wrong[i] = c
					refused(wrong)
				}
			}
			if swapped := slices.Clone(code); i > 0 && code[i] != code[i-1] {
				swapped[i], swapped[i-1] = swapped[i-1], swapped[i]
				refused(swapped)
			}
		}
		refused(code[:9])
		refused(append(slices.Clone(code), code...))
		refused(append(slices.Clone(code), "č"...))
	}
	refused(nil)
	if _, err := ann.Redeem("2222-222-222"); !errors.Is(err, sandbox.ErrNotFound) {
		t.Errorf("got %v, want ErrNotFound", err)
	}
	holds(t, ann, 0)
}

// The list has vouchers of every state. The log has the end of each. The transfer of an entry is the one that moved the money
// then.
func TestVouchers_EveryState(t *testing.T) {
	w := newWorld(t)
	valid, used, revoked := w.voucher(1, nil), w.voucher(2, nil), w.voucher(3, nil)
	body := map[string]any{"amount": 4, "until": bodyTime(w.clock.Now().Add(time.Minute)), "message": "", "gid": nil}
	expired := as[voucher](w.call("POST", "vouchers/", body))
	ann := w.buyer("Ann", 0)
	if _, err := ann.Redeem(vingd.VoucherCode(used.VIDEncoded)); err != nil {
		t.Fatal(err)
	}
	refund := revoke(w, "vouchers/"+revoked.VIDEncoded)[revoked.VIDEncoded]
	w.clock.Advance(time.Minute)

	listed := map[string]voucher{}
	for _, v := range as[[]voucher](w.call("GET", "vouchers", nil)) {
		listed[v.VIDEncoded] = v
	}
	for name, test := range map[string]struct {
		made    voucher
		isValid bool
		to      int64
		action  string
	}{
		"valid":   {made: valid, isValid: true},
		"used":    {made: used, to: int64(ann.UID()), action: "use"},
		"revoked": {made: revoked, action: "revoke"},
		"expired": {made: expired, action: "expire"},
	} {
		v, ok := listed[test.made.VIDEncoded]
		to := int64(0)
		if v.UIDTo != nil {
			to = *v.UIDTo
		}
		if !ok || (v.Allocated != nil) != test.isValid || (v.Transfer != nil) != test.isValid || to != test.to {
			t.Errorf("%s: got %+v", name, v)
		}
		log := as[[]voucher](w.call("GET", "vouchers/history/"+v.VIDEncoded, nil))
		if log[0].Action != "add" || *log[0].Transfer != *test.made.Transfer {
			t.Errorf("%s: got log %+v, want transfer %d first", name, log, *test.made.Transfer)
		}
		if test.isValid != (len(log) == 1) {
			t.Fatalf("%s: got log %+v", name, log)
		}
		if test.isValid {
			continue
		}
		if log[1].Action != test.action || *log[1].Transfer == *log[0].Transfer || test.action == "revoke" && *log[1].Transfer != refund {
			t.Errorf("%s: got log %+v, want %s by a transfer of its own", name, log, test.action)
		}
		back := as[[]struct{ ID, Amount int64 }](w.call("GET", "fort/transfers/from=3/to=4711", nil))
		gaveBack := slices.ContainsFunc(back, func(t struct{ ID, Amount int64 }) bool {
			return t.ID == *log[1].Transfer && t.Amount == v.Amount
		})
		if gaveBack != (test.to == 0) {
			t.Errorf("%s: got refunds %+v, and log %+v", name, back, log)
		}
	}
}

package sandbox_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// A reading holds the paths of the values that official clients read from a response, each with a check of the value.
type reading map[string]func(any) bool

// Checks of values that clients can read. Java casts every number to a double. C# and PHP fail if a value is missing.
func isNumber(v any) bool { n, ok := v.(float64); return ok && n == float64(int64(n)) && n < 1<<53 }
func isText(v any) bool   { s, ok := v.(string); return ok && s != "" }
func isFlag(v any) bool   { _, ok := v.(bool); return ok }
func isNull(v any) bool   { return v == nil }
func isEmpty(v any) bool  { list, ok := v.([]any); return ok && len(list) == 0 }

func isTextOrNull(v any) bool { _, ok := v.(string); return ok || v == nil }

// isNote checks the description of a transfer as PHP reads it: a text in JSON with a known class.
func isNote(v any) bool {
	var note struct{ Class int }
	text, ok := v.(string)
	return ok && json.Unmarshal([]byte(text), &note) == nil && note.Class >= 1 && note.Class <= 10
}

var (
	purchaseReading = reading{
		"object": isText, "context": isTextOrNull, "reclaimed": isFlag, "purchaseid": isNumber, "transferid": isNumber,
	}
	voucherReading = reading{
		"vid_encoded": isText, "amount_vouched": isNumber, "ts_valid_until": isText,
		"description": isTextOrNull, "message": isTextOrNull, "gid": isTextOrNull,
	}
	objectReading = reading{
		"oid": isNumber, "description.name": isText, "description.url": isText, "timestamp_created": isText, "timestamp_modified": isText,
	}
	orderReading = reading{"id": isNumber, "oid": isNumber, "price": isNumber}
)

// reads makes a call, and fails the test unless the response is a success that every client can read.
func (w *world) reads(method, path string, body any, must ...reading) any {
	w.t.Helper()
	a := w.call(method, path, body)
	var envelope map[string]any
	if err := json.Unmarshal(a.raw, &envelope); err != nil || a.status != http.StatusOK || envelope["data"] == nil || len(envelope) != 1 {
		w.t.Fatalf("%s: got %d %s, want 200 and only data, which Java requires to be not null", a.call, a.status, a.raw)
	}
	for _, one := range must {
		for at, can := range one {
			if value, ok := walk(envelope["data"], at); !ok || !can(value) {
				w.t.Errorf("%s: no client can read %s of %s", a.call, at, a.raw)
			}
		}
	}
	return envelope["data"]
}

// walk returns the value at a path of keys and list indexes.
func walk(in any, path string) (value any, ok bool) {
	for name := range strings.SplitSeq(path, ".") {
		switch at := in.(type) {
		case map[string]any:
			if in, ok = at[name]; !ok {
				return nil, false
			}
		case []any:
			i, err := strconv.Atoi(name)
			if err != nil || i >= len(at) {
				return nil, false
			}
			in = at[i]
		default:
			return nil, false
		}
	}
	return in, true
}

// within returns the reading with its paths below another path.
func (r reading) within(path string) reading {
	inner := make(reading)
	for at, can := range r {
		inner[path+"."+at] = can
	}
	return inner
}

// The responses have every value that the sources of the four official clients read.
func TestOfficialClients_Responses(t *testing.T) {
	w := newWorld(t)
	ann := w.buyer("Ann", 1000)
	number := func(in any, path string) int64 { value, _ := walk(in, path); return int64(value.(float64)) }
	text := func(in any, path string) string { value, _ := walk(in, path); return value.(string) }

	profile := reading{"uid": isNumber, "name": isText, "timestamp_created": isText}
	uid := number(w.reads("GET", "id/users", nil, profile), "uid")
	w.reads("GET", "id/users/username="+username, nil, profile)
	w.reads("GET", "fort/accounts", nil, reading{"balance": isNumber})

	object := map[string]any{"class": 0, "description": map[string]string{"name": "x", "url": "http://localhost/"}}
	created := reading{"oids.0": isNumber, "errors": isEmpty}
	oid := number(w.reads("POST", "registry/objects/", object, created), "oids.0")
	one := fmt.Sprintf("registry/objects/%d", oid)
	w.reads("PUT", one+"/", object, created)
	w.reads("GET", one, nil, objectReading)
	w.reads("GET", "registry/objects/", nil, objectReading.within("0"))

	order := map[string]any{"price": 2, "order_expires": nil, "context": nil}
	orders := fmt.Sprintf("objects/%d/orders", oid)
	id := number(w.reads("POST", orders, order, reading{"ids.0": isNumber, "errors": isEmpty}), "ids.0")
	w.reads("GET", fmt.Sprintf("orders/%d", id), nil, orderReading)
	w.reads("GET", orders+"/all/", nil, orderReading.within("0"))

	known := w.reads("GET", w.pay(ann, w.order(oid, 2)), nil, purchaseReading, reading{"huid": isText, "orderid": isNumber, "context": isText})
	w.reads("PUT", fmt.Sprintf("purchases/%d", number(known, "purchaseid")), map[string]any{"transferid": number(known, "transferid")},
		reading{"ok": isFlag})
	back, err := ann.PayAnonymously(w.order(oid, 2))
	if err != nil {
		t.Fatal(err)
	}
	w.reads("GET", tokenPathOf(back), nil, purchaseReading, reading{"huid": isNull, "orderid": isNumber})
	w.reads("POST", "rewards/", map[string]any{"huid_to": text(known, "huid"), "amount": 75, "description": nil}, reading{"transfer_id": isNumber})

	user := map[string]any{"identities": []any{}, "primary_identity": nil, "delegate_permissions": []string{"get.account.balance", "purchase.object"}}
	huid := text(w.reads("POST", "id/users/", user, reading{"huid": isText}), "huid")
	w.reads("GET", "fort/accounts/"+huid, nil, reading{"balance": isNumber})
	w.reads("POST", fmt.Sprintf("objects/%d/purchases", oid), map[string]any{"price": 0, "huid": huid, "autocommit": true},
		purchaseReading, reading{"huid": isText})

	voucher := map[string]any{"amount": 100, "until": nil, "message": nil, "gid": nil, "description": nil}
	code := text(w.reads("POST", "vouchers/", voucher, voucherReading, reading{"id_fort_transfer": isNumber}), "vid_encoded")
	w.reads("GET", "vouchers/"+code, nil, voucherReading)
	w.reads("GET", "vouchers/", nil, voucherReading.within("0"))
	w.reads("DELETE", "vouchers/"+code, map[string]any{"revoke": true}, reading{code: isNumber})
	w.reads("DELETE", "vouchers", map[string]any{"revoke": true}, reading{})
	w.reads("GET", "vouchers/history/", nil, voucherReading.within("1"), reading{"1.action": isText, "1.ts_created": isText})
	w.reads("GET", fmt.Sprintf("fort/transfers/to=%d", uid), nil,
		reading{"0.id": isNumber, "0.amount": isNumber, "0.uid_from": isNumber, "0.uid_to": isNumber, "0.timestamp": isText, "0.description": isNote})
}

// A refusal has a documented status, a message and a context.
func TestOfficialClients_Refusals(t *testing.T) {
	w := newWorld(t)
	ann, oid := w.buyer("Ann", 1000), w.object()
	p := as[purchase](w.call("GET", w.pay(ann, w.order(oid, 2)), nil))
	spent := w.pay(ann, w.order(oid, 2))
	w.call("GET", spent, nil).is(http.StatusOK)
	for _, a := range []result{
		w.call("GET", "registry/objects/99", nil).is(http.StatusNotFound),
		w.call("GET", "registry/objects/x", nil).is(http.StatusBadRequest),
		w.call("GET", "nothing", nil).is(http.StatusNotFound),
		w.call("GET", spent, nil).is(http.StatusForbidden),
		w.call("PUT", fmt.Sprintf("purchases/%d", p.PurchaseID), map[string]any{"transferid": p.TransferID - 1}).is(http.StatusConflict),
		w.call("POST", "vouchers/", map[string]any{"amount": 1 << 30, "until": nil, "message": "", "gid": nil}).is(http.StatusPaymentRequired),
		w.as("unknown", digest).call("GET", "fort/accounts", nil).is(http.StatusUnauthorized),
	} {
		known := []int{400, 401, 402, 403, 404, 409, 410, 500, 501}
		if !slices.Contains(known, a.status) || a.Message == "" || a.Context == "" || a.Data != nil {
			t.Errorf("%s: got %d %s", a.call, a.status, a.raw)
		}
	}
}

package sandbox_test

import (
	"bufio"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"
)

// post makes a call with a body and a content type. An empty content type is not sent.
func (w *world) post(method, path, contentType, body string) result {
	w.t.Helper()
	request := w.request(method, w.Endpoint()+"/"+path, strings.NewReader(body))
	if contentType != "" {
		request.Header.Set("Content-Type", contentType)
	}
	return w.send(request)
}

func TestPaths_BasesAndSlashes(t *testing.T) {
	w := newWorld(t)
	for _, base := range []string{"/broker/v1/", "/sandbox/broker/v1/", "/broker/v1//", "/sandbox/broker/v1//"} {
		w.send(w.request("GET", w.Frontend()+base+"fort/accounts", nil)).is(http.StatusOK)
	}
	for _, path := range []string{"/", "/fort/accounts", "/broker/v2/fort/accounts", "/broker/v1", "/broker/v1/", "/sandbox/sandbox/broker/v1/fort/accounts", "/orders/1/add/"} {
		w.send(w.request("GET", w.Frontend()+path, nil)).is(http.StatusNotFound)
	}
}

func TestPaths_LastSlash(t *testing.T) {
	w := newWorld(t)
	oid := w.object()
	order := w.order(oid, 1)
	code := w.voucher(1, nil).VIDEncoded
	buyer := w.buyer("Ann", 500)
	user := newUser(w, "get.account.balance", "purchase.object")
	description := map[string]any{"description": map[string]string{"name": "x", "url": "http://localhost/"}}
	for _, slash := range []string{"", "/"} {
		w.call("GET", "id/users"+slash, nil).is(200)
		w.call("POST", "id/users"+slash, map[string]any{}).is(200)
		w.call("GET", "fort/accounts"+slash, nil).is(200)
		w.call("GET", "fort/accounts/"+user+slash, nil).is(200)
		w.call("GET", fmt.Sprintf("fort/transfers/to=%d%s", w.Seller(), slash), nil).is(200)
		w.call("GET", "registry/objects"+slash, nil).is(200)
		w.call("GET", "registry/objects/first=1"+slash, nil).is(200)
		w.call("POST", "registry/objects"+slash, description).is(200)
		w.call("GET", fmt.Sprintf("registry/objects/%d%s", oid, slash), nil).is(200)
		w.call("PUT", fmt.Sprintf("registry/objects/%d%s", oid, slash), description).is(200)
		w.call("GET", fmt.Sprintf("objects/%d/orders%s", oid, slash), nil).is(200)
		w.call("POST", fmt.Sprintf("objects/%d/orders%s", oid, slash), map[string]any{"price": 1, "order_expires": nil}).is(200)
		w.call("GET", fmt.Sprintf("objects/%d/orders/all%s", oid, slash), nil).is(200)
		w.call("GET", fmt.Sprintf("objects/%d/orders/%d%s", oid, order, slash), nil).is(200)
		w.call("GET", fmt.Sprintf("objects/%d/orders/all/%d%s", oid, order, slash), nil).is(200)
		w.call("GET", "orders"+slash, nil).is(200)
		w.call("GET", "orders/all"+slash, nil).is(200)
		w.call("GET", fmt.Sprintf("orders/%d%s", order, slash), nil).is(200)
		w.call("GET", fmt.Sprintf("orders/all/%d%s", order, slash), nil).is(200)
		p := as[purchase](w.call("GET", w.pay(buyer, order)+slash, nil))
		w.call("PUT", fmt.Sprintf("purchases/%d%s", p.PurchaseID, slash), map[string]any{"transferid": p.TransferID}).is(200)
		w.call("POST", fmt.Sprintf("objects/%d/purchases%s", oid, slash), map[string]any{"price": 0, "huid": user, "autocommit": true}).is(200)
		w.call("POST", "rewards"+slash, map[string]any{"huid_to": user, "amount": 1}).is(200)
		w.call("POST", "vouchers"+slash, map[string]any{"amount": 1, "until": nil}).is(200)
		w.call("GET", "vouchers"+slash, nil).is(200)
		w.call("GET", "vouchers/"+code+slash, nil).is(200)
		w.call("GET", "vouchers/history"+slash, nil).is(200)
		w.call("GET", "vouchers/history/"+code+slash, nil).is(200)
		w.call("DELETE", "vouchers/"+code+slash, map[string]any{"revoke": true}).is(200)
		w.call("DELETE", "vouchers"+slash, map[string]any{"revoke": true}).is(200)
	}
}

func TestProfile_ByUsername(t *testing.T) {
	w := newWorld(t)
	w.call("GET", "id/users/username=test@vingd.com", nil).is(http.StatusOK)
	w.call("GET", "id/users/username=test%40vingd.com/", nil).is(http.StatusOK)
	w.call("GET", "id/users/username=other@vingd.com", nil).is(http.StatusForbidden)
}

// The documents have the resource id/users/<uid>.
func TestProfile_ByUID(t *testing.T) {
	w := newWorld(t)
	want := as[map[string]any](w.call("GET", "id/users", nil))
	for _, slash := range []string{"", "/"} {
		got := as[map[string]any](w.call("GET", fmt.Sprintf("id/users/%d%s", w.Seller(), slash), nil))
		if got["uid"] != float64(w.Seller()) || !maps.Equal(got, want) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
	w.call("GET", fmt.Sprintf("id/users/%d", w.buyer("Ann", 0).UID()), nil).is(http.StatusForbidden)
	w.call("GET", "id/users/99", nil).is(http.StatusForbidden)
	w.call("GET", "id/users/0", nil).is(http.StatusBadRequest)
	w.call("GET", "id/users/ann", nil).is(http.StatusBadRequest)
}

func TestContentType_Ignored(t *testing.T) {
	w := newWorld(t)
	for _, contentType := range []string{"", "application/x-www-form-urlencoded", "application/json; charset=utf-8", "text/plain", "nonsense"} {
		w.post("POST", "registry/objects/", contentType, `{"description":{"name":"x","url":"http://localhost/"}}`).is(http.StatusOK)
	}
}

func TestPaths_Plus(t *testing.T) {
	w := newWorld(t)
	w.object()
	for _, since := range []string{
		"20260102T030405%2B0000", "20260102T030405+0000", "20260102T043405%2b0130", "2026-01-02T03:04:05+00:00",
		"20260102T030405Z", "20260102T030405", "20260101T233405-0330", "20260102T042635%2B012230",
	} {
		if got := string(w.call("GET", "registry/objects/since="+since, nil).is(http.StatusOK).Data); got == "[]" {
			t.Errorf("since=%s: the object is missing, though it is a fraction of a second newer", since)
		}
	}
	for _, since := range []string{"20260102T030406%2B0000", "20260102T030406", "99991231T235959Z"} {
		if got := string(w.call("GET", "registry/objects/since="+since, nil).is(http.StatusOK).Data); got != "[]" {
			t.Errorf("since=%s: got %s, want []", since, got)
		}
	}
	w.call("GET", "registry/objects/since=9991231T235959%2B0000", nil).is(http.StatusOK) // the year 999, as Python writes it
}

func TestTimes_InBodies(t *testing.T) {
	w := newWorld(t)
	for written, want := range map[string]string{
		`"2026-03-04T05:06:07.678901+00:00"`:  "2026-03-04T05:06:07.678901+00:00",
		`"2026-03-04T05:06:07+00:00"`:         "2026-03-04T05:06:07+00:00",
		`"2026-03-04T05:06:07+02:00"`:         "2026-03-04T03:06:07+00:00",
		`"2026-03-04T05:06:07+01:22:30"`:      "2026-03-04T03:43:37+00:00",
		`"20260304T050607+0200"`:              "2026-03-04T03:06:07+00:00",        // PHP
		`"2026-03-04T05:06Z"`:                 "2026-03-04T05:06:00+00:00",        // Java
		`"2026-03-04T05:06:07.6789012+02:00"`: "2026-03-04T03:06:07.678901+00:00", // C#
		`"2026-03-04T05:06:07.6789012Z"`:      "2026-03-04T05:06:07.678901+00:00",
		`"2026-03-04T05:06:07.089012"`:        "2026-03-04T05:06:07.089012+00:00", // Python, naive
		`"2026-03-04 05:06:07,5-03:30"`:       "2026-03-04T08:36:07.500000+00:00",
		`"9999-12-31T23:59:59.999999+00:00"`:  "9999-12-31T23:59:59.999999+00:00",
		`null`:                                "9999-12-31T23:59:59.999999+00:00", // PHP, never
	} {
		v := as[voucher](w.post("POST", "vouchers/", "", `{"amount":1,"until":`+written+`,"message":"","gid":null}`))
		if v.TSValidUntil != want {
			t.Errorf("%s: got %s, want %s", written, v.TSValidUntil, want)
		}
	}
	v := as[voucher](w.post("POST", "vouchers/", "", `{"amount":1}`))
	if want := "2026-01-09T03:04:05.678901+00:00"; v.TSValidUntil != want {
		t.Errorf("without a time: got %s, want %s", v.TSValidUntil, want)
	}
	oid := w.object()
	for body, want := range map[string]string{
		`{"price":1}`:                      "2026-01-02T03:19:05.678901+00:00",
		`{"price":1,"order_expires":null}`: "9999-12-31T23:59:59.999999+00:00",
	} {
		id := as[ids](w.post("POST", fmt.Sprintf("objects/%d/orders", oid), "", body)).IDs[0]
		o := as[map[string]any](w.call("GET", fmt.Sprintf("orders/%d", id), nil))
		if o["order_expires"] != want {
			t.Errorf("%s: got %v, want %s", body, o["order_expires"], want)
		}
	}
}

func TestBodies_OtherKeys(t *testing.T) {
	w := newWorld(t)
	oid := w.object()
	v := as[voucher](w.post("POST", "vouchers/", "", `{"class":0,"amount":"150","until":null,"message":null,"gid":"","description":"note"}`))
	if v.Amount != 150 || v.GID != nil || v.Message == nil || *v.Message != "" {
		t.Errorf("got %+v", v)
	}
	w.holds(1000_00 - 150)
	id := as[ids](w.post("POST", fmt.Sprintf("objects/%d/orders", oid), "", `{"class":0,"price":"199","order_expires":null}`)).IDs[0]
	if o := as[map[string]any](w.call("GET", fmt.Sprintf("orders/%d", id), nil)); o["price"] != 199.0 {
		t.Errorf("got %v", o)
	}
	p := as[purchase](w.call("GET", w.pay(w.buyer("Ann", 500), w.order(oid, 2)), nil))
	w.post("PUT", fmt.Sprintf("purchases/%d", p.PurchaseID), "", fmt.Sprintf(`{"transferid":"%d"}`, p.TransferID)).is(http.StatusOK)
}

// The official clients need ASCII, created ids in the batch form, and a length.
func TestResponses_Form(t *testing.T) {
	w := newWorld(t)
	a := w.post("POST", "registry/objects/", "", `{"description":{"name":"日本語 é 💰 \u2028","more":"`+strings.Repeat("x", 4000)+`","url":"http://localhost/"}}`)
	var batch struct {
		Oids   []int64
		Errors []any
	}
	if err := json.Unmarshal(a.Data, &batch); err != nil || len(batch.Oids) != 1 || batch.Errors == nil {
		t.Fatalf("got %s, want the batch form", a.raw)
	}
	got := w.call("GET", fmt.Sprintf("registry/objects/%d", batch.Oids[0]), nil)
	if want := `"name":"\u65e5\u672c\u8a9e \u00e9 \ud83d\udcb0 \u2028"`; !strings.Contains(string(got.raw), want) {
		t.Errorf("got %s, want it with %s", got.raw, want)
	}
	if got.header.Get("Content-Length") != fmt.Sprint(len(got.raw)) {
		t.Errorf("got length %q of %d bytes", got.header.Get("Content-Length"), len(got.raw))
	}
}

// The sandbox accepts requests that net/http does not send, such as a GET with a length, HTTP/1.0, and Expect: 100-continue.
func TestRequests_Raw(t *testing.T) {
	w := newWorld(t)
	roots := w.HTTPClient().Transport.(*http.Transport).TLSClientConfig.RootCAs
	authorization := "Authorization: Basic " + base64.StdEncoding.EncodeToString([]byte(username+":"+digest)) + "\r\n"
	body := `{"description":{"name":"x","url":"http://localhost/"}}`
	tests := map[string]struct{ head, body string }{
		"a length on GET":  {"GET /sandbox/broker/v1/id/users HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\n", ""},
		"HTTP/1.0":         {"GET /sandbox/broker/v1/id/users/ HTTP/1.0\r\n", ""},
		"100-continue":     {"POST /sandbox/broker/v1/registry/objects/ HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: " + fmt.Sprint(len(body)) + "\r\n", body},
		"chunks":           {"POST /broker/v1//registry/objects HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", len(body), body)},
		"an absolute form": {"GET https://localhost/sandbox/broker/v1/fort/accounts HTTP/1.1\r\nHost: localhost\r\n", ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			dialer := &tls.Dialer{Config: &tls.Config{RootCAs: roots}}
			connection, err := dialer.DialContext(t.Context(), "tcp", strings.TrimPrefix(w.Frontend(), "https://"))
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = connection.Close() }()
			if err := connection.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			write := func(text string) {
				t.Helper()
				if _, err := io.WriteString(connection, text); err != nil {
					t.Fatal(err)
				}
			}
			write(test.head + authorization + "\r\n")
			reader := bufio.NewReader(connection)
			if strings.Contains(test.head, "Expect") {
				interim := make([]byte, len("HTTP/1.1 100 Continue\r\n\r\n"))
				if _, err := io.ReadFull(reader, interim); err != nil || string(interim) != "HTTP/1.1 100 Continue\r\n\r\n" {
					t.Fatalf("got %q, %v", interim, err)
				}
			}
			write(test.body)
			response, err := http.ReadResponse(reader, nil)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = response.Body.Close() }()
			if got, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK || !json.Valid(got) {
				t.Errorf("got %d %s", response.StatusCode, got)
			}
		})
	}
}

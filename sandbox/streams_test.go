package sandbox_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// manyVouchers creates more vouchers than one part of a response holds.
func manyVouchers(t *testing.T, w *world) map[string]bool {
	t.Helper()
	codes := make(map[string]bool)
	for range 1500 {
		request := readTarget(http.MethodPost, "/broker/v1/vouchers/", `{"amount": 1, "until": null, "message": "Hi", "gid": null}`)
		request.SetBasicAuth(username, digest)
		var made struct{ Data voucher }
		if err := json.Unmarshal(serve(w.Sandbox, request).Body.Bytes(), &made); err != nil {
			t.Fatal(err)
		}
		codes[made.Data.VIDEncoded] = true
	}
	return codes
}

// The sandbox sends a long list while it reads the rows. It serves other calls at the same time, even if the client reads
// slowly. The list is complete.
func TestList_Streamed(t *testing.T) {
	w := newWorld(t)
	codes := manyVouchers(t, w)
	for _, filter := range []string{"", "/first=9999", "/last=9999"} {
		response, err := w.HTTPClient().Do(w.request("GET", w.Endpoint()+"/vouchers"+filter, nil))
		if err != nil {
			t.Fatal(err)
		}
		if response.ContentLength != -1 || response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/json" {
			t.Errorf("got %d, %d bytes, %v; want a response of unknown length", response.StatusCode, response.ContentLength, response.Header)
		}
		body := bufio.NewReader(response.Body)
		if _, err := body.Peek(1); err != nil {
			t.Fatal(err)
		}
		w.holds(985_00) // served while the list waits for the client
		var result struct{ Data []voucher }
		if err := json.NewDecoder(body).Decode(&result); err != nil {
			t.Fatal(err)
		}
		if rest, err := io.ReadAll(body); err != nil || len(rest) > 1 {
			t.Errorf("got %q, %v after the response", rest, err)
		}
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		got := make(map[string]bool)
		for i, v := range result.Data {
			if got[v.VIDEncoded] = true; !codes[v.VIDEncoded] {
				t.Errorf("voucher %s was never created", v.VIDEncoded)
			}
			if i > 0 && filter == "" && v.VIDEncoded <= result.Data[i-1].VIDEncoded || i > 0 && filter != "" && v.VID <= result.Data[i-1].VID {
				t.Errorf("%s: row %d is out of order", filter, i)
			}
		}
		if len(got) != len(codes) || len(result.Data) != len(codes) {
			t.Errorf("%s: got %d vouchers, %d of them different; want %d", filter, len(result.Data), len(got), len(codes))
		}
	}
}

// If a list fails after a part was sent, the connection is closed: the list must not look complete.
func TestList_FailsLate(t *testing.T) {
	w := newWorld(t)
	manyVouchers(t, w)
	response, err := w.HTTPClient().Do(w.request("GET", w.Endpoint()+"/vouchers/history", nil))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := response.Body.Read(make([]byte, 1)); err != nil {
		t.Fatal(err)
	}
	if err := w.Reset(); err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(response.Body)
	if err == nil {
		t.Errorf("got %d bytes and no error, want an incomplete response; it ends with %q", len(text), text[max(0, len(text)-20):])
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if got := as[[]any](w.call("GET", "vouchers/history", nil)); len(got) != 0 {
		t.Errorf("got %d entries, want none after the reset", len(got))
	}
}

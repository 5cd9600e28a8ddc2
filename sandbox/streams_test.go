package sandbox_test

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"testing"
)

// manyVouchers makes more vouchers than an answer holds at a time.
func manyVouchers(t *testing.T, w *world) map[string]bool {
	t.Helper()
	codes := make(map[string]bool)
	for range 1500 {
		codes[w.voucher(1, nil).VIDEncoded] = true
	}
	return codes
}

// A long list is sent while it is read: others are served meanwhile, even if its reader is slow, and it is whole.
func TestList_IsStreamed(t *testing.T) {
	w := newWorld(t)
	codes := manyVouchers(t, w)
	for _, filter := range []string{"", "/first=9999", "/last=9999"} {
		response, err := w.HTTPClient().Do(w.request("GET", w.Endpoint()+"/vouchers"+filter, nil))
		if err != nil {
			t.Fatal(err)
		}
		if response.ContentLength != -1 || response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "application/json" {
			t.Errorf("got %d, %d bytes, %v; want an answer of unknown length", response.StatusCode, response.ContentLength, response.Header)
		}
		body := bufio.NewReader(response.Body)
		if _, err := body.Peek(1); err != nil {
			t.Fatal(err)
		}
		w.holds(985_00) // served while the list waits for its reader
		var answer struct{ Data []voucher }
		if err := json.NewDecoder(body).Decode(&answer); err != nil {
			t.Fatal(err)
		}
		if rest, err := io.ReadAll(body); err != nil || len(rest) > 1 {
			t.Errorf("after the answer comes %q, %v", rest, err)
		}
		if err := response.Body.Close(); err != nil {
			t.Fatal(err)
		}
		got := make(map[string]bool)
		for i, v := range answer.Data {
			if got[v.VIDEncoded] = true; !codes[v.VIDEncoded] {
				t.Errorf("voucher %s was never made", v.VIDEncoded)
			}
			if i > 0 && filter == "" && v.VIDEncoded <= answer.Data[i-1].VIDEncoded || i > 0 && filter != "" && v.VID <= answer.Data[i-1].VID {
				t.Errorf("%s: row %d is out of order", filter, i)
			}
		}
		if len(got) != len(codes) || len(answer.Data) != len(codes) {
			t.Errorf("%s: got %d vouchers, %d of them different; want %d", filter, len(answer.Data), len(got), len(codes))
		}
	}
}

// A list that fails when some of it is sent is broken off: it must not look like a whole one.
func TestList_IsBrokenOff(t *testing.T) {
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
		t.Errorf("got %d bytes and no error, want a broken answer; it ends with %q", len(text), text[max(0, len(text)-20):])
	}
	if err := response.Body.Close(); err != nil {
		t.Fatal(err)
	}
	if got := as[[]any](w.call("GET", "vouchers/history", nil)); len(got) != 0 {
		t.Errorf("got %d entries, want none after the reset", len(got))
	}
}

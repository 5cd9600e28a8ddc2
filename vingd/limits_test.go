package vingd_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/vingd"
)

// A callback has 4 KiB at most, ids from 1 to the largest, and each of its parts once.
func TestCallback_Limits(t *testing.T) {
	const start, end = `{"oid": "5", "tid": "abc", "context": "`, `"}`
	for length, ok := range map[int]bool{4 << 10: true, 4<<10 + 1: false} {
		_, err := vingd.ParseToken([]byte(start + strings.Repeat("x", length-len(start)-len(end)) + end))
		if (err == nil) != ok || !ok && !strings.Contains(err.Error(), "token must not be longer than 4 KiB") {
			t.Errorf("%d bytes: got %v, want it taken: %v", length, err, ok)
		}
	}
	for oid, ok := range map[string]bool{"1": true, "9223372036854775807": true, "0": false, "-1": false, "9223372036854775808": false, "01": false, "+1": false, "": false} {
		callback, err := vingd.ParseToken([]byte(`{"oid": "` + oid + `", "tid": "abc"}`))
		if (err == nil) != ok || ok && fmt.Sprint(callback.Object) != oid {
			t.Errorf("oid %q: got %v, %v, want it taken: %v", oid, callback, err, ok)
		}
	}
	for query, want := range map[string]error{
		"oid=5&tid=abc": nil, "oid=5&tid=abc&context=c": nil, "": vingd.ErrNoCallback, "context=c": vingd.ErrNoCallback,
		"oid=5": vingd.ErrInvalidArgument, "tid=abc": vingd.ErrInvalidArgument,
		"oid=5&oid=5&tid=abc": vingd.ErrInvalidArgument, "oid=5&tid=abc&tid=abc": vingd.ErrInvalidArgument, "oid=5&tid=abc&context=a&context=a": vingd.ErrInvalidArgument,
	} {
		if _, err := vingd.ParseCallback(&url.URL{RawQuery: query}); !errors.Is(err, want) || (err == nil) != (want == nil) {
			t.Errorf("%q: got %v, want %v", query, err, want)
		}
	}
}

// An error prints 512 bytes at most of a message.
func TestError_LongMessage(t *testing.T) {
	for length, cut := range map[int]bool{512: false, 513: true} {
		text := (&vingd.Error{Op: "getBalance", Kind: vingd.ErrGeneral, Status: 500, Message: strings.Repeat("x", length)}).Error()
		if n := strings.Count(text, "x"); n != 512 || strings.Contains(text, "x…") != cut {
			t.Errorf("%d bytes: got %d of them in %q, want 512", length, n, text)
		}
	}
}

// Only a status from 200 to 299 is a success.
func TestCall_Statuses(t *testing.T) {
	for status, ok := range map[int]bool{199: false, 200: true, 201: true, 299: true, 300: false, 400: false} {
		client := newClient(t, "http://127.0.0.1:1", roundTrip(func(req *http.Request) (*http.Response, error) {
			return reply(req, status, `{"data": {"uid": 4711, "balance": 100}}`), nil
		}), vingd.WithRetries(0))
		if balance, err := client.Accounts.Balance(t.Context()); (err == nil) != ok || ok && balance != 1_00 {
			t.Errorf("status %d: got %v, %v, want success: %v", status, balance, err, ok)
		}
	}
}

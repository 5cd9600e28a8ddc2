package vingd_test

import (
	"encoding/json"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"reflect"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/vingd/vingd-api-go/vingd"
)

// envelopes are responses, and what is nearly so.
var envelopes = []string{
	``, ` `, `null`, `{}`, `[]`, `"data"`, `<html><body>Bad gateway</body></html>`, `{"data": null}`, `{"data": {}}`, `{"data": []}`, `{"data": [{}]}`,
	`{"data": {"uid": 4711, "balance": 12345}}`, `{"data": {"balance": "12345"}}`, `{"data": {"balance": 1e3}}`, `{"data": {"balance": 1.5}}`,
	`{"data": {"uid": 4711, "username": "a", "name": null, "timestamp_created": "2012-03-04 05:06:07Z"}}`, `{"data": {"timestamp_created": "yesterday"}}`,
	`{"data": ` + objectData + `}`, `{"data": [` + objectData + `]}`, `{"data": ` + orderData + `}`, `{"data": [` + orderData + `, ` + orderData + `]}`,
	`{"data": ` + purchaseData + `}`, `{"data": ` + voucherData + `}`, `{"data": [` + voucherData + `, ` + voucherData + `]}`,
	`{"data": [` + logData + `]}`, `{"data": [` + transferData + `]}`, `{"data": {"ok": true}}`, `{"data": {"ok": false}}`, `{"data": {"ok": 1}}`,
	`{"data": {"huid": "` + huid + `"}}`, `{"data": {"transfer_id": 14}}`, `{"data": {"LXKG-TBR-HQV": 778, "other": null}}`,
	`{"data": {"oid": 5}}`, `{"data": {"oids": [5], "errors": []}}`, `{"data": {"ids": [7], "errors": [{"code": "409", "desc": "No"}]}}`,
	`{"data": {"ids": [], "errors": ["no"]}}`, `{"data": {"ids": [], "errors": [null]}}`, `{"data": {"id": 0}}`, `{"data": {"id": 7, "ids": []}}`,
	`{"version": 1234, "data": [` + voucherData + `], "took": 0.125}`, `{"data": [], "data": []}`, `{"data": {"balance": 1}, "data": {"balance": 2}}`,
	`{"message": "There is no such object.", "context": "Not found"}`, `{"message": null, "context": null}`, `{"message": {"a": 1}, "context": 5}`,
	`{"message": "a"}`, `{"message": "line\nline\u0000\u202e", "context": "\ud800"}`, "{\"message\": \"\xff\", \"context\": \"\"}", `{"data": {"balance": 1}} x`,
	`{"data": [` + voucherData, `{"data": [` + voucherData + `,]}`, `{"data": [` + voucherData + ` 5]}`, `{"data": [5]}`, `{"data": [null]}`, "\ufeff{}",
}

// For every response of a broker, a call returns its data or an error with the status, and never both.
func FuzzResponses(f *testing.F) {
	for i, body := range envelopes {
		for which := range len(calls) {
			status := []uint16{200, 201, 206, 204, 301, 400, 403, 404, 409, 500, 502}[(i+which)%11]
			f.Add(uint8(which), uint16(200), []byte(body), uint64(0))
			f.Add(uint8(which), status, []byte(body), uint64(i))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, status uint16, body []byte, pieces uint64) {
		call := calls[int(which)%len(calls)]
		code := 100 + int(status)%900
		got, err := call.do(t.Context(), memoryClient(t, code, body, pieces))
		if err != nil {
			checkError(t, call.op, code, err)
			if value := reflect.ValueOf(got); value.IsValid() && !value.IsZero() {
				t.Errorf("%s of %d %q: %+v along with %v", call.name, code, body, got, err)
			}
			return
		}
		var envelope map[string]json.RawMessage
		if !utf8.Valid(body) || json.Unmarshal(body, &envelope) != nil {
			t.Fatalf("%s of %d %q: %+v without a response", call.name, code, body, got)
		}
		if _, ok := envelope["data"]; !ok || code < 200 || code > 299 {
			t.Errorf("%s of %d %q: %+v for a response without success", call.name, code, body, got)
		}
	})
}

// checkError checks that an error is what the documentation of errors says, and prints as one line.
func checkError(t *testing.T, op string, status int, err error) {
	t.Helper()
	var failed *vingd.Error
	if !errors.As(err, &failed) {
		t.Fatalf("%T, want *vingd.Error: %v", err, err)
	}
	if failed.Op != op || failed.Status != status {
		t.Errorf("the error is of %s with the status %d, want %s with %d", failed.Op, failed.Status, op, status)
	}
	kinds := 0
	for _, kind := range []error{vingd.ErrInvalidData, vingd.ErrForbidden, vingd.ErrNotFound, vingd.ErrInternal, vingd.ErrGeneral} {
		if errors.Is(err, kind) {
			kinds++
		}
	}
	if kinds != 1 || !errors.Is(err, failed.Kind) {
		t.Errorf("the error is of %d kinds, its own is %v", kinds, failed.Kind)
	}
	if unknown := failed.Outcome == vingd.OutcomeUnknown; unknown != errors.Is(err, vingd.ErrOutcomeUnknown) || !unknown && failed.Outcome != vingd.OutcomeNotDone {
		t.Errorf("the outcome is %v, of %v", failed.Outcome, err)
	}
	line := err.Error()
	if len(line) > 2048 || !utf8.ValidString(line) || strings.ContainsFunc(line, unicode.IsControl) {
		t.Errorf("the error is not a line: %q", line)
	}
}

// Rows and errors do not depend on how a response comes: in one piece, byte by byte, or anything between.
func FuzzPieces(f *testing.F) {
	for i, body := range envelopes {
		for which := range rowCalls {
			f.Add(uint8(which), []byte(body), uint64(1))
			f.Add(uint8(which), []byte(body), uint64(i+2))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, body []byte, pieces uint64) {
		call := rowCalls[int(which)%len(rowCalls)]
		want, wantErr := call(t, memoryClient(t, http.StatusOK, body, 0))
		got, err := call(t, memoryClient(t, http.StatusOK, body, pieces))
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q in pieces (%d) has the rows %+v, in one piece %+v", body, pieces, got, want)
		}
		if kind, wantKind := kindOfFailure(err), kindOfFailure(wantErr); kind != wantKind {
			t.Errorf("%q in pieces (%d) is the error %v, in one piece %v", body, pieces, err, wantErr)
		}
	})
}

// rowCalls are the calls that return rows as they come. Each returns the rows in front of its error, too.
var rowCalls = []func(*testing.T, *vingd.Client) (any, error){
	func(t *testing.T, c *vingd.Client) (any, error) {
		return rowsUntil(c.Vouchers.All(t.Context(), vingd.VoucherFilter{}))
	},
	func(t *testing.T, c *vingd.Client) (any, error) {
		return rowsUntil(c.Vouchers.AllHistory(t.Context(), vingd.HistoryFilter{}))
	},
	func(t *testing.T, c *vingd.Client) (any, error) {
		return rowsUntil(c.Objects.All(t.Context(), vingd.ObjectFilter{}))
	},
	func(t *testing.T, c *vingd.Client) (any, error) {
		return rowsUntil(c.Orders.All(t.Context(), vingd.OrderFilter{}))
	},
	func(t *testing.T, c *vingd.Client) (any, error) {
		return rowsUntil(c.Transfers.All(t.Context(), vingd.TransferFilter{From: 4711}))
	},
}

// rowsUntil collects a stream, and returns what came in front of its error too.
func rowsUntil[T any](rows func(func(T, error) bool)) (got []T, err error) {
	rows(func(row T, e error) bool {
		if e != nil {
			err = e
			return true
		}
		got = append(got, row)
		return true
	})
	return got, err
}

// kindOfFailure is what of an error does not depend on how the response came. Where it stood, and how much of it had
// been seen, does.
func kindOfFailure(err error) (kind struct {
	kind    error
	status  int
	context string
	outcome vingd.Outcome
}) {
	var failed *vingd.Error
	if errors.As(err, &failed) {
		kind.kind, kind.status, kind.context, kind.outcome = failed.Kind, failed.Status, failed.Context, failed.Outcome
	}
	return kind
}

// memoryClient returns a client of a broker in memory that gives one response to everything. It does not retry.
func memoryClient(t *testing.T, status int, body []byte, pieces uint64) *vingd.Client {
	t.Helper()
	return newBareClient(t, "https://localhost", roundTrip(func(req *http.Request) (*http.Response, error) {
		resp := reply(req, status, "")
		resp.Body = io.NopCloser(&pieceReader{rest: body, pieces: pieces, sizes: rand.New(rand.NewPCG(pieces, 0))})
		resp.ContentLength = -1
		return resp, nil
	}), vingd.WithRetries(0))
}

// pieceReader yields bytes in one piece for 0, one by one for 1, and else in pieces of random sizes.
type pieceReader struct {
	rest   []byte
	pieces uint64
	sizes  *rand.Rand
}

func (r *pieceReader) Read(p []byte) (int, error) {
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := len(r.rest)
	switch {
	case r.pieces == 1:
		n = 1
	case r.pieces > 1:
		n = 1 + r.sizes.IntN(64)
	}
	n = copy(p, r.rest[:min(n, len(r.rest))])
	r.rest = r.rest[n:]
	if len(r.rest) == 0 && r.pieces%2 == 0 {
		return n, io.EOF // as some readers do, together with the last bytes
	}
	return n, nil
}

package sandbox_test

import (
	"errors"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// For each field of the filter, ReconcileRevoke finds the vouchers that Revoke has revoked by it, or refuses the field. If it
// dropped a field, it would judge a revocation by vouchers that do not match the filter.
func TestFilter_ReconcileRevoke(t *testing.T) {
	whole := map[string]string{ // fields by which no value revokes only a part of the vouchers
		"From": "all vouchers of the seller have one source account",
		"To":   "a voucher that may be revoked has no destination account",
	}
	fields := reflect.TypeFor[vingd.VoucherFilter]()
	first := newFilterStage(t)
	s := first
	for i := range fields.NumField() {
		name, accepted, narrowed := fields.Field(i).Name, false, false
		for _, value := range first.goValues(fields.Field(i).Type) {
			if value.Kind() == reflect.String {
				value = reflect.ValueOf(s.codeOf(first, value.String())).Convert(value.Type())
			}
			var filter vingd.VoucherFilter
			if reflect.ValueOf(&filter).Elem().Field(i).Set(value); filter == (vingd.VoucherFilter{}) {
				continue
			}
			client := s.client()
			sent := s.clock.Now()
			if _, err := client.Vouchers.ReconcileRevoke(t.Context(), filter, sent); errors.Is(err, vingd.ErrInvalidArgument) {
				continue
			}
			accepted = true
			open := s.open()
			revoked, err := client.Vouchers.Revoke(t.Context(), filter)
			if err != nil && !errors.Is(err, vingd.ErrNotFound) {
				t.Errorf("%s %v: %v", name, value, err)
			}
			if len(revoked) == 0 {
				continue
			}
			narrowed = narrowed || len(revoked) < open
			got, err := client.Vouchers.ReconcileRevoke(t.Context(), filter, sent)
			if err != nil || !maps.Equal(got, revoked) {
				t.Errorf("ReconcileRevoke by %s: Revoke by %v revoked %d of %d vouchers, got %v, %v", name, value, len(revoked), open, got, err)
			}
			if s = newFilterStage(t); narrowed && testing.Short() {
				break
			}
		}
		if _, never := whole[name]; accepted && narrowed == never {
			t.Errorf("VoucherFilter.%s: a value of it revokes a part of the vouchers: %v, want %v", name, narrowed, !never)
		}
	}
}

// client returns a client of the stage's seller.
func (s *filterStage) client() *vingd.Client {
	s.t.Helper()
	client, err := newDirectClient(s.sandbox, username, s.clock.Now, vingd.WithSettleTime(0))
	if err != nil {
		s.t.Fatal(err)
	}
	return client
}

// codeOf returns this stage's code for a code of another stage. It returns any other text unchanged.
func (s *filterStage) codeOf(other *filterStage, text string) string {
	for here, voucher := range s.vouchers {
		if voucher == other.vouchers[text] {
			return here
		}
	}
	return text
}

// open returns the number of open vouchers.
func (s *filterStage) open() (n int) {
	for _, v := range s.list("vouchers") {
		if v["amount_allocated"] != nil {
			n++
		}
	}
	return n
}

// goValues returns the values that occur in responses, as values of a Go type.
func (s *filterStage) goValues(of reflect.Type) (values []reflect.Value) {
	s.t.Helper()
	if of == reflect.TypeFor[vingd.Time]() {
		for _, text := range s.occurring(nil) {
			at, err := time.Parse(time.RFC3339Nano, text)
			if err != nil {
				s.t.Fatal(err)
			}
			values = append(values, reflect.ValueOf(vingd.At(at)))
		}
		return values
	}
	s.occurring(nil) // fills s.found
	texts := make(map[string]bool)
	for _, found := range s.found {
		maps.Copy(texts, found)
	}
	for _, text := range slices.Sorted(maps.Keys(texts)) {
		n, err := strconv.ParseInt(text, 10, 64)
		switch of.Kind() {
		case reflect.String:
			values = append(values, reflect.ValueOf(text).Convert(of))
		case reflect.Int, reflect.Int64:
			if err == nil {
				values = append(values, reflect.ValueOf(n).Convert(of))
			}
		case reflect.Bool:
			values = []reflect.Value{reflect.ValueOf(true).Convert(of)}
		default:
			s.t.Fatalf("goValues must make values of %s", of)
		}
	}
	return values
}

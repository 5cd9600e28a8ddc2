package faults_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/api"
	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/sandbox/internal/faults"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestOperations(t *testing.T) {
	doc, err := openapi3.NewLoader().LoadFromData(api.Spec)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{faults.OrderPage, faults.VoucherPage}
	for _, item := range doc.Paths.Map() {
		for _, operation := range item.Operations() {
			want = append(want, operation.OperationID)
		}
	}
	got := faults.Operations()
	slices.Sort(want)
	slices.Sort(got)
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want what the specification has, %q", got, want)
	}
}

func TestAddRefuses(t *testing.T) {
	for _, test := range []struct {
		operation string
		fault     faults.Fault
		want      string
	}{
		{"", faults.Fault{}, "fault: must be something: a delay, a status, a hang-up, garbage, a batch error, a cut or a slow response"},
		{"", faults.Fault{Done: true, Count: 3}, "fault: must be something: a delay, a status, a hang-up, garbage, a batch error, a cut or a slow response"},
		{"", faults.Fault{HangUp: true, Garbage: true}, "fault: must be one of a hang-up, a status or garbage, a batch error, and a cut"},
		{"", faults.Fault{HangUp: true, Status: 500}, "fault: must be one of a hang-up, a status or garbage, a batch error, and a cut"},
		{"createOrder", faults.Fault{BatchError: "no", Status: 500}, "fault: must be one of a hang-up, a status or garbage, a batch error, and a cut"},
		{"", faults.Fault{Delay: -time.Second}, "delay -1s: must not be below zero"},
		{"", faults.Fault{HangUp: true, Count: -1}, "count -1: must not be below zero"},
		{"", faults.Fault{HangUp: true, Fraction: -.5}, "fraction -0.5: must be between 0 and 1"},
		{"", faults.Fault{HangUp: true, Fraction: 1.5}, "fraction 1.5: must be between 0 and 1"},
		{"", faults.Fault{HangUp: true, Fraction: math.NaN()}, "fraction NaN: must be between 0 and 1"},
		{"", faults.Fault{Status: 200}, "status 200: must be between 300 and 599, and have a body"},
		{"", faults.Fault{Status: 600}, "status 600: must be between 300 and 599, and have a body"},
		{"", faults.Fault{Status: 101, Garbage: true}, "status 101: must be between 200 and 599, and have a body"},
		{"", faults.Fault{Status: 204, Garbage: true}, "status 204: must be between 200 and 599, and have a body"},
		{"", faults.Fault{Status: 402, Done: true}, "done: must not be with status 402, by which the broker says that it is not"},
		{"createOrder", faults.Fault{BatchError: "no", Done: true}, "done: must not be with a batch error, which says that it is not"},
		{"", faults.Fault{Status: 304}, "status 304: must be between 300 and 599, and have a body"},
		{"", faults.Fault{Status: 500, Location: "/"}, `location "/": must be an address, and be with a status between 300 and 399`},
		{"", faults.Fault{Status: 302, Location: "/\n"}, `location "/\n": must be an address, and be with a status between 300 and 399`},
		{"", faults.Fault{HangUp: true, RetryAfter: time.Second}, "retry after 1s: must be whole seconds, and be with a status"},
		{"", faults.Fault{Status: 503, RetryAfter: time.Millisecond}, "retry after 1ms: must be whole seconds, and be with a status"},
		{"", faults.Fault{HangUp: true, Slow: time.Second}, "slow: must not be with a hang-up, which has no response"},
		{"", faults.Fault{Slow: -1}, "slow -1ns: must not be below zero"},
		{"", faults.Fault{HangUp: true, After: -1}, "after -1: must not be below zero"},
		{"", faults.Fault{HangUp: true, Object: -1}, "object -1: must not be below zero"},
		{"", faults.Fault{Cut: true, HangUp: true}, "fault: must be one of a hang-up, a status or garbage, a batch error, and a cut"},
		{"", faults.Fault{Cut: true, Done: true}, "done: must not be with a cut, which is after it was done"},
		{"orderPage", faults.Fault{Cut: true}, "operation orderPage: must be without cut, slow, batch error and object"},
		{"", faults.Fault{BatchError: "no"}, "batch error: operation must be createObject, updateObject or createOrder"},
		{"rewardUser", faults.Fault{BatchError: "no"}, "batch error: operation must be createObject, updateObject or createOrder"},
	} {
		var set faults.Set
		err := set.Add(test.operation, test.fault)
		if !errors.Is(err, broker.ErrInvalid) || err.Error() != test.want {
			t.Errorf("%s %+v: got %v, want %s", test.operation, test.fault, err, test.want)
		}
		if armed := set.Armed(); len(armed) > 0 {
			t.Errorf("%s %+v: is armed all the same", test.operation, test.fault)
		}
	}
	var set faults.Set
	if err := set.Add("RewardUser", faults.Fault{HangUp: true}); !errors.Is(err, broker.ErrInvalid) {
		t.Errorf("a name that the specification does not have: got %v", err)
	}
}

package vingdtest_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/jarcoal/httpmock"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

// callsByEffect lists calls that read only, that a second call does not change, and that act again each time.
var callsByEffect = map[string][]string{
	"reads":   {"getBalance", "listVouchers", "getOrder", "listVoucherHistory"},
	"settles": {"commitPurchase", "updateObject"},
	"acts":    {"rewardUser", "verifyPurchase", "createOrder", "createVoucher", "purchaseObject", "revokeVouchers", "createUser"},
}

func callOf(t *testing.T, operation string) func(context.Context, *vingd.Client) (any, error) {
	t.Helper()
	for _, c := range calls {
		if c.operation == operation {
			return c.call
		}
	}
	t.Fatalf("no call of %s", operation)
	return nil
}

func TestFailures(t *testing.T) {
	const once, thrice = 1, 3
	for name, test := range map[string]struct {
		failure httpmock.Responder
		kind    error
		status  int
		cause   error
		unknown bool           // for a call that changes something
		wait    time.Duration  // the client waits this long at least
		asked   map[string]int // requests that the broker gets, 1 by default
	}{
		"InvalidData":     {failure: vingdtest.InvalidData, kind: vingd.ErrInvalidData, status: 400},
		"PaymentRequired": {failure: vingdtest.PaymentRequired, kind: vingd.ErrGeneral, status: 402},
		"Forbidden":       {failure: vingdtest.Forbidden, kind: vingd.ErrForbidden, status: 403},
		"NotFound":        {failure: vingdtest.NotFound, kind: vingd.ErrNotFound, status: 404},
		"Conflict":        {failure: vingdtest.Conflict, kind: vingd.ErrGeneral, status: 409},
		"TooManyRequests": {failure: vingdtest.TooManyRequests, kind: vingd.ErrGeneral, status: 429, wait: 2 * time.Second,
			asked: map[string]int{"reads": thrice, "settles": thrice, "acts": thrice}},
		"InternalError": {failure: vingdtest.InternalError, kind: vingd.ErrInternal, status: 500, unknown: true,
			asked: map[string]int{"reads": thrice, "settles": thrice}},
		"BadGateway": {failure: vingdtest.BadGateway, kind: vingd.ErrGeneral, status: 502, unknown: true,
			asked: map[string]int{"reads": thrice, "settles": thrice}},
		"Garbage": {failure: vingdtest.Garbage, kind: vingd.ErrGeneral, status: 200, unknown: true},
		"IncompleteResponse": {failure: vingdtest.IncompleteResponse, kind: vingd.ErrInternal, status: 200, unknown: true, cause: io.ErrUnexpectedEOF,
			asked: map[string]int{"reads": thrice, "settles": thrice}},
		"HangUp": {failure: vingdtest.HangUp, kind: vingd.ErrInternal, unknown: true, cause: io.EOF,
			asked: map[string]int{"reads": thrice, "settles": thrice}},
		"Silence": {failure: vingdtest.Silence, kind: vingd.ErrInternal, unknown: true, cause: context.DeadlineExceeded},
		"Refused": {failure: vingdtest.Refused, kind: vingd.ErrInternal, cause: syscall.ECONNREFUSED,
			asked: map[string]int{"reads": -1, "settles": -1, "acts": -1}},
	} {
		for effect, operations := range callsByEffect {
			for _, operation := range operations {
				t.Run(name+"/"+operation, func(t *testing.T) {
					synctest.Test(t, func(t *testing.T) {
						client, broker := vingdtest.NewClient(t)
						broker.Fail(operation, test.failure)
						start := time.Now()
						_, err := callOf(t, operation)(t.Context(), client)
						var failed *vingd.Error
						if !errors.As(err, &failed) || !errors.Is(err, test.kind) || failed.Status != test.status {
							t.Fatalf("got error %v, want %v with status %d", err, test.kind, test.status)
						}
						if test.cause != nil && !errors.Is(err, test.cause) {
							t.Errorf("got error %v, want cause %v", err, test.cause)
						}
						unknown := test.unknown && effect != "reads"
						if got := errors.Is(err, vingd.ErrOutcomeUnknown); got != unknown {
							t.Errorf("got error %v, outcome unknown %v, want %v", err, got, unknown)
						}
						if waited := time.Since(start); waited < test.wait {
							t.Errorf("the client gave up after %v, want %v at least", waited, test.wait)
						}
						asked := max(test.asked[effect], once)
						if test.asked[effect] < 0 {
							asked = 0
						}
						if got := len(broker.Requests(operation)); got != asked {
							t.Errorf("the broker was asked %d times, want %d", got, asked)
						}
					})
				})
			}
		}
	}
}

func TestBatchError(t *testing.T) {
	for _, c := range calls {
		t.Run(c.operation, func(t *testing.T) {
			client, broker := vingdtest.NewClient(t, vingd.WithRetries(0))
			broker.Fail(c.operation, vingdtest.BatchError("Not this one"))
			_, err := c.call(t.Context(), client)
			var failed *vingd.Error
			if !errors.As(err, &failed) {
				t.Fatalf("got error %v", err)
			}
			switch c.operation {
			case "createObject", "updateObject", "createOrder":
				if failed.Status != 206 || failed.Message != "Not this one" || !errors.Is(err, vingd.ErrGeneral) || failed.Outcome != vingd.OutcomeNotDone {
					t.Errorf("got error %v, outcome %v", err, failed.Outcome)
				}
			default:
				if want := "the operation has no batch form"; !strings.Contains(err.Error(), want) {
					t.Errorf("got error %v, want it to say %q", err, want)
				}
			}
		})
	}
}

// The failures are responders for any mock.
func TestFailures_OtherMock(t *testing.T) {
	mock := httpmock.NewMockTransport()
	mock.RegisterResponder("GET", vingd.SandboxEndpoint+"/fort/accounts", vingdtest.Forbidden)
	mock.RegisterResponder("GET", vingd.SandboxEndpoint+"/id/users", vingdtest.IncompleteResponse)
	client := newClient(t, vingdtest.Validate(t, mock), vingd.WithSandbox(), vingd.WithRetries(0))
	if _, err := client.Accounts.Balance(t.Context()); !errors.Is(err, vingd.ErrForbidden) {
		t.Errorf("got error %v, want %v", err, vingd.ErrForbidden)
	}
	if _, err := client.Users.Profile(t.Context()); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("got error %v, want %v", err, io.ErrUnexpectedEOF)
	}
	mock.RegisterResponder("GET", "https://broker.test/elsewhere", vingdtest.IncompleteResponse)
	err := sendFailing(t, mock, newRequest(t, "GET", "https://broker.test/elsewhere", ""))
	if want := "vingdtest: GET /elsewhere: not an operation of the API"; err == nil || err.Error() != want {
		t.Errorf("got error %v, want %s", err, want)
	}
}

func TestIncompleteResponse_HalfOfExample(t *testing.T) {
	resp, err := vingdtest.IncompleteResponse(newRequest(t, "GET", endpoint+"/fort/accounts", ""))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	const example = `{"data":{"balance":12345,"uid":4711}}`
	got, err := io.ReadAll(resp.Body)
	if want := example[:len(example)/2]; string(got) != want || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %q, error %v; want %q", got, err, want)
	}
}

func TestFailOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, broker := vingdtest.NewClient(t)
		broker.FailOnce("commitPurchase", vingdtest.HangUp)
		broker.FailOnce("commitPurchase", vingdtest.InternalError)
		if err := client.Purchases.Commit(t.Context(), &vingd.Purchase{ID: 11, Transfer: 13}); err != nil {
			t.Errorf("the third attempt failed, too: %v", err)
		}
		want := vingdtest.Request{Path: "/sandbox/broker/v1/purchases/11", Body: `{"transferid":13}`}
		asked := broker.Requests("commitPurchase")
		if len(asked) != 3 || asked[0] != want || asked[1] != want || asked[2] != want {
			t.Errorf("the broker was asked %q, want %q three times", asked, want)
		}
		broker.Fail("commitPurchase", vingdtest.Conflict)
		broker.FailOnce("commitPurchase", vingdtest.NotFound)
		for _, want := range []int{http.StatusNotFound, http.StatusConflict, http.StatusConflict} {
			var failed *vingd.Error
			if err := client.Purchases.Commit(t.Context(), &vingd.Purchase{ID: 11, Transfer: 13}); !errors.As(err, &failed) || failed.Status != want {
				t.Errorf("got error %v, want status %d", err, want)
			}
		}
	})
}

// The client retries a refused connection also if the call moves money. The broker records only the request that arrived.
func TestFailOnce_Refused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, broker := vingdtest.NewClient(t)
		broker.FailOnce("rewardUser", vingdtest.Refused)
		transfer, err := client.Rewards.Create(t.Context(), buyer, vingd.RewardParams{Amount: 75})
		if err != nil || transfer != 14 {
			t.Errorf("got transfer %d, error %v", transfer, err)
		}
		if asked := broker.Requests("rewardUser"); len(asked) != 1 {
			t.Errorf("the broker was asked %q, want it once", asked)
		}
	})
}

func TestSilence_Context(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, broker := vingdtest.NewClient(t)
		broker.Fail("rewardUser", vingdtest.Silence)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := client.Rewards.Create(ctx, buyer, vingd.RewardParams{Amount: 75})
		if !errors.Is(err, context.DeadlineExceeded) || !errors.Is(err, vingd.ErrOutcomeUnknown) {
			t.Errorf("got error %v", err)
		}
	})
}

func TestRespond(t *testing.T) {
	var r recorder
	client, broker := vingdtest.NewClient(&r)
	balance := func(want vingd.Cents) {
		t.Helper()
		if got, err := client.Accounts.Balance(t.Context()); err != nil || got != want {
			t.Errorf("got balance %v, error %v; want %v", got, err, want)
		}
	}
	broker.Respond("getBalance", map[string]int{"balance": 5})
	balance(5)
	balance(5)
	broker.FailOnce("getBalance", vingdtest.Forbidden)
	broker.Respond("getBalance", nil)
	balance(12345)
	r.want(t)
	// Validate reports a response that breaks the specification.
	broker.Respond("getBalance", map[string]string{"balance": "6"})
	balance(6)
	r.want(t, `vingdtest: getBalance: response 200 body at /data/balance: "6" must be an integer`)
}

func TestNewClient_UnknownPath(t *testing.T) {
	r := recorder{TB: t}
	client, _ := vingdtest.NewClient(&r, vingd.WithRetries(0))
	if data, err := client.Request(t.Context(), "GET", "savings", nil); !errors.Is(err, httpmock.NoResponderFound) {
		t.Errorf("got %s, error %v", data, err)
	}
	r.want(t, "vingdtest: GET /sandbox/broker/v1/savings: the API has no such path")
}

func TestBroker_UnknownOperation(t *testing.T) {
	_, broker := vingdtest.NewClient(t)
	for name, use := range map[string]func(){
		"Fail":     func() { broker.Fail("rewardUsers", vingdtest.Forbidden) },
		"FailOnce": func() { broker.FailOnce("rewardUsers", vingdtest.Forbidden) },
		"Respond":  func() { broker.Respond("rewardUsers", nil) },
		"Requests": func() { broker.Requests("rewardUsers") },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				text, _ := recover().(string)
				if want := `vingdtest: "rewardUsers" is not an operation, must be one of commitPurchase, createObject, `; !strings.HasPrefix(text, want) {
					t.Errorf("panicked with %q, want %q and more", text, want)
				}
			}()
			use()
		})
	}
}

func TestBroker_Concurrent(t *testing.T) {
	client, broker := vingdtest.NewClient(t, vingd.WithRetries(0))
	var wg sync.WaitGroup
	const rounds = 50
	for range rounds {
		wg.Go(func() { broker.FailOnce("rewardUser", vingdtest.Forbidden) })
		wg.Go(func() {
			_, err := client.Rewards.Create(t.Context(), buyer, vingd.RewardParams{Amount: 75})
			if err != nil && !errors.Is(err, vingd.ErrForbidden) {
				t.Error(err)
			}
			broker.Requests("rewardUser")
		})
	}
	wg.Wait()
	if got := len(broker.Requests("rewardUser")); got != rounds {
		t.Errorf("the broker was asked %d times, want %d", got, rounds)
	}
}

package vingdtest_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/jarcoal/httpmock"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

// printed replaces the t of a test: it prints the failures.
type printed struct{ testing.TB }

func (printed) Helper()                           {}
func (printed) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

const reader = vingd.HUID("5b7c1a9d2e3f405162738495a6b7c8d9e0f1a2b3")

// thank is the function under test: it rewards a reader, and returns what to do next.
func thank(ctx context.Context, client *vingd.Client, reader vingd.HUID) string {
	transfer, err := client.Rewards.Create(ctx, reader, vingd.RewardParams{Amount: 75, Description: "article 12"})
	switch {
	case errors.Is(err, vingd.ErrOutcomeUnknown):
		return "call Reconcile before you retry"
	case err != nil:
		return "not paid"
	default:
		return fmt.Sprint("paid by transfer ", transfer)
	}
}

// This test checks a seller's function.
func Example() {
	t := printed{} // the *testing.T of your test

	client, broker := vingdtest.NewClient(t)
	fmt.Println(thank(context.Background(), client, reader))
	fmt.Println(broker.Requests("rewardUser")[0].Body)
	// Output:
	// paid by transfer 14
	// {"amount":75,"description":"article 12","huid_to":"5b7c1a9d2e3f405162738495a6b7c8d9e0f1a2b3"}
}

// The broker refuses a reward, and then leaves the outcome of another one unknown.
func ExampleBroker_Fail() {
	t := printed{} // the *testing.T of your test

	client, broker := vingdtest.NewClient(t)
	broker.Fail("rewardUser", vingdtest.PaymentRequired)
	fmt.Println(thank(context.Background(), client, reader))

	broker.Fail("rewardUser", vingdtest.HangUp)
	fmt.Println(thank(context.Background(), client, reader))
	fmt.Println("arrived:", len(broker.Requests("rewardUser")))
	// Output:
	// not paid
	// call Reconcile before you retry
	// arrived: 2
}

// The connection is refused once. The client retries, because it certainly sent nothing.
func ExampleBroker_FailOnce() {
	t := printed{} // the *testing.T of your test

	client, broker := vingdtest.NewClient(t)
	broker.FailOnce("rewardUser", vingdtest.Refused)
	fmt.Println(thank(context.Background(), client, reader))
	fmt.Println("arrived:", len(broker.Requests("rewardUser")))
	// Output:
	// paid by transfer 14
	// arrived: 1
}

// The broker responds with other data than the example. Validate checks it like all responses.
func ExampleBroker_Respond() {
	t := printed{} // the *testing.T of your test

	client, broker := vingdtest.NewClient(t)
	broker.Respond("getBalance", map[string]any{"uid": 4711, "balance": 20})
	balance, err := client.Accounts.Balance(context.Background())
	fmt.Println(balance, err)
	// Output:
	// 0.20 <nil>
}

// Validate also checks requests of other clients.
func ExampleValidate() {
	t := printed{} // the *testing.T of your test

	mock := httpmock.NewMockTransport()
	vingdtest.Register(mock, vingd.SandboxEndpoint)
	client := &http.Client{Transport: vingdtest.Validate(t, mock)}

	body := `{"price": -1, "order_expires": "2026-01-02T03:04:05+00:00", "context": null}`
	req, err := http.NewRequestWithContext(context.Background(), http.MethodPost,
		vingd.SandboxEndpoint+"/objects/5/orders/", strings.NewReader(body))
	if err != nil {
		fmt.Println(err)
		return
	}
	req.SetBasicAuth("test@vingd.com", "40bd001563085fc35165329ea1ff5c5ecbdbbeef")
	req.Header.Set("Content-Type", "application/json")
	resp, err := client.Do(req)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer func() { _ = resp.Body.Close() }()
	fmt.Println(resp.Status)
	// Output:
	// vingdtest: createOrder: request body at /price: -1 must be at least 0
	// 200 OK
}

// The test makes the client and the mock itself, and may register other responders.
func ExampleRegister() {
	t := printed{} // the *testing.T of your test

	mock := httpmock.NewMockTransport()
	broker := vingdtest.Register(mock, vingd.SandboxEndpoint)
	broker.Fail("verifyPurchase", vingdtest.Forbidden)
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithSandbox(),
		vingd.WithHTTPClient(&http.Client{Transport: vingdtest.Validate(t, mock)}))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = client.Purchases.Verify(context.Background(), 5, "0123456789abcdef0123456789abcdef01234567")
	fmt.Println(err)
	// Output:
	// vingd: verifyPurchase: 403 Forbidden: Forbidden: The user is no longer entitled to the object.
}

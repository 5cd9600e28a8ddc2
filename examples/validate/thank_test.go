package validate_test

import (
	"errors"
	"slices"
	"testing"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/examples/validate"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var readers = []vingd.HUID{"5b7c1a", "0f3e2d"}

// NewClient fails the test if a request or a response breaks the specification. The test compares the values itself.
func TestThank(t *testing.T) {
	client, broker := vingdtest.NewClient(t)
	unsure, err := validate.Thank(t.Context(), client, 12, readers)
	if err != nil || unsure != nil {
		t.Errorf("got %v, error %v", unsure, err)
	}
	want := []vingdtest.Request{
		{Path: "/sandbox/broker/v1/rewards", Body: `{"amount":75,"description":"reading article 12","huid_to":"5b7c1a"}`},
		{Path: "/sandbox/broker/v1/rewards", Body: `{"amount":75,"description":"reading article 12","huid_to":"0f3e2d"}`},
	}
	if got := broker.Requests("rewardUser"); !slices.Equal(got, want) {
		t.Errorf("sent %q\nwant %q", got, want)
	}
}

func TestThank_BrokerHangsUp(t *testing.T) {
	client, broker := vingdtest.NewClient(t)
	broker.FailOnce("rewardUser", vingdtest.HangUp)
	unsure, err := validate.Thank(t.Context(), client, 12, readers)
	if err != nil || !slices.Equal(unsure, readers[:1]) {
		t.Errorf("got %v, error %v; want the first reader", unsure, err)
	}
	if n := len(broker.Requests("rewardUser")); n != 2 {
		t.Errorf("sent %d rewards, want one for each reader", n)
	}
}

func TestThank_ReaderNotFound(t *testing.T) {
	client, broker := vingdtest.NewClient(t)
	broker.FailOnce("rewardUser", vingdtest.NotFound)
	if unsure, err := validate.Thank(t.Context(), client, 12, readers); err != nil || unsure != nil {
		t.Errorf("got %v, error %v", unsure, err)
	}
}

func TestThank_NoMoney(t *testing.T) {
	client, broker := vingdtest.NewClient(t)
	broker.Fail("rewardUser", vingdtest.PaymentRequired)
	_, err := validate.Thank(t.Context(), client, 12, readers)
	var failed *vingd.Error
	if !errors.As(err, &failed) || failed.Status != 402 {
		t.Errorf("got error %v, want status 402", err)
	}
	if n := len(broker.Requests("rewardUser")); n != 1 {
		t.Errorf("sent %d rewards, want to stop at the first", n)
	}
}

package sandboxtest_test

import (
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
	"github.com/vingd/vingd-api-go/vingd"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// New starts a sandbox in which a seller can sell an article.
func TestNew(t *testing.T) {
	sb := sandboxtest.New(t)
	ann := sb.Buyer("Ann", 5_00)
	order, err := sell(t.Context(), sb.Client)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ann.Pay(order)
	if err != nil {
		t.Fatal(err)
	}
	callback, err := vingd.ParseCallback(back)
	if err != nil {
		t.Fatal(err)
	}
	purchase, err := sb.Client.Purchases.Verify(t.Context(), callback.Object, callback.Token)
	if err != nil {
		t.Fatal(err)
	}
	if err := sb.Client.Purchases.Commit(t.Context(), purchase); err != nil {
		t.Fatal(err)
	}
	balance, err := sb.Client.Accounts.Balance(t.Context())
	if err != nil || balance != 1002_00 || ann.Balance() != 3_00 {
		t.Errorf("the seller holds %v, the buyer %v, %v; want 1002.00 and 3.00", balance, ann.Balance(), err)
	}
}

// The client counts relative times from the sandbox's clock.
func TestClock(t *testing.T) {
	sb := sandboxtest.New(t)
	start := sb.Now()
	if again := sb.Now(); !again.Equal(start) {
		t.Errorf("the clock went from %v to %v by itself", start, again)
	}
	sb.Advance(1000 * time.Hour)
	order, err := sell(t.Context(), sb.Client)
	if err != nil {
		t.Fatal(err)
	}
	ann := sb.Buyer("Ann", 5_00)
	sb.Advance(15*time.Minute - time.Microsecond)
	if _, err := ann.Pay(order); err != nil {
		t.Errorf("just before the order expires: %v", err)
	}
	sb.Advance(time.Microsecond)
	if _, err := ann.Pay(order); !errors.Is(err, sandbox.ErrGone) {
		t.Errorf("got %v when the order expires, want ErrGone", err)
	}
}

// The options set the time, the seller, the file and the fixtures.
func TestNewWith(t *testing.T) {
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	sb := sandboxtest.NewWith(t, sandbox.Options{
		Clock:    sandbox.FixedClock(at),
		Data:     filepath.Join(t.TempDir(), "shop.db"),
		Seller:   sandbox.Seller{Username: "shop", Password: "secret", Balance: 5_00, Flags: []string{"voucher.get"}},
		Fixtures: []byte(`{"sellers": [{"username": "other", "balance": 7}], "buyers": [{"name": "Ann", "balance": 100}]}`),
	}, vingd.WithRetries(0))
	profile, err := sb.Client.Users.Profile(t.Context())
	if err != nil || profile.Username != "shop" || !profile.Created.Equal(at) {
		t.Errorf("got %+v, %v", profile, err)
	}
	if _, err := sb.Client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: 1}); !errors.Is(err, vingd.ErrForbidden) {
		t.Errorf("got %v, want ErrForbidden", err)
	}
	if ann, err := sb.FindBuyer("Ann"); err != nil || ann.Balance() != 100 {
		t.Errorf("got %v, %v", ann, err)
	}
	if balance, err := sb.Login("other", "123").Accounts.Balance(t.Context()); err != nil || balance != 7 {
		t.Errorf("got %v, %v", balance, err)
	}
}

func TestAddSeller(t *testing.T) {
	sb := sandboxtest.New(t, vingd.WithUserAgent("shop/1.2"))
	bob := sb.AddSeller(sandbox.Seller{Username: "bob@example.com", Password: "secret", Balance: 1_00})
	if balance, err := bob.Accounts.Balance(t.Context()); err != nil || balance != 1_00 {
		t.Errorf("got %v, %v, want 1.00", balance, err)
	}
}

// Invalid arguments and wrong books fail the test.
func TestSandbox_FailsTest(t *testing.T) {
	for name, test := range map[string]struct {
		do   func(*sandboxtest.Sandbox)
		want string
	}{
		"a clock that runs back": {func(sb *sandboxtest.Sandbox) { sb.Advance(-1) }, "sandboxtest: sandbox: advance by -1ns: must not be below zero"},
		"a debt":                 {func(sb *sandboxtest.Sandbox) { sb.Buyer("Ann", -1) }, "sandboxtest: sandbox: "},
		"an existing seller":     {func(sb *sandboxtest.Sandbox) { sb.AddSeller(sandbox.Seller{}) }, "is taken"},
		"books that cannot be read": {func(sb *sandboxtest.Sandbox) {
			if err := sb.Close(); err != nil {
				panic(err)
			}
		}, "sandboxtest: sandbox: the books could not be checked: "},
	} {
		t.Run(name, func(t *testing.T) {
			failed := &failing{}
			sb := sandboxtest.New(failed)
			failed.stop(func() { test.do(sb) })
			failed.end()
			if !strings.Contains(strings.Join(failed.said, "\n"), test.want) {
				t.Errorf("got %q, want %q", failed.said, test.want)
			}
			connection, err := new(net.Dialer).DialContext(t.Context(), "tcp", strings.TrimPrefix(sb.Frontend(), "https://"))
			if err == nil {
				t.Errorf("the sandbox is open after the test: %v", connection.Close())
			}
		})
	}
}

// failing is a testing.TB that records the errors of a test.
type failing struct {
	printed

	said []string
}

type stopped struct{}

func (f *failing) Errorf(format string, args ...any) {
	f.said = append(f.said, fmt.Sprintf(format, args...))
}

func (f *failing) Fatalf(format string, args ...any) {
	f.Errorf(format, args...)
	panic(stopped{})
}

// stop runs a function that may end the test.
func (f *failing) stop(run func()) {
	defer func() {
		if r := recover(); r != nil && r != (stopped{}) {
			panic(r)
		}
	}()
	run()
}

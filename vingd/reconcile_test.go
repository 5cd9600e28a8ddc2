package vingd_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
	"github.com/vingd/vingd-api-go/vingd"
)

// reconcileReward reconciles a reward of 3 that was sent just now.
func (s *scene) reconcileReward(ctx context.Context, ref string) (vingd.TransferID, error) {
	return s.client.Rewards.Reconcile(ctx, s.reader, vingd.RewardParams{Amount: 3, Description: ref}, time.Now())
}

// inBubble runs a test in virtual time.
func inBubble(t *testing.T, test func(t *testing.T, s *scene, wire *stretch)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s, wire := newStretch(t)
		test(t, s, wire)
	})
}

// wantUnsettled fails the test unless an error has an unknown outcome, and says what.
func wantUnsettled(t *testing.T, err error, words ...string) {
	t.Helper()
	if vingd.OutcomeOf(err) != vingd.OutcomeUnknown || !errors.Is(err, vingd.ErrOutcomeUnknown) || errors.Is(err, vingd.ErrNotDone) {
		t.Errorf("got %v, want an unknown outcome", err)
	}
	for _, w := range words {
		if err != nil && (!strings.Contains(err.Error(), w) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("got %q, want it to say %q in one line", err, w)
		}
	}
}

// Over real TLS, every fault of every operation is settled, and as the books have it.
func TestReconcile_Faults(t *testing.T) {
	sb := sandboxtest.New(t, vingd.WithRetries(0), vingd.WithSettleTime(0))
	s := &scene{t: t, sb: sb.Sandbox, client: sb.Client, judge: sb.Client}
	s.populate()
	for operation, prepare := range unknowns {
		for i, fault := range []sandbox.Fault{
			{HangUp: true}, {HangUp: true, Done: true}, {Status: 503}, {Status: 503, Done: true}, {Garbage: true}, {Garbage: true, Done: true},
		} {
			t.Run(fmt.Sprintf("%s %+v", operation, fault), func(t *testing.T) {
				a := prepare(s, fmt.Sprintf("%s-%d", operation, i))
				fault.Count = 1
				sb.Fail(operation, fault)
				sent := sb.Now()
				if err := a.make(t.Context(), s.client); !errors.Is(err, vingd.ErrOutcomeUnknown) {
					t.Fatalf("got %v, want an unknown outcome", err)
				}
				if i == 0 { // each look-up that is waited for takes real time
					for _, lookUp := range []string{"listTransfers", "listVoucherHistory", "getVoucherHistory", "listAllObjectOrders", "listObjects"} {
						sb.Fail(lookUp, sandbox.Fault{HangUp: true, Count: 1})
						sb.Fail(lookUp, sandbox.Fault{Garbage: true, Count: 1})
					}
				}
				got, err := a.reconcile(t.Context(), s.client, sent)
				sb.ClearFaults()
				checkVerdict(t, "verdict", got, err, a.made())
				if done := vingd.OutcomeOf(err) == vingd.OutcomeDone; done != fault.Done {
					t.Errorf("got %v, want done %t", err, fault.Done)
				}
			})
		}
	}
}

// A call that is made again is done once, and a verification tells by itself.
func TestUnknown_CalledAgain(t *testing.T) {
	sb := sandboxtest.New(t, vingd.WithRetries(0))
	ann, ctx := sb.Buyer("Ann", 10_00), t.Context()
	object := must(sb.Client.Objects.Create(ctx, vingd.ObjectParams{Name: "A", URL: "https://shop.example/"}))
	order := must(sb.Client.Orders.Create(ctx, object, vingd.OrderParams{Price: 2_00}))
	for _, done := range []bool{false, true} {
		fail := func(operation string) { sb.Fail(operation, sandbox.Fault{HangUp: true, Done: done, Count: 1}) }
		back := must(vingd.ParseCallback(must(ann.Pay(order.ID))))
		fail("verifyPurchase")
		_, err := sb.Client.Purchases.Verify(ctx, object, back.Token)
		wantUnsettled(t, err)
		bought, err := sb.Client.Purchases.Verify(ctx, object, back.Token)
		if done {
			if !errors.Is(err, vingd.ErrForbidden) {
				t.Errorf("got %v, want that the entitlement is spent", err)
			}
			before := ann.Balance()
			sb.Advance(15 * time.Minute)
			if got := ann.Balance() - before; got != 2_00 {
				t.Errorf("Ann got %v back, want 2.00", got)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		before := must(sb.Client.Accounts.Balance(ctx))
		for range 2 { // the second time it is done already
			fail("commitPurchase")
			wantUnsettled(t, sb.Client.Purchases.Commit(ctx, bought))
			if err := sb.Client.Purchases.Commit(ctx, bought); err != nil {
				t.Error(err)
			}
		}
		if got := must(sb.Client.Accounts.Balance(ctx)) - before; got != 2_00 {
			t.Errorf("the seller got %v, want 2.00", got)
		}
	}
}

// Reconcile finds a call that lands while it asks, soon after.
func TestReconcile_LateCall(t *testing.T) {
	for _, late := range []time.Duration{time.Millisecond, 3 * time.Second, 17 * time.Second, 29 * time.Second} {
		inBubble(t, func(t *testing.T, s *scene, wire *stretch) {
			wire.fate = &fate{arrives: true, late: late}
			start := time.Now()
			_, err := s.client.Rewards.Create(t.Context(), s.reader, vingd.RewardParams{Amount: 3, Description: "ref"})
			wantUnsettled(t, err)
			id, err := s.reconcileReward(t.Context(), "ref")
			if took := time.Since(start); err != nil || id == 0 || took < late || took > late+5*time.Second {
				t.Errorf("%v late: got %v, %v after %v", late, id, err, took)
			}
			wire.landing.Wait()
		})
	}
}

// Nothing is not done before the broker has said for the settling time that it is not there. While it is away it says
// nothing.
func TestReconcile_SettleTime(t *testing.T) {
	const settling = 10 * time.Second
	for _, outage := range []time.Duration{0, time.Minute} {
		synctest.Test(t, func(t *testing.T) {
			s, wire := newStretch(t, vingd.WithSettleTime(settling))
			answered := make(chan struct{})
			go func() {
				<-time.After(4 * time.Second)
				wire.mu.Lock()
				wire.back = time.Now().Add(outage)
				wire.mu.Unlock()
				close(answered)
			}()
			start := time.Now()
			_, err := s.reconcileReward(t.Context(), "ref")
			took := time.Since(start) - outage
			if !errors.Is(err, vingd.ErrNotDone) || vingd.OutcomeOf(err) != vingd.OutcomeNotDone || errors.Is(err, vingd.ErrOutcomeUnknown) {
				t.Errorf("got %v, want that it was not done", err)
			}
			if most := settling + 10*time.Second; took < settling || took > most || outage == 0 && took != settling {
				t.Errorf("it took %v beside the outage of %v, want %v to %v", took, outage, settling, most)
			}
			<-answered
		})
	}
}

// A broker that goes silent in the middle of a look-up does not hold it up for long.
func TestReconcile_SilentBroker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, wire := newStretch(t, vingd.WithTimeout(time.Hour))
		wire.back, wire.failing = time.Now().Add(time.Second), 4
		_, err := s.reconcileReward(t.Context(), "ref")
		if took := time.Since(wire.back); !errors.Is(err, vingd.ErrNotDone) || took > vingd.DefaultSettleTime+time.Minute {
			t.Errorf("got %v, %v after the broker was back", err, took)
		}
	})
}

// The context ends Reconcile at once, and nothing is settled then.
func TestReconcile_Context(t *testing.T) {
	for _, away := range []time.Duration{0, time.Hour} {
		for failing := range 5 {
			inBubble(t, func(t *testing.T, s *scene, wire *stretch) {
				wire.back, wire.failing = time.Now().Add(away), failing
				ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
				defer cancel()
				start := time.Now()
				_, err := s.reconcileReward(ctx, "ref")
				wantUnsettled(t, err, "vingd: reconcileReward: ", "context deadline exceeded")
				if !errors.Is(err, context.DeadlineExceeded) || time.Since(start) != 20*time.Second {
					t.Errorf("got %v after %v", err, time.Since(start))
				}
			})
		}
	}
	inBubble(t, func(t *testing.T, s *scene, _ *stretch) {
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err := s.reconcileReward(ctx, "ref")
		wantUnsettled(t, err, "context canceled")
	})
}

// Reconcile doubts a row that differs from the call, and two of them.
func TestReconcile_Doubts(t *testing.T) {
	inBubble(t, func(t *testing.T, s *scene, _ *stretch) {
		ctx, sent := t.Context(), time.Now()
		other, params := s.newObject("Other"), vingd.PurchaseParams{Buyer: s.reader, Price: 3}
		must(s.judge.Rewards.Create(ctx, s.reader, vingd.RewardParams{Amount: 4, Description: "amount"}))
		must(s.judge.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 4, Message: "amount"}))
		must(s.judge.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 3, Message: "group", Group: "g"}))
		must(s.judge.Orders.Create(ctx, s.object, vingd.OrderParams{Price: 4, Context: "price"}))
		must(s.judge.Purchases.Create(ctx, other, vingd.PurchaseParams{Buyer: s.reader, Price: 4}))
		must(s.judge.Purchases.Create(ctx, s.object, params))
		twice := s.newObject("Twice")
		for range 2 {
			must(s.judge.Rewards.Create(ctx, s.reader, vingd.RewardParams{Amount: 3, Description: "twice"}))
			must(s.judge.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 3, Message: "twice"}))
			must(s.judge.Orders.Create(ctx, s.object, vingd.OrderParams{Price: 3, Context: "twice"}))
			must(s.judge.Purchases.Create(ctx, twice, params))
			s.newObject("twice")
		}
		const unique = "there are two of them: the reference must be unique"
		calls := map[string]struct {
			do   func() error
			want string
		}{
			"reward, amount":  {func() error { _, err := s.reconcileReward(ctx, "amount"); return err }, "another amount"},
			"reward, twice":   {func() error { _, err := s.reconcileReward(ctx, "twice"); return err }, unique},
			"voucher, amount": {s.reconcileVoucher("amount"), "another amount or group"},
			"voucher, group":  {s.reconcileVoucher("group"), "another amount or group"},
			"voucher, twice":  {s.reconcileVoucher("twice"), unique},
			"order, price":    {s.reconcileOrder("price"), "another price"},
			"order, twice":    {s.reconcileOrder("twice"), unique},
			"object, twice": {func() error {
				_, err := s.client.Objects.Reconcile(ctx, vingd.ObjectParams{Name: "twice", URL: "https://shop.example/"}, sent)
				return err
			}, unique},
			"purchase, price":    {s.reconcilePurchase(other), "another price"},
			"purchase, twice":    {s.reconcilePurchase(twice), unique},
			"purchase, by order": {s.reconcilePurchase(s.object), "the object has orders"},
		}
		for _, most := range []time.Duration{0, vingd.DefaultSettleTime} {
			for name, call := range calls {
				if (call.want == unique) != (most == 0) {
					continue
				}
				start := time.Now()
				err := call.do()
				wantUnsettled(t, err, "not settled: ", call.want)
				if took := time.Since(start); took > most {
					t.Errorf("%s: it took %v, want %v at most", name, took, most)
				}
			}
		}
	})
}

func (s *scene) reconcileVoucher(message string) func() error {
	return func() error {
		_, err := s.client.Vouchers.Reconcile(s.t.Context(), vingd.VoucherParams{Amount: 3, Message: message}, time.Now())
		return err
	}
}

func (s *scene) reconcileOrder(note string) func() error {
	return func() error {
		_, err := s.client.Orders.Reconcile(s.t.Context(), s.object, vingd.OrderParams{Price: 3, Context: note}, time.Now())
		return err
	}
}

func (s *scene) reconcilePurchase(object vingd.ObjectID) func() error {
	return func() error {
		_, err := s.client.Purchases.Reconcile(s.t.Context(), object, vingd.PurchaseParams{Buyer: s.reader, Price: 3}, time.Now())
		return err
	}
}

// A list is read to its end, however long it is.
func TestReconcile_LongLists(t *testing.T) {
	inBubble(t, func(t *testing.T, s *scene, _ *stretch) {
		var want vingd.TransferID
		for i := range 1500 {
			id := must(s.judge.Rewards.Create(t.Context(), s.reader, vingd.RewardParams{Amount: 3, Description: fmt.Sprint("ref", i)}))
			if i == 1200 {
				want = id
			}
		}
		if got, err := s.reconcileReward(t.Context(), "ref1200"); got != want || err != nil {
			t.Errorf("got %v, %v, want %v", got, err, want)
		}
		must(s.judge.Rewards.Create(t.Context(), s.reader, vingd.RewardParams{Amount: 3, Description: "ref7"}))
		_, err := s.reconcileReward(t.Context(), "ref7") // of which the first is near the beginning, and the second the last
		wantUnsettled(t, err)
	})
}

// A broker that refuses to tell is not asked again.
func TestReconcile_Refused(t *testing.T) {
	for _, status := range []int{http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound} {
		var asked atomic.Int32
		client := newSeller(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			asked.Add(1)
			return reply(req, status, `{"message": "No.", "context": "Why"}`, "Content-Type", "application/json"), nil
		}))
		_, err := client.Vouchers.Reconcile(t.Context(), vingd.VoucherParams{Amount: 3, Message: "ref"}, time.Now())
		wantUnsettled(t, err, "vingd: reconcileVoucher: ", "Why: No.")
		var failed *vingd.Error
		if !errors.As(err, &failed) || failed.Status != status || failed.Kind == nil || asked.Load() != 1 {
			t.Errorf("got %#v after asking %d times", err, asked.Load())
		}
	}
}

// Vouchers that somebody else revoked, or that were made after, decide nothing.
func TestReconcileRevoke_AmongOthers(t *testing.T) {
	inBubble(t, func(t *testing.T, s *scene, _ *stretch) {
		ctx, filter := t.Context(), vingd.VoucherFilter{Group: "g"}
		create := func() vingd.VoucherCode {
			return must(s.judge.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 3, Group: "g"})).Code
		}
		old := create()
		must(s.judge.Vouchers.Create(ctx, vingd.VoucherParams{Amount: 3}))
		must(s.judge.Vouchers.Revoke(ctx, filter))
		<-time.After(time.Hour)

		first, second := create(), create()
		sent := time.Now()
		single := must(s.judge.Vouchers.Revoke(ctx, vingd.VoucherFilter{Code: first}))
		_, err := s.client.Vouchers.ReconcileRevoke(ctx, filter, sent)
		wantUnsettled(t, err, "revokes a voucher, perhaps by another call")
		whole := must(s.judge.Vouchers.Revoke(ctx, filter))
		got, err := s.client.Vouchers.ReconcileRevoke(ctx, filter, sent)
		if err != nil || len(got) != 2 || got[first] != single[first] || got[second] != whole[second] || got[old] != 0 {
			t.Errorf("got %v, %v, want %v and %v", got, err, single, whole)
		}
		_, err = s.client.Vouchers.ReconcileRevoke(ctx, vingd.VoucherFilter{}, sent)
		wantUnsettled(t, err, "revokes a voucher, perhaps by another call") // one of no group is open all the time
		must(s.judge.Vouchers.RevokeAll(ctx))
		if got, err := s.client.Vouchers.ReconcileRevoke(ctx, vingd.VoucherFilter{}, sent); err != nil || len(got) != 3 {
			t.Errorf("all were revoked: got %v, %v", got, err)
		}
		<-time.After(8 * 24 * time.Hour) // of the vouchers, none would be valid any more
		filter.ValidAfter = vingd.In(0)
		if got, err := s.client.Vouchers.ReconcileRevoke(ctx, filter, sent); err != nil || len(got) != 2 {
			t.Errorf("relative times count from when it was sent: got %v, %v", got, err)
		}
	})
}

// A reference that a broker may change is refused before anything is sent.
func TestReconcile_Reference(t *testing.T) {
	client := newSeller(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		t.Errorf("sent %s", req.URL)
		return nil, errors.New("sent")
	}))
	for reference, problem := range map[string]string{
		" ref":                   "must not begin or end with white space: the broker may trim it",
		"ref\u00a0":              "must not begin or end with white space: the broker may trim it",
		"a\nb":                   `has the character '\n', must have none that normalization may change`,
		"a\u200bb":               `has the character '\u200b', must have none that normalization may change`,
		"e\u0301":                `has the character '\u0301', must have none that normalization may change`,
		"10 \u212b":              `has the character '\u212b', must have none that normalization may change`,
		"\ufb01":                 `has the character '\ufb01', must have none that normalization may change`,
		notUTF8:                  "must be UTF-8",
		strings.Repeat("č", 51):  "is 102 bytes long, must not exceed 100: the broker may cut it",
		strings.Repeat("a", 101): "is 101 bytes long, must not exceed 100: the broker may cut it",
	} {
		_, err := client.Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 3, Description: reference}, time.Now())
		wantArgumentError(t, err, "reconcileReward: description "+problem)
	}
}

// Normalization changes no character that a reference may have, by itself or beside another.
func TestReconcile_StableCharacters(t *testing.T) {
	count := 0
	for r := rune(0); r <= unicode.MaxRune; r++ {
		if !unicode.Is(vingd.StableCharacters, r) || !unicode.IsPrint(r) {
			continue
		}
		count++
		p := norm.NFC.PropertiesString(string(r))
		if !norm.NFC.IsNormalString(string(r)) || p.CCC() != 0 || !p.BoundaryBefore() {
			t.Errorf("NFC may change %U", r)
		}
	}
	if count < 40_000 {
		t.Errorf("there are only %d characters", count)
	}
}

// Arguments by which nothing can be found are refused before anything is sent.
func TestReconcile_Arguments(t *testing.T) {
	client := newSeller(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		t.Errorf("sent %s", req.URL)
		return nil, errors.New("sent")
	}))
	ctx, sent := t.Context(), time.Now()
	_, noDescription := client.Rewards.Reconcile(ctx, huid, vingd.RewardParams{Amount: 3}, sent)
	_, badDescription := client.Rewards.Reconcile(ctx, huid, vingd.RewardParams{Amount: 3, Description: notUTF8}, sent)
	_, badUser := client.Rewards.Reconcile(ctx, "x", vingd.RewardParams{Amount: 3, Description: "ref"}, sent)
	_, neverSent := client.Rewards.Reconcile(ctx, huid, vingd.RewardParams{Amount: 3, Description: "ref"}, time.Time{})
	_, notYetSent := client.Rewards.Reconcile(ctx, huid, vingd.RewardParams{Amount: 3, Description: "ref"}, sent.AddDate(0, 0, 2))
	_, noMessage := client.Vouchers.Reconcile(ctx, vingd.VoucherParams{Amount: 3}, sent)
	_, badAmount := client.Vouchers.Reconcile(ctx, vingd.VoucherParams{Amount: -3, Message: "ref"}, sent)
	_, noContext := client.Orders.Reconcile(ctx, 5, vingd.OrderParams{Price: 3}, sent)
	_, noName := client.Objects.Reconcile(ctx, vingd.ObjectParams{URL: "https://shop.example/"}, sent)
	_, noObject := client.Purchases.Reconcile(ctx, 0, vingd.PurchaseParams{Buyer: huid, Price: 3}, sent)
	_, some := client.Vouchers.ReconcileRevoke(ctx, vingd.VoucherFilter{First: 3}, sent)
	_, badGroup := client.Vouchers.ReconcileRevoke(ctx, vingd.VoucherFilter{Group: "a b"}, sent)
	for want, err := range map[string]error{
		"reconcileReward: description is empty, must be unique to this call":                              noDescription,
		"reconcileReward: description must be UTF-8":                                                      badDescription,
		`reconcileReward: user is "x", must be 1 to 40 hexadecimal digits`:                                badUser,
		"reconcileReward: sent must be when the call was made":                                            neverSent,
		"reconcileReward: sent is in the future":                                                          notYetSent,
		"reconcileVoucher: message is empty, must be unique to this call":                                 noMessage,
		"reconcileVoucher: amount is -0.03, must not be below zero":                                       badAmount,
		"reconcileOrder: context is empty, must be unique to this call":                                   noContext,
		"reconcileObject: name is empty, must be unique to this call":                                     noName,
		"reconcilePurchase: object is 0, must be 1 or more":                                               noObject,
		"reconcileRevocation: filter has first or last, must have neither: it selects other vouchers now": some,
		`reconcileRevocation: group is "a b", must be 1 to 32 letters, digits, dashes or underscores`:     badGroup,
	} {
		wantArgumentError(t, err, want)
	}
}

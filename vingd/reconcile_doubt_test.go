package vingd_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A broker may keep short references and drop or cut the longer ones. So a shorter one does not show that it keeps this one.
func TestReconcile_ShorterReferenceKept(t *testing.T) {
	const ours = "rent 2026-01 Christopher Alexander the third"
	for name, keep := range map[string]func(text string) string{
		"dropped": func(text string) string { return message(map[bool]string{true: text}[len(text) <= 30]) },
		"cut":     func(text string) string { return message(cutAt(30)(text)) },
		"cut to fit": func(text string) string {
			return message(map[bool]string{true: text, false: cutAt(27)(text) + "…"}[len(text) <= 30])
		},
		"JSON cut": func(text string) string { return cutAt(60)(message(text)) },
	} {
		for _, done := range []bool{false, true} {
			b := &modelBroker{clock: clocks[0], now: time.Now}
			for _, text := range []string{"rent 2026-01 Ann Ba Ce Dee", "rent 2026-01 Bob Ba the one", ours} {
				if id := len(b.rows) + 1; text != ours || done {
					b.add(time.Now(), transferRow(id, keep(text)))
				}
			}
			b.add(time.Now(), transferRow(9, message("")))
			_, err := findModelReward(t.Context(), newSeller(t, b, vingd.WithSettleTime(0)), ours, time.Now())
			if got := vingd.OutcomeOf(err); got != vingd.OutcomeUnknown {
				t.Errorf("%s, done %v: got %v (%v), want unknown", name, done, got, err)
			}
		}
	}
}

// message returns the description of a reward with a text.
func message(text string) string {
	return must1(json.Marshal(map[string]any{"class": 6, "message": text}))
}

func transferRow(id int, description string) map[string]any {
	return map[string]any{
		"id": id, "amount": 200, "uid_from": 7, "uid_to": 8, "uid_proxy": 1, "description": description,
		"timestamp": time.Now().UTC().Format(time.RFC3339),
	}
}

// A broker may mask the digits of a card number in a text, and keep other texts. Such a reference proves no absence.
func TestReconcile_MaskedDigits(t *testing.T) {
	cards := regexp.MustCompile(`[0-9](?:[ -]?[0-9]){12,18}`)
	for _, ours := range []string{"payroll 4111111111111111", "payroll 4111 1111 1111 1111 b", "2026-11-21 000017"} {
		for name, mask := range map[string]func(card string) string{
			"letters":     func(card string) string { return "XXXXXXXXXXXX" + card[len(card)-4:] },
			"stars":       func(card string) string { return "************" + card[len(card)-4:] },
			"zeros":       func(card string) string { return "000000000000" + card[len(card)-4:] },
			"placeholder": func(string) string { return "[card]" },
			"dropped":     func(string) string { return "" },
		} {
			for _, row := range []string{"a reward", "a voucher by message", "an order", "an object, both changed"} {
				b, call := &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now}, modelNamed(t, row)
				call.row(b, time.Now(), "payroll 4111111111111112", 200) // no valid card number, so it is kept
				call.row(b, time.Now(), cards.ReplaceAllStringFunc(ours, mask), 200)
				_, err := call.reconcile(t.Context(), newSeller(t, b, vingd.WithSettleTime(0)), ours, time.Now())
				if got := vingd.OutcomeOf(err); got != vingd.OutcomeUnknown {
					t.Errorf("%s %q, %s: got %v (%v), want unknown", row, ours, name, got, err)
				}
			}
		}
	}
}

// Twelve digits are no card number, which has thirteen at least.
func TestReconcile_TwelveDigits(t *testing.T) {
	b, call := &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now}, modelNamed(t, "a reward")
	call.row(b, time.Now(), "payroll a411111111112", 200)
	_, err := call.reconcile(t.Context(), newSeller(t, b, vingd.WithSettleTime(0)), "payroll a411111111111", time.Now())
	if got := vingd.OutcomeOf(err); got != vingd.OutcomeNotDone {
		t.Errorf("got %v (%v), want not done", got, err)
	}
}

// A list of a round length may have been cut off, a short one too.
func TestReconcile_OrdersCutOff(t *testing.T) {
	for n, want := range map[int]vingd.Outcome{
		0: vingd.OutcomeNotDone, 5: vingd.OutcomeNotDone, 9: vingd.OutcomeNotDone, 11: vingd.OutcomeNotDone, 26: vingd.OutcomeNotDone,
		10: vingd.OutcomeUnknown, 20: vingd.OutcomeUnknown, 25: vingd.OutcomeUnknown,
		30: vingd.OutcomeUnknown, 40: vingd.OutcomeUnknown, 50: vingd.OutcomeUnknown, 64: vingd.OutcomeUnknown, 100: vingd.OutcomeUnknown,
	} {
		b := &modelBroker{clock: clocks[0], now: time.Now}
		for i := range n {
			b.add(time.Now(), map[string]any{"id": i + 1, "oid": 5, "price": 200, "context": fmt.Sprint("basket no. ", 100+i)})
		}
		_, err := modelNamed(t, "an order").reconcile(t.Context(), newSeller(t, b, vingd.WithSettleTime(0)), "basket no. 999", time.Now())
		if got := vingd.OutcomeOf(err); got != want {
			t.Errorf("%d orders: got %v (%v), want %v", n, got, err, want)
		}
	}
}

// A list that has one row twice has it once.
func TestReconcile_RowTwice(t *testing.T) {
	b := &modelBroker{clock: clocks[0], now: time.Now}
	for range 2 {
		b.add(time.Now(), transferRow(17, message("payroll 17")))
	}
	got, err := findModelReward(t.Context(), newSeller(t, b, vingd.WithSettleTime(0)), "payroll 17", time.Now())
	if err != nil || got != vingd.TransferID(17) {
		t.Errorf("got %v, %v, want transfer 17", got, err)
	}
}

// A clock that was ahead when the call was made, and is right since, moves no window past the call.
func TestReconcile_SentInTheFuture(t *testing.T) {
	for _, name := range []string{"a reward", "a voucher by message", "an order", "an object, both changed", "a purchase"} {
		for _, ago := range []time.Duration{time.Minute, 3 * time.Hour, 24 * time.Hour} {
			call, now := modelNamed(t, name), time.Now()
			b := &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now}
			call.row(b, now.Add(-ago), "payroll 17", 200)
			_, err := call.reconcile(t.Context(), newSeller(t, b, vingd.WithSettleTime(0)), "payroll 17", now.Add(23*time.Hour))
			if err != nil {
				t.Errorf("%s, %v before: %v", name, ago, err)
			}
		}
	}
}

// The same for a revocation, of which the broker's log tells.
func TestReconcileRevoke_SentInTheFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now}
		modelNamed(t, "a voucher by message").row(b, time.Now(), "payroll 17", 200)
		b.rows[0].data["action"] = "revoke"
		<-time.After(3 * time.Hour)
		_, err := newSeller(t, roundTrip(func(req *http.Request) (*http.Response, error) { return b.RoundTrip(req) }), vingd.WithSettleTime(0)).
			Vouchers.ReconcileRevoke(t.Context(), vingd.VoucherFilter{}, time.Now().Add(23*time.Hour))
		if got := vingd.OutcomeOf(err); got == vingd.OutcomeNotDone {
			t.Errorf("got %v (%v), want that it is not said to be not done", got, err)
		}
	})
}

// A voucher without message and description may be that of a call. It is another one if a row shows that the broker keeps one of
// the two. Messages that differ in their words show nothing, and numbered descriptions do.
func TestReconcile_OneFieldIsKept(t *testing.T) {
	for _, c := range []struct {
		message, description any
		want                 vingd.Outcome
	}{
		{"Dear Bob, thank you", "campaign 7 no. 0002", vingd.OutcomeNotDone},
		{nil, "campaign 7 no. 0002", vingd.OutcomeNotDone},
		{"Dear Ann, thank you", "campaign 7 no. 0002", vingd.OutcomeNotDone},
		{"Dear Bob, thank you", "campaign 7", vingd.OutcomeUnknown},
		{"Dear Bob, thank you", nil, vingd.OutcomeUnknown},
	} {
		b := &modelBroker{clock: clocks[0], now: time.Now}
		for _, texts := range [][2]any{{nil, nil}, {c.message, c.description}} {
			voucherRow(func(*modelBroker, string) map[string]any {
				return map[string]any{"message": texts[0], "description": texts[1]}
			})(b, time.Now(), "", 200)
		}
		_, err := newSeller(t, b, vingd.WithSettleTime(0)).Vouchers.Reconcile(t.Context(),
			vingd.VoucherParams{Amount: 200, Message: "Dear Ann, thank you", Description: "campaign 7 no. 0001"}, time.Now())
		if got := vingd.OutcomeOf(err); got != c.want {
			t.Errorf("beside %v, %v: got %v (%v), want %v", c.message, c.description, got, err, c.want)
		}
	}
}

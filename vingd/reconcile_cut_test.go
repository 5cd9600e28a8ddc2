package vingd_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A broker may cut a text within a word, and at a character that its database does not have.
func TestReconcile_CutWithinWord(t *testing.T) {
	for text, kept := range map[string]string{
		"Kupnja kave i kolača 17": "Kupnja kave i kola",
		"pošiljka 17":             "po",
		"2026 žetva 17":           "2026 ",
		"зарплата 17":             "зарп",
		"order17":                 "rder1",
		"za čokoladu 2026-0017":   "koladu 2026-0",
	} {
		wantDoubt(t, text, kept)
	}
}

// wantDoubt requires an unknown outcome of each kind of call whose reference is a text, if the broker keeps it as another.
func wantDoubt(t *testing.T, text, kept string) {
	t.Helper()
	for _, name := range []string{"a reward", "a voucher by message", "an order", "an object, both changed"} {
		call, sent := modelNamed(t, name), time.Now()
		b := &modelBroker{storage: storage{keep: func(string) string { return kept }}, clock: clocks[0], now: time.Now}
		call.row(b, sent.Add(time.Millisecond), text, 200)
		_, err := call.reconcile(t.Context(), newSeller(t, b, vingd.WithSettleTime(0)), text, sent)
		if got := vingd.OutcomeOf(err); got != vingd.OutcomeUnknown {
			t.Errorf("%s of %q, which the broker keeps as %q: got %v (%v), want unknown", name, text, kept, got, err)
		}
	}
}

// Without a Date header, an order that seems days old may be that of the call.
func TestReconcile_OrderOfSlowClock(t *testing.T) {
	call, sent := modelNamed(t, "an order"), time.Now()
	b := &modelBroker{storage: storages[0], clock: clock{ahead: -50 * time.Hour}, now: time.Now}
	call.row(b, sent.Add(time.Millisecond), "payroll 17", 200)
	_, err := call.reconcile(t.Context(), newSeller(t, b, vingd.WithSettleTime(0)), "payroll 17", sent)
	wantUnsettled(t, err, "row 1 has the reference, but is more than a day older than the call")
}

// undatedRewards responds with the oldest ten rewards, which have no time.
func undatedRewards(t *testing.T, sinceMatters bool) http.RoundTripper {
	t.Helper()
	return roundTrip(func(req *http.Request) (*http.Response, error) {
		path := req.URL.Path
		rows := []map[string]any{}
		switch {
		case strings.HasSuffix(path, "/id/users"):
			return reply(req, http.StatusOK, `{"data": {"uid": 7}}`), nil
		case strings.HasSuffix(path, "/fort/accounts"):
			return reply(req, http.StatusOK, `{"data": {"balance": 0}}`), nil // each row is a payment to the seller, too
		case sinceMatters && strings.Contains(path, "since="):
		default:
			for id := 1; id <= 10; id++ {
				text := must1(json.Marshal(map[string]any{"class": 6, "message": "payroll " + string(rune('A'+id)) + "17"}))
				if sinceMatters {
					text = `{"class": 6, "message": "payroll 17"}`
				}
				rows = append(rows, map[string]any{"id": id, "amount": 200, "description": text})
				if sinceMatters {
					break
				}
			}
		}
		switch {
		case strings.Contains(path, "first=1"):
			rows = rows[:min(1, len(rows))]
		case strings.Contains(path, "last=1"):
			rows = rows[max(0, len(rows)-1):]
		}
		return reply(req, http.StatusOK, must1(json.Marshal(map[string]any{"data": rows}))), nil
	})
}

// A list whose rows have no time may be cut off: the client cannot look beyond its ends.
func TestReconcile_UndatedList(t *testing.T) {
	client := newSeller(t, undatedRewards(t, false), vingd.WithSettleTime(0))
	_, err := findModelReward(t.Context(), client, "payroll A17", time.Now())
	wantUnsettled(t, err, "the list has 10 rows: it may be cut off")
}

// A row without a time, which no look-up since the call returns, may be that of an older call with the same reference.
func TestReconcile_UndatedOldRow(t *testing.T) {
	client := newSeller(t, undatedRewards(t, true), vingd.WithSettleTime(0))
	_, err := findModelReward(t.Context(), client, "payroll 17", time.Now())
	wantUnsettled(t, err, "row 1 has the reference, but is more than a day older than the call")
}

// A broker may keep a text as it is in a URL.
func TestReconcile_PercentEscapes(t *testing.T) {
	wantDoubt(t, "za kolača 17", url.PathEscape("za kolača 17"))
}

// A reference may be JSON, which the client also reads as the description of a transfer.
func TestReconcile_ReferenceOfJSON(t *testing.T) {
	for text, want := range map[string]vingd.Outcome{
		`{"id": "payroll-17"}`:             vingd.OutcomeDone,
		`{"class": 3, "id": "payroll-17"}`: vingd.OutcomeUnknown,
	} {
		call, sent := modelNamed(t, "a reward, text alone"), time.Now()
		b := &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now}
		call.row(b, sent.Add(time.Millisecond), text, 200)
		_, err := call.reconcile(t.Context(), newSeller(t, b, vingd.WithSettleTime(0)), text, sent)
		if got := vingd.OutcomeOf(err); got != want {
			t.Errorf("%s: got %v (%v), want %v", text, got, err, want)
		}
	}
}

// The Date of a gateway's page does not show that the broker's clock is right.
func TestReconcile_DateOfPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		call, sent := modelNamed(t, "a reward"), time.Now()
		b := &modelBroker{storage: storages[0], clock: clock{ahead: -50 * time.Hour}, now: time.Now}
		call.row(b, sent.Add(time.Millisecond), "payroll 17", 200)
		failed := false
		client := newSeller(t, roundTrip(func(req *http.Request) (*http.Response, error) {
			if !failed {
				failed = true
				return reply(req, http.StatusBadGateway, "<html>", "Date", time.Now().UTC().Format(http.TimeFormat)), nil
			}
			return b.RoundTrip(req)
		}))
		_, err := call.reconcile(t.Context(), client, "payroll 17", sent)
		wantUnsettled(t, err, "row 1 has the reference, but is more than a day older than the call")
	})
}

// A broker may escape a text and cut it then, and may remove the marks between words.
func TestReconcile_EscapedAndCut(t *testing.T) {
	for text, all := range map[string][]string{
		"Ann's order 1234":        {"Ann&#39;s order 12", "Ann&#39;s o", "Ann&#3", "Ann%27s%20order%2", "Ann\\'s order 12", "Anns order 1234", "Anns order 12", "annsord"},
		"Tom & Ann: no. 70":       {"Tom &amp; Ann: n", "Tom &am", "Tom%20%26%20Ann%3A%20no%2", "Tom Ann no 7", "TomAnnno70"},
		"Kupnja kolača i kave 17": {`Kupnja kola\u010da i k`, "Kupnja kola&#269;a i k", "Kupnja%20kola%C4%8Da%20i%20k", "Kupnja%20kola%C", `Kupnja kola\u01`},
		"payroll 2026-01 no. 017": {"payroll 202601 no 017", "payroll 202601 n", "payroll%202026-01%2", "payroll202601"},
		"'quoted' 17":             {"&#3", "%", "&quot"},
		"no. 0017 R&D":            {"no. 0017 R&a", "no. 0017 R&am", "no. 0017 R&amp", "no. 0017 R&amp;", "no. 0017 R%2"},
		"rabat%20 17":             {"rabat 17", "RABAT%2520 17", "RABAT 17"},
	} {
		for _, kept := range all {
			wantDoubt(t, text, kept)
		}
	}
}

// A broker may read its newest rows, and filter only these. The row looked for is behind the bound, and so are the rows before
// the call. Only the balance shows that the list is cut off.
func TestReconcile_BoundBeforeFilters(t *testing.T) {
	for _, n := range []int{1000, 997, 3840} {
		testBoundBeforeFilters(t, n, 5*n+5, vingd.OutcomeUnknown)
		testBoundBeforeFilters(t, n, 5*n, vingd.OutcomeNotDone)
	}
}

// testBoundBeforeFilters requires an outcome if a broker shows n rows, and what the account has paid.
func testBoundBeforeFilters(t *testing.T, n, paid int, want vingd.Outcome) {
	t.Helper()
	sent := time.Now().Add(-time.Minute)
	row := func(id, amount, from, to int, at time.Time, text string) string {
		return fmt.Sprintf(`{"id": %d, "amount": %d, "uid_from": %d, "uid_to": %d, "timestamp": %q, "description": "{\"class\": 6, \"message\": \"%s\"}"}`,
			id, amount, from, to, at.UTC().Format(time.RFC3339Nano), text)
	}
	var rows []string
	for i := range n {
		rows = append(rows, row(i+501, 5, 7, 8, sent.Add(time.Duration(i)*time.Millisecond), fmt.Sprintf("payroll 2026-01 no. %04d", i+500)))
	}
	client := newSeller(t, roundTrip(func(req *http.Request) (*http.Response, error) {
		data := `[` + strings.Join(rows, ",") + `]`
		switch path := req.URL.Path; {
		case strings.HasSuffix(path, "/id/users"):
			data = `{"uid": 7}`
		case strings.HasSuffix(path, "/fort/accounts"):
			data = fmt.Sprintf(`{"balance": %d}`, 1_000_000-paid)
		case strings.Contains(path, "/to=7"):
			data = `[` + row(1, 1_000_000, 2, 7, sent.Add(-time.Hour), "a deposit") + `]`
		case strings.HasSuffix(path, "/first=1"), strings.Contains(path, "/first=1/"):
			data = `[` + rows[0] + `]`
		case strings.Contains(path, "/last=1"):
			data = `[` + rows[n-1] + `]`
		}
		return reply(req, http.StatusOK, `{"data": `+data+`}`, "Date", time.Now().UTC().Format(http.TimeFormat)), nil
	}), vingd.WithSettleTime(0))
	_, err := client.Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 5, Description: "payroll 2026-01 no. 0017"}, sent)
	if got := vingd.OutcomeOf(err); got != want {
		t.Errorf("%d rows, %d paid: got %v (%v), want %v", n, paid, got, err, want)
	}
}

// A broker may cut the description of a transfer, which is JSON, at a length that others do not reach. These show nothing about
// the text that was cut off. A number at the cut may be the beginning of another one.
func TestReconcile_CutJSON(t *testing.T) {
	const whole = `{"class": 6, "to": "Bob", "message": "payroll 2026-01 no. 0018"}`
	reward := func(ctx context.Context, c *vingd.Client) error {
		_, err := findModelReward(ctx, c, "payroll 2026-01 no. 0017", time.Now())
		return err
	}
	purchase := func(ctx context.Context, c *vingd.Client) error {
		_, err := c.Purchases.Reconcile(ctx, 1234, vingd.PurchaseParams{Buyer: huid, Price: 200}, time.Now())
		return err
	}
	for _, c := range []struct {
		name, description string
		reconcile         func(context.Context, *vingd.Client) error
	}{
		{"a reward, within the text", `{"class": 6, "to": "Maximilian", "message": "payr`, reward},
		{"a reward, before the text", `{"class": 6, "to": "Maximilian", "mess`, reward},
		{"a reward, within the class", `{"to": "Maximilian", "class": 1`, reward},
		{"a purchase, within the object", `{"class": 1, "name": "Article", "oid": 12`, purchase},
		{"a purchase, within the class", `{"name": "Article", "class": 6`, purchase},
	} {
		b := &modelBroker{clock: clocks[0], now: time.Now}
		for i, description := range []string{c.description, whole} {
			id, at := i+1, time.Now()
			b.rows = append(b.rows, modelRow{int64(id), at, map[string]any{
				"id": id, "amount": 200, "timestamp": at.UTC().Format(time.RFC3339), "description": description,
			}})
		}
		if err := c.reconcile(t.Context(), newSeller(t, b, vingd.WithSettleTime(0))); vingd.OutcomeOf(err) != vingd.OutcomeUnknown {
			t.Errorf("%s: got %v, want an unknown outcome", c.name, err)
		}
	}
}

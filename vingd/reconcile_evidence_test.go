package vingd_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// brokerOfTransfers responds with the transfers that a filter selects.
func brokerOfTransfers(t *testing.T, transfers func(path string) string) *vingd.Client {
	return newBareClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
		if strings.HasSuffix(req.URL.Path, "id/users") {
			return reply(req, http.StatusOK, `{"data": {"uid": 7}}`), nil
		}
		if strings.HasSuffix(req.URL.Path, "/fort/accounts") { // each row is a payment to the seller, too
			return reply(req, http.StatusOK, `{"data": {"balance": 0}}`), nil
		}
		return reply(req, http.StatusOK, `{"data": [`+transfers(req.URL.Path)+`]}`), nil
	}), vingd.WithSettleTime(0), vingd.WithClock(time.Now))
}

// A list of payments may have them as negative amounts. Such a row without a text may be the reward.
func TestReconcile_NegativeAmount(t *testing.T) {
	client := brokerOfTransfers(t, func(string) string {
		return `{"id": 3, "amount": -1000, "uid_from": 7, "uid_to": 8, "timestamp": "2026-01-01T00:00:00Z", "description": null}`
	})
	_, err := client.Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 1000, Description: "payroll no. 17"}, time.Now())
	if !errors.Is(err, vingd.ErrOutcomeUnknown) {
		t.Errorf("got %v, want ErrOutcomeUnknown", err)
	}
}

// Without a Date header, nothing tells how far a broker's clock is behind. Then the last look-up reads the whole list. An old row
// with the reference may be of the call, or of another one that used the reference before.
func TestReconcile_ClockFarBehindWithoutDate(t *testing.T) {
	for _, behind := range []time.Duration{30 * time.Hour, 10 * 365 * 24 * time.Hour} {
		at := time.Now().Add(-behind)
		client := brokerOfTransfers(t, func(path string) string {
			for segment := range strings.SplitSeq(path, "/") {
				if since, ok := strings.CutPrefix(segment, "since="); ok && !at.After(must(time.Parse("20060102T150405-0700", since))) {
					return ""
				}
			}
			return fmt.Sprintf(`{"id": 3, "amount": 1000, "uid_from": 7, "uid_to": 8, "timestamp": %q, "description": "payroll no. 17"}`, at.Format(time.RFC3339))
		})
		_, err := client.Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 1000, Description: "payroll no. 17"}, time.Now())
		if !errors.Is(err, vingd.ErrOutcomeUnknown) {
			t.Errorf("%v behind: got %v, want ErrOutcomeUnknown", behind, err)
		}
	}
}

// A broker may bound a list before it takes the first or last rows of it. Older rows than those of the list show it.
func TestReconcile_ListCutBeforePaging(t *testing.T) {
	begin := time.Now().Add(-time.Hour).Truncate(time.Second)
	for _, newest := range []bool{false, true} {
		client := brokerOfTransfers(t, func(path string) string {
			return strings.Join(boundedRows(path, begin, 150, 97, newest), ",")
		})
		wanted := 10 // is cut off
		if !newest {
			wanted = 140
		}
		_, err := client.Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 5, Description: fmt.Sprintf("payroll no. %04d", wanted)}, begin)
		if !errors.Is(err, vingd.ErrOutcomeUnknown) {
			t.Errorf("newest %v: got %v, want ErrOutcomeUnknown", newest, err)
		}
	}
}

// boundedRows returns rows as a broker does that bounds a list first, and then takes the first or last one.
func boundedRows(path string, begin time.Time, n, bound int, newest bool) (rows []string) {
	since, until := time.Time{}, begin.Add(24*time.Hour)
	first, last := false, false
	for segment := range strings.SplitSeq(path, "/") {
		switch key, value, _ := strings.Cut(segment, "="); key {
		case "since":
			since = must(time.Parse("20060102T150405-0700", value))
		case "until":
			until = must(time.Parse("20060102T150405-0700", value))
		case "first":
			first = true
		case "last":
			last = true
		}
	}
	for i := range n {
		if at := begin.Add(time.Duration(i) * time.Second); at.After(since) && at.Before(until) {
			rows = append(rows, fmt.Sprintf(`{"id": %d, "amount": 5, "uid_from": 7, "uid_to": 8, "timestamp": %q, "description": "payroll no. %04d"}`, i+1, at.Format(time.RFC3339), i))
		}
	}
	if len(rows) > bound && newest {
		rows = rows[len(rows)-bound:]
	} else if len(rows) > bound {
		rows = rows[:bound]
	}
	switch {
	case first && len(rows) > 0:
		return rows[:1]
	case last && len(rows) > 0:
		return rows[len(rows)-1:]
	}
	return rows
}

// A payment that names the object may be the purchase, whatever its class.
func TestReconcile_PaymentOfOtherClass(t *testing.T) {
	client := brokerOfTransfers(t, func(string) string {
		return fmt.Sprintf(`{"id": 3, "amount": 1000, "uid_from": 8, "uid_to": 7, "timestamp": %q, "description": "{\"class\": 3, \"oid\": 5}"}`,
			time.Now().Format(time.RFC3339))
	})
	_, err := client.Purchases.Reconcile(t.Context(), 5, vingd.PurchaseParams{Buyer: huid, Price: 1000}, time.Now())
	if !errors.Is(err, vingd.ErrOutcomeUnknown) {
		t.Errorf("got %v, want ErrOutcomeUnknown", err)
	}
}

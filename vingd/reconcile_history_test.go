package vingd_test

import (
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// A historyBroker shows a part of its transfers, and filters only these.
type historyBroker struct {
	rows   []historyRow
	shown  func(rows []historyRow) []historyRow
	ahead  time.Duration // its Date header
	oldest int           // requests for the oldest rows of the account
}

type historyRow struct {
	id       int
	at       time.Time
	text     string
	incoming bool
	amount   vingd.Cents
}

var (
	historyFirst = regexp.MustCompile(`/first=(\d+)`)
	historyLast  = regexp.MustCompile(`/last=(\d+)`)
	historySince = regexp.MustCompile(`/since=([^/]+)`)
	historyUntil = regexp.MustCompile(`/until=([^/]+)`)
)

func (b *historyBroker) add(at time.Time, text string, incoming bool) {
	b.rows = append(b.rows, historyRow{len(b.rows) + 1, at, text, incoming, 200})
}

func (b *historyBroker) RoundTrip(req *http.Request) (*http.Response, error) {
	path, date := req.URL.Path, time.Now().Add(b.ahead).UTC().Format(http.TimeFormat)
	if strings.HasSuffix(path, "/id/users") {
		return reply(req, http.StatusOK, `{"data": {"uid": 7}}`, "Date", date), nil
	}
	if strings.HasSuffix(path, "/fort/accounts") {
		balance := vingd.Cents(0)
		for _, row := range b.rows {
			if !row.incoming {
				row.amount = -row.amount
			}
			balance += row.amount
		}
		return reply(req, http.StatusOK, fmt.Sprintf(`{"data": {"balance": %d}}`, balance), "Date", date), nil
	}
	if strings.Contains(path, "/first=20") {
		b.oldest++
	}
	limit := func(pattern *regexp.Regexp) (time.Time, bool) {
		found := pattern.FindStringSubmatch(path)
		if found == nil {
			return time.Time{}, false
		}
		at, _ := time.Parse("20060102T150405-0700", found[1]) // it is the client's own
		return at, true
	}
	since, hasSince := limit(historySince)
	until, hasUntil := limit(historyUntil)
	var list []string
	for _, row := range b.shown(b.rows) {
		if row.incoming != strings.Contains(path, "/to=7") || hasSince && row.at.Before(since) || hasUntil && row.at.After(until) {
			continue
		}
		from, to := 7, 8
		if row.incoming {
			from, to = to, from
		}
		list = append(list, fmt.Sprintf(`{"id": %d, "amount": %d, "uid_from": %d, "uid_to": %d, "timestamp": %q, "description": "{\"class\": 6, \"message\": \"%s\"}"}`,
			row.id, row.amount, from, to, row.at.UTC().Format(time.RFC3339), row.text))
	}
	if found := historyFirst.FindStringSubmatch(path); found != nil {
		n, _ := strconv.Atoi(found[1])
		list = list[:min(len(list), n)]
	}
	if found := historyLast.FindStringSubmatch(path); found != nil {
		n, _ := strconv.Atoi(found[1])
		list = list[max(0, len(list)-n):]
	}
	return reply(req, http.StatusOK, `{"data": [`+strings.Join(list, ",")+`]}`, "Date", date), nil
}

// A broker may show the newest rows of an account, or those of the last month. If it shows nothing from before a call, it may no
// longer show the call's row.
func TestReconcile_HistoryCutOff(t *testing.T) {
	newest := func(n int) func([]historyRow) []historyRow {
		return func(rows []historyRow) []historyRow { return rows[max(0, len(rows)-n):] }
	}
	within := func(period time.Duration) func([]historyRow) []historyRow {
		return func(rows []historyRow) []historyRow {
			for len(rows) > 0 && time.Since(rows[0].at) > period {
				rows = rows[1:]
			}
			return rows
		}
	}
	newestOut := func(n int) func([]historyRow) []historyRow { // of those from the account
		return func(rows []historyRow) (shown []historyRow) {
			for _, row := range slices.Backward(rows) {
				if n--; row.incoming || n >= 0 {
					shown = append(shown, row)
				}
			}
			slices.Reverse(shown)
			return shown
		}
	}
	const day, month = 24 * time.Hour, 30 * 24 * time.Hour
	all := newest(10_000)
	for _, c := range []struct {
		name    string
		age     time.Duration // of the call
		before  int           // rows from before the call
		after   int           // rows since the call
		both    bool          // as many incoming rows
		shown   func([]historyRow) []historyRow
		notDone vingd.Outcome // if the call was not done
	}{
		{"whole", month, 50, 50, false, all, vingd.OutcomeNotDone},
		{"whole, incoming too", time.Minute, 50, 50, true, all, vingd.OutcomeNotDone},
		{"of 30 days", month + day, 50, 30, false, within(month), vingd.OutcomeUnknown},
		{"of 30 days, with few rows", month + day, 50, 3, false, within(month), vingd.OutcomeUnknown},
		{"of 30 days, with none", month + day, 50, 0, false, within(month), vingd.OutcomeUnknown},
		{"newest 20", time.Minute, 50, 27, false, newest(20), vingd.OutcomeUnknown},
		{"newest 90", time.Minute, 50, 97, false, newest(90), vingd.OutcomeUnknown},
		{"newest 100, incoming too", time.Minute, 50, 107, true, newest(100), vingd.OutcomeUnknown},
		{"newest 150, with older ones", time.Minute, 50, 100, false, newest(150), vingd.OutcomeNotDone},
		{"a new account with few rows", time.Minute, 0, 19, false, all, vingd.OutcomeNotDone},
		{"a new account with no rows", time.Minute, 0, 0, false, all, vingd.OutcomeNotDone},
		{"a new account with many rows", time.Minute, 0, 400, false, all, vingd.OutcomeNotDone},
		{"newest 100 from the account", time.Minute, 50, 110, false, newestOut(100), vingd.OutcomeUnknown},
		{"newest 50, of the same moment", 100 * time.Millisecond, 50, 60, false, newest(50), vingd.OutcomeUnknown},
		{"newest 100 by a clock ahead", 10 * time.Second, 50, 150, false, newest(100), vingd.OutcomeUnknown},
		{"of a day, with few rows", day + 5*time.Minute, 50, 3, false, within(day), vingd.OutcomeUnknown},
		{"none", time.Minute, 50, 0, false, newest(0), vingd.OutcomeUnknown},
	} {
		for _, done := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, done %v", c.name, done), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b := &historyBroker{shown: c.shown}
					if strings.HasSuffix(c.name, "clock ahead") {
						b.ahead = 30 * time.Second
					}
					add := func(n int, at time.Time, step time.Duration) {
						for i := range n {
							b.add(at.Add(step*time.Duration(i)), fmt.Sprintf("payroll 1999-12 no. %04d", 1000+len(b.rows)), false)
							if c.both {
								b.add(at.Add(step*time.Duration(i)), "paid", true)
							}
						}
					}
					sent := time.Now()
					deposited := sent.Add(-10 * time.Second)
					if c.before > 0 {
						deposited = sent.Add(-2 * day)
					}
					b.rows = append(b.rows, historyRow{1, deposited, "a deposit", true, 1_000_000})
					add(c.before, sent.Add(-day), day/100)
					if done {
						b.add(sent, "payroll 2000-01 no. 0017", false)
					}
					add(c.after, sent.Add(c.age/10), c.age/200)
					<-time.After(c.age)
					_, err := newSeller(t, b).Rewards.Reconcile(t.Context(), huid, vingd.RewardParams{Amount: 200, Description: "payroll 2000-01 no. 0017"}, sent)
					isShown := false
					for _, row := range b.shown(b.rows) {
						isShown = isShown || row.text == "payroll 2000-01 no. 0017"
					}
					want := c.notDone
					if isShown {
						want = vingd.OutcomeDone
					} else if done {
						want = vingd.OutcomeUnknown
					}
					if c.name == "whole, incoming too" && b.oldest > 0 {
						t.Errorf("there were %d requests for the oldest rows, though the list has some from before the call", b.oldest)
					}
					if got := vingd.OutcomeOf(err); got != want {
						t.Errorf("got %v (%v), want %v", got, err, want)
					}
				})
			})
		}
	}
}

// The log of vouchers may lack a voucher whose transfer the broker shows.
func TestReconcile_LogLacksVoucher(t *testing.T) {
	call, sent := modelNamed(t, "a voucher by message"), time.Now()
	b := &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now}
	call.row(b, sent.Add(time.Millisecond), "payroll 17", 200)
	call.row(b, sent.Add(2*time.Millisecond), "payroll 18", 200)
	log := &modelBroker{storage: storages[0], clock: clocks[0], now: time.Now, rows: b.rows[1:]}
	broker := roundTrip(func(req *http.Request) (*http.Response, error) {
		if strings.Contains(req.URL.Path, "/vouchers/history") {
			return log.RoundTrip(req)
		}
		return b.RoundTrip(req)
	})
	_, err := call.reconcile(t.Context(), newSeller(t, broker, vingd.WithSettleTime(0)), "payroll 17", sent)
	wantUnsettled(t, err, "the broker shows nothing older than the call")
}

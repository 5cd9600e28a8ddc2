package batch_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/batch"
)

// A broker may keep the reference of a reward anywhere in the description of its transfer. A plan whose journal is lost is
// not paid again.
func TestRun_JournalLostDescriptions(t *testing.T) {
	const number, object = "payroll 2026-01 no. 0017", `{"class": 6, "id": "payroll-17"}`
	marshal := func(v any) string {
		text, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		return string(text)
	}
	for _, c := range []struct{ name, reference, description string }{
		{"a member", number, marshal(map[string]any{"class": 6, "message": number})},
		{"nested", number, marshal(map[string]any{"class": 6, "data": map[string]any{"message": []string{"for Ann", number}}})},
		{"in an array", number, marshal([]any{6, number})},
		{"a JSON text", number, marshal(number)},
		{"not JSON", number, number},
		{"a reference that is JSON", object, object},
		{"a reference that is JSON, nested", object, marshal(map[string]any{"class": 6, "message": object})},
	} {
		t.Run(c.name, func(t *testing.T) {
			client, paid := newListBroker(t, func(string) any {
				return []any{map[string]any{"id": 1, "amount": 500, "uid_from": 5, "description": c.description}}
			})
			job, err := batch.OpenRewards(t.Context(), filepath.Join(t.TempDir(), "journal"), []batch.Reward{{User: "abc", Amount: 500, Reference: c.reference}})
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := job.Close(); err != nil {
					t.Error(err)
				}
			}()
			var earlier *batch.EarlierError
			if _, err := job.Run(t.Context(), client, batch.Options{}); !errors.As(err, &earlier) || earlier.Transfer != 1 || *paid != 0 {
				t.Errorf("got %v and %d payments, want that transfer 1 has it", err, *paid)
			}
		})
	}
}

// A new account with 100 rows may be one whose lists the broker bounds. Its balance tells that the broker shows all of them, so
// that a row is settled.
func TestRun_UsualBound(t *testing.T) {
	s := newScene(t, "rewards", 120)
	all := s.list.Rewards
	s.list.Rewards = all[:100]
	if _, err := open(t, s.list, filepath.Join(t.TempDir(), "journal")).Run(t.Context(), s.client, batch.Options{}); err != nil {
		t.Fatal(err)
	}
	s.fail("rewardUser", sandbox.Fault{Status: http.StatusInternalServerError})
	s.list.Rewards = all[100:]
	job := open(t, s.list, filepath.Join(t.TempDir(), "journal"))
	if got, err := job.Run(t.Context(), s.client, batch.Options{}); got.Unknown > 0 || got.Done > 0 || err == nil || !strings.Contains(err.Error(), ": vingd: rewardUser: 500 Internal Server Error: ") {
		t.Fatalf("got %+v, %v, want that no row was done", got, err)
	}
	s.ClearFaults()
	if got, err := job.Run(t.Context(), s.client, batch.Options{}); err != nil {
		t.Errorf("got %+v, %v", got, err)
	}
	s.list.Rewards = all
	s.assertOnce(s.list, s.before)
}

// A broker may bound its lists to their oldest or their newest rows. A plan whose journal is lost is not paid again.
func TestRun_JournalLostBoundedList(t *testing.T) {
	const bound, others = 12, 40
	for _, kind := range []string{"rewards", "vouchers"} {
		for _, hidden := range []int{0, others / 2, others} { // the place of the row of the plan in the list
			for _, newest := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s, row %d, newest %v", kind, hidden, newest), func(t *testing.T) {
					l := &list{Rewards: []batch.Reward{{User: "abc", Amount: 500, Reference: "payroll no. 0017"}}}
					if kind == "vouchers" {
						l = &list{Vouchers: []voucherRow{{Amount: 500}}}
					}
					job := open(t, l, filepath.Join(t.TempDir(), "journal"))
					var rows []boundedRow
					for i := range others + 1 {
						row := boundedRow{i + 1, time.Now().Add(time.Duration(i-others) * time.Hour).Truncate(time.Second), fmt.Sprint("another ", i)}
						if i == hidden {
							row.text = job.Rows()[0].Reference
						}
						rows = append(rows, row)
					}
					client, paid := newListBroker(t, func(path string) any { return boundedList(t, rows, path, bound, newest) })
					var earlier *batch.EarlierError
					if _, err := job.Run(t.Context(), client, batch.Options{}); !errors.As(err, &earlier) || earlier.Rows != 1 || *paid != 0 {
						t.Errorf("got %v and %d payments, want that the broker has one row", err, *paid)
					}
				})
			}
		}
	}
}

// Another job of the account may pay all the time. A run begins nevertheless.
func TestRun_AnotherJobPays(t *testing.T) {
	const old, each, most = 100, 12, 50
	var rows []boundedRow
	pay := func(n int, at time.Time) {
		for range n {
			rows = append(rows, boundedRow{len(rows) + 1, at, fmt.Sprint("another ", len(rows))})
		}
	}
	pay(old, time.Now().Add(-time.Hour))
	lists := 0
	client, _ := newListBroker(t, func(path string) any {
		if lists++; lists <= most {
			pay(each, time.Now().Add(time.Duration(lists)*time.Second))
		}
		return boundedList(t, rows, path, len(rows), true)
	})
	l := &list{Rewards: []batch.Reward{{User: "abc", Amount: 500, Reference: "payroll no. 0017"}}}
	if _, err := open(t, l, filepath.Join(t.TempDir(), "journal")).Run(t.Context(), client, batch.Options{}); err != nil || lists > most {
		t.Errorf("got %v after %d lists, want the run to begin while the other job pays", err, lists)
	}
}

// newListBroker returns a client of a broker that has these lists. The broker accepts every reward and voucher, and counts
// them in paid. Its lists stay as they are.
func newListBroker(t *testing.T, list func(path string) any) (client *vingd.Client, paid *int) {
	t.Helper()
	paid = new(int)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var data any
		switch {
		case r.Method == http.MethodPost:
			*paid++
			data = map[string]any{"transfer_id": 9999, "vid_encoded": "abc"}
		case strings.Contains(r.URL.Path, "/id/users"):
			data = map[string]any{"uid": 5, "name": "shop", "username": "shop"}
		default:
			data = list(r.URL.Path)
		}
		if err := json.NewEncoder(w).Encode(map[string]any{"data": data}); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	client, err := vingd.New(vingd.Key("key", "secret"), vingd.WithLoopbackHTTP(), vingd.WithEndpoint(server.URL))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(client.CloseIdleConnections)
	return client, paid
}

type boundedRow struct {
	id   int
	at   time.Time
	text string
}

// boundedList returns the rows that the filters of a path select, but no more than a bound.
func boundedList(t *testing.T, rows []boundedRow, path string, bound int, newest bool) (list []map[string]any) {
	t.Helper()
	selected := slices.Clone(rows)
	for segment := range strings.SplitSeq(path, "/") {
		key, value, _ := strings.Cut(segment, "=")
		isSince := key == "since" || key == "create_after"
		if !isSince && key != "until" && key != "create_before" {
			continue
		}
		limit, err := time.Parse("20060102T150405-0700", value)
		if err != nil {
			t.Error(err)
		}
		selected = slices.DeleteFunc(selected, func(row boundedRow) bool {
			return isSince && row.at.Before(limit) || !isSince && row.at.After(limit)
		})
	}
	if n := len(selected); n > bound && newest {
		selected = selected[n-bound:]
	} else if n > bound {
		selected = selected[:bound]
	}
	for _, row := range selected {
		at, nested := row.at.UTC().Format(time.RFC3339), fmt.Sprintf(`{"class": 6, "message": %q}`, row.text)
		if strings.Contains(path, "/vouchers/") {
			nested = row.text
		}
		list = append(list, map[string]any{
			"id": row.id, "amount": 500, "amount_vouched": 500, "uid_from": 5, "timestamp": at, "ts_created": at,
			"action": "add", "vid": row.id, "vid_encoded": fmt.Sprint("code", row.id), "description": nested,
		})
	}
	return list
}

// CheckEarlier finds the rows that Run would, also those that have expired since, and leaves the journal as it is. Run adopts
// them, and refuses an expired row that the broker does not have.
func TestCheckEarlier_ExpiredRows(t *testing.T) {
	s, dir := newScene(t, "vouchers", 0), t.TempDir()
	plan := []batch.Voucher{{Amount: 1, Expires: vingd.Ago(time.Hour)}, {Amount: 2}, {Amount: 4, Expires: vingd.Ago(time.Hour)}}
	job := openVouchers(t, filepath.Join(dir, "lost"), plan)
	if err := job.CheckEarlier(t.Context(), s.client); err != nil {
		t.Fatal(err)
	}
	for _, row := range job.Rows()[:2] {
		if _, err := s.client.Vouchers.Create(t.Context(), vingd.VoucherParams{Amount: row.Amount, Description: row.Reference}); err != nil {
			t.Fatal(err)
		}
	}
	job = openVouchers(t, filepath.Join(dir, "journal"), plan)
	before := job.Rows()
	var earlier *batch.EarlierError
	if err := job.CheckEarlier(t.Context(), s.client); !errors.As(err, &earlier) || earlier.Rows != 2 {
		t.Errorf("got %v, want two rows", err)
	}
	if after := job.Rows(); !slices.Equal(before, after) {
		t.Errorf("got %+v, want %+v", after, before)
	}
	got, err := job.Run(t.Context(), s.client, batch.Options{Adopt: true})
	if want := (batch.Progress{Rows: 3, Done: 2, Refused: 1, Sum: 7, Given: 3}); got != want || !errors.Is(err, vingd.ErrInvalidArgument) {
		t.Errorf("got %+v, %v, want %+v", got, err, want)
	}
	if row := job.Rows()[0]; row.State != batch.Done || row.Problem != "" || row.Code == "" {
		t.Errorf("got %+v, want a row that is done", row)
	}
}

package vingd_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// The benchmarks measure the client with a broker in memory. The module in benchmarks compares it with other clients.

func BenchmarkBalance(b *testing.B) {
	client := benchClient(b, `{"data": {"uid": 4711, "balance": 12345}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Accounts.Balance(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkCreateOrder(b *testing.B) {
	client := benchClient(b, `{"data": {"ids": [7], "errors": []}}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := client.Orders.Create(b.Context(), 5, vingd.OrderParams{Price: 200, Context: "optional purchase details"}); err != nil {
			b.Fatal(err)
		}
	}
}

func Benchmark1000Vouchers(b *testing.B) {
	client := benchClient(b, voucherList(1000, false))
	b.ReportAllocs()
	for b.Loop() {
		if vouchers, err := client.Vouchers.List(b.Context(), vingd.VoucherFilter{}); err != nil || len(vouchers) != 1000 {
			b.Fatalf("got %d vouchers, %v", len(vouchers), err)
		}
	}
}

func Benchmark1000LogEntries(b *testing.B) {
	client := benchClient(b, voucherList(1000, true))
	b.ReportAllocs()
	for b.Loop() {
		if entries, err := client.Vouchers.History(b.Context(), vingd.HistoryFilter{}); err != nil || len(entries) != 1000 {
			b.Fatalf("got %d entries, %v", len(entries), err)
		}
	}
}

func Benchmark100000VouchersStreamed(b *testing.B) {
	client := benchClient(b, voucherList(100_000, false))
	b.ReportAllocs()
	var untilFirst time.Duration
	for b.Loop() {
		start, rows := time.Now(), 0
		for _, err := range client.Vouchers.All(b.Context(), vingd.VoucherFilter{}) {
			if err != nil {
				b.Fatal(err)
			}
			if rows++; rows == 1 {
				untilFirst += time.Since(start)
			}
		}
		if rows != 100_000 {
			b.Fatalf("got %d vouchers", rows)
		}
	}
	b.ReportMetric(float64(untilFirst.Nanoseconds())/float64(b.N), "ns-until-first-row")
}

// benchClient returns a client of a broker in memory that gives the same response to every request.
func benchClient(b *testing.B, response string) *vingd.Client {
	b.Helper()
	client, err := vingd.New(vingd.Password(username, password), vingd.WithHTTPClient(&http.Client{
		Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
			if req.Body != nil {
				_, _ = io.Copy(io.Discard, req.Body)
				_ = req.Body.Close()
			}
			return reply(req, http.StatusOK, response, "Content-Type", "application/json"), nil
		}),
	}))
	if err != nil {
		b.Fatal(err)
	}
	return client
}

// voucherList is a response of so many vouchers, or entries of their log.
func voucherList(rows int, log bool) string {
	var b strings.Builder
	b.WriteString(`{"data": [`)
	for i := range rows {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteByte('{')
		if log {
			fmt.Fprintf(&b, `"id": %d, "action": "add", "ts_created": "2026-01-02T03:04:05.678901+00:00", `, 9001+i)
		}
		fmt.Fprintf(&b, `"vid": %d, "vid_encoded": "LXKG-TBR-%05d", "amount_allocated": 200, "amount_vouched": 200, `+
			`"id_fort_transfer": %d, "fee": 0, "uid_from": 4711, "uid_proxy": 1, "uid_to": null, "gid": null, `+
			`"ts_valid_until": "2026-01-09T03:04:05.678901+00:00", "description": null, "message": ""}`,
			1001+i, i, 7770+i)
	}
	b.WriteString("]}")
	return b.String()
}

package vingd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// The benchmarks compare each call with the same call of a plain client, written by hand on net/http and encoding/json. The two
// take turns in one run. A ratio below 1 means that this package is faster. The broker is in memory.

func BenchmarkBalance(b *testing.B) {
	broker := staticBroker(`{"data": {"uid": 4711, "balance": 12345}}`)
	client, plain := benchClients(b, broker)
	compare(b, 200, func() error {
		_, err := client.Accounts.Balance(b.Context())
		return err
	}, func() error {
		var account struct {
			Balance int64 `json:"balance"`
		}
		return plain.do(b.Context(), http.MethodGet, "/fort/accounts", nil, &account)
	})
}

func BenchmarkCreateOrder(b *testing.B) {
	broker := staticBroker(`{"data": {"ids": [7], "errors": []}}`)
	client, plain := benchClients(b, broker)
	compare(b, 200, func() error {
		_, err := client.Orders.Create(b.Context(), 5, vingd.OrderParams{Price: 200, Context: "optional purchase details"})
		return err
	}, func() error {
		order := map[string]any{
			"price":         200,
			"order_expires": time.Now().UTC().Add(15 * time.Minute).Format("2006-01-02T15:04:05.000000-07:00"),
			"context":       "optional purchase details",
		}
		var created struct {
			IDs    []int64           `json:"ids"`
			Errors []json.RawMessage `json:"errors"`
		}
		return plain.do(b.Context(), http.MethodPost, "/objects/5/orders/", order, &created)
	})
}

func Benchmark1000Vouchers(b *testing.B) {
	client, plain := benchClients(b, staticBroker(voucherList(1000, false)))
	compare(b, 2, func() error {
		vouchers, err := client.Vouchers.List(b.Context(), vingd.VoucherFilter{})
		return wantRows(len(vouchers), 1000, err)
	}, func() error {
		var vouchers []plainVoucher
		err := plain.do(b.Context(), http.MethodGet, "/vouchers", nil, &vouchers)
		return wantRows(len(vouchers), 1000, err)
	})
}

func Benchmark1000LogEntries(b *testing.B) {
	client, plain := benchClients(b, staticBroker(voucherList(1000, true)))
	compare(b, 2, func() error {
		entries, err := client.Vouchers.History(b.Context(), vingd.HistoryFilter{})
		return wantRows(len(entries), 1000, err)
	}, func() error {
		var entries []plainLogEntry
		err := plain.do(b.Context(), http.MethodGet, "/vouchers/history", nil, &entries)
		return wantRows(len(entries), 1000, err)
	})
}

func Benchmark100000VouchersStreamed(b *testing.B) {
	client, plain := benchClients(b, staticBroker(voucherList(100_000, false)))
	var first, plainFirst []time.Duration
	compare(b, 1, func() error {
		start, rows := time.Now(), 0
		for _, err := range client.Vouchers.All(b.Context(), vingd.VoucherFilter{}) {
			if err != nil {
				return err
			}
			if rows++; rows == 1 {
				first = append(first, time.Since(start))
			}
		}
		return wantRows(rows, 100_000, nil)
	}, func() error {
		start := time.Now()
		var vouchers []plainVoucher
		err := plain.do(b.Context(), http.MethodGet, "/vouchers", nil, &vouchers)
		plainFirst = append(plainFirst, time.Since(start))
		return wantRows(len(vouchers), 100_000, err)
	})
	b.ReportMetric(float64(median(first))/float64(median(plainFirst)), "first-row-ratio")
}

// compare does both calls in turn, batch by batch, and reports the median of the batches' ratios.
func compare(b *testing.B, batch int, ours, theirs func() error) {
	b.Helper()
	var ratios, byteRatios, allocRatios []float64
	var ourTime, theirTime time.Duration
	n := 0
	for b.Loop() {
		o, t := measure(b, batch, ours), measure(b, batch, theirs)
		ratios = append(ratios, float64(o.took)/float64(t.took))
		byteRatios = append(byteRatios, float64(o.bytes)/float64(t.bytes))
		allocRatios = append(allocRatios, float64(o.allocs)/float64(t.allocs))
		ourTime, theirTime = ourTime+o.took, theirTime+t.took
		n += batch
	}
	b.ReportMetric(0, "ns/op") // the time of both means nothing
	b.ReportMetric(float64(ourTime.Nanoseconds())/float64(n), "vingd-ns")
	b.ReportMetric(float64(theirTime.Nanoseconds())/float64(n), "plain-ns")
	b.ReportMetric(median(ratios), "ratio")
	b.ReportMetric(median(byteRatios), "bytes-ratio")
	b.ReportMetric(median(allocRatios), "allocs-ratio")
}

type cost struct {
	took          time.Duration
	bytes, allocs uint64
}

func measure(b *testing.B, batch int, call func() error) cost {
	b.Helper()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	start := time.Now()
	for range batch {
		if err := call(); err != nil {
			b.Fatal(err)
		}
	}
	took := time.Since(start)
	runtime.ReadMemStats(&after)
	return cost{took, after.TotalAlloc - before.TotalAlloc, after.Mallocs - before.Mallocs}
}

func median[T ~int64 | ~float64](values []T) T {
	slices.Sort(values)
	return values[len(values)/2]
}

func wantRows(got, want int, err error) error {
	if err == nil && got != want {
		err = fmt.Errorf("%d rows, want %d", got, want)
	}
	return err
}

func benchClients(b *testing.B, broker http.RoundTripper) (*vingd.Client, *plainClient) {
	b.Helper()
	client, err := vingd.New(vingd.Password("test@vingd.com", "123"), vingd.WithSandbox(),
		vingd.WithHTTPClient(&http.Client{Transport: broker}))
	if err != nil {
		b.Fatal(err)
	}
	return client, &plainClient{&http.Client{Transport: broker}}
}

// A staticBroker is a broker in memory that gives the same response to everything.
type staticBroker string

func (a staticBroker) RoundTrip(req *http.Request) (*http.Response, error) {
	if req.Body != nil {
		_, _ = io.Copy(io.Discard, req.Body)
		_ = req.Body.Close()
	}
	return &http.Response{
		Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header:        http.Header{"Content-Type": {"application/json"}},
		Body:          io.NopCloser(strings.NewReader(string(a))),
		ContentLength: int64(len(a)),
		Request:       req,
	}, nil
}

// plainClient is what one writes by hand in ten minutes.
type plainClient struct{ http *http.Client }

func (p *plainClient) do(ctx context.Context, method, path string, body, data any) error {
	var payload io.Reader
	if body != nil {
		encoded, err := json.Marshal(body)
		if err != nil {
			return err
		}
		payload = bytes.NewReader(encoded)
	}
	req, err := http.NewRequestWithContext(ctx, method, vingd.SandboxEndpoint+path, payload)
	if err != nil {
		return err
	}
	req.SetBasicAuth("test@vingd.com", "40bd001563085fc35165329ea1ff5c5ecbdbbeef")
	req.Header.Set("User-Agent", "plain/1.0")
	if body != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	resp, err := p.http.Do(req)
	if err != nil {
		return err
	}
	defer func() { _ = resp.Body.Close() }()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode >= 300 {
		return fmt.Errorf("status %d", resp.StatusCode)
	}
	return json.Unmarshal(answer, &struct {
		Data any `json:"data"`
	}{data})
}

type plainVoucher struct {
	VID             int64     `json:"vid"`
	VIDEncoded      string    `json:"vid_encoded"`
	AmountAllocated *int64    `json:"amount_allocated"`
	AmountVouched   int64     `json:"amount_vouched"`
	IDFortTransfer  *int64    `json:"id_fort_transfer"`
	Fee             int64     `json:"fee"`
	UIDFrom         int64     `json:"uid_from"`
	UIDProxy        int64     `json:"uid_proxy"`
	UIDTo           *int64    `json:"uid_to"`
	GID             *string   `json:"gid"`
	ValidUntil      time.Time `json:"ts_valid_until"`
	Description     *string   `json:"description"`
	Message         *string   `json:"message"`
}

type plainLogEntry struct {
	ID      int64     `json:"id"`
	Action  string    `json:"action"`
	Created time.Time `json:"ts_created"`
	plainVoucher
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

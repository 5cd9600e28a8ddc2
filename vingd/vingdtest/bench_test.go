package vingdtest_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/vingdtest"
)

// BenchmarkValidate measures how many times as long a validated call takes.
func BenchmarkValidate(b *testing.B) {
	const row = `{"vid":1001,"vid_encoded":"LXKG-TBR-HQV","amount_allocated":100,"amount_vouched":100,"id_fort_transfer":777,"fee":0,` +
		`"uid_from":4711,"uid_proxy":1,"uid_to":null,"gid":"summer","ts_valid_until":"2026-01-16T03:04:05+00:00","description":null,"message":"Thank you"}`
	vouchers := `{"data":[` + strings.Repeat(row+",", 99) + row + `]}`
	bodyOf := func(path string) string {
		switch {
		case strings.HasSuffix(path, "/fort/accounts"):
			return `{"data":{"uid":4711,"balance":12345}}`
		case strings.HasSuffix(path, "/orders/"):
			return `{"data":{"ids":[7],"errors":[]}}`
		default:
			return vouchers
		}
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, bodyOf(req.URL.Path))
	}))
	defer server.Close()
	inMemory := transport(func(req *http.Request) (*http.Response, error) {
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return respondWith(http.StatusOK, "application/json", strings.NewReader(bodyOf(req.URL.Path)))(req)
	})

	// The client treats net/http's own transport differently: wrap it in both cases.
	loopback := transport(server.Client().Transport.RoundTrip)

	for where, rt := range map[string]http.RoundTripper{"memory": inMemory, "loopback": loopback} {
		plain := newClient(b, rt, vingd.WithEndpoint(server.URL), vingd.WithLoopbackHTTP())
		validated := newClient(b, vingdtest.Validate(b, rt), vingd.WithEndpoint(server.URL), vingd.WithLoopbackHTTP())
		for name, call := range map[string]func(*vingd.Client) error{
			"balance": func(c *vingd.Client) error { _, err := c.Accounts.Balance(b.Context()); return err },
			"order": func(c *vingd.Client) error {
				_, err := c.Orders.Create(b.Context(), 5, vingd.OrderParams{Price: 200})
				return err
			},
			"100 vouchers": func(c *vingd.Client) error {
				_, err := c.Vouchers.List(b.Context(), vingd.VoucherFilter{Group: "summer"})
				return err
			},
		} {
			b.Run(where+"/"+name, func(b *testing.B) {
				var without, with time.Duration
				for b.Loop() {
					without += timed(b, call, plain)
					with += timed(b, call, validated)
				}
				b.ReportMetric(float64(with)/float64(without), "times-plain")
			})
		}
	}
}

func timed(b *testing.B, call func(*vingd.Client) error, c *vingd.Client) time.Duration {
	b.Helper()
	start := time.Now()
	if err := call(c); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

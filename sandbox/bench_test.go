package sandbox_test

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
)

func startBench(b *testing.B, options sandbox.Options) *sandbox.Server {
	b.Helper()
	s, err := sandbox.Start(options)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { closeServer(b, s) })
	return s
}

// post makes a call with a body, and returns the status of the response.
func post(client *http.Client, address, body string) (status int, err error) {
	request, err := http.NewRequestWithContext(context.Background(), http.MethodPost, address, bytes.NewBufferString(body))
	if err != nil {
		return 0, err
	}
	request.SetBasicAuth(username, digest)
	request.Header.Set("Content-Type", "application/json")
	response, err := client.Do(request)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

// perSecond measures calls a second, by one client and by eight at once. The clients and the sandbox share a machine.
func perSecond(b *testing.B, call func() (status int, err error)) {
	b.Helper()
	for _, clients := range []int{1, 8} {
		b.Run(fmt.Sprintf("%d", clients), func(b *testing.B) {
			var left atomic.Int64
			left.Store(int64(b.N))
			var done sync.WaitGroup
			b.ResetTimer()
			for range clients {
				done.Go(func() {
					for left.Add(-1) >= 0 {
						if status, err := call(); status != http.StatusOK {
							b.Error(status, err)
							return
						}
					}
				})
			}
			done.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
		})
	}
}

// places runs a benchmark with a sandbox in memory, and with one in a file.
func places(b *testing.B, bench func(b *testing.B, s *sandbox.Server)) {
	b.Helper()
	b.Run("memory", func(b *testing.B) { bench(b, startBench(b, sandbox.Options{})) })
	b.Run("file", func(b *testing.B) { bench(b, startBench(b, sandbox.Options{Data: b.TempDir() + "/data"})) })
}

func BenchmarkBalance(b *testing.B) {
	places(b, func(b *testing.B, s *sandbox.Server) {
		perSecond(b, func() (int, error) { return get(s.HTTPClient(), s.Endpoint()+"/fort/accounts") })
	})
}

func BenchmarkOrder(b *testing.B) {
	places(b, func(b *testing.B, s *sandbox.Server) {
		const object = `{"description": {"name": "x", "url": "http://localhost/"}}`
		if status, err := post(s.HTTPClient(), s.Endpoint()+"/registry/objects/", object); status != http.StatusOK {
			b.Fatal(status, err)
		}
		address := fmt.Sprintf("%s/objects/%d/orders/", s.Endpoint(), 1)
		perSecond(b, func() (int, error) {
			return post(s.HTTPClient(), address, `{"price": 1, "order_expires": null, "context": null}`)
		})
	})
}

// BenchmarkStart measures Start with Close.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		s, err := sandbox.Start(sandbox.Options{})
		if err != nil {
			b.Fatal(err)
		}
		closeServer(b, s)
	}
}

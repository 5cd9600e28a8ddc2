package vingd_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/tlstest"
	"github.com/vingd/vingd-api-go/vingd"
)

// floods are responses without an end: the head of each, then the same again and again. TestHostile_Flood has more of
// them, in memory.
var floods = []struct {
	name, call  string
	status      int
	head, again string
	kind        error
	limit       int64 // how many bytes of it may be read
}{
	{"page of an error", "Rewards.Create", 502, page, " ", vingd.ErrGeneral, 4 << 20},
	{"spaces for a stream", "Vouchers.All", 200, "", " ", vingd.ErrGeneral, 3 << 20},
	{"one row of escapes", "Vouchers.All", 200, `{"data": [{"message": "`, `\u0061`, vingd.ErrGeneral, 3 << 20},
}

// By the client's own transport over TLS, by HTTP/1.1 and HTTP/2, from a server that sends for as long as it is let.
func TestResponseLimit_OnTheWire(t *testing.T) {
	const mostHeap = 5 << 20
	for _, proto := range []int{1, 2} {
		for _, flood := range floods {
			t.Run(fmt.Sprintf("HTTP/%d/%s", proto, flood.name), func(t *testing.T) {
				var sent, heap atomic.Int64
				again := []byte(strings.Repeat(flood.again, 16<<10))
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.ProtoMajor != proto {
						t.Errorf("asked by %s", r.Proto)
					}
					w.WriteHeader(flood.status)
					_, err := io.WriteString(w, flood.head)
					start := liveHeap()
					for n, measured := 0, int64(0); err == nil && sent.Load() < 10<<30; sent.Add(int64(n)) {
						n, err = w.Write(again)
						if sent.Load()-measured > 256<<10 {
							measured = sent.Load()
							heap.Store(max(heap.Load(), liveHeap()-start))
						}
					}
				}))
				server.EnableHTTP2 = proto == 2
				tlstest.Start(server)
				defer server.Close()
				transport := vingd.NewTransport()
				transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
				c := callNamed(flood.call)
				client := newBareClient(t, server.URL, transport, vingd.WithRetries(0))
				within(t, flood.call, func() {
					_, err := c.do(t.Context(), client)
					checkFailure(t, err, c, c.unlessSafe(vingd.OutcomeUnknown), flood.kind, nil, flood.status)
				})
				server.Close() // when nothing is sent any more
				t.Logf("let %d KiB come, held %d KiB", sent.Load()>>10, heap.Load()>>10)
				if heap.Load() > mostHeap {
					t.Errorf("held %d KiB of it in memory, want %d at most", heap.Load()>>10, mostHeap>>10)
				}
				// Bytes beyond the limit are in the buffers of the sockets and, by HTTP/2, of the stream.
				if most := flood.limit + 32<<20; sent.Load() > most {
					t.Errorf("let %d MiB come, want %d at most", sent.Load()>>20, most>>20)
				}
			})
		}
	}
}

// A loop that stops over a row stops the broker, too: by HTTP/2, where it is not the socket that fills, at 512 KiB.
func TestResponseLimit_StalledStream(t *testing.T) {
	sent, stalled := 0, make(chan struct{})
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		defer close(stalled)
		n, err := io.WriteString(w, `{"data": [`+voucherData)
		for ; err == nil && sent < 64<<20; sent += n {
			if err = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Second)); err == nil {
				n, err = io.WriteString(w, ","+voucherData)
			}
		}
	}))
	server.EnableHTTP2 = true
	tlstest.Start(server)
	defer server.Close()
	transport := vingd.NewTransport()
	transport.TLSClientConfig.RootCAs = server.Client().Transport.(*http.Transport).TLSClientConfig.RootCAs
	for _, err := range newBareClient(t, server.URL, transport).Vouchers.All(t.Context(), vingd.VoucherFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		<-stalled
		break
	}
	if sent < 64<<10 || sent > 1<<20 {
		t.Errorf("the broker sent %d KiB to a loop that stands, want about 512", sent>>10)
	}
}

// liveHeap returns how much of the heap is in use.
func liveHeap() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// The head of a response, the bytes before it and those around its data are limited too.
func TestResponseLimit_AroundData(t *testing.T) {
	const hint = "HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n"
	aHeader := func(call) string { return "HTTP/1.1 200 OK\r\nX-Header: a" }
	chunked := func(c call) string {
		body := `{"data": ` + c.data + `}`
		return fmt.Sprintf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n", len(body), body)
	}
	for _, test := range []struct {
		name   string
		head   func(call) string
		again  string
		status int
	}{
		{"headers", aHeader, strings.Repeat("a", 1000) + "\r\nX-Header: ", 0},
		{"one header", aHeader, strings.Repeat("a", 1000), 0},
		{"informational responses", func(call) string { return "" }, hint, 0},
		{"switches that were not requested", func(call) string { return "" }, "HTTP/1.1 100 Continue\r\n\r\n", 0},
		{"trailers", chunked, "X-Trailer: " + strings.Repeat("a", 1000) + "\r\n", 200},
		{"one trailer", func(c call) string { return chunked(c) + "X-Trailer: " }, strings.Repeat("a", 1000), 200},
		{"an extension of a chunk", func(call) string { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;a=" }, strings.Repeat("a", 1000), 200},
		{"empty chunks of long names", func(call) string { return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" }, "1;" + strings.Repeat("a", 2000) + "\r\n \r\n", 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, name := range victims {
				c := callNamed(name)
				l, address := listen(t)
				var sent atomic.Int64
				startBroker(t, l, func(x *exchange) bool {
					x.write(test.head(c))
					for range 1 << 20 {
						n, err := io.WriteString(x.conn, test.again)
						if sent.Add(int64(n)); err != nil {
							return false
						}
					}
					return false
				})
				client := newBareClient(t, address, nil, vingd.WithRetries(0))
				within(t, name, func() {
					_, err := c.do(t.Context(), client)
					checkFailure(t, err, c, c.unlessSafe(vingd.OutcomeUnknown), vingd.ErrInternal, nil, test.status)
				})
				if sent.Load() > 16<<20 { // most of it is in the buffers of the sockets
					t.Errorf("%s let %d MiB come", name, sent.Load()>>20)
				}
			}
		})
	}
}

// A few hints in front of a response, and a trailer behind it, are no harm.
func TestResponse_HintsAndTrailer(t *testing.T) {
	for _, c := range eachCall() {
		l, address := listen(t)
		startBroker(t, l, func(x *exchange) bool {
			body := `{"data": ` + c.data + `}`
			x.write(strings.Repeat("HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n", 3) + fmt.Sprintf(
				"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n%x;a=b\r\n%s\r\n0\r\nX-Sum: 5\r\n\r\n", len(body), body))
			return false
		})
		got, err := c.do(t.Context(), newBareClient(t, address, nil))
		if err != nil || !reflect.DeepEqual(got, c.want) {
			t.Errorf("%s: got %v, %v; want %v", c.name, got, err, c.want)
		}
	}
}

// Nothing is unpacked but the gzip that the transport itself asked for, and that once.
func TestResponse_UnrequestedEncoding(t *testing.T) {
	once := zip(t, bytes.Repeat([]byte(" "), 1<<20))
	twice := zip(t, once)
	for _, test := range []struct {
		name, encoding string
		body           []byte
		asked          bool
	}{
		{"gzip", "gzip", once, false},
		{"gzip in gzip", "gzip", twice, true},
		{"gzip in gzip by name", "gzip, gzip", twice, true},
		{"deflate", "deflate", once, true},
		{"br", "br", once, true},
		{"zstd", "zstd", once, true},
		{"unheard of", "x-bomb", once, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			for _, name := range victims {
				c := callNamed(name)
				l, address := listen(t)
				startBroker(t, l, func(x *exchange) bool {
					return x.respond(200, string(test.body), "Content-Encoding", test.encoding)
				})
				transport := newTransport(t)
				transport.DisableCompression = !test.asked
				client := newBareClient(t, address, transport, vingd.WithRetries(0))
				alloc := allocated(func() {
					_, err := c.do(t.Context(), client)
					checkFailure(t, err, c, c.unlessSafe(vingd.OutcomeUnknown), vingd.ErrGeneral, nil, 200)
				})
				if alloc > 1<<20 {
					t.Errorf("%s allocated %d KiB for %d bytes", name, alloc>>10, len(test.body))
				}
			}
		})
	}
}

// BenchmarkFlood measures how long a call goes on behind the last byte that it reads of a response without an end.
func BenchmarkFlood(b *testing.B) {
	for _, flood := range floods {
		b.Run(flood.name, func(b *testing.B) {
			c := callNamed(flood.call)
			var body *lastRead
			client, err := vingd.New(vingd.Password(username, password), vingd.WithRetries(0), vingd.WithHTTPClient(&http.Client{
				Transport: roundTrip(func(req *http.Request) (*http.Response, error) {
					resp := reply(req, flood.status, "")
					body = &lastRead{tide: tide{head: flood.head, again: strings.Repeat(flood.again, 1024), left: 10 << 30}}
					resp.Body, resp.ContentLength = body, -1
					return resp, nil
				})}))
			if err != nil {
				b.Fatal(err)
			}
			var behind []time.Duration
			for b.Loop() {
				if _, err := c.do(b.Context(), client); err == nil {
					b.Fatal("no error")
				}
				behind = append(behind, time.Since(body.at))
			}
			slices.Sort(behind)
			b.ReportMetric(float64(behind[len(behind)/2].Microseconds()), "µs-behind-the-limit")
			b.ReportMetric(float64(behind[len(behind)-1].Microseconds()), "µs-at-most")
			b.ReportMetric(float64(body.read)/(1<<20), "MiB-read")
		})
	}
}

// lastRead is a tide that knows when it was read last.
type lastRead struct {
	tide
	at time.Time
}

func (r *lastRead) Read(p []byte) (int, error) {
	n, err := r.tide.Read(p)
	r.at = time.Now()
	return n, err
}

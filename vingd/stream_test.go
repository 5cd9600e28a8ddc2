package vingd_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/vingd"
)

// stream is a call that streams its rows.
type stream struct {
	call
	open func(ctx context.Context, c *vingd.Client) iter.Seq2[any, error]
	row  string // as the broker sends it
	want any    // its value
}

// streams are all calls that stream.
var streams = []stream{
	{callNamed("Objects.All"), func(ctx context.Context, c *vingd.Client) iter.Seq2[any, error] {
		return untyped(c.Objects.All(ctx, vingd.ObjectFilter{}))
	}, objectData, object},
	{callNamed("Orders.All"), func(ctx context.Context, c *vingd.Client) iter.Seq2[any, error] {
		return untyped(c.Orders.All(ctx, vingd.OrderFilter{}))
	}, orderData, order},
	{callNamed("Transfers.All"), func(ctx context.Context, c *vingd.Client) iter.Seq2[any, error] {
		return untyped(c.Transfers.All(ctx, vingd.TransferFilter{From: 4711}))
	}, transferData, transfer},
	{callNamed("Vouchers.All"), func(ctx context.Context, c *vingd.Client) iter.Seq2[any, error] {
		return untyped(c.Vouchers.All(ctx, vingd.VoucherFilter{}))
	}, voucherData, voucher},
	{callNamed("Vouchers.AllHistory"), func(ctx context.Context, c *vingd.Client) iter.Seq2[any, error] {
		return untyped(c.Vouchers.AllHistory(ctx, vingd.HistoryFilter{}))
	}, logData, logEntry},
}

func untyped[T any](rows iter.Seq2[T, error]) iter.Seq2[any, error] {
	return func(yield func(any, error) bool) {
		for row, err := range rows {
			if !yield(row, err) {
				return
			}
		}
	}
}

// eachStream runs a test for each call that streams.
func eachStream(t *testing.T, test func(t *testing.T, s stream)) {
	for _, s := range streams {
		t.Run(s.name, func(t *testing.T) { test(t, s) })
	}
}

// over serves one response of the broker by HTTP/1.1 or HTTP/2.
func over(t *testing.T, http2 bool, serve http.HandlerFunc) *vingd.Client {
	server := httptest.NewUnstartedServer(serve)
	server.EnableHTTP2 = http2
	server.StartTLS()
	t.Cleanup(server.Close)
	return newClient(t, server.URL, server.Client().Transport)
}

func flush(w http.ResponseWriter, text string) {
	_, _ = io.WriteString(w, text)
	w.(http.Flusher).Flush()
}

func TestStream_YieldsReceivedRows(t *testing.T) {
	eachStream(t, func(t *testing.T, s stream) {
		got := make(chan struct{}) // a row has come
		client := over(t, false, func(w http.ResponseWriter, r *http.Request) {
			flush(w, `{"data": [`)
			for i := range 3 {
				if i > 0 {
					flush(w, `, `)
				}
				flush(w, s.row)
				select {
				case <-got:
				case <-r.Context().Done():
					return
				}
			}
			flush(w, `]}`)
		})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
		defer cancel()
		rows := 0
		for row, err := range s.open(ctx, client) {
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(row, s.want) {
				t.Errorf("row %d is %+v, want %+v", rows, row, s.want)
			}
			rows++
			got <- struct{}{}
		}
		if rows != 3 {
			t.Errorf("%d rows, want 3", rows)
		}
	})
}

// A loop that is left ends its call and the connection, although the broker would send without an end.
func TestStream_EndsWithLoop(t *testing.T) {
	for _, http2 := range []bool{false, true} {
		for _, leave := range []string{"break", "panic", "stop"} {
			t.Run(fmt.Sprintf("%s, HTTP/2 %v", leave, http2), func(t *testing.T) {
				defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
				ended := make(chan struct{})
				s := streams[3]
				server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					defer close(ended)
					flush(w, `{"data": [`+s.row)
					for r.Context().Err() == nil {
						flush(w, `, `+s.row)
					}
				}))
				server.EnableHTTP2 = http2
				server.StartTLS()
				defer server.Close()
				client := newClient(t, server.URL, server.Client().Transport)
				rows := 0
				switch leave {
				case "break":
					for _, err := range s.open(t.Context(), client) {
						if err != nil {
							t.Error(err)
						}
						if rows++; rows == 2 {
							break
						}
					}
				case "panic":
					func() {
						defer func() { _ = recover() }()
						for _, err := range s.open(t.Context(), client) {
							if err != nil {
								t.Error(err)
							}
							if rows++; rows == 2 {
								panic("no more")
							}
						}
					}()
				case "stop":
					next, stop := iter.Pull2(s.open(t.Context(), client))
					for range 2 {
						if _, err, ok := next(); err != nil || !ok {
							t.Error(err, ok)
						}
						rows++
					}
					stop()
				}
				select {
				case <-ended:
				case <-time.After(30 * time.Second):
					t.Error("the connection is still open")
				}
				if rows != 2 {
					t.Errorf("%d rows, want 2", rows)
				}
				client.CloseIdleConnections()
			})
		}
	}
}

// The one object that a filter by id names is the only row, and leaving behind it needs nothing more of the broker.
func TestStream_OneRow(t *testing.T) {
	eachStream(t, func(t *testing.T, s stream) {
		for _, leave := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				network := newPipes()
				startBroker(t, network, func(x *exchange) bool {
					if !leave {
						return x.respond(200, `{"data": `+s.row+`}`)
					}
					x.write(rawAnswer(200, 1_000_000, `{"data": `+s.row))
					x.awaitHangUp()
					return false
				})
				start, rows := time.Now(), 0
				for row, err := range s.open(t.Context(), newClient(t, pipesAddress, network.transport(t))) {
					if err != nil || !reflect.DeepEqual(row, s.want) {
						t.Errorf("row %d is %+v, %v; want %+v", rows, row, err, s.want)
					}
					rows++
					if leave {
						break
					}
				}
				if rows != 1 {
					t.Errorf("%d rows, want 1", rows)
				}
				if took := time.Since(start); took != 0 {
					t.Errorf("the loop ended after %v, want at once", took)
				}
			})
		}
	})
}

// After an error there is no other, and nothing else.
func TestStream_YieldsOneError(t *testing.T) {
	for _, test := range []struct {
		name   string
		end    func(x *exchange, cancel func())
		kind   error
		cause  error
		status int
	}{
		{"cancelled", func(x *exchange, cancel func()) { cancel(); x.awaitHangUp() }, vingd.ErrInternal, context.Canceled, 200},
		{"hang-up", func(*exchange, func()) {}, vingd.ErrInternal, io.ErrUnexpectedEOF, 200},
		{"silence", func(x *exchange, _ func()) { x.awaitHangUp() }, vingd.ErrInternal, context.DeadlineExceeded, 200},
		{"garbage", func(x *exchange, _ func()) { x.write(` <html>`) }, vingd.ErrGeneral, nil, 200},
		{"another row", func(x *exchange, _ func()) { x.write(`, {}`) }, vingd.ErrInvalidData, nil, 200},
		{"no row", func(x *exchange, _ func()) { x.write(`, null`) }, vingd.ErrInvalidData, nil, 200},
		{"a row of two MiB", func(x *exchange, _ func()) {
			x.write(`, {"more": "` + strings.Repeat("a", 2<<20) + `"}`)
			x.awaitHangUp()
		}, vingd.ErrGeneral, nil, 200},
	} {
		t.Run(test.name, func(t *testing.T) {
			eachStream(t, func(t *testing.T, s stream) {
				synctest.Test(t, func(t *testing.T) {
					ctx, cancel := context.WithCancel(t.Context())
					defer cancel()
					network := newPipes()
					seen := make(chan struct{})
					broker := startBroker(t, network, func(x *exchange) bool {
						x.write(rawAnswer(200, 10_000_000, `{"data": [`+s.row+`, `+s.row))
						<-seen
						test.end(x, cancel)
						return false
					})
					rows, failures := 0, 0
					for row, err := range s.open(ctx, newClient(t, pipesAddress, network.transport(t))) {
						switch {
						case err == nil && failures == 0:
							if rows++; rows == 2 {
								close(seen)
							}
						case err == nil:
							t.Errorf("another row behind the error: %v", row)
						default:
							failures++
							checkFailure(t, err, s.call, vingd.OutcomeNotDone, test.kind, test.cause, test.status)
							if !reflect.ValueOf(row).IsZero() {
								t.Errorf("the error comes with the row %v", row)
							}
						}
					}
					if rows != 2 || failures != 1 {
						t.Errorf("%d rows and %d errors, want 2 and 1", rows, failures)
					}
					if got := broker.requests(); len(got) != 1 {
						t.Errorf("sent %d times, want once: rows have been seen", len(got))
					}
				})
			})
		})
	}
}

// Before its first row a stream is a read like any other.
func TestStream_RetriedBeforeFirstRow(t *testing.T) {
	for _, behave := range []func(*exchange) bool{
		envelope(503),
		func(x *exchange) bool { return false },
		func(x *exchange) bool { x.write(rawAnswer(200, 1000, `{"data": [{"mess`)); return false },
	} {
		eachStream(t, func(t *testing.T, s stream) {
			synctest.Test(t, func(t *testing.T) {
				network := newPipes()
				broker := startBroker(t, network, func(x *exchange) bool {
					if x.nth < 3 {
						return behave(x)
					}
					return x.respond(200, `{"data": [`+s.row+`]}`)
				})
				rows := 0
				for row, err := range s.open(t.Context(), newClient(t, pipesAddress, network.transport(t))) {
					if rows++; err != nil || !reflect.DeepEqual(row, s.want) {
						t.Errorf("got %+v, %v; want %+v", row, err, s.want)
					}
				}
				if got := len(broker.requests()); rows != 1 || got != 3 {
					t.Errorf("%d rows by %d requests, want 1 by 3", rows, got)
				}
			})
		})
	}
}

// The bound on silence is on the broker's, not on what is done with the rows.
func TestStream_WaitsForLoop(t *testing.T) {
	eachStream(t, func(t *testing.T, s stream) {
		synctest.Test(t, func(t *testing.T) {
			network := newPipes()
			startBroker(t, network, func(x *exchange) bool {
				body := `{"data": [` + s.row + strings.Repeat(`, `+s.row, 999) + `]}`
				return x.respond(200, body)
			})
			rows := 0
			for _, err := range s.open(t.Context(), newClient(t, pipesAddress, network.transport(t))) {
				if rows++; err != nil {
					t.Fatal(err)
				}
				<-time.After(time.Hour)
			}
			if rows != 1000 {
				t.Errorf("%d rows, want 1000", rows)
			}
		})
	})
}

// A broker may take its time for all rows together, but not for one.
func TestStream_SlowRows(t *testing.T) {
	eachStream(t, func(t *testing.T, s stream) {
		synctest.Test(t, func(t *testing.T) {
			network := newPipes()
			startBroker(t, network, func(x *exchange) bool {
				x.write(rawAnswer(200, 1_000_000, `{"data": [`+s.row))
				for range 10 {
					<-time.After(20 * time.Second)
					x.write(`, ` + s.row)
				}
				x.awaitHangUp()
				return false
			})
			start, rows, failures := time.Now(), 0, 0
			for _, err := range s.open(t.Context(), newClient(t, pipesAddress, network.transport(t), vingd.WithTimeout(30*time.Second))) {
				if err == nil {
					rows++
					continue
				}
				failures++
				checkFailure(t, err, s.call, vingd.OutcomeNotDone, vingd.ErrInternal, context.DeadlineExceeded, 200)
			}
			if rows != 11 || failures != 1 {
				t.Errorf("%d rows and %d errors, want 11 and 1", rows, failures)
			}
			if took, want := time.Since(start), 10*20*time.Second+30*time.Second; took != want {
				t.Errorf("took %v, want %v", took, want)
			}
		})
	})
}

// Each use of a sequence is a call of its own; without a use there is none.
func TestStream_CallsWhenUsed(t *testing.T) {
	eachStream(t, func(t *testing.T, s stream) {
		sent := 0
		rows := s.open(t.Context(), newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			sent++
			return reply(req, 200, `{"data": [`+s.row+`]}`), nil
		})))
		for use := range 3 {
			if sent != use {
				t.Errorf("sent %d requests by %d uses", sent, use)
			}
			for row, err := range rows {
				if err != nil || !reflect.DeepEqual(row, s.want) {
					t.Errorf("got %+v, %v; want %+v", row, err, s.want)
				}
			}
		}
	})
}

// Relative times count from each use of a sequence, not from when it was made.
func TestStream_RelativeTimes(t *testing.T) {
	clock, path := now, ""
	client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
		path = req.URL.EscapedPath()
		return reply(req, 200, `{"data": []}`), nil
	}), vingd.WithClock(func() time.Time { return clock }))
	rows := client.Objects.All(t.Context(), vingd.ObjectFilter{Since: vingd.Ago(time.Hour)})
	for _, want := range []string{"20260102T020405", "20260103T020405"} {
		if got, err := rowsOf(rows); err != nil {
			t.Fatal(got, err)
		}
		if !strings.Contains(path, "since="+want) {
			t.Errorf("sent %s, want it since %s", path, want)
		}
		clock = clock.Add(24 * time.Hour)
	}
}

// Two streams at a time keep apart, and a row that came is not touched by those that follow.
func TestStream_SideBySide(t *testing.T) {
	client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
		var b strings.Builder
		for i := range 2000 {
			fmt.Fprintf(&b, `, {"id": %d, "context": "%s %d"}`, i+1, req.URL.Path, i+1)
		}
		return reply(req, 200, `{"data": [`+b.String()[2:]+`]}`), nil
	}))
	first, stopFirst := iter.Pull2(client.Orders.All(t.Context(), vingd.OrderFilter{}))
	defer stopFirst()
	second, stopSecond := iter.Pull2(client.Orders.All(t.Context(), vingd.OrderFilter{IncludeExpired: true}))
	defer stopSecond()
	var firsts, seconds []vingd.Order
	for range 2000 {
		f, err1, _ := first()
		s, err2, _ := second()
		if err1 != nil || err2 != nil {
			t.Fatal(err1, err2)
		}
		firsts, seconds = append(firsts, f), append(seconds, s)
	}
	for i := range 2000 {
		if want := (vingd.Order{ID: vingd.OrderID(i + 1), Context: fmt.Sprintf("/broker/v1/orders/ %d", i+1)}); firsts[i] != want {
			t.Fatalf("row %d is %+v, want %+v", i, firsts[i], want)
		}
		if want := (vingd.Order{ID: vingd.OrderID(i + 1), Context: fmt.Sprintf("/broker/v1/orders/all/ %d", i+1)}); seconds[i] != want {
			t.Fatalf("row %d is %+v, want %+v", i, seconds[i], want)
		}
	}
}

// pieces reads a text up to each of some places at a time.
type pieces struct {
	text   string
	places []int
	at     int
}

func (p *pieces) Read(b []byte) (int, error) {
	end := len(p.text)
	if len(p.places) > 0 {
		end = p.places[0]
	}
	if p.at == end && len(p.places) > 0 {
		p.places = p.places[1:]
		return p.Read(b)
	}
	if p.at == len(p.text) {
		return 0, io.EOF
	}
	n := copy(b, p.text[p.at:end])
	p.at += n
	return n, nil
}

func TestStream_BodyInPieces(t *testing.T) {
	eachStream(t, func(t *testing.T, s stream) {
		odd := strings.Replace(s.row, "{", `{"more": [-1.5e-3, "\ud83d\ude00\"\\é☂😀", {"a": {}}, [], true, null], "\u006dore": 12,`, 1)
		text := ` { "more" : -12.5 , "data" : [ ` + odd + ` , ` + s.row + `,` + odd + ` ] , "n":7 } ` + "\n"
		try := func(name string, body io.Reader) {
			client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
				resp := reply(req, 200, "")
				resp.Body, resp.ContentLength = io.NopCloser(body), -1
				return resp, nil
			}), vingd.WithRetries(0))
			rows := 0
			for row, err := range s.open(t.Context(), client) {
				if rows++; err != nil || !reflect.DeepEqual(row, s.want) {
					t.Fatalf("%s: got %+v, %v; want %+v", name, row, err, s.want)
				}
			}
			if rows != 3 {
				t.Fatalf("%s: %d rows, want 3", name, rows)
			}
		}
		for place := range len(text) {
			try(fmt.Sprintf("split at byte %d", place), &pieces{text: text, places: []int{place}})
		}
		for size := 1; size < 70; size++ {
			var places []int
			for at := size; at < len(text); at += size {
				places = append(places, at)
			}
			try(fmt.Sprintf("pieces of %d bytes", size), &pieces{text: text, places: places})
		}
		try("the end with the last bytes", iotest.DataErrReader(strings.NewReader(text)))
	})
}

// A row may be larger than the window that it is read through, up to its bound.
func TestStream_LargeRows(t *testing.T) {
	for _, size := range []int{32<<10 - 30, 32 << 10, 100_000, 1<<20 - 100} {
		text := strings.Repeat("a", size)
		client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			row := `{"id": 1, "context": "` + text + `"}`
			return reply(req, 200, `{"data": [`+row+`,`+row+`,`+row+`]}`), nil
		}))
		rows := 0
		for row, err := range client.Orders.All(t.Context(), vingd.OrderFilter{}) {
			if rows++; err != nil || row.Context != text {
				t.Errorf("a row of %d bytes: got %d bytes, %v", size, len(row.Context), err)
			}
		}
		if rows != 3 {
			t.Errorf("%d rows of %d bytes, want 3", rows, size)
		}
	}
}

// Nothing found is nothing, and no error: a list that is not nil.
// The length that a response claims serves for an estimate only.
func TestList_WrongLength(t *testing.T) {
	for _, length := range []int64{-1, 0, 1, 1 << 20, math.MaxInt64} {
		client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			resp := reply(req, 200, voucherList(100, false))
			resp.ContentLength = length
			return resp, nil
		}), vingd.WithRetries(0))
		rows, err := client.Vouchers.List(t.Context(), vingd.VoucherFilter{})
		if err != nil || len(rows) != 100 {
			t.Errorf("length %d: got %d rows, %v; want 100", length, len(rows), err)
		}
	}
}

func TestList_Empty(t *testing.T) {
	for _, c := range eachCall() {
		if !strings.Contains(c.name, ".List") && !strings.Contains(c.name, ".All") && c.name != "Vouchers.History" {
			continue
		}
		client := newClient(t, pipesAddress, roundTrip(func(req *http.Request) (*http.Response, error) {
			return reply(req, 200, `{"data": []}`), nil
		}))
		got, err := c.do(t.Context(), client)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		rows := reflect.ValueOf(got)
		if isStream := strings.Contains(c.name, ".All"); rows.Len() != 0 || rows.IsNil() != isStream {
			t.Errorf("%s: got %#v", c.name, got)
		}
	}
}

// A stream refuses what a list refuses, by its first and only pair.
func TestStream_InvalidArguments(t *testing.T) {
	client := newClient(t, pipesAddress, roundTrip(func(*http.Request) (*http.Response, error) {
		t.Error("something was sent")
		return nil, errors.ErrUnsupported
	}))
	pairs := 0
	for row, err := range client.Vouchers.All(t.Context(), vingd.VoucherFilter{First: 1, Last: 1}) {
		if pairs++; !errors.Is(err, vingd.ErrInvalidArgument) || row != (vingd.Voucher{}) {
			t.Errorf("got %v, %v", row, err)
		}
	}
	if pairs != 1 {
		t.Errorf("%d pairs, want 1", pairs)
	}
}

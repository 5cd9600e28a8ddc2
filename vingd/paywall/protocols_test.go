package paywall_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/vingd/vingd-api-go/internal/tlstest"
)

// serversOf2 are the ways to serve HTTP/2: over TLS, and without it.
var serversOf2 = map[string]func(handler http.Handler) (*httptest.Server, *http.Transport){
	"h2": func(handler http.Handler) (*httptest.Server, *http.Transport) {
		server := httptest.NewUnstartedServer(handler)
		server.EnableHTTP2 = true
		tlstest.Start(server)
		return server, server.Client().Transport.(*http.Transport)
	},
	"h2c": func(handler http.Handler) (*httptest.Server, *http.Transport) {
		server := httptest.NewUnstartedServer(handler)
		server.Config.Protocols = new(http.Protocols)
		server.Config.Protocols.SetUnencryptedHTTP2(true)
		server.Start()
		transport := &http.Transport{Protocols: new(http.Protocols)}
		transport.Protocols.SetUnencryptedHTTP2(true)
		return server, transport
	},
}

// Buyers on one connection of HTTP/2 reset their streams: before the response, or at its first byte. They reload.
func TestHTTP2_ResetStreams(t *testing.T) {
	t.Parallel()
	for name, start := range serversOf2 {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newShop(t)
			s.serves(func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, wholeArticle)
				_ = http.NewResponseController(w).Flush()
				_, _ = io.WriteString(w, wholeArticle)
			})
			server, transport := start(http.HandlerFunc(s.serve))
			t.Cleanup(server.Close)
			t.Cleanup(transport.CloseIdleConnections)
			buyers := s.crowdOf(30)
			read := make([]bool, len(buyers))
			var all sync.WaitGroup
			for i, buyer := range buyers {
				address := server.URL + s.back(buyer)
				get := func(ctx context.Context) (string, error) {
					r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
					if err != nil {
						return "", err
					}
					response, err := (&http.Client{Transport: transport}).Do(r) // without cookies
					if err != nil {
						return "", err
					}
					defer response.Body.Close() //nolint:errcheck // it is reset
					if response.ProtoMajor != 2 {
						t.Errorf("the response is of %s", response.Proto)
					}
					if ctx != t.Context() {
						return "", bufio.NewReaderSize(response.Body, 16).UnreadByte()
					}
					body, err := io.ReadAll(response.Body)
					return string(body), err
				}
				all.Go(func() {
					for n := range 3 {
						ctx, reset := context.WithCancel(t.Context())
						if (i+n)%2 == 0 {
							go reset()
						}
						_, _ = get(ctx)
						reset()
					}
					body, err := get(t.Context())
					if read[i] = body == wholeArticle+wholeArticle; err != nil || !read[i] {
						t.Errorf("buyer %d gets %q, %v", i, body, err)
					}
				})
			}
			all.Wait()
			s.paidFor(buyers, read)
		})
	}
}

// Two purchases' tokens come in one write. Each response belongs to its request, and each purchase is charged once.
func TestHTTP_Pipelined(t *testing.T) {
	for _, leaves := range []bool{false, true} {
		s := newShop(t)
		s.serves(func(w http.ResponseWriter, r *http.Request) {
			_, _ = fmt.Fprint(w, wholeArticle, r.URL.Query().Get("part"))
		})
		address := s.plain()
		buyers := s.crowdOf(2)
		var requests []string
		for i, buyer := range buyers {
			requests = append(requests, fmt.Sprintf("GET %s&part=%d&vingd=returned HTTP/1.1\r\nHost: %s\r\n\r\n", s.back(buyer), i, address))
		}
		read := make([]bool, len(buyers))
		send := func(from, until int) {
			conn, err := dialer.DialContext(t.Context(), "tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			defer conn.Close() //nolint:errcheck // the buyers leave
			if _, err := io.WriteString(conn, strings.Join(requests[from:], "")); err != nil {
				t.Fatal(err)
			}
			reader := bufio.NewReader(conn)
			for i := from; i < until; i++ {
				response, err := http.ReadResponse(reader, nil)
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(response.Body)
				_ = response.Body.Close()
				if read[i] = string(body) == wholeArticle+fmt.Sprint(i); !read[i] {
					t.Errorf("buyer %d gets %s %q, %v", i, response.Status, body, err)
				}
			}
		}
		if leaves {
			send(0, 1)
			send(1, 2)
		} else {
			send(0, 2)
		}
		s.paidFor(buyers, read)
	}
}

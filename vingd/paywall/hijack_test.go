package paywall_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/vingd/vingd-api-go/sandbox"
)

// takeOver hijacks a connection, and writes the article to it.
func takeOver(w http.ResponseWriter) error {
	conn, buffered, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return err
	}
	_, _ = buffered.WriteString("\r\n" + wholeArticle)
	_ = buffered.Flush()
	return conn.Close()
}

// Libraries for WebSockets send the status first, and then take the connection over.
func TestHijack_AfterStatus(t *testing.T) {
	for _, status := range []int{http.StatusSwitchingProtocols, http.StatusOK, http.StatusNotFound} {
		s := newShop(t)
		s.serves(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_ = takeOver(w) // nothing else is sent if it fails
		})
		buyers := s.crowdOf(1)
		conn := s.dial(s.plain(), buyers[0], "HTTP/1.1", "Connection", "close")
		response, err := io.ReadAll(conn)
		if err != nil {
			t.Error(err)
		}
		read := strings.Contains(string(response), wholeArticle)
		if read != (status < 300) || !strings.HasPrefix(string(response), fmt.Sprint("HTTP/1.1 ", status)) {
			t.Errorf("status %d: the buyer gets %q", status, response)
		}
		s.paidFor(buyers, []bool{read})
	}
}

// Content that switches protocols, and then keeps the connection as it is, is not charged.
func TestHijack_Never(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusSwitchingProtocols)
		if _, err := io.WriteString(w, wholeArticle); !errors.Is(err, http.ErrBodyNotAllowed) {
			t.Errorf("the write returns %v", err)
		}
	})
	buyers := s.crowdOf(1)
	conn := s.dial(s.plain(), buyers[0], "HTTP/1.1", "Connection", "close")
	if response, err := io.ReadAll(conn); err != nil || strings.Contains(string(response), "article.") {
		t.Errorf("the buyer gets %q, %v", response, err)
	}
	s.paidFor(buyers, []bool{false})
}

// A HEAD request is not charged, and must not open a connection that content writes to.
func TestHijack_HEAD(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	buyers := s.crowdOf(1)
	b := s.browser(buyers[0], true)
	b.open(b.pay()).is(t, http.StatusTeapot, "")
	taken := make(chan error, 1)
	s.serves(func(w http.ResponseWriter, _ *http.Request) { taken <- takeOver(w) })
	address := s.plain()
	conn, err := new(net.Dialer).DialContext(t.Context(), "tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close() //nolint:errcheck // the server closes it too
	_, err = io.WriteString(conn, "HEAD /article HTTP/1.1\r\nHost: "+address+"\r\nCookie: "+strings.TrimPrefix(b.cookie().String(), "__Host-")+"\r\nConnection: close\r\n\r\n")
	if err != nil {
		t.Fatal(err)
	}
	response, err := io.ReadAll(conn)
	if err != nil || strings.Contains(string(response), "article.") {
		t.Errorf("the buyer gets %q, %v", response, err)
	}
	if err := <-taken; err == nil {
		t.Error("content has the connection")
	}
	s.paidFor(buyers, []bool{false})
}

// A connection that content takes over is charged for first.
func TestHTTP_Hijack(t *testing.T) {
	for _, refused := range []bool{false, true} {
		s := newShop(t)
		hijacked := make(chan bool, 1)
		s.serves(func(w http.ResponseWriter, _ *http.Request) {
			conn, buffered, err := http.NewResponseController(w).Hijack()
			if hijacked <- err == nil; err != nil {
				return // the server has responded
			}
			_, _ = buffered.WriteString("HTTP/1.1 101 Switching Protocols\r\nConnection: close\r\n\r\n" + wholeArticle)
			_ = buffered.Flush()
			_ = conn.Close()
		})
		if refused {
			s.Fail("commitPurchase", sandbox.Fault{Status: 409})
		}
		buyers := s.crowdOf(1)
		response, err := io.ReadAll(s.dial(s.plain(), buyers[0], "HTTP/1.1", "Connection", "close"))
		if err != nil {
			t.Error(err)
		}
		read := strings.Contains(string(response), wholeArticle)
		if read == refused || <-hijacked == refused {
			t.Errorf("refused %t: the buyer gets %s", refused, response)
		}
		s.paidFor(buyers, []bool{read})
	}
}

// passOn is like the writer of a middleware that compresses: it has Hijack, whatever is below it.
type passOn struct{ http.ResponseWriter }

func (p passOn) Unwrap() http.ResponseWriter { return p.ResponseWriter }

func (p passOn) Hijack() (conn net.Conn, rw *bufio.ReadWriter, err error) {
	hijacker, ok := p.ResponseWriter.(http.Hijacker)
	if !ok {
		return nil, nil, errors.New("it is no http.Hijacker")
	}
	return hijacker.Hijack()
}

// Content cannot take a stream of HTTP/2 over, and is not charged for trying, though a middleware has Hijack.
func TestHijack_HTTP2(t *testing.T) {
	s := newShop(t)
	s.around = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(passOn{w}, r) })
	}
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		if err := takeOver(w); err != nil {
			http.Error(w, err.Error(), http.StatusNotImplemented)
		}
	})
	server, transport := serversOf2["h2"](http.HandlerFunc(s.serve))
	t.Cleanup(server.Close)
	buyers := s.crowdOf(1)
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+s.back(buyers[0]), nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Transport: transport}).Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := response.Body.Close(); err != nil {
		t.Error(err)
	}
	if response.StatusCode != http.StatusNotImplemented {
		t.Errorf("the buyer gets %s", response.Status)
	}
	s.paidFor(buyers, []bool{false})
}

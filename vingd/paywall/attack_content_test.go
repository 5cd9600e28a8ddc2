package paywall_test

import (
	"errors"
	"io"
	"math"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd/paywall"
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
		if read != (status < 300) {
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
	_, err = io.WriteString(conn, "HEAD /article HTTP/1.1\r\nHost: "+address+"\r\nCookie: vingd="+b.cookie().Value+"\r\nConnection: close\r\n\r\n")
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

// A template that fails in its middle, and then http.Error: the page is not ready, though it began with 200.
func TestContent_ErrorAfterPart(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, "<h1>Here is the art")
		http.Error(w, "the template failed", http.StatusInternalServerError)
		w.WriteHeader(http.StatusOK)
	})
	buyers := s.crowdOf(1)
	b := s.browser(buyers[0], true)
	v := b.open(b.pay())
	if v.is(t, http.StatusInternalServerError, "the template failed"); strings.Contains(v.body, "art") {
		t.Errorf("the buyer gets %q", v.body)
	}
	if n := s.wire.count("PUT/purchases/"); n != 0 {
		t.Errorf("it was committed %d times", n)
	}
	s.serves(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, wholeArticle) })
	b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
	s.paidFor(buyers, []bool{true})
}

// A second status that is a success too changes nothing, as with any server.
func TestContent_StatusTwice(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, wholeArticle)
		w.WriteHeader(http.StatusNoContent)
		w.WriteHeader(http.StatusEarlyHints)
	})
	buyers := s.crowdOf(1)
	b := s.browser(buyers[0], true)
	b.open(b.pay()).is(t, http.StatusCreated, "Here is the article.")
	s.paidFor(buyers, []bool{true})
}

// A proxy sends the file that such a header names: the response has no body, and the buyer gets the article.
func TestContent_SentByProxy(t *testing.T) {
	for _, name := range []string{"X-Accel-Redirect", "X-Sendfile", "X-LIGHTTPD-send-file", "X-Litespeed-Location"} {
		for _, status := range []int{0, http.StatusOK} {
			s := newShop(t)
			s.serves(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set(name, "/files/article")
				if status != 0 {
					w.WriteHeader(status)
				}
			})
			buyers := s.crowdOf(2)
			b := s.browser(buyers[0], true)
			if v := b.open(b.pay()); v.status != http.StatusOK || v.header.Get(name) == "" {
				t.Errorf("%s: the buyer gets %d, %v", name, v.status, v.header)
			}
			b = s.browser(buyers[1], true)
			back := b.pay()
			s.Fail("commitPurchase", sandbox.Fault{Status: http.StatusConflict})
			if v := b.open(back); v.header.Get(name) != "" {
				t.Errorf("%s: a buyer who is not charged gets %d, %v", name, v.status, v.header)
			}
			s.paidFor(buyers, []bool{true, false})
		}
	}
}

// Content of any size can be held back.
func TestContent_BufferWithoutEnd(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) { o.Buffer = math.MaxInt })
	s.serves(func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "article.txt", time.Time{}, strings.NewReader(wholeArticle))
	})
	buyers := s.crowdOf(1)
	b := s.browser(buyers[0], true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	s.paidFor(buyers, []bool{true})
}

// Headers that only proxies read let none of them keep what is paid for.
func TestContent_CachedByProxy(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		for _, name := range []string{"X-Accel-Expires", "Surrogate-Control", "CDN-Cache-Control", "Edge-Control", "X-LiteSpeed-Cache-Control"} {
			w.Header().Set(name, "max-age=3600")
		}
		_, _ = io.WriteString(w, wholeArticle)
	})
	buyers := s.crowdOf(1)
	b := s.browser(buyers[0], true)
	for _, page := range []string{b.pay(), "/article?page=1"} {
		v := b.open(page)
		v.is(t, http.StatusOK, "Here is the article.")
		for name, values := range v.header {
			if strings.Contains(values[0], "3600") {
				t.Errorf("the header has %s", name)
			}
		}
	}
	s.paidFor(buyers, []bool{true})
}

// Content that sets Vary does not make a cache show to everybody what is free for some.
func TestContent_SetsVary(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Vary", "Accept-Language")
		_, _ = io.WriteString(w, wholeArticle)
	})
	check := func(v view) {
		t.Helper()
		v.is(t, http.StatusOK, "Here is the article.")
		if all := strings.Join(v.header.Values("Vary"), ", "); all != "Accept-Language, Accept, Cookie" {
			t.Errorf("it varies by %q", all)
		}
	}
	buyers := s.crowdOf(1)
	b := s.browser(buyers[0], true)
	check(b.open(b.pay()))
	s.paidFor(buyers, []bool{true})
	s.sells(paywall.Offer{})
	check(s.browser(nil, false).open("/article"))
}

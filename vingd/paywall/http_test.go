package paywall_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
)

// plain serves the shop without TLS, so that a test can write to the connection as it likes.
func (s *shop) plain(change ...func(*httptest.Server)) string {
	s.t.Helper()
	server := httptest.NewUnstartedServer(http.HandlerFunc(s.serve))
	for _, f := range change {
		f(server)
	}
	server.Start()
	s.t.Cleanup(server.Close)
	return server.Listener.Addr().String()
}

// dial sends a request for the article with a buyer's token, without cookies, and returns the connection. The request is
// the one after the redirect that gives a browser its cookie.
func (s *shop) dial(address string, buyer *sandbox.Buyer, protocol string, header ...string) *net.TCPConn {
	s.t.Helper()
	return s.returns(address, s.back(buyer), protocol, header...)
}

// returns is like dial with the path and query of a return from Vingd.
func (s *shop) returns(address, back, protocol string, header ...string) *net.TCPConn {
	s.t.Helper()
	conn := s.request(address, back, protocol, header...)
	defer conn.Close() //nolint:errcheck // the server closes it too
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		s.t.Fatal(err)
	}
	_ = response.Body.Close()
	next, found := strings.CutPrefix(response.Header.Get("Location"), ".")
	if response.StatusCode != http.StatusSeeOther || !found || len(response.Cookies()) != 1 {
		s.t.Fatalf("the buyer gets %s %v", response.Status, response.Header)
	}
	return s.request(address, next, protocol, header...)
}

// request sends a request for a path and query on a connection of its own.
func (s *shop) request(address, target, protocol string, header ...string) *net.TCPConn {
	s.t.Helper()
	conn, err := new(net.Dialer).DialContext(s.t.Context(), "tcp", address)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = conn.Close() })
	request := fmt.Sprintf("GET %s %s\r\nHost: %s\r\n", target, protocol, address)
	for i := 0; i < len(header); i += 2 {
		request += header[i] + ": " + header[i+1] + "\r\n"
	}
	if _, err := io.WriteString(conn, request+"\r\n"); err != nil {
		s.t.Fatal(err)
	}
	return conn.(*net.TCPConn)
}

// follow requests an address from a handler without cookies, and follows its redirects.
func follow(t testing.TB, handler http.Handler, address string) *httptest.ResponseRecorder {
	t.Helper()
	for range 10 {
		w := httptest.NewRecorder()
		r := httptest.NewRequestWithContext(t.Context(), http.MethodGet, address, nil)
		handler.ServeHTTP(w, r)
		if w.Code != http.StatusSeeOther {
			return w
		}
		to, err := r.URL.Parse(w.Header().Get("Location"))
		if err != nil {
			t.Error(err)
			return w
		}
		address = to.String()
	}
	t.Errorf("%s: too many redirects", address)
	return httptest.NewRecorder()
}

// back returns the path and query with which a buyer returns from Vingd.
func (s *shop) back(buyer *sandbox.Buyer) string {
	s.t.Helper()
	return strings.TrimPrefix(s.browser(buyer, true).pay(), s.server.URL)
}

// crowdOf returns buyers with 5.00 each.
func (s *shop) crowdOf(n int) []*sandbox.Buyer {
	s.t.Helper()
	var buyers []*sandbox.Buyer
	for range n {
		buyers = append(buyers, s.Buyer("Ann", 5_00))
	}
	return buyers
}

// paidFor fails the test unless exactly the buyers who have read the article have paid.
func (s *shop) paidFor(buyers []*sandbox.Buyer, read []bool) (sold int) {
	s.t.Helper()
	s.settled()
	s.close()
	s.Advance(16 * time.Minute)
	s.open()
	for i, buyer := range buyers {
		if charged := buyer.Balance() < 5_00; charged != read[i] {
			s.t.Errorf("buyer %d: charged %t, has read the article %t", i, charged, read[i])
		}
		if read[i] {
			sold++
		}
	}
	return sold
}

const wholeArticle = "Here is the article.\n"

// Like nc -N, which ends its side of the connection: before the response, or while it arrives.
func TestHTTP_HalfClose(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, wholeArticle)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	})
	address := s.plain()
	buyers := s.crowdOf(10)
	read := make([]bool, len(buyers))
	for i, buyer := range buyers {
		back := s.back(buyer)
		if i%4 == 1 { // the request that verifies the token is broken off, too
			if err := s.request(address, back, "HTTP/1.1").CloseWrite(); err != nil {
				t.Fatal(err)
			}
		}
		conn := s.returns(address, back, "HTTP/1.1")
		first := make([]byte, 1)
		if i%2 == 0 {
			if _, err := conn.Read(first); err != nil {
				t.Fatal(err)
			}
		}
		if err := conn.CloseWrite(); err != nil {
			t.Fatal(err)
		}
		response, _ := io.ReadAll(conn)
		if read[i] = strings.Contains(string(response), "article."); i%2 == 0 && !read[i] {
			t.Errorf("buyer %d gets %s", i, response)
		}
	}
	s.paidFor(buyers, read)
}

// A browser or a proxy that resets the connection as soon as it has the last byte.
func TestHTTP_ResetAtLastByte(t *testing.T) {
	s := newShop(t)
	address := s.plain()
	buyers := s.crowdOf(20)
	read := make([]bool, len(buyers))
	for i, buyer := range buyers {
		conn := s.dial(address, buyer, "HTTP/1.1")
		read[i] = readUntil(conn, wholeArticle)
		if err := conn.SetLinger(0); err != nil {
			t.Fatal(err)
		}
		_ = conn.Close()
	}
	if sold := s.paidFor(buyers, read); sold != len(buyers) {
		t.Errorf("%d of %d buyers have read the article", sold, len(buyers))
	}
}

// readUntil reads until a text, and not a byte more if the sender has not sent it yet.
func readUntil(conn net.Conn, text string) bool {
	r, got := bufio.NewReader(conn), ""
	for !strings.HasSuffix(got, text) {
		b, err := r.ReadByte()
		if err != nil {
			return false
		}
		got += string(b)
	}
	return true
}

// A proxy that speaks HTTP/1.0 closes the connection when it has what the header declares.
func TestHTTP_ProxyOfHTTP10(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(wholeArticle)))
		_, _ = io.WriteString(w, wholeArticle)
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done() // it has closed before the handler returns
	})
	address := s.plain()
	buyers := s.crowdOf(10)
	read := make([]bool, len(buyers))
	var all sync.WaitGroup
	for i, buyer := range buyers {
		conn := s.dial(address, buyer, "HTTP/1.0")
		all.Go(func() {
			read[i] = readUntil(conn, wholeArticle)
			_ = conn.Close()
		})
	}
	all.Wait()
	if sold := s.paidFor(buyers, read); sold != len(buyers) {
		t.Errorf("%d of %d buyers have read the article", sold, len(buyers))
	}
}

// A buyer who breaks a download off has read most of it. It is paid, and can be fetched again.
func TestHTTP_InterruptedDownload(t *testing.T) {
	t.Parallel()
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, strings.Repeat("x", 16<<20))
	})
	buyers := s.crowdOf(2)
	for i, buyer := range buyers {
		b := s.browser(buyer, true)
		back := b.pay()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, back, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := b.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.CopyN(io.Discard, response.Body, 12<<20); n != 12<<20 {
			t.Error(n, err)
		}
		_ = response.Body.Close()
		if i == 0 {
			continue
		}
		if v := b.open("/article?page=1"); len(v.body) != 16<<20 {
			t.Errorf("the second time, the buyer gets %d with %d bytes", v.status, len(v.body))
		}
	}
	s.paidFor(buyers, []bool{true, true})
}

// timeout is like the middleware of chi: it ends the context, and responds when the handler has returned.
func timeout(d time.Duration) func(http.Handler) http.Handler {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			ctx, cancel := context.WithTimeout(r.Context(), d)
			defer func() {
				cancel()
				if ctx.Err() == context.DeadlineExceeded {
					w.WriteHeader(http.StatusGatewayTimeout)
				}
			}()
			next.ServeHTTP(w, r.WithContext(ctx))
		})
	}
}

// Content that takes longer than a timeout around the paywall allows is not charged, whether it sees the timeout or not.
func TestHTTP_Timeouts(t *testing.T) {
	t.Parallel()
	for name, around := range map[string]func(http.Handler) http.Handler{
		"chi": timeout(300 * time.Millisecond),
		"TimeoutHandler": func(next http.Handler) http.Handler {
			return http.TimeoutHandler(next, 300*time.Millisecond, "too late")
		},
	} {
		for seen, content := range map[string]http.HandlerFunc{
			"looks": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
			"writes at last": func(w http.ResponseWriter, r *http.Request) {
				<-r.Context().Done()
				_, _ = io.WriteString(w, wholeArticle)
			},
			"writes at once": func(w http.ResponseWriter, r *http.Request) {
				_, _ = io.WriteString(w, wholeArticle)
				<-r.Context().Done()
			},
		} {
			t.Run(name+" "+seen, func(t *testing.T) {
				t.Parallel()
				s := newShop(t)
				s.around = around
				article := s.content
				s.serves(content)
				buyers := s.crowdOf(1)
				b := s.browser(buyers[0], true)
				back := b.pay()
				for range 2 {
					if v := b.open(back); v.status != http.StatusGatewayTimeout && v.status != http.StatusServiceUnavailable || strings.Contains(v.body, "article.") {
						t.Errorf("the buyer gets %d %s", v.status, v.body)
					}
				}
				if n := s.wire.count("PUT/purchases/"); n != 0 {
					t.Errorf("it was committed %d times", n)
				}
				s.serves(article.ServeHTTP)
				s.around = nil
				b.open(back).is(t, http.StatusOK, "Here is the article.")
				s.paidFor(buyers, []bool{true})
			})
		}
	}
}

// A server whose BaseContext ends with SIGTERM: a request in flight is served and paid, or neither.
func TestHTTP_BaseContextEnds(t *testing.T) {
	for _, ends := range []string{"before", "after"} {
		s := newShop(t)
		base, terminate := context.WithCancel(t.Context())
		s.serves(func(w http.ResponseWriter, _ *http.Request) {
			if ends == "before" {
				terminate()
			}
			_, _ = io.WriteString(w, wholeArticle)
			if ends == "after" {
				_ = http.NewResponseController(w).Flush()
				terminate()
			}
		})
		address := s.plain(func(server *httptest.Server) {
			server.Config.BaseContext = func(net.Listener) context.Context { return base }
		})
		buyers := s.crowdOf(1)
		response, err := io.ReadAll(s.dial(address, buyers[0], "HTTP/1.0"))
		if err != nil {
			t.Error(err)
		}
		read := strings.Contains(string(response), "article.")
		if read != (ends == "after") {
			t.Errorf("%s the end, the buyer gets %s", ends, response)
		}
		s.paidFor(buyers, []bool{read})
	}
}

// The first request for content with a range or a condition gets all of it, not a byte or nothing for the whole price.
func TestHTTP_RangeAndNotModified(t *testing.T) {
	for _, header := range [][]string{{"Range", "bytes=0-0"}, {"Range", "bytes=-1"}, {"If-None-Match", `"1"`}, {"If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"}} {
		s := newShop(t)
		s.serves(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"1"`)
			http.ServeContent(w, r, "article.txt", s.Now(), strings.NewReader(wholeArticle))
		})
		buyers := s.crowdOf(1)
		b := s.browser(buyers[0], true)
		if v := b.open(b.pay(), header...); v.status != http.StatusOK || v.body != wholeArticle {
			t.Errorf("with %q the buyer gets %d %q", header, v.status, v.body)
		}
		s.paidFor(buyers, []bool{true})
	}
}

// HEAD on a page that was paid for says what a GET would, and charges nothing.
func TestHTTP_HEAD(t *testing.T) {
	s := newShop(t)
	buyers := s.crowdOf(2)
	for i, buyer := range buyers {
		b := s.browser(buyer, true)
		b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		if v := b.open(b.pay()); v.status != http.StatusSeeOther {
			t.Fatalf("the buyer gets %d %s", v.status, v.body)
		}
		if v := b.send(http.MethodHead, "/article?page=1"); v.status != http.StatusOK || v.body != "" {
			t.Errorf("HEAD gets %d %q", v.status, v.body)
		}
		if i == 1 {
			b.open("/article?page=1").is(t, http.StatusOK, "Here is the article.")
		}
	}
	s.paidFor(buyers, []bool{false, true})
}

// http.FileServer redirects /index.html and folders without a slash, and has pages for files that are missing.
func TestHTTP_FileServer(t *testing.T) {
	dir := t.TempDir()
	for _, name := range []string{"index.html", "article"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(wholeArticle), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	s := newShop(t)
	s.serves(http.FileServer(http.Dir(dir)).ServeHTTP)
	buyers := s.crowdOf(4)
	for i, path := range []string{"/index.html", "/folder", "/missing", "/article"} {
		b := s.browser(buyers[i], false)
		b.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
		back := b.first(strings.Replace(b.pay(), "/article", path, 1))
		want := map[string]int{"/article": 200, "/missing": 404}[path]
		if v := b.open(back); v.status != want && (want != 0 || v.status != http.StatusMovedPermanently) {
			t.Errorf("%s gets %d %s", path, v.status, v.body)
		}
	}
	s.paidFor(buyers, []bool{false, false, false, true})
}

// A panic is not charged before the content is ready, and handlers around the paywall can respond.
func TestHTTP_Panics(t *testing.T) {
	s := newShop(t)
	s.around = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			defer func() {
				if recover() != nil {
					w.WriteHeader(http.StatusInternalServerError)
					_, _ = io.WriteString(w, "sorry")
				}
			}()
			next.ServeHTTP(w, r)
		})
	}
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", fmt.Sprint(len(wholeArticle)))
		_, _ = io.WriteString(w, wholeArticle[:7])
		panic("a bug")
	})
	buyers := s.crowdOf(1)
	b := s.browser(buyers[0], true)
	if v := b.open(b.pay()); v.status != http.StatusInternalServerError || v.body != "sorry" || v.broken != nil {
		t.Errorf("the buyer gets %d %q, %v", v.status, v.body, v.broken)
	}
	s.paidFor(buyers, []bool{false})
}

// A stream of events is charged with its first flush, however it ends.
func TestHTTP_EventStream(t *testing.T) {
	for _, end := range []string{"buyer", "server"} {
		s := newShop(t)
		s.serves(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = io.WriteString(w, "data: first\n\n")
			_ = http.NewResponseController(w).Flush()
			if end == "server" {
				panic(http.ErrAbortHandler)
			}
			<-r.Context().Done()
		})
		buyers := s.crowdOf(1)
		b := s.browser(buyers[0], true)
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, b.pay(), nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := b.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		line, err := bufio.NewReader(response.Body).ReadString('\n')
		if err != nil || line != "data: first\n" {
			t.Errorf("got %q, %v", line, err)
		}
		_ = response.Body.Close()
		s.paidFor(buyers, []bool{true})
	}
}

// Content that cannot be charged for is not served, and goes on writing for nothing.
func TestHTTP_NothingBehindAFailurePage(t *testing.T) {
	for name, content := range map[string]http.HandlerFunc{
		"returned": func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, wholeArticle) },
		"flushed": func(w http.ResponseWriter, _ *http.Request) {
			for i := range 3 {
				n, err := io.WriteString(w, wholeArticle)
				if failed := i > 0; (err != nil) != failed || (n == 0) != failed {
					t.Errorf("write %d: got %d, %v", i+1, n, err)
				}
				if err := http.NewResponseController(w).Flush(); err == nil {
					t.Error("the flush returns no error")
				}
			}
			if n, err := io.Copy(w, strings.NewReader(wholeArticle)); n != 0 || err == nil {
				t.Errorf("the copy: got %d, %v", n, err)
			}
			w.WriteHeader(http.StatusOK)
		},
		"large": func(w http.ResponseWriter, _ *http.Request) {
			if n, err := io.Copy(w, strings.NewReader(strings.Repeat(wholeArticle, 100_000))); n != 0 || err == nil {
				t.Errorf("the copy: got %d, %v", n, err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newShop(t)
			s.serves(content)
			s.Fail("commitPurchase", sandbox.Fault{Status: 409})
			buyers := s.crowdOf(1)
			b := s.browser(buyers[0], false)
			v := b.open(b.pay())
			v.is(t, http.StatusGone, "not charged")
			if strings.Contains(v.body, "article.") || v.broken != nil {
				t.Errorf("the page is %q, %v", v.body, v.broken)
			}
			s.paidFor(buyers, []bool{false})
		})
	}
}

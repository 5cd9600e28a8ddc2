package paywall_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// Content that is not ready is not charged. Its response goes out, the token stays good, and the buyer pays once.
func TestContent_NotReady(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		content http.HandlerFunc
		status  int // 0: the connection breaks off
		body    string
	}{
		"server error": {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusInternalServerError) }, 500, "sorry\n"},
		"not found":    {func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "sorry", http.StatusNotFound) }, 404, "sorry\n"},
		"redirect": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "https://elsewhere.example/")
			w.WriteHeader(http.StatusMovedPermanently)
		}, 301, ""},
		"not modified": {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusNotModified) }, 304, ""},
		"nothing":      {func(http.ResponseWriter, *http.Request) {}, 200, ""},
		"status only":  {func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }, 200, ""},
		"no content": {func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusNoContent)
			if _, err := io.WriteString(w, "x"); !errors.Is(err, http.ErrBodyNotAllowed) {
				panic(err)
			}
		}, 204, ""},
		"panic": {func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, ""},
		"panic halfway": {func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, "Here is")
			panic(http.ErrAbortHandler)
		}, 0, ""},
		"too short": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "21")
			_, _ = io.WriteString(w, "Here is")
		}, 0, "Here is"},
		"hijack without": {func(w http.ResponseWriter, r *http.Request) {
			if _, _, err := http.NewResponseController(struct{ http.ResponseWriter }{w}).Hijack(); err != nil {
				http.Error(w, err.Error(), http.StatusNotImplemented)
			}
		}, 501, "feature not supported\n"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, cookies := range []bool{true, false} {
				s := newShop(t)
				article := s.content
				s.serves(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Cache-Control", "public, max-age=60")
					w.Header().Set("Surrogate-Control", "max-age=60")
					w.Header().Set("CDN-Cache-Control", "max-age=60")
					test.content(w, r)
				})
				ann := s.Buyer("Ann", 5_00)
				b := s.browser(ann, cookies)
				back := b.pay()
				v := b.open(back)
				if v.status != test.status && !(test.status == 0 && v.broken != nil) || v.body != test.body {
					t.Errorf("got %d %q (%v), want %d %q", v.status, v.body, v.broken, test.status, test.body)
				}
				if cache := v.header.Get("Cache-Control"); v.status != 0 && (strings.Contains(cache, "public") || v.header.Get("Surrogate-Control") != "" || v.header.Get("CDN-Cache-Control") != "") {
					t.Errorf("shared caches may keep it: %v", v.header)
				}
				if n := s.wire.count("PUT/purchases/"); n != 0 || s.count(paywall.Verified) != 1 {
					t.Errorf("it was committed %d times", n)
				}
				until(t, "the log", func() bool { return test.status == 0 || strings.Contains(s.log.String(), "not ready") })
				if test.status != 0 && !strings.Contains(s.log.String(), " status=") {
					t.Errorf("the log is %s", s.log)
				}
				s.serves(article.ServeHTTP)
				b.open(back).is(t, http.StatusOK, "Here is the article.")
				if n := s.wire.count("GET/tokens/"); n != 1 {
					t.Errorf("the token was verified %d times", n)
				}
				s.holds(ann, 3_00)
			}
		})
	}
}

// Content is charged once it is ready: before that nothing is due, and nothing is sent.
func TestContent_Ready(t *testing.T) {
	t.Parallel()
	const buffer = 100
	for name, test := range map[string]struct {
		content func(s *shop, w http.ResponseWriter) // calls s.charged as soon as it must be
		body    string
	}{
		"returned": {func(_ *shop, w http.ResponseWriter) { _, _ = io.WriteString(w, "all of it") }, "all of it"},
		"created": {func(_ *shop, w http.ResponseWriter) {
			w.WriteHeader(http.StatusCreated)
			_, _ = io.WriteString(w, "all of it")
		}, "all of it"},
		"full buffer": {func(s *shop, w http.ResponseWriter) {
			_, _ = io.WriteString(w, strings.Repeat("a", buffer))
			s.uncharged()
		}, strings.Repeat("a", buffer)},
		"beyond the buffer": {func(s *shop, w http.ResponseWriter) {
			_, _ = io.WriteString(w, strings.Repeat("a", buffer))
			_, _ = io.WriteString(w, "b")
			s.charged()
			_, _ = io.WriteString(w, "c")
		}, strings.Repeat("a", buffer) + "bc"},
		"large at once": {func(s *shop, w http.ResponseWriter) {
			_, _ = io.WriteString(w, strings.Repeat("a", 10*buffer))
			s.charged()
		}, strings.Repeat("a", 10*buffer)},
		"flushed": {func(s *shop, w http.ResponseWriter) {
			_, _ = io.WriteString(w, "first ")
			w.(http.Flusher).Flush()
			s.charged()
			_, _ = io.WriteString(w, "second")
		}, "first second"},
		"flushed before the first byte": {func(s *shop, w http.ResponseWriter) {
			if err := http.NewResponseController(w).Flush(); err != nil {
				s.t.Error(err)
			}
			s.charged()
			_, _ = io.WriteString(w, "events")
		}, "events"},
		"declared": {func(_ *shop, w http.ResponseWriter) {
			w.Header().Set("Content-Length", "4")
			_, _ = io.WriteString(w, "four")
		}, "four"},
		"more than declared": {func(s *shop, w http.ResponseWriter) {
			w.Header().Set("Content-Length", "4")
			if n, err := io.WriteString(w, "fourteen"); n != 4 || !errors.Is(err, http.ErrContentLength) {
				s.t.Errorf("got %d, %v, want ErrContentLength", n, err)
			}
		}, "four"},
		"copied": {func(s *shop, w http.ResponseWriter) {
			if n, err := io.Copy(w, strings.NewReader("all of it")); n != 9 || err != nil {
				s.t.Error(n, err)
			}
			s.uncharged()
		}, "all of it"},
		"copied beyond the buffer": {func(s *shop, w http.ResponseWriter) {
			if n, err := io.Copy(w, strings.NewReader(strings.Repeat("a", 10*buffer))); n != 10*buffer || err != nil {
				s.t.Error(n, err)
			}
			s.charged()
		}, strings.Repeat("a", 10*buffer)},
		"read by the response": {func(s *shop, w http.ResponseWriter) {
			for _, n := range []int{buffer - 1, 1, 1, 10 * buffer} { // no io.WriterTo: the response reads
				part := struct{ io.Reader }{strings.NewReader(strings.Repeat("b", n))}
				if copied, err := io.Copy(w, part); copied != int64(n) || err != nil {
					s.t.Error(copied, err)
				}
			}
			s.charged()
		}, strings.Repeat("b", 11*buffer+1)},
		"read beyond the buffer": {func(s *shop, w http.ResponseWriter) {
			part := struct{ io.Reader }{strings.NewReader(strings.Repeat("b", 10*buffer))}
			if copied, err := io.Copy(w, part); copied != 10*buffer || err != nil {
				s.t.Error(copied, err)
			}
			s.charged()
		}, strings.Repeat("b", 10*buffer)},
		"early hints": {func(s *shop, w http.ResponseWriter) {
			w.WriteHeader(http.StatusEarlyHints)
			s.uncharged()
			_, _ = io.WriteString(w, "all of it")
		}, "all of it"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, cookies := range []bool{true, false} {
				s := newShop(t, func(o *paywall.Options) { o.Buffer = buffer })
				s.serves(func(w http.ResponseWriter, _ *http.Request) {
					w.Header().Set("Cache-Control", "public, max-age=60")
					s.uncharged()
					if err := http.NewResponseController(w).SetWriteDeadline(time.Now().Add(time.Minute)); err != nil {
						t.Error(err)
					}
					test.content(s, w)
				})
				ann := s.Buyer("Ann", 5_00)
				b := s.browser(ann, cookies)
				v := b.open(b.pay())
				if v.body != test.body || v.status/100 != 2 || v.broken != nil {
					t.Errorf("got %d %.50q, %v", v.status, v.body, v.broken)
				}
				if want := map[bool]string{true: "private, no-cache", false: "no-store"}[cookies]; v.header.Get("Cache-Control") != want {
					t.Errorf("the header is %v", v.header)
				}
				s.serves(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "again") })
				s.holds(ann, 3_00)
			}
		})
	}
}

// uncharged fails the test if anything is due.
func (s *shop) uncharged() {
	if s.wire.count("PUT/purchases/") != 0 || s.count(paywall.Due) != 0 {
		s.t.Error("it is charged before it is ready")
	}
}

// charged fails the test unless the commit was sent.
func (s *shop) charged() {
	if s.wire.count("PUT/purchases/") == 0 {
		s.t.Error("it is not charged though it is sent")
	}
}

// A free page keeps its own Cache-Control, and says what it depends on.
func TestContent_FreeForSome(t *testing.T) {
	s := newShop(t)
	s.sells(paywall.Offer{})
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Cache-Control", "public")
		_, _ = io.WriteString(w, "Here is the article.")
	})
	v := s.browser(nil, false).open("/article")
	if !strings.Contains(strings.Join(v.header.Values("Vary"), ", "), "Cookie") || v.header.Get("Cache-Control") != "public" {
		t.Errorf("the header is %v", v.header)
	}
}

// Neither the offer nor the content sees a token, wherever a handler around the paywall has put it.
func TestContent_SeesNoToken(t *testing.T) {
	s := newShop(t)
	var seen []string
	look := func(r *http.Request) {
		first := fmt.Sprint(r.Form)
		_ = r.ParseForm()
		seen = append(seen, first, r.FormValue("tid"), fmt.Sprint(r.Form, r.PostForm, r.URL, r.RequestURI, r.Header.Get("Referer"), r.PathValue("x")))
	}
	s.serves(func(w http.ResponseWriter, r *http.Request) {
		look(r)
		_, _ = io.WriteString(w, "Here is the article.")
	})
	s.around = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.FormValue("page") == "" {
				t.Error("the query is lost")
			}
			r.SetPathValue("x", "kept")
			next.ServeHTTP(w, r)
		})
	}
	s.offering = func(r *http.Request) { look(r) }
	ann := s.Buyer("Ann", 5_00)
	b := s.browser(ann, false)
	back := b.pay()
	tid := tokenOf(t, back)
	b.open(back, "Referer", back).is(t, http.StatusOK, "Here is the article.")
	for _, text := range seen {
		if strings.Contains(text, tid) || strings.Contains(text, "tid") {
			t.Errorf("it sees %s", text)
		}
	}
	if len(seen) < 9 || !strings.Contains(seen[len(seen)-1], "page:[1]") || !strings.Contains(seen[len(seen)-1], "kept") {
		t.Errorf("it sees %q", seen)
	}
	if strings.Contains(s.log.String(), tid) {
		t.Error("the log holds the token")
	}
}

// Content that has not been charged for is asked for the whole; afterwards ranges and conditions are its own.
func TestContent_Conditions(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		http.ServeContent(w, r, "article.txt", time.Time{}, strings.NewReader("Here is the article."))
	})
	ann := s.Buyer("Ann", 20_00)
	b := s.browser(ann, true)
	back := b.pay()
	for i, header := range [][]string{
		{"Range", "bytes=0-3"}, {"If-None-Match", `"1"`}, {"If-Range", `"1"`}, {"If-Match", `"2"`},
		{"If-Unmodified-Since", "Fri, 01 Jan 2010 00:00:00 GMT"}, {"If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"},
	} {
		if i > 0 {
			b = s.browser(ann, true)
			back = b.pay()
		}
		v := b.open(back, header...)
		if v.status != http.StatusOK || v.body != "Here is the article." {
			t.Errorf("with %q, the first request gets %d %q", header, v.status, v.body)
		}
	}
	if v := b.open("/article?page=1", "Range", "bytes=0-3"); v.status != http.StatusPartialContent || v.body != "Here" {
		t.Errorf("a range gets %d %q", v.status, v.body)
	}
	if v := b.open("/article?page=1", "If-None-Match", `"1"`); v.status != http.StatusNotModified {
		t.Errorf("a condition gets %d %q", v.status, v.body)
	}
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

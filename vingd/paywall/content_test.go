package paywall_test

import (
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/http/httptrace"
	"net/textproto"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/vingd/vingd-api-go/internal/endure"
	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
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
			if n, err := io.WriteString(w, "x"); n != 0 || !errors.Is(err, http.ErrBodyNotAllowed) {
				panic(fmt.Sprint(n, err))
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
		"no length": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "0")
			if n, err := io.WriteString(w, "x"); n != 0 || !errors.Is(err, http.ErrContentLength) {
				panic(fmt.Sprint(n, err))
			}
		}, 200, ""},
		"hijack without": {func(w http.ResponseWriter, r *http.Request) {
			if _, _, err := http.NewResponseController(struct{ http.ResponseWriter }{w}).Hijack(); err != nil {
				http.Error(w, err.Error(), http.StatusNotImplemented)
			}
		}, 501, "feature not supported\n"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, cookies := range endure.Part([]bool{len(name)%2 == 0, len(name)%2 != 0}, 1) {
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
				if n := s.wire.count("PUT/purchases/"); n != 0 || s.count(paywall.StateVerified) != 1 {
					t.Errorf("it was committed %d times", n)
				}
				until(t, "the log", func() bool { return test.status == 0 || strings.Contains(s.log.String(), "not ready") })
				if name != "nothing" && test.status != 0 && !strings.Contains(s.log.String(), fmt.Sprint(" status=", test.status)) {
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
		"declared in parts": {func(s *shop, w http.ResponseWriter) {
			w.Header().Set("Content-Length", "4")
			for _, part := range []string{"f", "our"} {
				if n, err := io.WriteString(w, part); n != len(part) || err != nil {
					s.t.Errorf("got %d, %v", n, err)
				}
			}
			if n, err := io.WriteString(w, "teen"); n != 0 || !errors.Is(err, http.ErrContentLength) {
				s.t.Errorf("got %d, %v, want ErrContentLength", n, err)
			}
		}, "four"},
		"one byte":      {func(_ *shop, w http.ResponseWriter) { _, _ = io.WriteString(w, "x") }, "x"},
		"nothing first": {func(_ *shop, w http.ResponseWriter) { _, _ = w.Write(nil); _, _ = io.WriteString(w, "x") }, "x"},
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
			for _, status := range []int{100, 102, http.StatusEarlyHints, 199} {
				w.WriteHeader(status)
			}
			s.uncharged()
			_, _ = io.WriteString(w, "all of it")
		}, "all of it"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, cookies := range endure.Part([]bool{len(name)%2 == 0, len(name)%2 != 0}, 1) {
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
	if s.wire.count("PUT/purchases/") != 0 || s.count(paywall.StateDue) != 0 {
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

// A redirect after the first part takes its place, too.
func TestContent_RedirectAfterPart(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "Here is the art")
		w.WriteHeader(http.StatusMultipleChoices)
		_, _ = io.WriteString(w, "English or German?")
	})
	buyers := s.crowdOf(1)
	b := s.browser(buyers[0], true)
	if v := b.open(b.pay()); v.status != http.StatusMultipleChoices || v.body != "English or German?" {
		t.Errorf("the buyer gets %d %q", v.status, v.body)
	}
	s.paidFor(buyers, []bool{false})
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

// Every success is charged, and no other status is.
func TestContent_EachStatus(t *testing.T) {
	s := newShop(t)
	for status, charged := range map[int]bool{200: true, 201: true, 299: true, 300: false, 399: false, 400: false, 599: false} {
		s.serves(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, "x")
		})
		ann := s.Buyer("Ann", 5_00)
		b := s.browser(ann, true)
		b.open(b.pay()).is(t, status, "x")
		s.holds(ann, map[bool]vingd.Cents{true: 3_00, false: 5_00}[charged])
	}
}

// By default, one MiB is held back.
func TestContent_DefaultBuffer(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write(make([]byte, 1<<20))
		s.uncharged()
		_, _ = w.Write(make([]byte, 1))
		s.charged()
	})
	buyers := s.crowdOf(1)
	b := s.browser(buyers[0], true)
	if v := b.open(b.pay()); len(v.body) != 1<<20+1 {
		t.Errorf("the buyer gets %d with %d bytes", v.status, len(v.body))
	}
	s.paidFor(buyers, []bool{true})
}

// Early hints tell a buyer of the content. They go out once it is paid.
func TestContent_EarlyHints(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Link", "</picture>; rel=preload")
		w.WriteHeader(http.StatusEarlyHints)
		_, _ = io.WriteString(w, wholeArticle)
	})
	b := s.browser(s.Buyer("Ann", 5_00), true)
	for i, address := range []string{b.pay(), s.server.URL + "/article?page=1"} {
		hints := 0
		trace := &httptrace.ClientTrace{Got1xxResponse: func(status int, _ textproto.MIMEHeader) error {
			if hints++; status != http.StatusEarlyHints {
				t.Errorf("got %d", status)
			}
			return nil
		}}
		r, err := http.NewRequestWithContext(httptrace.WithClientTrace(t.Context(), trace), http.MethodGet, address, nil)
		if err != nil {
			t.Fatal(err)
		}
		response, err := b.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if err := response.Body.Close(); err != nil {
			t.Error(err)
		}
		if hints != i || response.StatusCode != http.StatusOK {
			t.Errorf("request %d gets %d hints", i+1, hints)
		}
	}
}

// Content learns that what it copies from has failed, before and after its response goes out. The failure is not charged.
func TestContent_CopyFails(t *testing.T) {
	const buffer = 100
	for length, broken := range map[int]bool{buffer - 1: false, buffer + 1: true} {
		s := newShop(t, func(o *paywall.Options) { o.Buffer = buffer })
		s.serves(func(w http.ResponseWriter, _ *http.Request) {
			from := io.MultiReader(strings.NewReader(strings.Repeat("x", length)), iotest.ErrReader(errDisk))
			if n, err := io.Copy(w, struct{ io.Reader }{from}); n != int64(length) || !errors.Is(err, errDisk) {
				t.Errorf("got %d, %v", n, err)
			}
			if broken {
				panic(http.ErrAbortHandler)
			}
			http.Error(w, "sorry", http.StatusInternalServerError)
		})
		buyers := s.crowdOf(1)
		b := s.browser(buyers[0], true)
		v := b.open(b.pay())
		if broken != (v.broken != nil) || !broken && (v.status != http.StatusInternalServerError || v.body != "sorry\n") {
			t.Errorf("%d bytes: the buyer gets %d %q, %v", length, v.status, v.body, v.broken)
		}
		s.paidFor(buyers, []bool{broken})
	}
}

// A status that comes too late is logged by the server, as without a paywall.
func TestContent_StatusTooLate(t *testing.T) {
	s := newShop(t)
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, wholeArticle)
		_ = http.NewResponseController(w).Flush()
		w.WriteHeader(http.StatusInternalServerError)
	})
	b := s.browser(s.Buyer("Ann", 5_00), true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
	until(t, "the log", func() bool { return strings.Contains(s.log.String(), "superfluous") })
}

// Content learns that a handler around the paywall cannot flush.
func TestContent_FlushNotSupported(t *testing.T) {
	s := newShop(t)
	s.around = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { next.ServeHTTP(struct{ http.ResponseWriter }{w}, r) })
	}
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, wholeArticle)
		if err := http.NewResponseController(w).Flush(); !errors.Is(err, http.ErrNotSupported) {
			t.Errorf("got %v", err)
		}
	})
	b := s.browser(s.Buyer("Ann", 5_00), true)
	b.open(b.pay()).is(t, http.StatusOK, "Here is the article.")
}

// timeLimits is a writer that notes the deadlines that it gets.
type timeLimits struct {
	http.ResponseWriter
	read, write time.Time
	duplex      bool
}

func (l *timeLimits) SetReadDeadline(t time.Time) error  { l.read = t; return errDisk }
func (l *timeLimits) SetWriteDeadline(t time.Time) error { l.write = t; return errDisk }
func (l *timeLimits) EnableFullDuplex() error            { l.duplex = true; return errDisk }

// The deadlines that content sets are those of the connection, and content learns that one cannot be set.
func TestContent_Deadlines(t *testing.T) {
	s := newShop(t)
	read, write := time.Unix(1, 0), time.Unix(2, 0)
	s.around = func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			l := &timeLimits{ResponseWriter: w}
			next.ServeHTTP(l, r)
			if !l.read.Equal(read) || !l.write.Equal(write) || !l.duplex {
				t.Errorf("the connection gets %v, %v, %t", l.read, l.write, l.duplex)
			}
		})
	}
	s.sells(paywall.Offer{})
	s.serves(func(w http.ResponseWriter, _ *http.Request) {
		c := http.NewResponseController(w)
		for _, err := range []error{c.SetReadDeadline(read), c.SetWriteDeadline(write), c.EnableFullDuplex()} {
			if !errors.Is(err, errDisk) {
				t.Errorf("got %v", err)
			}
		}
		_, _ = io.WriteString(w, wholeArticle)
	})
	s.browser(nil, false).open("/article").is(t, http.StatusOK, "Here is the article.")
}

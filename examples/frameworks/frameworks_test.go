package frameworks_test

import (
	"context"
	"errors"
	"fmt"
	"html/template"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/gin-gonic/gin/render"
	"github.com/labstack/echo/v4"
	"go.uber.org/goleak"

	"github.com/vingd/vingd-api-go/examples/frameworks"
	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const price = vingd.Cents(2_00)

// A shop is a website made with a framework, and buyers of a sandbox.
type shop struct {
	*sandboxtest.Sandbox

	wall   *paywall.Paywall
	server *httptest.Server
}

// sites are the same website in each framework.
var sites = map[string]func(sold frameworks.Middleware) http.Handler{
	"chi": func(sold frameworks.Middleware) http.Handler {
		return frameworks.WithChi(sold, func(w http.ResponseWriter, r *http.Request) {
			entry, bought := paywall.FromContext(r.Context())
			switch r.PathValue("name") {
			case "whole":
				_, _ = fmt.Fprintf(w, "Here is the article. %t %v", bought, entry.Price)
			case "gone":
				w.WriteHeader(http.StatusGone)
			case "error":
				http.Error(w, "an error", http.StatusTeapot)
			case "panic":
				panic("a bug")
			case "half":
				_, _ = io.WriteString(w, "Here is")
				panic("a bug")
			case "template":
				if err := halfway.Execute(w, struct{}{}); err != nil {
					panic(err)
				}
			case "stream":
				for range 3 {
					_, _ = io.WriteString(w, "part ")
					_ = http.NewResponseController(w).Flush()
				}
			}
		})
	},
	"echo": func(sold frameworks.Middleware) http.Handler {
		return frameworks.WithEcho(sold, func(c echo.Context) error {
			entry, bought := paywall.FromContext(c.Request().Context())
			switch c.Param("name") {
			case "whole":
				return c.String(http.StatusOK, fmt.Sprintf("Here is the article. %t %v", bought, entry.Price))
			case "gone":
				return c.NoContent(http.StatusGone)
			case "error":
				return echo.NewHTTPError(http.StatusTeapot, "an error")
			case "panic":
				panic("a bug")
			case "half":
				_ = c.String(http.StatusOK, "Here is")
				return errors.New("the other half is lost")
			case "template":
				return halfway.Execute(c.Response(), struct{}{})
			case "stream":
				for range 3 {
					_, _ = c.Response().Write([]byte("part "))
					c.Response().Flush()
				}
			}
			return nil
		})
	},
	"gin": func(sold frameworks.Middleware) http.Handler {
		return frameworks.WithGin(sold, func(c *gin.Context) {
			entry, bought := paywall.FromContext(c.Request.Context())
			switch c.Param("name") {
			case "whole":
				c.String(http.StatusOK, "Here is the article. %t %v", bought, entry.Price)
			case "gone":
				c.Status(http.StatusGone)
			case "error":
				c.String(http.StatusTeapot, "an error")
			case "panic":
				panic("a bug")
			case "half":
				c.String(http.StatusOK, "Here is")
				panic("a bug")
			case "template":
				c.Render(http.StatusOK, render.HTML{Template: halfway, Data: struct{}{}})
			case "noted":
				_ = c.Error(errors.New("a counter is lost")) // the content is whole
				c.String(http.StatusOK, "Here is the article. %t %v", bought, entry.Price)
			case "stream":
				parts := 0
				c.Stream(func(w io.Writer) bool {
					_, _ = io.WriteString(w, "part ")
					parts++
					return parts < 3
				})
			}
		})
	},
}

// halfway is a template that fails after a part of the page.
var halfway = template.Must(template.New("article").Parse("Here is {{.Missing}} the article."))

// open opens the website of a framework.
func open(t *testing.T, framework string) *shop {
	t.Helper()
	return openSite(t, sites[framework])
}

// openSite opens a website.
func openSite(t *testing.T, site func(sold frameworks.Middleware) http.Handler) *shop {
	t.Helper()
	s := &shop{Sandbox: sandboxtest.New(t)}
	var err error
	s.wall, err = paywall.New(s.Client, paywall.Options{Journal: paywall.NewMemory(), Clock: s.Now, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.close)
	s.server = httptest.NewUnstartedServer(nil)
	s.server.Config.Handler = site(s.wall.Middleware(func(r *http.Request) (paywall.Offer, error) {
		object, err := s.wall.EnsureObject(r.Context(), vingd.ObjectParams{Name: r.URL.Path, URL: s.server.URL + r.URL.Path})
		return paywall.Offer{Object: object, Price: price}, err
	}))
	s.server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	s.server.StartTLS()
	t.Cleanup(s.server.Close)
	return s
}

func (s *shop) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	_ = s.wall.Close(ctx)
}

// browser returns a browser that keeps cookies.
func (s *shop) browser(t *testing.T) *http.Client {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	browser := *s.server.Client()
	browser.Jar = jar
	return &browser
}

// get opens a page without buying it.
func (s *shop) get(t *testing.T, browser *http.Client, method, path string) (status int, body string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, s.server.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := browser.Do(r)
	if err != nil {
		return 0, ""
	}
	text, err := io.ReadAll(response.Body)
	if err := errors.Join(err, response.Body.Close()); err != nil {
		t.Error(err)
	}
	return response.StatusCode, string(text)
}

// A buyer sees the price, buys in one line, and reloads. Everything else in the website is free.
func TestFrameworks_Sold(t *testing.T) {
	for framework := range sites {
		t.Run(framework, func(t *testing.T) {
			s := open(t, framework)
			ann, browser := s.Buyer("Ann", 5_00), s.browser(t)
			if status, body := s.get(t, browser, http.MethodGet, "/"); status != http.StatusOK || body != "front page" {
				t.Errorf("the front page: got %d %s", status, body)
			}
			if status, body := s.get(t, browser, http.MethodGet, "/articles/whole"); status != http.StatusPaymentRequired ||
				!strings.Contains(body, "Buy for 2.00 vingds") || strings.Contains(body, "Here is") {
				t.Errorf("before the purchase: got %d %s", status, body)
			}
			for range 2 {
				page, err := ann.Visit(t.Context(), browser, s.server.URL+"/articles/whole")
				if err != nil {
					t.Fatal(err)
				}
				body, err := io.ReadAll(page.Body)
				if err := errors.Join(err, page.Body.Close()); err != nil || page.StatusCode != http.StatusOK ||
					string(body) != "Here is the article. true 2.00" || page.Header.Get("Cache-Control") != "private, no-cache" {
					t.Errorf("got %s %s %v, %v", page.Status, body, page.Header, err)
				}
			}
			s.close()
			if balance := ann.Balance(); balance != 3_00 {
				t.Errorf("Ann holds %v", balance)
			}
		})
	}
}

// Content that fails is not charged. Echo and gin recover from a panic outside the paywall. Chi does not, here.
func TestFrameworks_NotReady(t *testing.T) {
	for framework := range sites {
		broken := http.StatusInternalServerError
		if framework == "chi" {
			broken = 0 // the connection
		}
		for name, want := range map[string]struct {
			status int
			body   string
		}{"gone": {http.StatusGone, ""}, "error": {http.StatusTeapot, "an error"}, "panic": {broken, ""}, "half": {broken, ""}, "template": {broken, ""}} {
			t.Run(framework+" "+name, func(t *testing.T) {
				s := open(t, framework)
				ann, browser := s.Buyer("Ann", 5_00), s.browser(t)
				page, err := ann.Visit(t.Context(), browser, s.server.URL+"/articles/"+name)
				if err == nil {
					body, err := io.ReadAll(page.Body)
					if err := errors.Join(err, page.Body.Close()); err != nil || page.StatusCode != want.status || !strings.Contains(string(body), want.body) {
						t.Errorf("got %s %s, %v", page.Status, body, err)
					}
				} else if want.status != 0 {
					t.Errorf("got %v", err)
				}
				if status, _ := s.get(t, browser, http.MethodGet, "/articles/"+name); status != want.status {
					t.Errorf("the second time: got %d", status)
				}
				s.close()
				s.Advance(16 * time.Minute)
				if balance := ann.Balance(); balance != 5_00 {
					t.Errorf("Ann holds %v", balance)
				}
			})
		}
	}
}

// Gin's content may note an error and go on. It is charged.
func TestGin_NotedError(t *testing.T) {
	s := open(t, "gin")
	ann, browser := s.Buyer("Ann", 5_00), s.browser(t)
	page, err := ann.Visit(t.Context(), browser, s.server.URL+"/articles/noted")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(page.Body)
	if err := errors.Join(err, page.Body.Close()); err != nil || string(body) != "Here is the article. true 2.00" {
		t.Errorf("got %s %q, %v", page.Status, body, err)
	}
	s.close()
	if balance := ann.Balance(); balance != 3_00 {
		t.Errorf("Ann holds %v", balance)
	}
}

// Content that streams is charged before its first part goes out.
func TestFrameworks_Stream(t *testing.T) {
	for framework := range sites {
		t.Run(framework, func(t *testing.T) {
			s := open(t, framework)
			ann, browser := s.Buyer("Ann", 5_00), s.browser(t)
			page, err := ann.Visit(t.Context(), browser, s.server.URL+"/articles/stream")
			if err != nil {
				t.Fatal(err)
			}
			body, err := io.ReadAll(page.Body)
			if err := errors.Join(err, page.Body.Close()); err != nil || string(body) != "part part part " {
				t.Errorf("got %s %q, %v", page.Status, body, err)
			}
			if status, _ := s.get(t, browser, http.MethodHead, "/articles/stream"); status != http.StatusOK {
				t.Errorf("HEAD: got %d", status)
			}
			s.close()
			if balance := ann.Balance(); balance != 3_00 {
				t.Errorf("Ann holds %v", balance)
			}
		})
	}
}

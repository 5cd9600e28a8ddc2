package paywall_test

import (
	"html/template"
	"math"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

func TestNew_InvalidOptions(t *testing.T) {
	s := newShop(t)
	for word, change := range map[string]func(*paywall.Options){
		"Journal":       func(o *paywall.Options) { o.Journal = nil },
		"AccessFor 24n": func(o *paywall.Options) { o.AccessFor = 24 },
		"AccessFor -1n": func(o *paywall.Options) { o.AccessFor = -1 },
		"AccessFor 59":  func(o *paywall.Options) { o.AccessFor = time.Minute - 1 },
		"AccessFor 876": func(o *paywall.Options) { o.AccessFor = 100*365*24*time.Hour + 1 },
		"AccessFor 25":  func(o *paywall.Options) { o.AccessFor = math.MaxInt64 },
		"Buffer -1":     func(o *paywall.Options) { o.Buffer = -1 },
		"Timeout -1":    func(o *paywall.Options) { o.CommitTimeout = -1 },
		"Timeout 1n":    func(o *paywall.Options) { o.CommitTimeout = 1 },
		"Timeout 999.":  func(o *paywall.Options) { o.CommitTimeout = time.Millisecond - 1 },
		"Pages":         func(o *paywall.Options) { o.Pages = template.Must(template.New("").Parse("{{.Sorry}}")) },
	} {
		options := s.options
		change(&options)
		wall, err := paywall.New(s.Client, options)
		if err == nil {
			t.Errorf("%s: it is accepted", word)
			_ = wall.Close(t.Context())
		} else if !strings.Contains(err.Error(), word) {
			t.Errorf("%s: the error is %v", word, err)
		}
	}
	if _, err := paywall.New(nil, s.options); err == nil || !strings.Contains(err.Error(), "client is nil") {
		t.Errorf("a nil client: got %v", err)
	}
	for name, change := range map[string]func(*paywall.Options){
		"AccessFor of a minute":      func(o *paywall.Options) { o.AccessFor = time.Minute },
		"AccessFor of 100 years":     func(o *paywall.Options) { o.AccessFor = 100 * 365 * 24 * time.Hour },
		"Buffer of a byte":           func(o *paywall.Options) { o.Buffer = 1 },
		"CommitTimeout at its least": func(o *paywall.Options) { o.CommitTimeout = time.Millisecond },
	} {
		options := s.options
		change(&options)
		wall, err := paywall.New(s.Client, options)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if err := wall.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}

func TestSell_NilPanics(t *testing.T) {
	s := newShop(t)
	for name, sell := range map[string]func(){
		"offer":   func() { s.wall.Sell(nil, s.content) },
		"content": func() { s.wall.Sell(s.offer, nil) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a nil %s is accepted", name)
				}
			}()
			sell()
		}()
	}
}

// A page of the seller's own is used, and one that fails for a request is replaced by the built-in one.
func TestOptions_Pages(t *testing.T) {
	failing := false
	page := template.Must(template.New("").Funcs(template.FuncMap{"fail": func() (string, error) {
		if failing {
			return "", http.ErrServerClosed
		}
		return "", nil
	}}).Parse("<h2>{{.Title}}</h2>{{fail}}"))
	s := newShop(t, func(o *paywall.Options) { o.Pages = page })
	b := s.browser(nil, false)
	b.open("/article?oid=1&tid=zz").is(t, http.StatusBadRequest, "<h2>This address")
	failing = true
	v := b.open("/article?oid=1&tid=zz")
	v.is(t, http.StatusBadRequest, "<h1>This address")
	if strings.Contains(v.body, "<h2>") {
		t.Errorf("the page is %s", v.body)
	}
	s.logged("level=ERROR", "the template of Pages failed", "error=", "Server closed")
}

// Texts in another language come by the request, which holds no token. The page's template shows them.
func TestOptions_Translate(t *testing.T) {
	s := newShop(t, func(o *paywall.Options) {
		o.Pages = template.Must(template.New("").Parse(
			`<html lang="{{.Lang}}"><h1>{{.Title}}</h1>{{.Text}} <a href="{{.Link}}">{{.LinkText}}</a> {{.Name}} {{.Price}}`))
		o.Translate = func(r *http.Request, n paywall.Notice) paywall.Notice {
			if strings.Contains(r.RequestURI+r.URL.String()+r.Header.Get("Referer"), "tid") {
				t.Errorf("Translate sees %s", r.RequestURI)
			}
			if strings.HasPrefix(r.Header.Get("Accept-Language"), "de") {
				n.Lang, n.Title, n.LinkText, n.Status = "de", string(n.Reason)+" <auf Deutsch>", "Für "+n.Price.String()+" kaufen", 99
			}
			return n
		}
	})
	b := s.browser(nil, true)
	b.open("/article?page=1", "Accept-Language", "de-AT").is(t, http.StatusPaymentRequired,
		`<html lang="de"><h1>unpaid &lt;auf Deutsch&gt;</h1>This costs 2.00 vingds. You pay at Vingd, and only for what you get. `+
			`<a href="./article?page=1&amp;vingd=buy">Für 2.00 kaufen</a> Article 2.00`)
	b.open("/article?page=1", "Accept-Language", "fr").is(t, http.StatusPaymentRequired, `<html lang="en">`)
	b.open("/article?oid=1&tid=zz", "Accept-Language", "de", "Referer", s.server.URL+"/?tid=zz").is(t, http.StatusBadRequest, "malformed &lt;auf")
	b.open("/article?oid=1&tid=zz", "Accept-Language", "de", "Accept", "application/json").is(t, http.StatusBadRequest, `"lang":"de"`)
}

func TestMiddleware_NilPanics(t *testing.T) {
	s := newShop(t)
	defer func() {
		if recover() == nil {
			t.Error("a nil offer is accepted")
		}
	}()
	s.wall.Middleware(nil)
}

package paywall_test

import (
	"context"
	"database/sql"
	"errors"
	"expvar"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/sandboxtest"
	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// A program that sells one article.
func Example() {
	client, err := vingd.NewFromEnvironment() // VINGD_USERNAME and VINGD_PASSWORD
	if err != nil {
		log.Fatal(err)
	}
	journal, err := paywall.OpenJournal("purchases.journal")
	if err != nil {
		log.Fatal(err)
	}
	wall, err := paywall.New(client, paywall.Options{Journal: journal})
	if err != nil {
		log.Fatal(err)
	}
	object, err := wall.EnsureObject(context.Background(),
		vingd.ObjectParams{Name: "Article 12", URL: "https://news.example.com/article"})
	if err != nil {
		log.Fatal(err)
	}

	http.Handle("/article", wall.Sell(
		func(*http.Request) (paywall.Offer, error) { return paywall.Offer{Object: object, Price: 2_00}, nil },
		http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { http.ServeFile(w, r, "article.html") }),
	))
	server := &http.Server{Addr: ":8080", ReadHeaderTimeout: 10 * time.Second}
	err = server.ListenAndServe() // until something calls its Shutdown

	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	if err := errors.Join(err, wall.Close(ctx), journal.Close()); err != nil {
		log.Print(err)
	}
}

// Some pages are free, and each of the others is an object of its own.
func ExamplePaywall_Sell() {
	var wall *paywall.Paywall
	prices := map[string]vingd.Cents{"/article/1": 2_00, "/article/2": 50}

	offer := func(r *http.Request) (paywall.Offer, error) {
		price, sold := prices[r.URL.Path]
		if !sold {
			return paywall.Offer{}, nil // free
		}
		object, err := wall.EnsureObject(r.Context(), // remembered after the first time
			vingd.ObjectParams{Name: "Article " + r.URL.Path, URL: "https://news.example.com" + r.URL.Path})
		return paywall.Offer{Object: object, Price: price, Context: r.URL.Path}, err
	}
	http.Handle("/article/", wall.Sell(offer, http.FileServer(http.Dir("articles"))))
}

// A router takes the paywall as a middleware.
func ExamplePaywall_Middleware() {
	var wall *paywall.Paywall
	var offer func(*http.Request) (paywall.Offer, error)

	sold := wall.Middleware(offer)
	http.Handle("/article/", sold(http.FileServer(http.Dir("articles"))))
}

// A pass opens every article. Each article can also be bought alone.
func ExamplePaywall_Bought() {
	var wall *paywall.Paywall
	var pass vingd.ObjectID // its URL is that of a page that sells the pass alone
	var article vingd.ObjectID

	offer := func(r *http.Request) (paywall.Offer, error) {
		everything := paywall.Offer{Object: pass, Price: 5_00}
		_, has, err := wall.Bought(r, everything)
		if has || r.URL.Query().Has("pass") { // a link to /article/1?pass&vingd=buy buys the pass
			return everything, err
		}
		return paywall.Offer{Object: article, Price: 50}, err
	}
	http.Handle("/article/1", wall.Sell(offer, http.FileServer(http.Dir("articles"))))
}

// A page on which readers sign out.
func ExamplePaywall_SignOut() {
	var wall *paywall.Paywall

	http.HandleFunc("POST /signout", func(w http.ResponseWriter, r *http.Request) {
		wall.SignOut(w, r)
		http.Redirect(w, r, "/", http.StatusSeeOther)
	})
}

// A purchase that OnCommit has kept is revoked by its key.
func ExamplePaywall_Revoke() {
	var wall *paywall.Paywall
	var key paywall.Key

	if err := wall.Revoke(context.Background(), key); err != nil {
		log.Print(err)
	}
}

// The counters of a paywall at /debug/vars. A library for Prometheus reads them in the same way.
func ExamplePaywall_Stats() {
	var wall *paywall.Paywall

	expvar.Publish("paywall", expvar.Func(func() any { return wall.Stats() }))
}

// A table of receipts. A purchase that is told twice has one row.
func ExampleOptions_onCommit() {
	var db *sql.DB

	_ = paywall.Options{OnCommit: func(ctx context.Context, e paywall.Entry) error {
		_, err := db.ExecContext(ctx,
			"INSERT INTO receipts (key, purchase, buyer, cents) VALUES ($1, $2, $3, $4) ON CONFLICT (key) DO NOTHING",
			e.Key.String(), int64(e.Purchase), string(e.Buyer), int64(e.Price))
		return err
	}}
}

// The page with the price in German, for those who prefer it.
func ExampleOptions_translate() {
	_ = paywall.Options{Translate: func(r *http.Request, n paywall.Notice) paywall.Notice {
		if !strings.HasPrefix(r.Header.Get("Accept-Language"), "de") || n.Reason != paywall.ReasonUnpaid {
			return n
		}
		n.Lang = "de"
		n.Text = fmt.Sprintf("Diese Seite kostet %v Vingd.", n.Price)
		n.LinkText = fmt.Sprintf("Für %v Vingd kaufen", n.Price)
		return n
	}}
}

// The script lets buyers pay in a popup.
func ExampleServeScript() {
	http.HandleFunc("GET /vingd.js", paywall.ServeScript)
	http.HandleFunc("GET /", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `<!doctype html><script type="module" src="/vingd.js"></script>
<a href="/article?vingd=buy" data-vingd>Buy for 2.00 vingds</a>`)
	})
}

// An access log, here a simple one, around a whole site.
func ExampleHideTokens() {
	accessLog := func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			next.ServeHTTP(w, r)
			log.Println(r.RemoteAddr, r.Method, r.RequestURI)
		})
	}

	site := paywall.HideTokens(accessLog)(http.DefaultServeMux)
	_ = &http.Server{Handler: site, ReadHeaderTimeout: 10 * time.Second}
}

// A test of a shop buys in one line.
func Example_test() {
	newSite := func(*testing.T, *vingd.Client) string { return "" } // starts the shop, and returns its address

	_ = func(t *testing.T) {
		sb := sandboxtest.New(t)
		page, err := sb.Buyer("Ann", 5_00).Visit(t.Context(), http.DefaultClient, newSite(t, sb.Client)+"/article")
		if err != nil || page.StatusCode != http.StatusOK {
			t.Fatal(page, err)
		}
		if err := page.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}

// Notices in the shop's own style. If Price is set, the link leads to Vingd.
func ExampleNotice() {
	page := template.Must(template.New("").Parse(`<!doctype html><title>{{.Title}}</title>
<link rel="stylesheet" href="/style.css">
<h1>{{.Title}}</h1> <p>{{.Text}}</p> <a href="{{.Link}}">{{.LinkText}}</a>`))

	_ = paywall.Options{Pages: page}
}

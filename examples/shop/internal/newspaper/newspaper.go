// Package newspaper is a small newspaper that sells its articles through Vingd, gives vouchers away, and rewards readers.
//
// It is made to be read. Begin with [New], which shows the parts of a shop, and go on with:
//
//   - article.go sells an article, alone or with a pass for all of them. A teaser offers both, and the paywall does the rest.
//   - assets/popups.js says what happens in a popup.
//   - voucher.go gives a reader a voucher, and sees when it was redeemed.
//   - reward.go and thanks.go give a reader money, once, even if the outcome of the first attempt is unknown.
//   - page.go has the pages, also those for failures.
package newspaper

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// accessFor is how long a reader can read what they bought.
const accessFor = 30 * 24 * time.Hour

// passPrice is the price of a pass, which opens all articles for accessFor.
const passPrice = vingd.Cents(3_00)

// Options configure a newspaper. All of them are required.
type Options struct {
	// Address is where readers find the newspaper, like https://news.example.com. Secure cookies need HTTPS, or
	// http://localhost.
	Address string
	// Articles are for sale.
	Articles []Article
	// Journal is the paywall's.
	Journal paywall.Journal
	// Logger gets what happens.
	Logger *slog.Logger
	// Clock returns the time.
	Clock func() time.Time
}

// A Newspaper is a website that sells articles.
type Newspaper struct {
	client   *vingd.Client
	options  Options
	wall     *paywall.Paywall
	rewards  *rewards
	articles []onSale
	pass     paywall.Offer
	handler  http.Handler
}

// An onSale is an article that is for sale.
type onSale struct {
	Article

	offer paywall.Offer
	page  http.Handler // for readers who have bought it, or come back from Vingd
}

// New opens a newspaper. It registers the articles that Vingd does not know yet, and reads in the ledger which rewards
// were given before. Close it when done.
func New(ctx context.Context, client *vingd.Client, options Options) (*Newspaper, error) {
	n := &Newspaper{client: client, options: options}
	var err error
	if n.rewards, err = newRewards(ctx, client, options.Clock); err != nil {
		return nil, err
	}
	n.wall, err = paywall.New(client, paywall.Options{
		Journal:   options.Journal,
		AccessFor: accessFor,
		Pages:     noticePage,
		Logger:    options.Logger,
		Clock:     options.Clock,
	})
	if err != nil {
		return nil, err
	}
	address := strings.TrimSuffix(options.Address, "/")
	pass, err := n.wall.EnsureObject(ctx, vingd.ObjectParams{Name: "A pass for The Lamplighter", URL: address + "/pass"})
	if err != nil {
		return nil, errors.Join(err, n.wall.Close(ctx))
	}
	n.pass = paywall.Offer{Object: pass, Price: passPrice}
	for _, article := range options.Articles {
		name := "The Lamplighter: " + article.Slug // stays the same when the headline is corrected
		object, err := n.wall.EnsureObject(ctx, vingd.ObjectParams{Name: name, URL: address + "/articles/" + article.Slug})
		if err != nil {
			return nil, errors.Join(err, n.wall.Close(ctx))
		}
		n.articles = append(n.articles, n.sell(article, object))
	}
	n.handler = n.routes()
	return n, nil
}

// routes returns the handler of each path. A form is taken from the newspaper's own pages only.
func (n *Newspaper) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", n.front)
	mux.HandleFunc("GET /articles/{slug}", n.article)
	mux.HandleFunc("POST /articles/{slug}/reward", n.thank)
	mux.Handle("GET /pass", n.wall.Sell(
		func(*http.Request) (paywall.Offer, error) { return n.pass, nil }, http.HandlerFunc(n.showPass)))
	mux.HandleFunc("GET /vingd.js", paywall.ServeScript)
	mux.HandleFunc("GET /voucher", n.voucher)
	mux.HandleFunc("POST /voucher", n.giveVoucher)
	mux.Handle("GET /assets/", http.FileServerFS(assets))
	mux.HandleFunc("/", n.notFound)
	return http.NewCrossOriginProtection().Handler(mux)
}

// ServeHTTP serves the newspaper.
func (n *Newspaper) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; "+
		"img-src data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "same-origin")
	n.handler.ServeHTTP(w, r)
}

// Close waits until all purchases are committed, for as long as ctx lives. Shut the server down first.
func (n *Newspaper) Close(ctx context.Context) error {
	return n.wall.Close(ctx)
}

// Package newspaper is a small newspaper that sells its articles through Vingd, gives vouchers away, and rewards readers.
//
// It is made to be read. Begin with [New], which shows what a shop is made of, and go on with what interests you:
//
//   - article.go sells an article: a teaser with two ways to pay, and the paywall that does the rest.
//   - assets/popup.js pays in a window of its own, and falls back to paying in this one.
//   - voucher.go gives a reader a voucher, and sees when it was redeemed.
//   - reward.go and thanks.go give a reader money, once, even when nobody knows whether the first attempt arrived.
//   - page.go has the pages, also those for what goes wrong.
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

// accessFor is how long a reader has what she bought.
const accessFor = 30 * 24 * time.Hour

// Options configure a newspaper. All of them are required.
type Options struct {
	// Address is where its readers find it, like https://news.example.com. On it, cookies must be secure: it is HTTPS, or
	// http://localhost.
	Address string
	// Articles are what it sells.
	Articles []Article
	// Journal is the paywall's.
	Journal paywall.Journal
	// Logger gets what happens.
	Logger *slog.Logger
	// Clock tells the time.
	Clock func() time.Time
}

// A Newspaper is a website that sells articles.
type Newspaper struct {
	client   *vingd.Client
	options  Options
	wall     *paywall.Paywall
	rewards  *rewards
	articles []onSale
	handler  http.Handler
}

// An onSale is an article, and what it is to Vingd.
type onSale struct {
	Article

	offer paywall.Offer
	page  http.Handler // for those who have bought it, and those who have paid just now
}

// New opens a newspaper: it registers the articles that Vingd does not know yet, and reads in the ledger which rewards
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
		Pages:     failurePage,
		Logger:    options.Logger,
		Clock:     options.Clock,
	})
	if err != nil {
		return nil, err
	}
	for _, article := range options.Articles {
		object, err := n.wall.EnsureObject(ctx, vingd.ObjectParams{
			Name: article.Title, URL: strings.TrimSuffix(options.Address, "/") + "/articles/" + article.Slug,
		})
		if err != nil {
			return nil, errors.Join(err, n.wall.Close(ctx))
		}
		n.articles = append(n.articles, n.sell(article, object))
	}
	n.handler = n.routes()
	return n, nil
}

// routes returns what is served where. A form is taken from the newspaper's own pages only.
func (n *Newspaper) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", n.front)
	mux.HandleFunc("GET /articles/{slug}", n.article)
	mux.HandleFunc("POST /articles/{slug}/reward", n.thank)
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

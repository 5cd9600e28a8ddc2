package newspaper

import (
	"errors"
	"net/http"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// sell puts an article behind the paywall.
func (n *Newspaper) sell(article Article, object vingd.ObjectID) onSale {
	a := onSale{Article: article, offer: paywall.Offer{Object: object, Price: article.Price, Context: article.Slug}}
	offer := func(r *http.Request) (paywall.Offer, error) { return n.offer(r, a) }
	a.page = n.wall.Sell(offer, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		entry, _ := paywall.FromContext(r.Context())
		render(w, http.StatusOK, articlePage, articleView{
			Article: article, Bought: true,
			Reward: n.rewards.amount, Rewarded: n.rewards.given(entry.Buyer, article.Slug),
			Anonymous: entry.Buyer == "",
		})
	}))
	return a
}

// offer returns what opens an article to a reader: the pass, if the reader has it or wants to buy it, or the article alone.
func (n *Newspaper) offer(r *http.Request, a onSale) (paywall.Offer, error) {
	_, has, err := n.wall.Bought(r, n.pass)
	if has || r.URL.Query().Has("pass") {
		return n.pass, err
	}
	return a.offer, err
}

// bought returns the purchase that opens an article to a reader. It reports false if there is none.
func (n *Newspaper) bought(r *http.Request, a onSale) (paywall.Entry, bool, error) {
	offer, err := n.offer(r, a)
	if err != nil {
		return paywall.Entry{}, false, err
	}
	return n.wall.Bought(r, offer)
}

// An articleView is what the page of an article shows.
type articleView struct {
	Article

	Bought    bool
	Pass      vingd.Cents // the price of the pass
	Reward    vingd.Cents
	Rewarded  bool
	Anonymous bool
}

// article shows an article to readers who have it, and its teaser to others. The links of the teaser lead to the paywall.
func (n *Newspaper) article(w http.ResponseWriter, r *http.Request) {
	a, ok := n.find(r)
	if !ok {
		n.notFound(w, r)
		return
	}
	_, bought, err := n.bought(r, a)
	_, callback := vingd.ParseCallback(r.URL)
	back := !errors.Is(callback, vingd.ErrNoCallback) // from Vingd, with a token
	if buying := r.URL.Query().Has("vingd"); bought || buying || back || err != nil {
		a.page.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Cache-Control", "no-store") // the reader may buy it in another window
	render(w, http.StatusOK, articlePage, articleView{Article: a.Article, Pass: passPrice})
}

// showPass shows the pass to readers who have it. The paywall sells it to others.
func (n *Newspaper) showPass(w http.ResponseWriter, _ *http.Request) {
	render(w, http.StatusOK, passPage, n.options.Articles)
}

// find returns the article that a request is about.
func (n *Newspaper) find(r *http.Request) (onSale, bool) {
	for _, a := range n.articles {
		if a.Slug == r.PathValue("slug") {
			return a, true
		}
	}
	return onSale{}, false
}

// A frontView is what the front page shows.
type frontView struct {
	Articles []articleView
	Voucher  vingd.Cents
	Pass     vingd.Cents
	HasPass  bool
}

// front shows what there is to read.
func (n *Newspaper) front(w http.ResponseWriter, r *http.Request) {
	view := frontView{Voucher: voucherAmount, Pass: passPrice}
	var err error
	if _, view.HasPass, err = n.wall.Bought(r, n.pass); err != nil {
		n.options.Logger.ErrorContext(r.Context(), "the journal", "error", err) // the articles are shown as for sale
	}
	for _, a := range n.articles {
		_, bought, err := n.bought(r, a)
		if err != nil {
			n.options.Logger.ErrorContext(r.Context(), "the journal", "error", err)
		}
		view.Articles = append(view.Articles, articleView{Article: a.Article, Bought: bought})
	}
	w.Header().Set("Cache-Control", "no-store")
	render(w, http.StatusOK, frontPage, view)
}

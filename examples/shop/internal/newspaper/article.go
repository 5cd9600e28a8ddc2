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
	offer := func(*http.Request) (paywall.Offer, error) { return a.offer, nil }
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

// An articleView is what the page of an article shows.
type articleView struct {
	Article

	Bought    bool
	Reward    vingd.Cents
	Rewarded  bool
	Anonymous bool
}

// article shows the article to those who have it, and its teaser to others. The address with ?buy leads to Vingd.
func (n *Newspaper) article(w http.ResponseWriter, r *http.Request) {
	a, ok := n.find(r)
	if !ok {
		n.notFound(w, r)
		return
	}
	_, bought, err := n.wall.Bought(r, a.offer)
	_, callback := vingd.ParseCallback(r)
	back := !errors.Is(callback, vingd.ErrNoCallback) // from Vingd, with a token
	buy := r.URL.Query().Has("buy")
	switch {
	case bought && buy:
		http.Redirect(w, r, "/articles/"+a.Slug, http.StatusSeeOther)
	case bought, buy, back, err != nil:
		a.page.ServeHTTP(w, r)
	default:
		// The reader may buy it in another window.
		w.Header().Set("Cache-Control", "no-store")
		render(w, http.StatusOK, articlePage, articleView{Article: a.Article})
	}
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
}

// front shows what there is to read.
func (n *Newspaper) front(w http.ResponseWriter, r *http.Request) {
	view := frontView{Voucher: voucherAmount}
	for _, a := range n.articles {
		_, bought, err := n.wall.Bought(r, a.offer)
		if err != nil {
			n.options.Logger.ErrorContext(r.Context(), "the journal", "error", err) // the article is shown as one to buy
		}
		view.Articles = append(view.Articles, articleView{Article: a.Article, Bought: bought})
	}
	w.Header().Set("Cache-Control", "no-store")
	render(w, http.StatusOK, frontPage, view)
}

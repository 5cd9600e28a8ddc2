package newspaper

import (
	"errors"
	"net/http"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// thank gives a reader who is at the end of an article a reward. The newspaper knows the reader by the purchase.
func (n *Newspaper) thank(w http.ResponseWriter, r *http.Request) {
	a, ok := n.find(r)
	if !ok {
		n.notFound(w, r)
		return
	}
	notice := paywall.Notice{Status: http.StatusForbidden, Link: "/articles/" + a.Slug, LinkText: "Back to the article"}
	entry, bought, err := n.bought(r, a)
	switch {
	case err != nil:
		notice.Status, notice.Title = http.StatusInternalServerError, "Something went wrong"
		notice.Text = "We could not send you your reward. Please try again in a moment."
	case !bought:
		notice.Title, notice.Text = "Please buy the article first", "The reward is for those who have read it."
	case entry.Buyer == "":
		notice.Title, notice.Text = "We do not know you", "You bought the article anonymously, so we do not know whom to thank."
	case entry.State != paywall.StateCommitted: // a reader who has not paid yet gets no reward
		notice.Status, notice.Title = http.StatusServiceUnavailable, "Your payment is on its way"
		notice.Text = "As soon as Vingd has confirmed it, the reward is yours. Please try again in a moment."
	default:
		err = n.rewards.give(r.Context(), entry.Buyer, a.Slug)
		notice.Status, notice.Title = http.StatusServiceUnavailable, "Your reward has to wait"
		notice.Text = "We could not send it now. It is not lost: please try again in a moment."
		if errors.Is(err, errUnsettled) {
			notice.Title = "Your reward may be on its way"
			notice.Text = "Vingd did not tell us whether it arrived. We will find out: please look again in a quarter of an hour. You get it once, and not twice."
		}
		if err == nil {
			http.Redirect(w, r, "/articles/"+a.Slug+"#reward", http.StatusSeeOther)
			return
		}
	}
	n.problem(w, r, err, notice)
}

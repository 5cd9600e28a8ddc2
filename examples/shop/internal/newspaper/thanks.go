package newspaper

import (
	"errors"
	"net/http"

	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// thank gives a reader who is at the end of an article her reward. Who she is, the newspaper knows from her purchase.
func (n *Newspaper) thank(w http.ResponseWriter, r *http.Request) {
	a, ok := n.find(r)
	if !ok {
		n.notFound(w, r)
		return
	}
	failure := paywall.Failure{Status: http.StatusForbidden, Back: "/articles/" + a.Slug, BackText: "Back to the article"}
	entry, bought, err := n.wall.Bought(r, a.offer)
	switch {
	case err != nil:
		failure.Status, failure.Title = http.StatusInternalServerError, "Something went wrong"
		failure.Text = "We could not send you your reward. Please try again in a moment."
	case !bought:
		failure.Title, failure.Text = "Please buy the article first", "The reward is for those who have read it."
	case entry.Buyer == "":
		failure.Title, failure.Text = "We do not know you", "You bought the article anonymously, so we do not know whom to thank."
	case entry.State != paywall.Committed: // or she would have it before she has paid
		failure.Status, failure.Title = http.StatusServiceUnavailable, "Your payment is on its way"
		failure.Text = "As soon as Vingd has confirmed it, the reward is yours. Please try again in a moment."
	default:
		err = n.rewards.give(r.Context(), entry.Buyer, a.Slug)
		failure.Status, failure.Title = http.StatusServiceUnavailable, "Your reward has to wait"
		failure.Text = "We could not send it now. It is not lost: please try again in a moment."
		if errors.Is(err, errUnsettled) {
			failure.Title = "Your reward may be on its way"
			failure.Text = "Vingd did not tell us whether it arrived. We will find out: please look again in a quarter of an hour. You get it once, and not twice."
		}
		if err == nil {
			http.Redirect(w, r, "/articles/"+a.Slug+"#reward", http.StatusSeeOther)
			return
		}
	}
	n.problem(w, r, err, failure)
}

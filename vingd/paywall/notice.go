package paywall

import (
	"bytes"
	"encoding/json"
	"errors"
	"html/template"
	"log/slog"
	"net/http"

	"github.com/vingd/vingd-api-go/vingd"
)

// A Reason is why a buyer does not get the content.
type Reason string

// The reasons. A buyer who does not get the content is not charged, except for ReasonUncommitted, where that is not known yet.
const (
	// ReasonUnpaid: the page is sold, and the buyer has not bought it.
	ReasonUnpaid Reason = "unpaid"
	// ReasonMalformed: the address was not made by Vingd.
	ReasonMalformed Reason = "malformed"
	// ReasonOtherObject: the buyer has paid for something else.
	ReasonOtherObject Reason = "other_object"
	// ReasonOtherTerms: the price or the context has changed since the buyer paid.
	ReasonOtherTerms Reason = "other_terms"
	// ReasonNotEntitled: the token is unknown or already used.
	ReasonNotEntitled Reason = "not_entitled"
	// ReasonPending: the token is being verified.
	ReasonPending Reason = "pending"
	// ReasonTooLate: the reservation has ended.
	ReasonTooLate Reason = "too_late"
	// ReasonUncommitted: the broker has not confirmed the commit yet.
	ReasonUncommitted Reason = "uncommitted"
	// ReasonUnavailable: the broker cannot be reached, the request has ended before the content was ready, or the
	// paywall is closed.
	ReasonUnavailable Reason = "unavailable"
	// ReasonOfferFailed: the seller's offer function failed.
	ReasonOfferFailed Reason = "offer_failed"
	// ReasonBroken: the journal or the seller's [Access] failed.
	ReasonBroken Reason = "broken"
)

// A Notice is the message to a buyer on a page that is shown instead of the content; see Options.Pages.
type Notice struct {
	Reason Reason `json:"error"`
	Status int    `json:"status"`
	// Lang is the language of the texts, "en" unless Options.Translate sets another one.
	Lang  string `json:"lang"`
	Title string `json:"title"`
	Text  string `json:"text"`
	// Link leads to the page without a token or, if Price is set, to Vingd. If empty, the buyer can try the same address
	// again.
	Link     string `json:"link,omitempty"`
	LinkText string `json:"-"`
	// Object and Price are what the buyer can buy. Name is the name of the object, if EnsureObject has registered it.
	// They are set for ReasonUnpaid, unless the buyer has already paid.
	Object vingd.ObjectID `json:"object,omitempty"`
	Price  vingd.Cents    `json:"price,omitempty"`
	Name   string         `json:"name,omitempty"`
	// retry says that the same address may work later.
	retry bool
}

var notices = map[Reason]Notice{
	ReasonUnpaid: {Status: http.StatusPaymentRequired, Title: "Please buy this first",
		Text: "This page is for those who have bought it.", LinkText: "Go to the page"},
	ReasonMalformed: {Status: http.StatusBadRequest, Title: "This address is not right",
		Text: "It does not come from Vingd. Nothing was charged for it.", LinkText: "Go to the page"},
	ReasonOtherObject: {Status: http.StatusForbidden, Title: "This was paid for something else",
		Text: "You have paid for something that is not sold on this page. You are not charged for it: your money is given back within 15 minutes.", LinkText: "Go to the page"},
	ReasonOtherTerms: {Status: http.StatusConflict, Title: "The price has changed",
		Text: "The offer on this page has changed while you were paying. You are not charged: your money is given back within 15 minutes.", LinkText: "See the new price"},
	ReasonNotEntitled: {Status: http.StatusForbidden, Title: "This payment cannot be used",
		Text: "It was used before, in the browser that you paid with, or it could not be verified. Nothing is charged again.", LinkText: "Go to the page"},
	ReasonPending: {Status: http.StatusServiceUnavailable, Title: "Your payment is being verified",
		Text: "Please try again in a moment. You are charged only for what you can have.", LinkText: "Try again", retry: true},
	ReasonTooLate: {Status: http.StatusGone, Title: "Your payment has expired",
		Text: "It was not used in time. You are not charged: your money is given back.", LinkText: "Buy it again"},
	ReasonUncommitted: {Status: http.StatusServiceUnavailable, Title: "Your payment is on its way",
		Text: "We are waiting for Vingd to confirm it. Please try again in a moment: you pay once at most.", LinkText: "Try again", retry: true},
	ReasonUnavailable: {Status: http.StatusServiceUnavailable, Title: "We cannot reach Vingd",
		Text: "Please try again in a moment. You are charged only for what you can have.", LinkText: "Try again", retry: true},
	ReasonOfferFailed: {Status: http.StatusInternalServerError, Title: "Something went wrong",
		Text: "We cannot show this page right now. Nothing was charged.", LinkText: "Try again", retry: true},
	ReasonBroken: {Status: http.StatusInternalServerError, Title: "Something went wrong",
		Text: "We cannot show this page right now. You are charged only for what you can have.", LinkText: "Try again", retry: true},
}

// defaultPage shows a notice if there are no Options.Pages.
var defaultPage = template.Must(template.New("notice").Parse(`<!doctype html>
<html lang="{{.Lang}}"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<title>{{.Title}}</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto 0;padding:0 1.2rem;color:#222;background:#fff}
a{display:inline-block;padding:.5rem 1rem;border-radius:.4rem;background:#225;color:#fff;text-decoration:none}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}a{background:#ccd;color:#111}}</style>
<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
<p><a href="{{.Link}}">{{.LinkText}}</a></p>
</html>
`))

// teaser tells a buyer what the page costs, with a link to Vingd. A buyer who cancels at Vingd returns to it.
func (p *Paywall) teaser(w http.ResponseWriter, r *http.Request, offer Offer) {
	notice := notices[ReasonUnpaid]
	notice.Object, notice.Price, notice.Name = offer.Object, offer.Price, p.objects.name(offer.Object)
	if notice.Name != "" {
		notice.Title = notice.Name
	}
	notice.Text = "This costs " + offer.Price.String() + " vingds. You pay at Vingd, and only for what you get."
	notice.LinkText = "Buy for " + offer.Price.String() + " vingds"
	notice.Link = buyPage(r)
	p.tell(w, r, ReasonUnpaid, notice)
}

// fail tells a buyer why they do not get the content, and logs it.
func (p *Paywall) fail(w http.ResponseWriter, r *http.Request, reason Reason, cause error) {
	notice := notices[reason]
	notice.Link = samePage(r)
	p.logNotice(r, reason, notice.Status, cause)
	p.tell(w, r, reason, notice)
}

// tell writes a notice.
func (p *Paywall) tell(w http.ResponseWriter, r *http.Request, reason Reason, notice Notice) {
	p.counters.notices[reason].Add(1)
	notice.Reason, notice.Lang = reason, "en"
	hide(w.Header())
	vary(w.Header())
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if notice.retry {
		w.Header().Set("Retry-After", "5")
		notice.Link = ""
	}
	if p.options.Translate != nil {
		notice = p.options.Translate(cleaned(r), notice)
	}
	var body bytes.Buffer
	if wantsJSON(r) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(&body).Encode(notice) // strings and numbers
	} else {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := p.options.Pages.Execute(&body, notice); err != nil {
			p.options.Logger.ErrorContext(r.Context(), "paywall: the template of Pages failed", "error", err)
			body.Reset()
			_ = defaultPage.Execute(&body, notice) // it works with every notice
		}
	}
	w.WriteHeader(notices[reason].Status)
	if r.Method != http.MethodHead {
		_, _ = body.WriteTo(w) // the buyer may be gone
	}
}

// logNotice logs why a buyer does not get the content. A failure of this side is an error.
func (p *Paywall) logNotice(r *http.Request, reason Reason, status int, cause error) {
	attributes := []any{"reason", string(reason), "status", status}
	if cause != nil {
		attributes = append(attributes, "error", cause)
	}
	level := slog.LevelError
	if status < 500 || r.Context().Err() != nil {
		level = slog.LevelInfo
	}
	p.options.Logger.Log(r.Context(), level, "paywall: not served", attributes...)
}

// reasonOf returns the reason that an error is to the buyer.
func reasonOf(err error) Reason {
	var journal *failedJournal
	switch {
	case errors.As(err, &journal):
		return ReasonBroken
	case errors.Is(err, errExpired):
		return ReasonTooLate
	case errors.Is(err, errWithheld):
		return ReasonUncommitted
	case errors.Is(err, errPending):
		return ReasonPending
	default:
		return ReasonUnavailable
	}
}

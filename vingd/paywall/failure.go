package paywall

import (
	"bytes"
	"encoding/json"
	"errors"
	"html/template"
	"net/http"
)

// A Reason is why a buyer is not served.
type Reason string

// The reasons. A buyer who is not served is not charged, except for Uncommitted, where that is not known yet.
const (
	// Unpaid: the request cannot lead to Vingd, because it is a POST, say, or a prefetch.
	Unpaid Reason = "unpaid"
	// Malformed: the address was not made by Vingd.
	Malformed Reason = "malformed"
	// OtherObject: the buyer has paid for something else.
	OtherObject Reason = "other_object"
	// OtherTerms: the price or the context has changed since the buyer paid.
	OtherTerms Reason = "other_terms"
	// NotEntitled: the token is unknown or already used.
	NotEntitled Reason = "not_entitled"
	// Pending: the token is being verified.
	Pending Reason = "pending"
	// TooLate: the reservation has ended.
	TooLate Reason = "too_late"
	// Uncommitted: the broker has not confirmed the commit yet.
	Uncommitted Reason = "uncommitted"
	// Unavailable: the broker cannot be reached, or the request has ended before the content was ready.
	Unavailable Reason = "unavailable"
	// OfferFailed: the seller's offer function failed.
	OfferFailed Reason = "offer_failed"
	// Broken: the journal or the seller's [Access] failed.
	Broken Reason = "broken"
)

// A Failure is what a page tells a buyer who is not served; see Options.Pages.
type Failure struct {
	Reason Reason `json:"error"`
	Status int    `json:"status"`
	Title  string `json:"title"`
	Text   string `json:"text"`
	// Back is the address of the page without a token. If empty, the buyer can try the same address again.
	Back string `json:"back,omitempty"`
	// BackText is the text of the link to Back.
	BackText string `json:"-"`
	// retry says that the same address may work later.
	retry bool
}

var failures = map[Reason]Failure{
	Unpaid: {Status: http.StatusPaymentRequired, Title: "Please buy this first",
		Text: "This page is for those who have bought it.", BackText: "Go to the page"},
	Malformed: {Status: http.StatusBadRequest, Title: "This address is not right",
		Text: "It does not come from Vingd. Nothing was charged for it.", BackText: "Go to the page"},
	OtherObject: {Status: http.StatusForbidden, Title: "This was paid for something else",
		Text: "What you paid for is not what is sold on this page. You are not charged for it: your money is given back within 15 minutes.", BackText: "Go to the page"},
	OtherTerms: {Status: http.StatusConflict, Title: "The price has changed",
		Text: "While you were paying, what is sold on this page has changed. You are not charged: your money is given back within 15 minutes.", BackText: "See the new price"},
	NotEntitled: {Status: http.StatusForbidden, Title: "This payment cannot be used",
		Text: "It was used before, in the browser that you paid with, or it could not be verified. Nothing is charged again.", BackText: "Go to the page"},
	Pending: {Status: http.StatusServiceUnavailable, Title: "Your payment is being verified",
		Text: "Please try again in a moment. You are charged only for what you can have.", BackText: "Try again", retry: true},
	TooLate: {Status: http.StatusGone, Title: "Your payment has lapsed",
		Text: "It was not used in time. You are not charged: your money is given back.", BackText: "Buy it again"},
	Uncommitted: {Status: http.StatusServiceUnavailable, Title: "Your payment is on its way",
		Text: "We are waiting for Vingd to confirm it. Please try again in a moment: you pay once at most.", BackText: "Try again", retry: true},
	Unavailable: {Status: http.StatusServiceUnavailable, Title: "We cannot reach Vingd",
		Text: "Please try again in a moment. You are charged only for what you can have.", BackText: "Try again", retry: true},
	OfferFailed: {Status: http.StatusInternalServerError, Title: "Something went wrong",
		Text: "We cannot show this page right now. Nothing was charged.", BackText: "Try again", retry: true},
	Broken: {Status: http.StatusInternalServerError, Title: "Something went wrong",
		Text: "We cannot show this page right now. You are charged only for what you can have.", BackText: "Try again", retry: true},
}

// defaultPage shows a failure if there are no Options.Pages.
var defaultPage = template.Must(template.New("failure").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><meta name="robots" content="noindex">
<title>{{.Title}}</title>
<style>body{font:1.1rem/1.5 system-ui,sans-serif;max-width:34rem;margin:15vh auto 0;padding:0 1.2rem;color:#222;background:#fff}
a{display:inline-block;padding:.5rem 1rem;border-radius:.4rem;background:#225;color:#fff;text-decoration:none}
@media(prefers-color-scheme:dark){body{color:#ddd;background:#181818}a{background:#ccd;color:#111}}</style>
<h1>{{.Title}}</h1>
<p>{{.Text}}</p>
<p><a href="{{.Back}}">{{.BackText}}</a></p>
</html>
`))

// fail answers a buyer who is not served, and logs why.
func (p *Paywall) fail(w http.ResponseWriter, r *http.Request, reason Reason, cause error) {
	failure := failures[reason]
	failure.Reason, failure.Back = reason, samePage(r)
	p.logFailure(r, failure, cause)
	hide(w.Header())
	vary(w.Header())
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if failure.retry {
		w.Header().Set("Retry-After", "5")
		failure.Back = ""
	}
	var body bytes.Buffer
	if wantsJSON(r) {
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(&body).Encode(failure) // strings and numbers
	} else {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		if err := p.options.Pages.Execute(&body, failure); err != nil {
			p.options.Logger.ErrorContext(r.Context(), "paywall: the failure page failed", "error", err)
			body.Reset()
			_ = defaultPage.Execute(&body, failure) // it works with every failure
		}
	}
	w.WriteHeader(failure.Status)
	if r.Method != http.MethodHead {
		_, _ = body.WriteTo(w) // the buyer may be gone
	}
}

// logFailure logs why a buyer is not served. A failure of this side is an error.
func (p *Paywall) logFailure(r *http.Request, failure Failure, cause error) {
	attributes := []any{"reason", string(failure.Reason), "status", failure.Status}
	if cause != nil {
		attributes = append(attributes, "error", cause)
	}
	if failure.Status < 500 || r.Context().Err() != nil {
		p.options.Logger.InfoContext(r.Context(), "paywall: not served", attributes...)
		return
	}
	p.options.Logger.ErrorContext(r.Context(), "paywall: not served", attributes...)
}

// failureOf returns the reason that an error is to the buyer.
func failureOf(err error) Reason {
	var journal *failedJournal
	switch {
	case errors.As(err, &journal):
		return Broken
	case errors.Is(err, errLapsed):
		return TooLate
	case errors.Is(err, errWithheld):
		return Uncommitted
	case errors.Is(err, errPending):
		return Pending
	default:
		return Unavailable
	}
}

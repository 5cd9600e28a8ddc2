package frontend

import (
	"errors"
	"net/http"
	"strconv"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// codeLimit bounds what is read as a voucher code, as the API does.
const codeLimit = 64

// A voucherPage asks which buyer redeems a voucher.
type voucherPage struct {
	Title  string
	Popup  bool
	Action string
	// Path is that of Action, without its query.
	Path    string
	Voucher broker.VoucherView
	// From is where the user came from. Optional.
	From string
	Form form
}

// voucherForm returns the page of a voucher, in the user's own window or in a popup.
func voucherForm(popup bool) page {
	return page{
		get: func(p *pages, w http.ResponseWriter, r *http.Request) {
			if v, ok := p.openVoucher(w, r, popup); ok {
				p.showVoucher(w, r, http.StatusOK, voucherPage{Popup: popup, Voucher: v, Form: p.form(w, r)})
			}
		},
		post: func(p *pages, w http.ResponseWriter, r *http.Request) {
			if p.read(w, r, popup, formLimit) {
				p.submitVoucher(w, r, popup)
			}
		},
	}
}

func (p *pages) showVoucher(w http.ResponseWriter, r *http.Request, status int, page voucherPage) {
	if err := page.Form.offer(p.broker, 0); err != nil {
		p.fail(w, problem{Popup: page.Popup}.refusal(err))
		return
	}
	page.Title, page.From = "A voucher of "+page.Voucher.Amount.String()+" vingds", cameFrom(r)
	page.Action, page.Path = r.URL.RequestURI(), r.URL.EscapedPath()
	p.render(w, status, "voucher", page)
}

// openVoucher returns the voucher of an address. If the voucher cannot be redeemed, it responds with a page, unless this
// form redeemed it.
func (p *pages) openVoucher(w http.ResponseWriter, r *http.Request, popup bool) (broker.VoucherView, bool) {
	written := r.PathValue("code")
	if len(written) > codeLimit {
		p.fail(w, problem{Popup: popup}.refusal(refuse("a voucher code has "+strconv.Itoa(codeLimit)+" characters at most")))
		return broker.VoucherView{}, false
	}
	v, err := p.broker.ViewVoucher(vingd.VoucherCode(written))
	if err != nil {
		p.fail(w, problem{Popup: popup}.refusal(err))
		return broker.VoucherView{}, false
	}
	if _, done := p.guard.find(r.PostForm, "redeem"); v.State != broker.Open && !done {
		p.fail(w, over(v.Voucher, popup).backTo(r))
		return broker.VoucherView{}, false
	}
	return v, true
}

// over returns the page of a voucher that is no longer open.
func over(v broker.Voucher, popup bool) problem {
	pr := problem{Status: http.StatusGone, Popup: popup}
	switch v.State {
	case broker.Used:
		pr.Title, pr.Message = "Already redeemed", "Voucher "+string(v.Code)+" was redeemed before. It can be redeemed once."
	case broker.Revoked:
		pr.Title, pr.Message = "Revoked", "Voucher "+string(v.Code)+" was revoked by its seller."
	default:
		pr.Title, pr.Message = "Expired", "Voucher "+string(v.Code)+" expired on "+when(v.Until)+"."
	}
	return pr
}

func (p *pages) submitVoucher(w http.ResponseWriter, r *http.Request, popup bool) {
	v, ok := p.openVoucher(w, r, popup)
	if !ok {
		return
	}
	if r.PostForm.Get("do") != "redeem" {
		p.fail(w, problem{Popup: popup, Back: r.URL.RequestURI(), BackText: "Open the page again"}.refusal(refuse("a form must redeem")))
		return
	}
	redeemed, again, err := p.guard.once(r, func(did *outcome) (err error) {
		if err = p.choose(r.PostForm, did); err == nil {
			did.at = p.broker.Now()
			did.amount, err = p.broker.Redeem(did.buyer.UID, v.Code)
		}
		return err
	})
	if err != nil {
		p.refuseVoucher(w, r, v, popup, err)
		return
	}
	title, back := "Redeemed", problem{}.backTo(r)
	if again && !p.sameClick(r, redeemed, redeemed.at) {
		title = "Redeemed before"
	}
	p.done(w, donePage{
		Title: title, Popup: popup, Back: back.Back, BackText: back.BackText,
		Message: redeemed.amount.String() + " vingds went to " + named(redeemed.buyer.Name, redeemed.buyer.UID) +
			". The voucher was redeemed on " + when(redeemed.at) + ", and cannot be redeemed again.",
	})
}

// refuseVoucher shows the form again if another submission can succeed, and otherwise says what is wrong.
func (p *pages) refuseVoucher(w http.ResponseWriter, r *http.Request, v broker.VoucherView, popup bool, refused error) {
	if !errors.Is(refused, broker.ErrInvalid) && !errors.Is(refused, broker.ErrConflict) {
		if now, err := p.broker.ViewVoucher(v.Code); err == nil && now.State != broker.Open {
			p.fail(w, over(now.Voucher, popup).backTo(r))
			return
		}
		p.fail(w, problem{Popup: popup}.refusal(refused))
		return
	}
	status, _ := statusOf(refused)
	page := voucherPage{Popup: popup, Voucher: v, Form: p.form(w, r)}
	page.Form.Problem = sentence(refused)
	p.showVoucher(w, r, status, page)
}

package newspaper

import (
	"net/http"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
	"github.com/vingd/vingd-api-go/vingd/paywall"
)

// The amount and the life of a voucher. All are of one group: a reader can redeem only one of them.
const (
	voucherAmount = vingd.Cents(1_00)
	voucherLife   = 24 * time.Hour
	voucherGroup  = vingd.GroupID("welcome")
)

// voucherCookie remembers which voucher a reader was given. It is no secret from them: they may redeem it.
const voucherCookie = "voucher"

// voucherOf returns the voucher that a reader was given, or an empty code.
func voucherOf(r *http.Request) vingd.VoucherCode {
	cookie, err := r.Cookie(voucherCookie)
	if err != nil {
		return ""
	}
	return vingd.VoucherCode(cookie.Value)
}

func keepVoucher(w http.ResponseWriter, code vingd.VoucherCode) {
	http.SetCookie(w, &http.Cookie{
		Name: voucherCookie, Value: string(code), Path: "/voucher", MaxAge: int(accessFor / time.Second),
		Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode, // Lax: the reader returns from another site
	})
}

// A voucherView is what the page of a voucher shows.
type voucherView struct {
	Amount   vingd.Cents
	Code     vingd.VoucherCode // empty before there is one
	URLs     vingd.URLs
	Redeemed bool
	Expired  bool
}

// voucher shows a reader their voucher and its state, or offers one.
func (n *Newspaper) voucher(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store") // it may be redeemed when the reader comes back
	code := voucherOf(r)
	if code == "" {
		render(w, http.StatusOK, voucherPage, voucherView{Amount: voucherAmount})
		return
	}
	voucher, err := n.client.Vouchers.Get(r.Context(), code)
	if err != nil {
		n.problem(w, r, err, paywall.Notice{
			Status: http.StatusServiceUnavailable, Title: "We cannot look at your voucher",
			Text: "Vingd does not respond. Your voucher is not lost. Please try again in a moment.", Link: "/voucher", LinkText: "Try again",
		})
		return
	}
	expired := !n.options.Clock().Before(voucher.ValidUntil)
	render(w, http.StatusOK, voucherPage, voucherView{
		Amount: voucher.Amount, Code: voucher.Code, URLs: n.client.Vouchers.URLs(voucher.Code),
		Redeemed: voucher.Allocated == 0 && !expired, Expired: expired,
	})
}

// giveVoucher makes a reader a voucher, once for each session.
//
// It reserves the amount. If the outcome is unknown, the reader is told to try again. A voucher whose code is lost is never
// redeemed, and its amount comes back when it expires.
func (n *Newspaper) giveVoucher(w http.ResponseWriter, r *http.Request) {
	if voucherOf(r) == "" {
		voucher, err := n.client.Vouchers.Create(r.Context(), vingd.VoucherParams{
			Amount: voucherAmount, Group: voucherGroup, Expires: vingd.In(voucherLife), Message: "Welcome to the Lamplighter!",
		})
		if err != nil {
			n.problem(w, r, err, paywall.Notice{
				Status: http.StatusServiceUnavailable, Title: "We have no voucher for you right now",
				Text: "Vingd does not respond. Please try again in a moment.", Link: "/voucher", LinkText: "Try again",
			})
			return
		}
		keepVoucher(w, voucher.Code)
	}
	http.Redirect(w, r, "/voucher", http.StatusSeeOther)
}

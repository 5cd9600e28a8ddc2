package frontend_test

import (
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/broker"
	"github.com/vingd/vingd-api-go/vingd"
)

// lastingOrder makes an order that outlives its purchases, and returns the path of its page.
func (s *site) lastingOrder() string {
	s.t.Helper()
	object := must[vingd.ObjectID](s.t)(s.CreateObject(s.seller, broker.Description{Name: "An essay", URL: "http://localhost:666/?page=1"}))
	id := must[vingd.OrderID](s.t)(s.CreateOrder(s.seller, object, broker.NewOrder{Price: 2_00, Expires: new(s.clock.Now().Add(24 * time.Hour))}))
	return "/orders/" + strconv.FormatInt(int64(id), 10) + "/add/"
}

// paid returns the address that leads the buyer back to the shop with the token: of a redirect, or of a popup's link.
func (a response) paid() *url.URL {
	a.t.Helper()
	if a.status == http.StatusSeeOther {
		return a.location()
	}
	a.is(http.StatusOK).handover()
	i := slices.IndexFunc(a.elements, func(e element) bool { return e.name == "a" && strings.Contains(e.attrs["href"], "tid=") })
	if i < 0 {
		a.t.Fatalf("%s: the page has no link to the shop:\n%s", a.call, a.body)
	}
	return must[*url.URL](a.t)(url.Parse(a.elements[i].attrs["href"]))
}

// A browser that goes back may show a page with its used form. Submitted again, the form says the state of the payment, pays
// nothing, and leads to a new form. It leads to the shop with the token only if the shop can still verify it.
func TestForm_PaidBefore(t *testing.T) {
	for says, test := range map[string]struct {
		do      func(*site, *url.URL)
		balance vingd.Cents
		open    bool
	}{
		"The shop has not verified the payment yet.": {func(s *site, _ *url.URL) { s.clock.advance(time.Second) }, 8_00, true},
		"The shop has verified the payment":          {func(s *site, back *url.URL) { s.bought(back) }, 8_00, false},
		"The shop has been paid.": {func(s *site, back *url.URL) {
			if p := s.bought(back); s.Commit(s.seller, p.ID, p.Transfer) != nil {
				s.t.Error("the purchase cannot be committed")
			}
		}, 8_00, false},
		"The payment was refunded": {func(s *site, _ *url.URL) { s.clock.advance(15 * time.Minute) }, 10_00, false},
	} {
		for _, window := range []string{"", "/popup"} {
			s := newSite(t)
			path := window + s.lastingOrder()
			fields := s.get(path).fields("buyer", strconv.Itoa(int(s.ann)))
			back := s.post(path, fields).paid()
			if again := s.post(path, fields).paid(); again.String() != back.String() { // a double click
				t.Errorf("%s: got %s, want %s", path, again, back)
			}
			test.do(s, back)
			for range 2 {
				a := s.post(path, fields).is(http.StatusConflict).says("Paid before").says("paid nothing now").
					says("Ann paid 2.00 vingds on 2 Jan 2026, 03:04:05 UTC").says(says).leads(path)
				if test.open {
					a.leads(back.String())
				} else {
					a.leads("http://localhost:666/?page=1")
				}
				if has := strings.Contains(a.body, back.Query().Get("tid")); has != test.open || a.has("script", "src", "/assets/popup.js") {
					t.Errorf("%s: %s has the token: %v, or closes itself:\n%s", path, says, has, a.body)
				}
			}
			s.holds(s.ann, test.balance)
			if test.open {
				s.bought(back) // the token is good
			}
			if again := s.submit(path).paid(); again.String() == back.String() {
				t.Errorf("%s: a new form led to %s again", path, again)
			}
			s.holds(s.ann, test.balance-2_00)
		}
	}
}

// A page does not offer to buy again from an order that has expired.
func TestForm_PaidBeforeExpiry(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	fields := s.get(path).fields()
	s.post(path, fields).location()
	s.clock.advance(time.Hour)
	a := s.post(path, fields).is(http.StatusConflict).says("Paid before").leads("http://localhost:666/?page=1")
	if a.has("a", "href", path) {
		t.Errorf("the page leads to the expired order:\n%s", a.body)
	}
	s.holds(s.ann, 10_00) // refunded, and not paid again
}

// A voucher's used form says when the voucher was redeemed.
func TestForm_RedeemedBefore(t *testing.T) {
	s := newSite(t)
	path := "/vouchers/" + s.code(broker.NewVoucher{Amount: 1})
	fields := s.get(path).fields()
	const says = "0.01 vingds went to Ann. The voucher was redeemed on 2 Jan 2026, 03:04:05 UTC, and cannot be redeemed again."
	for range 2 {
		s.post(path, fields).is(http.StatusOK).says("Redeemed").says(says)
	}
	s.clock.advance(time.Second)
	s.post(path, fields).is(http.StatusOK).says("Redeemed before").says(says)
	s.holds(s.ann, 10_01)
}

// A form that was refused acts when it is submitted again, such as by F5, once nothing stands against it. A buyer whom it
// added is not added again.
func TestForm_RefusedBefore(t *testing.T) {
	s := newSite(t)
	_, path := s.order("A castle", "http://localhost/", 50_00)
	for _, changes := range [][]string{{"buyer", strconv.Itoa(int(s.ann))}, {"buyer", "new", "name", "Poor", "balance", "10"}} {
		fields := s.get(path).fields(changes...)
		for range 2 {
			s.post(path, fields).is(http.StatusPaymentRequired).says("has too little: 10.00 vingds")
		}
		buyer := s.ann + vingd.UID(s.totals().Accounts) - 2 // the newest
		if err := s.Deposit(buyer, 45_00); err != nil {
			t.Fatal(err)
		}
		if p := s.bought(s.post(path, fields).location()); p.Buyer != buyer {
			t.Errorf("account %d paid, want %d", p.Buyer, buyer)
		}
		s.holds(buyer, 5_00)
	}
	if n := s.totals().Accounts; n != 3 {
		t.Errorf("there are %d accounts, want the seller, Ann and Poor", n)
	}
	voucher := "/vouchers/" + s.code(broker.NewVoucher{Amount: 1})
	fields := s.get(voucher).fields("buyer", strconv.Itoa(int(s.ann)+2))
	s.post(voucher, fields).is(http.StatusBadRequest).says("There is no buyer")
	bob := must[vingd.UID](t)(s.AddBuyer("Bob", 0))
	s.post(voucher, fields).is(http.StatusOK).says("Redeemed")
	s.holds(bob, 1)
}

// The form of a refused payment can be used again for another buyer, and adds no buyer twice.
func TestForm_ChangedAfterRefusal(t *testing.T) {
	s := newSite(t)
	_, path := s.essay()
	fields := s.get(path).fields("buyer", "new", "name", "Poor", "balance", "1")
	for range 2 {
		s.post(path, fields).is(http.StatusPaymentRequired).says("Poor has too little")
	}
	cancelled := url.Values{"token": fields["token"], "do": {"cancel"}}
	s.post(path, cancelled).is(http.StatusOK).says("Nothing was paid.")
	fields.Set("name", "Poorer")
	s.post(path, fields).is(http.StatusPaymentRequired).says("Poorer has too little")
	fields.Set("buyer", strconv.Itoa(int(s.ann)))
	if p := s.bought(s.post(path, fields).location()); p.Buyer != s.ann {
		t.Errorf("account %d paid, want Ann", p.Buyer)
	}
	if n := s.totals().Accounts; n != 4 {
		t.Errorf("there are %d accounts, want the seller, Ann, Poor and Poorer", n)
	}
}

// Back and Cancel do not undo a payment, and the page does not say so.
func TestForm_CancelledAfterPayment(t *testing.T) {
	s := newSite(t)
	for _, window := range []string{"", "/popup"} {
		path := window + s.lastingOrder()
		fields := s.get(path).fields("buyer", strconv.Itoa(int(s.ann)))
		s.bought(s.post(path, fields).paid())
		fields.Set("do", "cancel")
		if page := s.post(path, fields).is(http.StatusConflict); !strings.Contains(page.body, "Paid before") || strings.Contains(page.body, "Nothing was paid") {
			t.Errorf("%s: got %s", path, page.body)
		}
	}
}

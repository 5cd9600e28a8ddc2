package browser_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/browser"
	"github.com/vingd/vingd-api-go/sandbox"
)

// Enter in a field of the dashboard does what the button beside the field does.
func TestKeys_Controls(t *testing.T) {
	d := browser.Start(t)
	for _, in := range browser.Windows() {
		t.Run(in.Name, func(t *testing.T) {
			w := newWorld(t, d, in)
			w.Visit(w.Frontend(), http.StatusOK)
			w.Fill("Advance the clock by", "a week")
			w.Press("Enter")
			w.Says("must be a duration like")
			before := w.Now()
			w.Fill("Advance the clock by", "2h")
			w.Press("Enter")
			w.Says("2h0m0s ahead")
			if passed := w.Now().Sub(before); passed != 2*time.Hour {
				t.Errorf("%v passed", passed)
			}
			w.Fill("New buyer", "Zoe")
			w.Press("Enter")
			zoe := w.ann.UID() + 1
			w.Says(fmt.Sprintf("Account %d", zoe), "Zoe", "10.00 vingds")
			w.holds(zoe, 10_00)
			w.Back()
			w.Says("Dashboard")
			w.Fill("to account", fmt.Sprint(int64(zoe)))
			w.Press("Enter")
			w.Says(fmt.Sprintf("Account %d", zoe), "20.00 vingds")
			w.holds(zoe, 20_00)
			w.Visit(w.Frontend(), http.StatusOK)
			w.Fill("New object", "A poem")
			w.Press("Enter")
			w.Says("A poem", "2.00", "open")
			w.Visit(w.Frontend(), http.StatusOK)
			w.Fill("New seller", "poems@example.com")
			w.Press("Enter")
			w.Says("poems@example.com", "1000.00 vingds")
			w.Visit(w.Frontend(), http.StatusOK)
			w.Click("Fixtures")
			w.Says("if one is invalid, nothing is added")
			w.Fill("Sellers, buyers, objects with orders, and vouchers, in JSON", "[]")
			w.Press("Tab") // Enter begins a line
			w.Press("Enter")
			w.Says("must be a JSON object", "if one is invalid, nothing is added")
			w.Fill("Sellers, buyers, objects with orders, and vouchers, in JSON", "{\n\"buyers\": [{\"name\": \"Max\"}]")
			w.Press("Tab")
			w.Press("Enter")
			w.Says("must be a JSON object, and ends within it")
			w.Click("Fixtures") // closes it
			w.Click("Fixtures")
			for _, key := range []string{"Tab", "Control+End", "}", "Tab", "Enter"} { // corrects what was typed
				w.Press(key)
			}
			w.Says("Max")
			w.Click("Audit the books")
			w.Says("The books are right.")
			w.Visit(w.Frontend(), http.StatusOK)
			w.Fill("in the next requests", "3")
			w.Press("Enter")
			w.Says("Faults: status 500 (count 3)")
			w.Click("Remove all faults")
			w.Says("No faults.")
		})
	}
}

// The bars at the top and at the end of the window cover no control that has the focus.
func TestKeys_FocusInSight(t *testing.T) {
	d := browser.Start(t)
	for _, in := range browser.Windows() {
		t.Run(in.Name, func(t *testing.T) {
			w := newWorld(t, d, in)
			for i := range 12 {
				if _, err := w.AddBuyer(fmt.Sprintf("Buyer %d", i), 5_00); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Fail("rewardUser", sandbox.Fault{Status: http.StatusInternalServerError, Count: 3}); err != nil {
				t.Fatal(err)
			}
			for _, address := range []string{w.Frontend(), w.shop.page.Order.Popup, w.shop.page.Voucher.Popup, w.Frontend() + "/dashboard/accounts/"} {
				w.Visit(address, http.StatusOK)
				w.FocusInSight()
			}
		})
	}
}

package browser_test

import (
	"testing"
	"time"

	"github.com/vingd/vingd-api-go/internal/browser"
	"github.com/vingd/vingd-api-go/vingd"
)

// Ann pays, goes back, and changes the used form. It does nothing more, and says that Ann has paid. Bob pays by a new form.
func TestUsedForm(t *testing.T) {
	d := browser.Start(t)
	for _, in := range browser.Windows() {
		t.Run(in.Name, func(t *testing.T) {
			w := newWorld(t, d, in)
			bob, err := w.AddBuyer("Bob", 10_00)
			if err != nil {
				t.Fatal(err)
			}
			for i, button := range []string{"Cancel", "Pay 2.00 vingds"} {
				w.enter()
				w.Click("Buy")
				w.Choose("Ann")
				w.Click("Pay 2.00 vingds")
				w.Says("You bought the essay in aisle 3.")
				paid := 2_00 * vingd.Cents(i+1)
				w.Back()
				w.Says("Who are you?")
				w.Choose("Bob")
				w.Choose("Buy anonymously")
				w.Click(button)
				w.Says("Paid before", "Ann paid 2.00 vingds", "The shop has been paid.")
				w.hold(annBegins-paid, shopBegins+paid)
				w.clock.advance(time.Second)
			}
			w.Click("Buy again")
			w.Choose("Bob")
			w.Click("Pay 2.00 vingds")
			w.Says("You bought the essay in aisle 3.")
			w.holds(bob.UID(), 8_00)
		})
	}
}

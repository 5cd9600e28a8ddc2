package paywall

import (
	"errors"
	"fmt"
	"unicode/utf8"

	"github.com/vingd/vingd-api-go/vingd"
)

// maxContext is how long the context of an order may be, in bytes.
const maxContext = 4 << 10

// An Offer is what is sold on a page. The zero Offer means that the page is free. The query parameters oid, tid, context and
// vingd of a page are reserved: they cannot choose an offer.
type Offer struct {
	// Object is the object for sale; see [Paywall.EnsureObject].
	Object vingd.ObjectID
	// Price is the price of the object. It may be zero.
	Price vingd.Cents
	// Context is returned with the purchase, and must be the same then. Optional.
	Context string
}

// free reports whether nothing is sold.
func (o Offer) free() bool { return o == Offer{} }

func (o Offer) check() error {
	switch {
	case o.Object < 1:
		return fmt.Errorf("the offer's object is %d, must be 1 or more", o.Object)
	case o.Price < 0:
		return fmt.Errorf("the offer's price is %v, must not be below zero", o.Price)
	case len(o.Context) > maxContext:
		return fmt.Errorf("the offer's context has %d bytes, must have %d at most", len(o.Context), maxContext)
	case !utf8.ValidString(o.Context):
		return errors.New("the offer's context must be UTF-8")
	}
	return nil
}

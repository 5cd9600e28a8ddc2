package broker

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// A Receipt is what a buyer has in hand when she has paid.
type Receipt struct {
	Object  vingd.ObjectID
	Token   vingd.TokenID
	Context *string
	// Return is the object's URL with oid and tid added to its query.
	Return *url.URL
}

// Pay reserves the price of an order on the buyer's account, and gives out a token for it.
func (b *Broker) Pay(buyer vingd.UID, order vingd.OrderID, anonymously bool) (Receipt, error) {
	return inStep(b, func(s *step) (Receipt, error) {
		o, ok, err := store.Find(s.Tx, scanOrder, selectOrder, order)
		switch {
		case err != nil:
			return Receipt{}, err
		case !ok:
			return Receipt{}, refuse(ErrNotFound, "there is no order %d", order)
		case !o.Live(s.now):
			return Receipt{}, refuse(ErrGone, "order %d has lapsed", order)
		}
		object, err := s.object(o.Seller, o.Object)
		if err != nil {
			return Receipt{}, err
		}
		r := Receipt{Object: o.Object, Token: vingd.TokenID(randomHex()), Context: o.Context}
		if r.Return, err = returnURL(object.Description.URL, r.Object, r.Token); err != nil {
			return Receipt{}, err
		}
		return r, s.pay(buyer, &o, object.Description.Name, r.Token, anonymously)
	})
}

// pay makes the purchase that a token stands for.
func (s *step) pay(buyer vingd.UID, o *Order, name string, token vingd.TokenID, anonymously bool) error {
	id, err := s.nextID()
	if err != nil {
		return err
	}
	p := Purchase{
		ID: vingd.PurchaseID(id), State: Reserved, Object: o.Object, Name: name,
		Seller: o.Seller, Buyer: buyer, Price: o.Price, Order: o.ID, Context: o.Context, token: token, due: new(s.now.Add(purchaseLife)), entitled: entitlements,
	}
	if p.Transfer, err = s.move(buyer, Reserve, o.Price, s.now, p.note(ledger.Purchase)); err != nil {
		return err
	}
	if !anonymously {
		if p.HUID, err = s.huid(o.Seller, buyer); err != nil {
			return err
		}
	}
	return s.addPurchase(&p)
}

// returnURL returns the object's URL with oid and tid at the end of its query, of which the rest stays as it was.
func returnURL(address string, object vingd.ObjectID, token vingd.TokenID) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, err
	}
	var query []string
	for pair := range strings.SplitSeq(u.RawQuery, "&") {
		// An oid or tid of the object's own would be taken for the one that is added.
		if key, _, _ := strings.Cut(pair, "="); pair != "" && key != "oid" && key != "tid" {
			query = append(query, pair)
		}
	}
	query = append(query, "oid="+strconv.FormatInt(int64(object), 10), "tid="+string(token))
	u.RawQuery = strings.Join(query, "&")
	return u, nil
}

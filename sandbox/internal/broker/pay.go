package broker

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// A Receipt is a buyer's proof of payment.
type Receipt struct {
	Purchase vingd.PurchaseID
	Object   vingd.ObjectID
	Token    vingd.TokenID
	Context  *string
	// Address is the object's URL.
	Address *url.URL
}

// Pay moves the price of an order from the buyer to the reserve, and returns a token that the seller can verify. If
// anonymously is set, the seller does not learn who paid.
func (b *Broker) Pay(buyer vingd.UID, order vingd.OrderID, anonymously bool) (Receipt, error) {
	return inStep(b, func(s *step) (Receipt, error) {
		o, ok, err := store.Find(s.Tx, scanOrder, selectOrder, order)
		switch {
		case err != nil:
			return Receipt{}, err
		case !ok:
			return Receipt{}, refuse(ErrNotFound, "there is no order %d", order)
		case !o.Live(s.now):
			return Receipt{}, refuse(ErrGone, "order %d has expired", order)
		}
		object, err := s.object(o.Seller, o.Object)
		if err != nil {
			return Receipt{}, err
		}
		address, err := url.Parse(object.Description.URL)
		if err != nil {
			return Receipt{}, err
		}
		r := Receipt{Object: o.Object, Token: vingd.TokenID(randomHex()), Context: o.Context, Address: address}
		r.Purchase, err = s.pay(buyer, &o, object.Description.Name, r.Token, anonymously)
		return r, err
	})
}

// pay creates the purchase of a token.
func (s *step) pay(buyer vingd.UID, o *Order, name string, token vingd.TokenID, anonymously bool) (vingd.PurchaseID, error) {
	id, err := s.nextID()
	if err != nil {
		return 0, err
	}
	p := Purchase{
		ID: vingd.PurchaseID(id), State: Reserved, Object: o.Object, Name: name,
		Seller: o.Seller, Buyer: buyer, Price: o.Price, Order: o.ID, Context: o.Context, token: token, due: new(s.now.Add(purchaseLife)), entitled: entitlements,
	}
	if p.Transfer, err = s.move(buyer, Reserve, o.Price, s.now, p.note(vingd.TransferPurchase)); err != nil {
		return 0, err
	}
	if !anonymously {
		if p.HUID, err = s.huid(o.Seller, buyer); err != nil {
			return 0, err
		}
	}
	return p.ID, s.addPurchase(&p)
}

// Return returns the object's URL with the token in its query. The buyer's browser goes there.
func (r *Receipt) Return() *url.URL { return r.ReturnTo(r.Address, nil) }

// ReturnTo returns an address with the token at the end of its query, in both forms that the official clients read:
//   - oid and tid, followed by the context if it is not nil,
//   - token, with both in JSON. If the address has a token parameter, it keeps that one, because its page may need it.
func (r *Receipt) ReturnTo(address *url.URL, context *string) *url.URL {
	oid := strconv.FormatInt(int64(r.Object), 10)
	added := []string{"oid=" + oid, "tid=" + string(r.Token)}
	if context != nil {
		added = append(added, "context="+url.QueryEscape(*context))
	}
	var query []string
	hasToken := false
	for pair := range strings.SplitSeq(address.RawQuery, "&") {
		key, _, _ := strings.Cut(pair, "=")
		if unescaped, err := url.QueryUnescape(key); err == nil {
			key = unescaped
		}
		// The shop would read an oid or tid of the address instead of the one that is added.
		if pair == "" || key == "oid" || key == "tid" || key == "context" && context != nil {
			continue
		}
		hasToken = hasToken || key == "token"
		query = append(query, pair)
	}
	if !hasToken {
		added = append(added, "token="+url.QueryEscape(`{"oid":"`+oid+`","tid":"`+string(r.Token)+`"}`))
	}
	u := *address
	u.RawQuery = strings.Join(append(query, added...), "&")
	return &u
}

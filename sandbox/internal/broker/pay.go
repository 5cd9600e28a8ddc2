package broker

import (
	"net/url"
	"strconv"
	"strings"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
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
	now := b.begin()
	defer b.mu.Unlock()
	o, ok := b.orders[order]
	if !ok {
		return Receipt{}, refuse(ErrNotFound, "there is no order %d", order)
	}
	if !o.Live(now) {
		return Receipt{}, refuse(ErrGone, "order %d has lapsed", order)
	}
	object := b.objects[o.Object]
	r := Receipt{Object: o.Object, Token: vingd.TokenID(randomHex()), Context: o.Context}
	var err error
	if r.Return, err = returnURL(object.Description.URL, r.Object, r.Token); err != nil {
		return Receipt{}, err
	}
	p := &Purchase{
		ID: vingd.PurchaseID(b.nextID()), Object: o.Object, Name: object.Description.Name,
		Seller: o.Seller, Buyer: buyer, Price: o.Price, Order: o.ID, Context: o.Context, left: entitlements,
	}
	if p.Transfer, err = b.move(buyer, Reserve, o.Price, now, p.note(ledger.Purchase)); err != nil {
		return Receipt{}, err
	}
	if !anonymously {
		p.HUID = b.huid(o.Seller, buyer)
	}
	b.purchases[p.ID] = p
	b.tokens[r.Token] = p
	b.expect(deadline{at: now.Add(purchaseLife), purchase: p}, now)
	return r, nil
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

package modeltest_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"testing"
)

// shelf is what the lists of one seller show after a round.
type shelf struct {
	orders []struct {
		ID, Price int64
		Context   string
	}
	log []struct {
		VID, ID  int64
		Action   string
		Code     string `json:"vid_encoded"`
		Message  string
		GID      string
		To       int64 `json:"uid_to"`
		Amount   int64 `json:"amount_vouched"`
		Transfer int64 `json:"id_fort_transfer"`
	}
	in, out []crowdTransfer
}

type crowdTransfer struct {
	ID, Amount  int64
	From        int64 `json:"uid_from"`
	To          int64 `json:"uid_to"`
	Description string
}

type about struct {
	Class      int
	Message    string
	PurchaseID int64
}

func (x crowdTransfer) about(t *testing.T) about {
	var a about
	if err := json.Unmarshal([]byte(x.Description), &a); err != nil {
		t.Errorf("transfer %d: %v", x.ID, err)
	}
	return a
}

// compare compares what the clients know with the lists, once no call is in flight and nothing is reserved for a purchase.
func (c *crowd) compare(total map[string]int) {
	c.mustControl("POST", "clock", row{"advance": "15m"}, nil)
	c.mustControl("GET", "check", nil, nil)
	var list struct {
		Buyers []struct {
			UID, Balance int64
			Name         string
		}
	}
	c.mustControl("GET", "buyers", nil, &list)
	// A buyer's balance follows from what the sellers see, whatever the order of the calls was.
	balance := map[int64]int64{buyerUIDs[0]: 1000, buyerUIDs[1]: 50, buyerUIDs[2]: 100000}
	payers := c.payers()
	groups := map[string]string{}
	for seller := range crowdLogins {
		s := c.read(seller)
		c.compareOrders(seller, s)
		c.compareVouchers(seller, s, balance, groups)
		c.compareTransfers(seller, s, balance, payers)
	}
	for _, b := range list.Buyers {
		if b.Balance != balance[b.UID] {
			c.t.Errorf("buyer %d has %d: want %d, by the lists of the sellers", b.UID, b.Balance, balance[b.UID])
		}
	}
	seen := map[string]bool{}
	for _, d := range c.deeds {
		if !d.acknowledged {
			total["without effect or unknown"]++
			continue
		}
		total[d.kind]++
		if d.kind == "pay" && d.certain(c.ended.Load()) {
			// The token is used or has expired by now. A lost one would not be found.
			if err := c.ask(d.seller, "GET", fmt.Sprintf("objects/%d/tokens/%s", d.object, d.ref), nil).refused(http.StatusForbidden); err != nil {
				c.t.Errorf("%+v: %v", d, err)
			}
		}
		// A token is verified once, and a voucher ends once.
		if kind := d.kind; kind == "verify" || kind == "redeem" || kind == "revoke" {
			if kind == "revoke" {
				kind = "redeem"
			}
			if seen[kind+d.ref] {
				c.t.Errorf("%s of %s succeeded twice", kind, d.ref)
			}
			seen[kind+d.ref] = true
		}
	}
}

func (c *crowd) read(seller int) shelf {
	var s shelf
	var mine struct{ UID, Balance int64 }
	c.must(c.ask(seller, "GET", "fort/accounts", nil), &mine)
	c.must(c.ask(seller, "GET", "orders/all/", nil), &s.orders)
	c.must(c.ask(seller, "GET", "vouchers/history", nil), &s.log)
	c.must(c.ask(seller, "GET", fmt.Sprintf("fort/transfers/to=%d", mine.UID), nil), &s.in)
	c.must(c.ask(seller, "GET", fmt.Sprintf("fort/transfers/from=%d", mine.UID), nil), &s.out)
	sum := int64(0)
	ids := map[int64]bool{}
	for _, x := range s.in {
		sum += x.Amount
		ids[x.ID] = true
	}
	for _, x := range s.out {
		sum -= x.Amount
		ids[x.ID] = true
	}
	if len(ids) != len(s.in)+len(s.out) {
		c.t.Errorf("seller %d: two transfers have one id", seller)
	}
	if sum != mine.Balance || mine.Balance < 0 {
		c.t.Errorf("seller %d has %d: want %d, the sum of the transfers", seller, mine.Balance, sum)
	}
	return s
}

// expect compares how often a list has the result of a deed.
func (c *crowd) expect(d deed, found int) {
	resets := c.ended.Load()
	switch {
	case d.gone(resets) && found > 0:
		c.t.Errorf("%+v: is there, want it deleted by the reset", d)
	case d.certain(resets) && found != 1:
		c.t.Errorf("%+v: is there %d times, want once", d, found)
	case found > 1:
		c.t.Errorf("%+v: is there %d times", d, found)
	}
}

func (c *crowd) compareOrders(seller int, s shelf) {
	refs := map[string]bool{"essay": true}
	for _, d := range c.deeds {
		if d.kind != "order" || d.seller != seller {
			continue
		}
		refs[d.ref] = true
		found := 0
		for _, o := range s.orders {
			if o.Context == d.ref {
				if found++; o.Price != d.amount || d.acknowledged && d.id != o.ID && d.certain(c.ended.Load()) {
					c.t.Errorf("order %+v: want %+v", o, d)
				}
			}
		}
		c.expect(d, found)
	}
	for _, o := range s.orders {
		if !refs[o.Context] {
			c.t.Errorf("order %+v: no client asked for it", o)
		}
	}
}

func (c *crowd) compareVouchers(seller int, s shelf, balance map[int64]int64, groups map[string]string) {
	ends := map[int64]int{}
	made := map[string]int{}
	for _, e := range s.log {
		switch e.Action {
		case "add":
			made[e.Message]++
			continue
		case "use":
			balance[e.To] += e.Amount
			group := fmt.Sprint(seller, e.GID, e.To)
			if e.GID != "" && groups[group] != "" {
				c.t.Errorf("buyer %d redeemed %s and %s of one group", e.To, groups[group], e.Code)
			}
			groups[group] = e.Code
		}
		if ends[e.VID]++; ends[e.VID] > 1 {
			c.t.Errorf("voucher %s ended twice", e.Code)
		}
	}
	for _, d := range c.deeds {
		if d.seller != seller {
			continue
		}
		switch d.kind {
		case "voucher":
			c.expect(d, made[d.ref])
			delete(made, d.ref)
		case "redeem", "revoke":
			if !d.certain(c.ended.Load()) {
				continue
			}
			found := 0
			for _, e := range s.log {
				if e.Code == d.ref && (d.kind == "redeem" && e.Action == "use" && e.To == buyerUIDs[d.buyer] ||
					d.kind == "revoke" && e.Action == "revoke" && e.Transfer == d.transfer) {
					found++
				}
			}
			c.expect(d, found)
		}
	}
	if len(made) > 0 {
		c.t.Errorf("seller %d: no client asked for the vouchers %v", seller, made)
	}
}

// payers returns the buyer of each purchase that a client knows.
func (c *crowd) payers() map[int64]int64 {
	payers := map[int64]int64{}
	for _, d := range c.deeds {
		if d.kind == "verify" && d.certain(c.ended.Load()) {
			payers[d.id] = buyerUIDs[d.buyer]
		}
	}
	return payers
}

func (c *crowd) compareTransfers(seller int, s shelf, balance map[int64]int64, payers map[int64]int64) {
	rewards, payouts := map[string][]crowdTransfer{}, map[int64][]crowdTransfer{}
	for _, x := range s.out {
		if a := x.about(c.t); a.Class == 6 {
			rewards[a.Message] = append(rewards[a.Message], x)
			balance[x.To] += x.Amount
		}
	}
	known := slices.Collect(func(yield func(int64) bool) {
		for uid := range balance {
			if !yield(uid) {
				return
			}
		}
	})
	for _, x := range s.in {
		a := x.about(c.t)
		if a.Class != 1 {
			continue
		}
		if payouts[a.PurchaseID] = append(payouts[a.PurchaseID], x); len(payouts[a.PurchaseID]) > 1 {
			c.t.Errorf("purchase %d was paid out twice", a.PurchaseID)
		}
		payer, verified := payers[a.PurchaseID]
		if !verified {
			payer = x.From
		}
		if !slices.Contains(known, payer) && x.Amount > 0 {
			c.t.Errorf("purchase %d was paid out: no client has verified it", a.PurchaseID)
		}
		balance[payer] -= x.Amount
	}
	committed := map[string]bool{}
	for _, d := range c.deeds {
		if d.seller != seller {
			continue
		}
		switch d.kind {
		case "reward":
			c.expect(d, len(rewards[d.ref]))
			for _, x := range rewards[d.ref] {
				if x.Amount != d.amount || d.certain(c.ended.Load()) && x.ID != d.transfer {
					c.t.Errorf("transfer %+v: want %+v", x, d)
				}
			}
		case "commit":
			if d.certain(c.ended.Load()) && !committed[d.ref] {
				committed[d.ref] = true
				c.expect(d, len(payouts[d.id]))
				if x := payouts[d.id]; len(x) == 1 && x[0].Amount != d.amount {
					c.t.Errorf("transfer %+v: want %+v", x, d)
				}
			}
		case "purchase":
			if d.certain(c.ended.Load()) {
				c.expect(d, len(payouts[d.id]))
			}
		}
	}
}

package sandbox_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// A cast is who acts in a sandbox.
type cast struct {
	sandbox *sandbox.Sandbox
	sellers []actor
	buyers  []*sandbox.Buyer
}

// An actor is a seller, with her client and what she sells. She is the delegate of a user whom she created.
type actor struct {
	uid      vingd.UID
	client   *vingd.Client
	object   vingd.ObjectID
	delegate vingd.HUID // empty when there is none
}

// A story says in sorted lines what there is. Two that are alike are of sandboxes that nobody could tell apart.
type story []string

func (s *story) line(format string, args ...any) { *s = append(*s, fmt.Sprintf(format, args...)) }

func (s *story) balance(of vingd.UID, held vingd.Cents) { s.line("account %d holds %d", of, held) }

func (s *story) order(id vingd.OrderID, price vingd.Cents, expires time.Time) {
	s.line("order %d for %d lapses at %v", id, price, expires.UTC())
}

func (s *story) voucher(seller vingd.UID, code vingd.VoucherCode, amount, allocated vingd.Cents, group vingd.GroupID, to vingd.UID, until time.Time) {
	s.line("voucher %s of %d: %d, %d reserved, group %q, to %d, until %v", code, seller, amount, allocated, group, to, until.UTC())
}

func (s *story) entry(seller vingd.UID, code vingd.VoucherCode, action vingd.VoucherAction, at time.Time) {
	s.line("log of %d: %s %s at %v", seller, action, code, at.UTC())
}

func (s *story) transfer(seller vingd.UID, t move) {
	s.line("transfer of %d: %d from %d to %d, class %d at %v", seller, t.amount, t.from, t.to, t.class, t.at.UTC())
}

// story returns what must be seen of the model.
func (m *model) story(c *cast) story {
	var s story
	for uid, held := range m.held {
		if uid > reserve {
			s.balance(uid, held)
		}
	}
	for _, o := range m.orders {
		if m.now.Before(o.expires) {
			s.order(o.id, o.price, o.expires)
		}
	}
	for _, v := range m.vouchers {
		allocated := v.amount
		if v.last != vingd.VoucherAdded {
			allocated = 0
		}
		s.voucher(v.seller, v.code, v.amount, allocated, v.group, v.user, v.until)
	}
	for _, e := range m.log {
		s.entry(e.seller, e.code, e.action, e.at)
	}
	for _, seller := range c.sellers {
		for _, t := range m.moves {
			if t.from == seller.uid || t.to == seller.uid {
				s.transfer(seller.uid, t)
			}
		}
	}
	slices.Sort(s)
	return s
}

// story returns what the API tells.
func (c *cast) story(ctx context.Context, m *model) (s story, err error) {
	for _, seller := range c.sellers {
		if err := seller.tell(ctx, m, &s); err != nil {
			return nil, err
		}
	}
	for _, b := range c.buyers {
		s.balance(b.UID(), b.Balance())
	}
	slices.Sort(s)
	return s, nil
}

// tell adds what one seller is told. The model says only who her user is.
func (a *actor) tell(ctx context.Context, m *model, s *story) error {
	held, err := a.client.Accounts.Balance(ctx)
	if err != nil {
		return err
	}
	s.balance(a.uid, held)
	if a.delegate != "" {
		held, err := a.client.Accounts.BalanceOf(ctx, a.delegate)
		if err != nil {
			return err
		}
		s.balance(m.known[a.delegate].user, held)
	}
	for o, err := range a.client.Orders.All(ctx, vingd.OrderFilter{}) {
		if err != nil {
			return err
		}
		s.order(o.ID, o.Price, o.Expires)
	}
	for v, err := range a.client.Vouchers.All(ctx, vingd.VoucherFilter{}) {
		if err != nil {
			return err
		}
		s.voucher(a.uid, v.Code, v.Amount, v.Allocated, v.Group, v.To, v.ValidUntil)
	}
	for e, err := range a.client.Vouchers.AllHistory(ctx, vingd.HistoryFilter{}) {
		if err != nil {
			return err
		}
		s.entry(a.uid, e.Voucher.Code, e.Action, e.Time)
	}
	for _, f := range []vingd.TransferFilter{{From: a.uid}, {To: a.uid}} {
		for t, err := range a.client.Transfers.All(ctx, f) {
			if err != nil {
				return err
			}
			s.transfer(a.uid, move{t.From, t.To, t.Amount, t.Class, t.Time})
		}
	}
	return nil
}

// differs returns the first line of the one that is not in the other, or nothing.
func (s story) differs(must story) string {
	for i := range max(len(s), len(must)) {
		switch {
		case i >= len(s) || i < len(must) && s[i] > must[i]:
			return "is not: " + must[i]
		case i >= len(must) || s[i] < must[i]:
			return "must not be: " + s[i]
		}
	}
	return ""
}

// sound returns what is wrong with the model's own money: what is held and what is reserved must be what was issued.
func (m *model) sound() error {
	var total, open vingd.Cents
	for uid, held := range m.held {
		if uid != mint {
			total += held
		}
		if uid != mint && held < 0 {
			return fmt.Errorf("account %d holds %d cents", uid, held)
		}
	}
	for _, p := range m.purchases {
		if p.state == "reserved" {
			open += p.order.price
		}
	}
	for _, v := range m.vouchers {
		if v.last == vingd.VoucherAdded {
			open += v.amount
		}
	}
	if total != m.issued || open != m.held[reserve] {
		return fmt.Errorf("%d cents of %d issued; %d reserved, the reserve holds %d", total, m.issued, open, m.held[reserve])
	}
	return nil
}

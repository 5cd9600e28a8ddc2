package sandbox_test

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/vingd/vingd-api-go/sandbox"
	"github.com/vingd/vingd-api-go/vingd"
)

// participants are the sellers and buyers of a sandbox.
type participants struct {
	sandbox *sandbox.Sandbox
	sellers []actor
	buyers  []*sandbox.Buyer
}

// An actor is a seller, with a client, an object, and a user whom the seller created.
type actor struct {
	uid      vingd.UID
	client   *vingd.Client
	object   vingd.ObjectID
	delegate vingd.HUID // the user's huid, or empty
}

// A snapshot describes a state in sorted lines. The states of two sandboxes are the same if their snapshots are equal.
type snapshot []string

func (s *snapshot) line(format string, args ...any) { *s = append(*s, fmt.Sprintf(format, args...)) }

func (s *snapshot) balance(of vingd.UID, held vingd.Cents) { s.line("account %d holds %d", of, held) }

func (s *snapshot) order(id vingd.OrderID, price vingd.Cents, expires time.Time) {
	s.line("order %d for %d expires at %v", id, price, expires.UTC())
}

func (s *snapshot) voucher(seller vingd.UID, code vingd.VoucherCode, amount, allocated vingd.Cents, group vingd.GroupID, to vingd.UID, until time.Time) {
	s.line("voucher %s of %d: %d, %d reserved, group %q, to %d, until %v", code, seller, amount, allocated, group, to, until.UTC())
}

func (s *snapshot) entry(seller vingd.UID, code vingd.VoucherCode, action vingd.VoucherAction, at time.Time) {
	s.line("log of %d: %s %s at %v", seller, action, code, at.UTC())
}

func (s *snapshot) transfer(seller vingd.UID, t move) {
	s.line("transfer of %d: %d from %d to %d, class %d at %v", seller, t.amount, t.from, t.to, t.class, t.at.UTC())
}

// snapshot returns the snapshot that the API must have.
func (m *model) snapshot(c *participants) snapshot {
	var s snapshot
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
		if v.last != vingd.VoucherActionAdd {
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

// A view holds what the API returns, by account.
type view struct {
	held      map[vingd.UID]vingd.Cents
	orders    []vingd.Order
	vouchers  map[vingd.UID][]vingd.Voucher
	log       map[vingd.UID][]vingd.LogEntry
	transfers map[vingd.UID][]vingd.Transfer
}

// see reads everything that the API shows to the participants. The model is used only for the account numbers of the sellers' users.
func (c *participants) see(ctx context.Context, m *model) (*view, error) {
	s := &view{
		held: make(map[vingd.UID]vingd.Cents), vouchers: make(map[vingd.UID][]vingd.Voucher),
		log: make(map[vingd.UID][]vingd.LogEntry), transfers: make(map[vingd.UID][]vingd.Transfer),
	}
	for _, b := range c.buyers {
		s.held[b.UID()] = b.Balance()
	}
	for i := range c.sellers {
		if err := c.sellers[i].look(ctx, m, s); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// look adds everything that the API shows to a seller.
func (a *actor) look(ctx context.Context, m *model, s *view) (err error) {
	if s.held[a.uid], err = a.client.Accounts.Balance(ctx); err != nil {
		return err
	}
	if a.delegate != "" {
		if s.held[m.known[a.delegate].user], err = a.client.Accounts.BalanceOf(ctx, a.delegate); err != nil {
			return err
		}
	}
	orders, err := a.client.Orders.List(ctx, vingd.OrderFilter{})
	if err != nil {
		return err
	}
	s.orders = append(s.orders, orders...)
	if s.vouchers[a.uid], err = a.client.Vouchers.List(ctx, vingd.VoucherFilter{}); err != nil {
		return err
	}
	if s.log[a.uid], err = a.client.Vouchers.History(ctx, vingd.HistoryFilter{}); err != nil {
		return err
	}
	for _, f := range []vingd.TransferFilter{{From: a.uid}, {To: a.uid}} {
		transfers, err := a.client.Transfers.List(ctx, f)
		if err != nil {
			return err
		}
		s.transfers[a.uid] = append(s.transfers[a.uid], transfers...)
	}
	return nil
}

func (s *view) snapshot() (told snapshot) {
	for uid, held := range s.held {
		told.balance(uid, held)
	}
	for _, o := range s.orders {
		told.order(o.ID, o.Price, o.Expires)
	}
	for seller, vouchers := range s.vouchers {
		for _, v := range vouchers {
			told.voucher(seller, v.Code, v.Amount, v.Allocated, v.Group, v.To, v.ValidUntil)
		}
	}
	for seller, entries := range s.log {
		for _, e := range entries {
			told.entry(seller, e.Voucher.Code, e.Action, e.Time)
		}
	}
	for seller, transfers := range s.transfers {
		for _, t := range transfers {
			told.transfer(seller, move{t.From, t.To, t.Amount, t.Class, t.Time})
		}
	}
	slices.Sort(told)
	return told
}

// differs returns the first line that only one of the snapshots has, or "".
func (s snapshot) differs(must snapshot) string {
	for i := range max(len(s), len(must)) {
		switch {
		case i >= len(s) || i < len(must) && s[i] > must[i]:
			return "is missing: " + must[i]
		case i >= len(must) || s[i] < must[i]:
			return "must not exist: " + s[i]
		}
	}
	return ""
}

// sound returns an error unless the balances and the reserve of the model add up to the money issued.
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
		if v.last == vingd.VoucherActionAdd {
			open += v.amount
		}
	}
	if total != m.issued || open != m.held[reserve] {
		return fmt.Errorf("%d cents of %d issued; %d reserved, the reserve holds %d", total, m.issued, open, m.held[reserve])
	}
	return nil
}

package broker

import (
	"fmt"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/vingd"
)

// Check returns an error unless the books are right: the ledger balances, the reserve holds what is open and no more,
// every reservation ended at most once and in full, and the voucher log tells what the vouchers tell.
func (b *Broker) Check() error {
	b.begin()
	defer b.mu.Unlock()
	if err := b.ledger.Check(); err != nil {
		return err
	}
	a := audit{broker: b, explained: make(map[vingd.TransferID]bool)}
	for _, p := range b.purchases {
		if err := a.purchase(p); err != nil {
			return fmt.Errorf("purchase %d: %w", p.ID, err)
		}
	}
	for _, v := range b.vouchers {
		if err := a.voucher(v); err != nil {
			return fmt.Errorf("voucher %s: %w", v.Code, err)
		}
	}
	if held := b.ledger.Balance(Reserve); held != a.open {
		return fmt.Errorf("the reserve holds %v, open reservations are %v", held, a.open)
	}
	for _, t := range b.ledger.Of(Reserve, func(*ledger.Transfer) bool { return true }) {
		if !a.explained[t.ID] {
			return fmt.Errorf("transfer %d touches the reserve for no purchase and no voucher", t.ID)
		}
	}
	return b.checkLog()
}

// An audit goes through purchases and vouchers, and gathers what is open and which transfers they explain.
type audit struct {
	broker    *Broker
	open      vingd.Cents
	explained map[vingd.TransferID]bool
}

func (a *audit) purchase(p *Purchase) error {
	if p.left < 0 {
		return fmt.Errorf("has %d entitlements left", p.left)
	}
	if p.Order == 0 { // delegated
		return a.transfer(p.Transfer, p.Buyer, p.Seller, p.Price)
	}
	to := p.Seller
	if p.State == Refunded {
		to = p.Buyer
	}
	return a.reservation(p.State == Reserved, p.Buyer, to, p.Price, p.Transfer, p.Ended)
}

func (a *audit) voucher(v *Voucher) error {
	to := v.Seller
	if v.State == Used {
		to = v.Redeemer
	}
	return a.reservation(v.State == Open, v.Seller, to, v.Amount, v.Transfer, v.Ended)
}

// reservation checks that began reserved the amount, and that ended, unless it is open, brought all of it to whom it went.
func (a *audit) reservation(open bool, from, to vingd.UID, amount vingd.Cents, began, ended vingd.TransferID) error {
	if err := a.transfer(began, from, Reserve, amount); err != nil {
		return err
	}
	if !open {
		return a.transfer(ended, Reserve, to, amount)
	}
	if ended != 0 {
		return fmt.Errorf("is open, but transfer %d ended it", ended)
	}
	a.open += amount
	return nil
}

func (a *audit) transfer(id vingd.TransferID, from, to vingd.UID, amount vingd.Cents) error {
	t, ok := a.broker.ledger.Transfer(id)
	if !ok || t.From != from || t.To != to || t.Amount != amount {
		return fmt.Errorf("transfer %d must move %v from account %d to %d, and moves %v from %d to %d",
			id, amount, from, to, t.Amount, t.From, t.To)
	}
	if a.explained[id] {
		return fmt.Errorf("transfer %d is another's already", id)
	}
	a.explained[id] = true
	return nil
}

// checkLog replays the voucher log: each voucher must be added once, end at most once, and end as it says.
func (b *Broker) checkLog() error {
	last := make(map[vingd.VoucherCode]Voucher)
	for _, u := range b.users {
		for _, e := range u.log {
			before, added := last[e.Voucher.Code]
			if added == (e.Action == ActionAdd) || before.State != Open {
				return fmt.Errorf("voucher log entry %d: %s cannot follow what was before", e.ID, e.Action)
			}
			last[e.Voucher.Code] = e.Voucher
		}
	}
	for code, v := range b.vouchers {
		if last[code] != *v {
			return fmt.Errorf("voucher %s: the voucher log tells another story", code)
		}
	}
	return nil
}

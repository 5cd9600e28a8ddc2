package broker

import (
	"cmp"
	"iter"
	"maps"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/vingd"
)

// What pages show. These views take no caller: whoever opens a page of the sandbox sees everything in it.

// An AccountView is an account of a person.
type AccountView struct {
	UID     vingd.UID
	Name    string
	Login   string // empty for who cannot call the API
	Balance vingd.Cents
	Created time.Time
}

// An OrderView is an order, with what is sold and by whom.
type OrderView struct {
	Order

	Name       string // of the object
	URL        string // of the object
	SellerName string
	Live       bool
}

// A PurchaseView is a purchase, with who bought and when.
type PurchaseView struct {
	Purchase

	BuyerName string
	Paid      time.Time
	Verified  bool
}

// A VoucherView is a voucher, with the names of who made it and who redeemed it.
type VoucherView struct {
	Voucher

	SellerName   string
	RedeemerName string
}

// A TransferView is a transfer, with the names of its accounts.
type TransferView struct {
	ledger.Transfer

	FromName, ToName string
}

// An Overview is what happened last, newest first, and how much there is of everything.
type Overview struct {
	Accounts  []AccountView
	Objects   []Object
	Orders    []OrderView
	Purchases []PurchaseView
	Vouchers  []VoucherView
	Transfers []TransferView
	Totals    Totals
}

// Totals count what there is.
type Totals struct{ Accounts, Objects, Orders, Purchases, Vouchers, Transfers int }

// ViewOrder returns an order of any seller's, live or lapsed.
func (b *Broker) ViewOrder(id vingd.OrderID) (OrderView, error) {
	now := b.begin()
	defer b.mu.Unlock()
	o, ok := b.orders[id]
	if !ok {
		return OrderView{}, refuse(ErrNotFound, "there is no order %d", id)
	}
	return b.viewOrder(o, now), nil
}

// ViewVoucher returns a voucher of any seller's, whatever its state. Of its code only letters and digits count.
func (b *Broker) ViewVoucher(written vingd.VoucherCode) (VoucherView, error) {
	b.begin()
	defer b.mu.Unlock()
	code, ok := readCode(written)
	if !ok {
		return VoucherView{}, refuse(ErrInvalid, "voucher code %q: is mistyped", string(written))
	}
	v, ok := b.vouchers[code]
	if !ok {
		return VoucherView{}, refuse(ErrNotFound, "there is no voucher %s", code)
	}
	return b.viewVoucher(v), nil
}

// ViewBuyer returns the account of a person without a login.
func (b *Broker) ViewBuyer(uid vingd.UID) (AccountView, error) {
	b.begin()
	defer b.mu.Unlock()
	u, ok := b.users[uid]
	if !ok || u.login != "" {
		return AccountView{}, refuse(ErrNotFound, "there is no buyer with account %d", uid)
	}
	return b.viewAccount(u), nil
}

// ViewBuyers returns the accounts of people without a login, newest first, limit of them at most.
func (b *Broker) ViewBuyers(limit int) []AccountView {
	b.begin()
	defer b.mu.Unlock()
	buyers := maps.Clone(b.users)
	maps.DeleteFunc(buyers, func(_ vingd.UID, u *user) bool { return u.login != "" })
	return newest(buyers, limit, b.viewAccount)
}

// ViewOverview returns at most limit of each thing.
func (b *Broker) ViewOverview(limit int) Overview {
	now := b.begin()
	defer b.mu.Unlock()
	byID := make(map[vingd.VoucherID]*Voucher, len(b.vouchers))
	for v := range maps.Values(b.vouchers) {
		byID[v.ID] = v
	}
	transfers := b.transferCount()
	return Overview{
		Accounts:  newest(b.users, limit, b.viewAccount),
		Objects:   newest(b.objects, limit, func(o *Object) Object { return *o }),
		Orders:    newest(b.orders, limit, func(o *Order) OrderView { return b.viewOrder(o, now) }),
		Purchases: newest(b.purchases, limit, b.viewPurchase),
		Vouchers:  newest(byID, limit, b.viewVoucher),
		Transfers: slices.Collect(b.lastTransfers(transfers, limit)),
		Totals: Totals{
			Accounts: len(b.users), Objects: len(b.objects), Orders: len(b.orders),
			Purchases: len(b.purchases), Vouchers: len(b.vouchers), Transfers: transfers,
		},
	}
}

// newest returns the views of those with the highest ids, the highest first.
func newest[K cmp.Ordered, T, V any](all map[K]*T, limit int, view func(*T) V) []V {
	ids := slices.Sorted(maps.Keys(all))
	slices.Reverse(ids)
	views := make([]V, 0, min(limit, len(ids)))
	for _, id := range ids[:cap(views)] {
		views = append(views, view(all[id]))
	}
	return views
}

// transferCount returns how many transfers there are: their ids run from 1 without a gap.
func (b *Broker) transferCount() int {
	return sort.Search(math.MaxInt-1, func(n int) bool {
		_, exists := b.ledger.Transfer(vingd.TransferID(n + 1))
		return !exists
	})
}

func (b *Broker) lastTransfers(count, limit int) iter.Seq[TransferView] {
	return func(yield func(TransferView) bool) {
		for id := count; id > max(0, count-limit); id-- {
			t, _ := b.ledger.Transfer(vingd.TransferID(id))
			if !yield(TransferView{Transfer: t, FromName: b.accountName(t.From), ToName: b.accountName(t.To)}) {
				return
			}
		}
	}
}

func (b *Broker) viewAccount(u *user) AccountView {
	return AccountView{UID: u.uid, Name: u.name, Login: u.login, Balance: b.ledger.Balance(u.uid), Created: u.created}
}

func (b *Broker) viewOrder(o *Order, now time.Time) OrderView {
	sold := b.objects[o.Object].Description
	return OrderView{Order: *o, Name: sold.Name, URL: sold.URL, SellerName: b.accountName(o.Seller), Live: o.Live(now)}
}

func (b *Broker) viewPurchase(p *Purchase) PurchaseView {
	paid, _ := b.ledger.Transfer(p.Transfer) // there is no purchase without
	return PurchaseView{Purchase: *p, BuyerName: b.accountName(p.Buyer), Paid: paid.At, Verified: p.verified}
}

func (b *Broker) viewVoucher(v *Voucher) VoucherView {
	return VoucherView{Voucher: *v, SellerName: b.accountName(v.Seller), RedeemerName: b.accountName(v.Redeemer)}
}

// accountName returns the name of an account, the broker's own included.
func (b *Broker) accountName(uid vingd.UID) string {
	switch uid {
	case Mint:
		return "the mint"
	case Reserve:
		return "the reserve"
	case Proxy:
		return "the broker"
	}
	if u, ok := b.users[uid]; ok {
		return u.name
	}
	return ""
}

package sandbox_test

import (
	"cmp"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/vingd/vingd-api-go/vingd"
)

// The broker's own accounts.
const (
	mint    vingd.UID = 2
	reserve vingd.UID = 3
)

// A model is an independent, slow and simple broker, in plain values. It has the state that the sandbox must have after the
// same calls. Its methods return the status that the sandbox must return.
type model struct {
	now       time.Time
	issued    vingd.Cents
	held      map[vingd.UID]vingd.Cents
	known     map[vingd.HUID]acquaintance
	moves     []move
	orders    []modelOrder
	purchases []modelPurchase
	vouchers  []modelVoucher
	log       []modelEntry
}

// An acquaintance is a user whom a seller has met.
type acquaintance struct {
	seller, user vingd.UID
	delegate     bool // the user has granted the seller every permission
}

// A move is a transfer.
type move struct {
	from, to vingd.UID
	amount   vingd.Cents
	class    vingd.TransferClass
	at       time.Time
}

type modelOrder struct {
	id      vingd.OrderID
	object  vingd.ObjectID
	seller  vingd.UID
	price   vingd.Cents
	expires time.Time
}

type modelPurchase struct {
	token     vingd.TokenID
	order     modelOrder
	buyer     vingd.UID
	anonymous bool
	due       time.Time
	verified  *vingd.Purchase // the result of the verification
	state     string          // reserved, committed or refunded
}

type modelVoucher struct {
	id     vingd.VoucherID
	code   vingd.VoucherCode
	seller vingd.UID
	amount vingd.Cents
	group  vingd.GroupID
	until  time.Time
	due    time.Time
	user   vingd.UID
	last   vingd.VoucherAction // the last action
}

type modelEntry struct {
	seller vingd.UID
	code   vingd.VoucherCode
	action vingd.VoucherAction
	at     time.Time
}

func (m *model) clone() *model {
	c := *m
	c.held, c.known = maps.Clone(m.held), maps.Clone(m.known)
	c.moves, c.orders, c.log = slices.Clone(m.moves), slices.Clone(m.orders), slices.Clone(m.log)
	c.purchases, c.vouchers = slices.Clone(m.purchases), slices.Clone(m.vouchers)
	return &c
}

func (m *model) move(from, to vingd.UID, amount vingd.Cents, class vingd.TransferClass, at time.Time) {
	m.held[from] -= amount
	m.held[to] += amount
	m.moves = append(m.moves, move{from, to, amount, class, at})
}

// deposit is the only step that issues money.
func (m *model) deposit(to vingd.UID, amount vingd.Cents) int {
	m.issued += amount
	m.move(mint, to, amount, vingd.TransferCurrencyExchange, m.now)
	return http.StatusOK
}

// settle settles deadlines, the earliest first.
func (m *model) settle() {
	for {
		var purchase *modelPurchase
		var voucher *modelVoucher
		at := m.now
		for i := range m.purchases {
			if p := &m.purchases[i]; p.state == "reserved" && !p.due.After(at) {
				purchase, at = p, p.due
			}
		}
		for i := range m.vouchers {
			if v := &m.vouchers[i]; v.last == vingd.VoucherActionAdd && !v.due.After(at) {
				purchase, voucher, at = nil, v, v.due
			}
		}
		switch {
		case voucher != nil:
			m.end(voucher, vingd.VoucherActionExpire, voucher.seller, vingd.TransferRefund, at)
		case purchase != nil:
			purchase.state = "refunded"
			m.move(reserve, purchase.buyer, purchase.order.price, vingd.TransferRefund, at) // no seller sees the class
		default:
			return
		}
	}
}

func (m *model) pay(buyer vingd.UID, id vingd.OrderID, token vingd.TokenID, anonymous bool) int {
	o := m.orders[slices.IndexFunc(m.orders, func(o modelOrder) bool { return o.id == id })]
	switch {
	case !m.now.Before(o.expires):
		return http.StatusGone
	case m.held[buyer] < o.price:
		return http.StatusPaymentRequired
	}
	m.move(buyer, reserve, o.price, vingd.TransferPurchase, m.now)
	m.purchases = append(m.purchases, modelPurchase{
		token: token, order: o, buyer: buyer, anonymous: anonymous, due: m.now.Add(15 * time.Minute), state: "reserved",
	})
	return http.StatusOK
}

// verify also stores the ids of the sandbox, and the seller's huid of the buyer.
func (m *model) verify(seller vingd.UID, token vingd.TokenID, got *vingd.Purchase) int {
	p := &m.purchases[slices.IndexFunc(m.purchases, func(p modelPurchase) bool { return p.token == token })]
	switch {
	case p.order.seller != seller:
		return http.StatusNotFound
	case p.state == "refunded" || p.verified != nil:
		return http.StatusForbidden
	}
	p.verified = got
	if got != nil && !p.anonymous {
		m.known[got.Buyer] = acquaintance{seller: seller, user: p.buyer}
	}
	return http.StatusOK
}

// verification returns an error if the result of a verification is wrong. The model must not have stored it yet.
func (m *model) verification(seller vingd.UID, token vingd.TokenID, got *vingd.Purchase) error {
	p := m.purchases[slices.IndexFunc(m.purchases, func(p modelPurchase) bool { return p.token == token })]
	if got.Order != p.order.id || got.Reclaimed || (got.Buyer == "") != p.anonymous {
		return fmt.Errorf("a purchase of order %d, anonymously %t, is verified as %+v", p.order.id, p.anonymous, *got)
	}
	if p.anonymous {
		return nil
	}
	for huid, who := range m.known {
		if (huid == got.Buyer) != (who.seller == seller && who.user == p.buyer) {
			return fmt.Errorf("seller %d sees user %d as %s, but %s is %+v", seller, p.buyer, got.Buyer, huid, who)
		}
	}
	return nil
}

func (m *model) commit(seller vingd.UID, id vingd.PurchaseID, transfer vingd.TransferID) int {
	i := slices.IndexFunc(m.purchases, func(p modelPurchase) bool { return p.verified != nil && p.verified.ID == id })
	if i < 0 || m.purchases[i].order.seller != seller {
		return http.StatusNotFound
	}
	p := &m.purchases[i]
	if p.verified.Transfer != transfer || p.state == "refunded" {
		return http.StatusConflict
	}
	if p.state == "reserved" {
		p.state = "committed"
		m.move(reserve, seller, p.order.price, vingd.TransferPurchase, m.now)
	}
	return http.StatusOK
}

func (m *model) reward(seller vingd.UID, to vingd.HUID, amount vingd.Cents) int {
	who, ok := m.known[to]
	switch {
	case !ok || who.seller != seller:
		return http.StatusNotFound
	case m.held[seller] < amount:
		return http.StatusPaymentRequired
	}
	m.move(seller, who.user, amount, vingd.TransferDirect, m.now)
	return http.StatusOK
}

// charge is a delegated purchase of an object of owner.
func (m *model) charge(seller, owner vingd.UID, user vingd.HUID, price vingd.Cents) int {
	who, ok := m.known[user]
	switch {
	case owner != seller || !ok || who.seller != seller:
		return http.StatusNotFound
	case !who.delegate:
		return http.StatusForbidden
	case m.held[who.user] < price:
		return http.StatusPaymentRequired
	}
	m.move(who.user, seller, price, vingd.TransferPurchase, m.now)
	return http.StatusOK
}

// allocate creates a voucher with the id and the code of the sandbox.
func (m *model) allocate(seller vingd.UID, amount vingd.Cents, group vingd.GroupID, until time.Time, got *vingd.Voucher) int {
	if m.held[seller] < amount {
		return http.StatusPaymentRequired
	}
	if got == nil {
		return http.StatusOK
	}
	due := until
	if due.Before(m.now) {
		due = m.now
	}
	m.move(seller, reserve, amount, vingd.TransferVoucherAllocated, m.now)
	m.vouchers = append(m.vouchers, modelVoucher{
		id: got.ID, code: got.Code, seller: seller, amount: amount, group: group, until: until, due: due, last: vingd.VoucherActionAdd,
	})
	m.log = append(m.log, modelEntry{seller, got.Code, vingd.VoucherActionAdd, m.now})
	return http.StatusOK
}

func (m *model) redeem(user vingd.UID, code vingd.VoucherCode) int {
	v := m.voucher(code)
	if v.last != vingd.VoucherActionAdd {
		return http.StatusGone
	}
	for _, other := range m.vouchers {
		if v.group != "" && other.seller == v.seller && other.group == v.group && other.user == user {
			return http.StatusConflict
		}
	}
	v.user = user
	m.end(v, vingd.VoucherActionUse, user, vingd.TransferVoucherDeposited, m.now)
	return http.StatusOK
}

// revoke returns the codes of the vouchers that it ends.
func (m *model) revoke(seller vingd.UID, f vingd.VoucherFilter) (status int, codes []vingd.VoucherCode) {
	if f.Code != "" && m.voucher(f.Code).seller != seller {
		return http.StatusNotFound, nil
	}
	var list []*modelVoucher
	for i := range m.vouchers {
		v := &m.vouchers[i]
		if v.seller == seller && (f.Code == "" || v.code == f.Code) && (f.Group == "" || v.group == f.Group) {
			list = append(list, v)
		}
	}
	slices.SortFunc(list, func(a, b *modelVoucher) int { return cmp.Compare(a.id, b.id) })
	if f.Last > 0 {
		list = list[max(0, len(list)-f.Last):]
	}
	for _, v := range list {
		if v.last != vingd.VoucherActionAdd {
			continue
		}
		codes = append(codes, v.code)
		m.end(v, vingd.VoucherActionRevoke, seller, vingd.TransferRefund, m.now)
	}
	return http.StatusOK, codes
}

func (m *model) voucher(code vingd.VoucherCode) *modelVoucher {
	return &m.vouchers[slices.IndexFunc(m.vouchers, func(v modelVoucher) bool { return v.code == code })]
}

func (m *model) end(v *modelVoucher, action vingd.VoucherAction, to vingd.UID, class vingd.TransferClass, at time.Time) {
	v.last = action
	m.move(reserve, to, v.amount, class, at)
	m.log = append(m.log, modelEntry{v.seller, v.code, action, at})
}

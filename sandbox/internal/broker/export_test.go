package broker

import (
	"github.com/vingd/vingd-api-go/sandbox/internal/ledger"
	"github.com/vingd/vingd-api-go/vingd"
)

// What follows breaks the books, each in its way, so that a test sees [Broker.Check] find it.

func (b *Broker) StealFromReserve(to vingd.UID) {
	b.release(to, 1, b.clock(), ledger.Note{})
}

func (b *Broker) MoveThroughReserve(uid vingd.UID) {
	for _, way := range [][2]vingd.UID{{uid, Reserve}, {Reserve, uid}} {
		if _, err := b.move(way[0], way[1], 1, b.clock(), ledger.Note{}); err != nil {
			panic(err)
		}
	}
}

func (b *Broker) EachPurchase(change func(*Purchase)) {
	for _, p := range b.purchases {
		change(p)
	}
}

func (b *Broker) EachVoucher(change func(*Voucher)) {
	for _, v := range b.vouchers {
		change(v)
	}
}

func (b *Broker) Overspend(p *Purchase) { p.left = -1 }

func (b *Broker) ForgetLog(seller vingd.UID) { b.users[seller].log = nil }

func (b *Broker) RepeatLog(seller vingd.UID) {
	u := b.users[seller]
	u.log = append(u.log, u.log...)
}

func (b *Broker) ForgeBalance(uid vingd.UID) { b.ledger.Open(uid) }

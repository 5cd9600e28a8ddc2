package broker

import (
	"container/heap"
	"time"
)

// A deadline is when the reservation of a purchase or of a voucher ends by itself, unless it has ended before.
type deadline struct {
	at       time.Time
	purchase *Purchase
	voucher  *Voucher
}

// deadlines is a heap whose first is the earliest.
type deadlines []deadline

func (d deadlines) Len() int           { return len(d) }
func (d deadlines) Less(i, j int) bool { return d[i].at.Before(d[j].at) }
func (d deadlines) Swap(i, j int)      { d[i], d[j] = d[j], d[i] }
func (d *deadlines) Push(x any)        { *d = append(*d, x.(deadline)) }
func (d *deadlines) Pop() any {
	last := len(*d) - 1
	x := (*d)[last]
	(*d)[last] = deadline{}
	*d = (*d)[:last]
	return x
}

// expect notes a deadline. One that has passed already counts as passing now, so that time never runs back in the books.
func (b *Broker) expect(d deadline, now time.Time) {
	if d.at.Before(now) {
		d.at = now
	}
	heap.Push(&b.due, d)
}

// settle refunds the purchases and expires the vouchers whose time came at or before now, each as of its deadline.
// At the deadline itself it is over.
func (b *Broker) settle(now time.Time) {
	for len(b.due) > 0 && !b.due[0].at.After(now) {
		d := heap.Pop(&b.due).(deadline)
		switch {
		case d.purchase != nil && d.purchase.State == Reserved:
			b.refund(d.purchase, d.at)
		case d.voucher != nil && d.voucher.State == Open:
			b.giveBack(d.voucher, Expired, d.at)
		}
	}
}

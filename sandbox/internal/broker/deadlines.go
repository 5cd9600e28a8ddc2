package broker

import (
	"time"

	"github.com/vingd/vingd-api-go/sandbox/internal/store"
	"github.com/vingd/vingd-api-go/vingd"
)

// A deadline is when the reservation of a purchase or of a voucher ends by itself, unless it has ended before.
type deadline struct {
	at       time.Time
	purchase vingd.PurchaseID
	voucher  vingd.VoucherID
}

const selectDeadline = `
	SELECT due AS at, id, id AS purchase, 0 AS voucher FROM purchases WHERE state = 'reserved' AND due <= $1 UNION ALL
	SELECT due, id, 0, id FROM vouchers WHERE state = 'open' AND due <= $1
	ORDER BY at, id LIMIT 1`

// settledAtOnce is how many deadlines a transaction meets at most. Other transactions go on in between.
const settledAtOnce = 100

// settle refunds the purchases and expires the vouchers whose time came by now, each as of its deadline, the earliest first.
// At the deadline itself it is over. If there are too many for one transaction, it returns the next deadline.
func (s *step) settle() (next *time.Time, err error) {
	for n := 0; ; n++ {
		d, due, err := store.Find(s.Tx, scanDeadline, selectDeadline, s.now.UnixMicro())
		if err != nil || !due {
			return nil, err
		}
		if n == settledAtOnce {
			return &d.at, nil
		}
		if err := s.meet(d); err != nil {
			return nil, err
		}
		s.settled = true
	}
}

// meet ends what is due.
func (s *step) meet(d deadline) error {
	if d.purchase != 0 {
		p, _, err := store.Find(s.Tx, scanPurchase, selectPurchase, d.purchase)
		if err != nil {
			return err
		}
		return s.refund(p, d.at)
	}
	v, _, err := store.Find(s.Tx, scanVoucher, selectVoucher, d.voucher)
	if err != nil {
		return err
	}
	_, err = s.giveBack(v, Expired, d.at)
	return err
}

// notPassed returns when something that ends at a time is due. What has passed already is due now,
// so that time never runs back in the books.
func (s *step) notPassed(at time.Time) time.Time {
	if at.Before(s.now) {
		return s.now
	}
	return at
}

func scanDeadline(row store.Row) (d deadline, err error) {
	var id int64
	err = row.Scan(store.Time(&d.at), &id, &d.purchase, &d.voucher)
	return d, err
}
